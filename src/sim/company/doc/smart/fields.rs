//! Fields: their types and properties, list, add, rename, delete.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::super::{Answered, Refused, answer};
use super::super::access::{unknown_field, wrong_kind};
use super::super::dice::Dice;
use super::super::shelf::Locator;
use super::super::{Docs, read};
use super::{inside, inside_mut};

/// One field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    id: String,
    title: String,
    kind: FieldKind,
    /// Of select fields. They come into being when records are written.
    pub(super) options: Vec<Choice>,
}

/// One option of a select field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) text: String,
    /// The colour, 1 to 27.
    pub(super) style: u8,
}

/// The types that a method can create. The system's own (creator, times, running
/// numbers, formulas) arise in WeCom only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum FieldKind {
    #[serde(rename = "FIELD_TYPE_TEXT")]
    Text,
    #[serde(rename = "FIELD_TYPE_NUMBER")]
    Number,
    #[serde(rename = "FIELD_TYPE_CHECKBOX")]
    Checkbox,
    #[serde(rename = "FIELD_TYPE_DATE_TIME")]
    DateTime,
    #[serde(rename = "FIELD_TYPE_IMAGE")]
    Image,
    #[serde(rename = "FIELD_TYPE_USER")]
    User,
    #[serde(rename = "FIELD_TYPE_URL")]
    Url,
    #[serde(rename = "FIELD_TYPE_SELECT")]
    Select,
    #[serde(rename = "FIELD_TYPE_PROGRESS")]
    Progress,
    #[serde(rename = "FIELD_TYPE_PHONE_NUMBER")]
    PhoneNumber,
    #[serde(rename = "FIELD_TYPE_EMAIL")]
    Email,
    #[serde(rename = "FIELD_TYPE_SINGLE_SELECT")]
    SingleSelect,
    #[serde(rename = "FIELD_TYPE_LOCATION")]
    Location,
    #[serde(rename = "FIELD_TYPE_CURRENCY")]
    Currency,
    #[serde(rename = "FIELD_TYPE_PERCENTAGE")]
    Percentage,
    #[serde(rename = "FIELD_TYPE_BARCODE")]
    Barcode,
    #[serde(rename = "FIELD_TYPE_ATTACHMENT")]
    Attachment,
}

impl Field {
    /// A field with an id that none of its `neighbours` has.
    pub(super) fn new(title: &str, kind: FieldKind, neighbours: &[Self], dice: &mut Dice) -> Self {
        Self {
            id: dice.id("f", FIELD_LETTERS, |id| {
                neighbours.iter().any(|field| field.id == id)
            }),
            title: title.to_owned(),
            kind,
            options: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn kind(&self) -> FieldKind {
        self.kind
    }

    /// The option with this id.
    pub(super) fn option(&self, id: &str) -> Option<&Choice> {
        self.options.iter().find(|option| option.id == id)
    }

    /// How a list shows it, with the properties that a new field of its type has.
    fn listed(&self) -> Value {
        let mut listed = answer([
            ("field_id", self.id.clone().into()),
            ("field_title", self.title.clone().into()),
            ("field_type", json!(self.kind)),
        ]);
        if let Some((name, property)) = self.property() {
            listed.insert(name.to_owned(), property);
        }
        Value::Object(listed)
    }

    fn property(&self) -> Option<(&'static str, Value)> {
        let property = match self.kind {
            FieldKind::Text => ("property_text", json!({})),
            FieldKind::Number => (
                "property_number",
                json!({ "decimal_places": -1, "use_separate": false }),
            ),
            FieldKind::Checkbox => ("property_checkbox", json!({ "checked": false })),
            FieldKind::DateTime => (
                "property_date_time",
                json!({ "format": "yyyy-mm-dd hh:mm", "auto_fill": false }),
            ),
            FieldKind::Attachment => (
                "property_attachment",
                json!({ "display_mode": "DISPLAY_MODE_LIST" }),
            ),
            FieldKind::User => (
                "property_user",
                json!({ "is_multiple": true, "is_notified": false }),
            ),
            FieldKind::Url => ("property_url", json!({ "type": "LINK_TYPE_PURE_TEXT" })),
            FieldKind::Select => (
                "property_select",
                json!({ "is_quick_add": true, "options": self.options }),
            ),
            FieldKind::SingleSelect => (
                "property_single_select",
                json!({ "is_multiple": false, "is_quick_add": true, "options": self.options }),
            ),
            FieldKind::Progress => ("property_progress", json!({ "decimal_places": 0 })),
            FieldKind::Percentage => (
                "property_percentage",
                json!({ "decimal_places": 0, "use_separate": false }),
            ),
            FieldKind::Currency => (
                "property_currency",
                json!({
                    "currency_type": "CURRENCY_TYPE_CNY",
                    "decimal_places": 2,
                    "use_separate": true,
                }),
            ),
            FieldKind::Barcode => ("property_barcode", json!({ "mobile_scan_only": false })),
            FieldKind::Location => (
                "property_location",
                json!({ "input_type": "LOCATION_INPUT_TYPE_MANUAL" }),
            ),
            FieldKind::Image | FieldKind::PhoneNumber | FieldKind::Email => return None,
        };
        Some(property)
    }
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
}

#[derive(Deserialize)]
struct Add<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    fields: Vec<NewField>,
}

#[derive(Deserialize)]
struct NewField {
    field_title: String,
    field_type: FieldKind,
}

#[derive(Deserialize)]
struct Rename<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    fields: Vec<NewTitle>,
}

#[derive(Deserialize)]
struct NewTitle {
    field_id: String,
    field_title: String,
    field_type: FieldKind,
}

#[derive(Deserialize)]
struct Delete<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    field_ids: Vec<&'a str>,
}

impl Docs {
    /// `smartsheet_get_fields`: all of them, there are no pages.
    pub(in super::super) fn list_fields(&mut self, args: &Map<String, Value>) -> Answered {
        let List { at, sheet_id } = read(args)?;
        let sheet = inside(&self.shelf.find(at)?.body).ok_or_else(wrong_kind)?;
        let fields: Vec<Value> = sheet
            .sub(sheet_id)?
            .fields
            .iter()
            .map(Field::listed)
            .collect();
        Ok(answer([
            ("total", fields.len().into()),
            ("has_more", false.into()),
            ("next", 0.into()),
            ("fields", fields.into()),
        ]))
    }

    /// `smartsheet_add_fields`: all or none.
    pub(in super::super) fn add_fields(&mut self, args: &Map<String, Value>) -> Answered {
        let Add {
            at,
            sheet_id,
            fields: wanted,
        } = read(args)?;
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        if sub.fields.len() + wanted.len() > MOST_FIELDS {
            return Err(Refused::argument(format!(
                "a sub-sheet has at most {MOST_FIELDS} fields"
            )));
        }
        let mut fields = sub.fields.clone();
        for NewField {
            field_title,
            field_type,
        } in wanted
        {
            free_title(&fields, &field_title)?;
            fields.push(Field::new(
                &field_title,
                field_type,
                &fields,
                &mut self.dice,
            ));
        }
        let added: Vec<Value> = fields
            .iter()
            .skip(sub.fields.len())
            .map(Field::listed)
            .collect();
        sub.fields = fields;
        Ok(answer([("fields", added.into())]))
    }

    /// `smartsheet_update_fields`: all or none.
    pub(in super::super) fn rename_fields(&mut self, args: &Map<String, Value>) -> Answered {
        let Rename {
            at,
            sheet_id,
            fields: wanted,
        } = read(args)?;
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        let mut fields = sub.fields.clone();
        let mut renamed = Vec::with_capacity(wanted.len());
        for NewTitle {
            field_id,
            field_title,
            field_type,
        } in wanted
        {
            let is_it = |field: &Field| field.id == field_id;
            let field = fields
                .iter()
                .find(|field| is_it(field))
                .ok_or_else(|| unknown_field(&field_id))?;
            if field.kind != field_type {
                return Err(Refused::argument("field_type can't be changed"));
            }
            // The field's own title is among the taken ones: a rename must change it.
            free_title(&fields, &field_title)?;
            if let Some(field) = fields.iter_mut().find(|field| is_it(field)) {
                field.title = field_title;
                renamed.push(field.listed());
            }
        }
        sub.fields = fields;
        Ok(answer([("fields", renamed.into())]))
    }

    /// `smartsheet_delete_fields`: all or none, with their cells. One field stays.
    pub(in super::super) fn delete_fields(&mut self, args: &Map<String, Value>) -> Answered {
        let Delete {
            at,
            sheet_id,
            field_ids,
        } = read(args)?;
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        if let Some(id) = field_ids
            .iter()
            .find(|id| sub.fields.iter().all(|field| field.id != **id))
        {
            return Err(unknown_field(id));
        }
        let goes = |field: &Field| field_ids.contains(&field.id.as_str());
        if sub.fields.iter().all(goes) {
            return Err(Refused::argument("the last field can't be deleted"));
        }
        for field in sub.fields.iter().filter(|field| goes(field)) {
            for record in &mut sub.records {
                record.forget(field);
            }
        }
        sub.fields.retain(|field| !goes(field));
        Ok(Map::new())
    }
}

fn free_title(fields: &[Field], title: &str) -> Result<(), Refused> {
    if title.is_empty() || fields.iter().any(|field| field.title == title) {
        return Err(Refused::argument(format!(
            "field_title `{title}` is empty or already used"
        )));
    }
    Ok(())
}

/// Most fields of a sub-sheet.
const MOST_FIELDS: usize = 150;
const FIELD_LETTERS: usize = 5;
