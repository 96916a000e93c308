//! Sub-sheets: list, add, rename, delete.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::super::{Answered, Refused, answer};
use super::super::access::wrong_kind;
use super::super::shelf::Locator;
use super::super::{Docs, read};
use super::{ADDED_FIELD, SubSheet, inside, inside_mut};

#[derive(Deserialize)]
struct List<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
}

#[derive(Deserialize)]
struct Add<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    #[serde(default)]
    properties: Option<NewSheet>,
}

#[derive(Default, Deserialize)]
struct NewSheet {
    title: Option<String>,
    index: Option<u64>,
}

#[derive(Deserialize)]
struct Rename<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    properties: NewTitle,
}

#[derive(Deserialize)]
struct NewTitle {
    sheet_id: String,
    title: String,
}

#[derive(Deserialize)]
struct Delete<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
}

impl SubSheet {
    fn listed(&self) -> Value {
        json!({
            "sheet_id": self.id,
            "title": self.title,
            "is_visible": true,
            "type": "smartsheet",
        })
    }
}

impl Docs {
    /// `smartsheet_get_sheet`.
    pub(in super::super) fn list_sub_sheets(&mut self, args: &Map<String, Value>) -> Answered {
        let List { at } = read(args)?;
        let sheet = inside(&self.shelf.find(at)?.body).ok_or_else(wrong_kind)?;
        let list: Vec<Value> = sheet.subs.iter().map(SubSheet::listed).collect();
        Ok(answer([("sheet_list", list.into())]))
    }

    /// `smartsheet_add_sheet`: at the end, or before the sub-sheet at `index`.
    pub(in super::super) fn add_sub_sheet(&mut self, args: &Map<String, Value>) -> Answered {
        let Add { at, properties } = read(args)?;
        let NewSheet { title, index } = properties.unwrap_or_default();
        let sheet = self.shelf.writable(at, inside_mut)?;
        let title = match title {
            Some(title) => title,
            None => (1..)
                .map(|number: u32| format!("智能表{number}"))
                .find(|title| sheet.subs.iter().all(|sub| sub.title != *title))
                .unwrap_or_default(),
        };
        if title.is_empty() || sheet.subs.iter().any(|sub| sub.title == title) {
            return Err(Refused::argument("title is empty or already used"));
        }
        let added = sheet.new_sub(&title, ADDED_FIELD, &mut self.dice);
        let last = sheet.subs.len();
        let place = index
            .and_then(|index| usize::try_from(index).ok())
            .map_or(last, |index| index.min(last));
        let properties = json!({ "sheet_id": added.id, "title": added.title, "index": place });
        sheet.subs.insert(place, added);
        Ok(answer([("properties", properties)]))
    }

    /// `smartsheet_update_sheet`.
    pub(in super::super) fn rename_sub_sheet(&mut self, args: &Map<String, Value>) -> Answered {
        let Rename { at, properties } = read(args)?;
        let NewTitle { sheet_id, title } = properties;
        let sheet = self.shelf.writable(at, inside_mut)?;
        let taken = sheet
            .subs
            .iter()
            .any(|sub| sub.title == title && sub.id != sheet_id);
        let sub = sheet.sub_mut(&sheet_id)?;
        if title.is_empty() || taken {
            return Err(Refused::argument("title is empty or already used"));
        }
        sub.title = title;
        Ok(Map::new())
    }

    /// `smartsheet_delete_sheet`. The last one stays.
    pub(in super::super) fn delete_sub_sheet(&mut self, args: &Map<String, Value>) -> Answered {
        let Delete { at, sheet_id } = read(args)?;
        let sheet = self.shelf.writable(at, inside_mut)?;
        sheet.sub(sheet_id)?;
        if sheet.subs.len() == 1 {
            return Err(Refused::argument("the last sub-sheet can't be deleted"));
        }
        sheet.subs.retain(|sub| sub.id != sheet_id);
        Ok(Map::new())
    }
}
