//! Records: read by page, add, change, delete.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::super::{Answered, Refused, answer};
use super::super::access::{unknown, unknown_field, unknown_record, wrong_kind};
use super::super::dice::Dice;
use super::super::shelf::Locator;
use super::super::uploads::Uploads;
use super::super::{Docs, read};
use super::cell::Cell;
use super::fields::Field;
use super::{SubSheet, inside, inside_mut};

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Record {
    id: String,
    number: u64,
    created_ms: i64,
    updated_ms: i64,
    /// By field id. Empty cells are absent.
    cells: BTreeMap<String, Cell>,
}

impl Record {
    /// What it holds in a field.
    pub(super) fn cell(&self, field: &Field) -> Option<&Cell> {
        self.cells.get(field.id())
    }

    /// Drops what it holds in a field.
    pub(super) fn forget(&mut self, field: &Field) {
        self.cells.remove(field.id());
    }

    fn shown(&self, fields: &[Field]) -> Value {
        let values: Map<String, Value> = fields
            .iter()
            .filter_map(|field| Some((field.title().to_owned(), self.cell(field)?.shown(field))))
            .collect();
        json!({
            "record_id": self.id,
            "create_time": self.created_ms.to_string(),
            "update_time": self.updated_ms.to_string(),
            "creator_name": BOT_NAME,
            "updater_name": BOT_NAME,
            "values": values,
        })
    }

    /// The cells that a call wrote; one that it emptied is absent.
    fn written(&self, fields: &[Field], keys: Keys, wrote: &Map<String, Value>) -> Value {
        let values: Map<String, Value> = fields
            .iter()
            .filter(|field| wrote.contains_key(keys.of(field)))
            .filter_map(|field| Some((keys.of(field).to_owned(), self.cell(field)?.written(field))))
            .collect();
        json!({ "record_id": self.id, "values": values })
    }

    /// Writes the cells that are named, options that they make into the fields.
    fn write(
        &mut self,
        values: &Map<String, Value>,
        keys: Keys,
        fields: &mut [Field],
        (uploads, dice): (&Uploads, &mut Dice),
    ) -> Result<(), Refused> {
        if values.is_empty() {
            return Err(Refused::argument("values must not be empty"));
        }
        for (key, value) in values {
            let field = fields
                .iter_mut()
                .find(|field| keys.of(field) == key)
                .ok_or_else(|| unknown_field(key))?;
            match Cell::write(field, value, uploads, dice)? {
                Some(cell) => {
                    self.cells.insert(field.id().to_owned(), cell);
                }
                None => self.forget(field),
            }
        }
        Ok(())
    }
}

/// How the keys of values are read.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
enum Keys {
    #[default]
    #[serde(rename = "CELL_VALUE_KEY_TYPE_FIELD_TITLE")]
    Titles,
    #[serde(rename = "CELL_VALUE_KEY_TYPE_FIELD_ID")]
    Ids,
}

impl Keys {
    fn of(self, field: &Field) -> &str {
        match self {
            Self::Titles => field.title(),
            Self::Ids => field.id(),
        }
    }
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    limit: Option<usize>,
    cursor: Option<&'a str>,
}

#[derive(Deserialize)]
struct Add<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    records: Vec<NewRecord>,
}

#[derive(Deserialize)]
struct NewRecord {
    values: Map<String, Value>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    key_type: Option<Keys>,
    records: Vec<Changed>,
}

#[derive(Deserialize)]
struct Changed {
    record_id: String,
    values: Map<String, Value>,
}

#[derive(Deserialize)]
struct Delete<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    record_ids: HashSet<&'a str>,
}

impl SubSheet {
    fn cursor(&self, record: &Record) -> String {
        format!("{}_{:x}", self.id, record.number)
    }

    /// The number of the record that a cursor stands behind.
    fn number(&self, cursor: &str) -> Option<u64> {
        let number = cursor.strip_prefix(&self.id)?.strip_prefix('_')?;
        u64::from_str_radix(number, 16).ok()
    }
}

impl Docs {
    /// `smartsheet_get_records`: a page, oldest record first.
    pub(in super::super) fn list_records(&mut self, args: &Map<String, Value>) -> Answered {
        let List {
            at,
            sheet_id,
            limit,
            cursor,
        } = read(args)?;
        let sheet = inside(&self.shelf.find(at)?.body).ok_or_else(wrong_kind)?;
        let sub = sheet.sub(sheet_id)?;
        let after = match cursor {
            None | Some("") => 0,
            Some(cursor) => sub.number(cursor).ok_or_else(|| unknown("cursor"))?,
        };
        let limit = match limit.unwrap_or(0) {
            0 => PAGE,
            limit => limit.min(PAGE),
        };
        let first = sub.records.partition_point(|record| record.number <= after);
        let mut rest = sub.records.iter().skip(first);
        let page: Vec<&Record> = rest.by_ref().take(limit).collect();
        let has_more = rest.next().is_some();
        let records: Vec<Value> = page
            .iter()
            .map(|record| record.shown(&sub.fields))
            .collect();
        let mut found = answer([
            ("total", sub.records.len().into()),
            ("has_more", has_more.into()),
            ("records", records.into()),
        ]);
        if let Some(last) = page.last().filter(|_| has_more) {
            found.insert("next_cursor".to_owned(), sub.cursor(last).into());
        }
        Ok(found)
    }

    /// `smartsheet_add_records`: all or none.
    pub(in super::super) fn add_records(
        &mut self,
        args: &Map<String, Value>,
        now_ms: i64,
    ) -> Answered {
        let Add {
            at,
            sheet_id,
            records: wanted,
        } = read(args)?;
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        batch(wanted.len())?;
        if sub.records.len() + wanted.len() > MOST_RECORDS {
            return Err(Refused::argument(format!(
                "a sub-sheet has at most {MOST_RECORDS} records"
            )));
        }
        let taken: HashSet<&str> = sub
            .records
            .iter()
            .map(|record| record.id.as_str())
            .collect();
        let mut fields = sub.fields.clone();
        let mut added: Vec<Record> = Vec::with_capacity(wanted.len());
        for (number, NewRecord { values }) in (sub.next_number..).zip(&wanted) {
            let id = self.dice.id("r", RECORD_LETTERS, |id| {
                taken.contains(id) || added.iter().any(|record| record.id == id)
            });
            let mut record = Record {
                id,
                number,
                created_ms: now_ms,
                updated_ms: now_ms,
                cells: BTreeMap::new(),
            };
            let tools = (&self.uploads, &mut self.dice);
            record.write(values, Keys::Titles, &mut fields, tools)?;
            added.push(record);
        }
        let records: Vec<Value> = added
            .iter()
            .zip(&wanted)
            .map(|(record, wanted)| record.written(&fields, Keys::Titles, &wanted.values))
            .collect();
        sub.fields = fields;
        sub.next_number += added.len() as u64;
        sub.records.extend(added);
        Ok(answer([("records", records.into())]))
    }

    /// `smartsheet_update_records`: all or none; cells that are not named stay.
    pub(in super::super) fn change_records(
        &mut self,
        args: &Map<String, Value>,
        now_ms: i64,
    ) -> Answered {
        let Change {
            at,
            sheet_id,
            key_type,
            records: wanted,
        } = read(args)?;
        let keys = key_type.unwrap_or_default();
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        batch(wanted.len())?;
        let mut fields = sub.fields.clone();
        let mut changed: BTreeMap<&str, Record> = BTreeMap::new();
        for Changed { record_id, values } in &wanted {
            let record = match changed.entry(record_id) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => entry.insert(
                    sub.records
                        .iter()
                        .find(|record| record.id == *record_id)
                        .ok_or_else(|| unknown_record(record_id))?
                        .clone(),
                ),
            };
            let tools = (&self.uploads, &mut self.dice);
            record.write(values, keys, &mut fields, tools)?;
            record.updated_ms = now_ms;
        }
        let records: Vec<Value> = wanted
            .iter()
            .filter_map(|wanted| {
                let record = changed.get(wanted.record_id.as_str())?;
                Some(record.written(&fields, keys, &wanted.values))
            })
            .collect();
        sub.fields = fields;
        for record in &mut sub.records {
            if let Some(new) = changed.remove(record.id.as_str()) {
                *record = new;
            }
        }
        Ok(answer([("records", records.into())]))
    }

    /// `smartsheet_delete_records`: all or none.
    pub(in super::super) fn delete_records(&mut self, args: &Map<String, Value>) -> Answered {
        let Delete {
            at,
            sheet_id,
            record_ids,
        } = read(args)?;
        let sub = self.shelf.writable(at, inside_mut)?.sub_mut(sheet_id)?;
        batch(record_ids.len())?;
        let known: HashSet<&str> = sub
            .records
            .iter()
            .map(|record| record.id.as_str())
            .collect();
        if let Some(id) = record_ids.iter().find(|id| !known.contains(**id)) {
            return Err(unknown_record(id));
        }
        sub.records
            .retain(|record| !record_ids.contains(record.id.as_str()));
        Ok(Map::new())
    }
}

fn batch(records: usize) -> Result<(), Refused> {
    if (1..=BATCH).contains(&records) {
        Ok(())
    } else {
        Err(Refused::argument(format!("1 to {BATCH} records per call")))
    }
}

/// Most records of one call that writes or deletes.
const BATCH: usize = 500;
/// Most records of a page.
const PAGE: usize = 1000;
/// Most records of a sub-sheet.
const MOST_RECORDS: usize = 100_000;
const RECORD_LETTERS: usize = 5;
/// Whom a record names as its creator: members can't write here.
const BOT_NAME: &str = "智能机器人";
