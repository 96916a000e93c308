//! Smart sheets: sub-sheets of typed fields and records.

mod cell;
mod fields;
mod records;
mod sheets;

use std::borrow::Cow;

use super::super::Refused;
use super::access::unknown_sub_sheet;
use super::dice::Dice;
use super::shelf::Body;
use super::table;

use self::fields::{Field, FieldKind};
use self::records::Record;

/// One smart sheet. It always has a sub-sheet.
#[derive(Debug)]
pub(super) struct SmartSheet {
    subs: Vec<SubSheet>,
}

/// One sub-sheet.
#[derive(Debug)]
struct SubSheet {
    id: String,
    title: String,
    fields: Vec<Field>,
    /// In the order of their numbers.
    records: Vec<Record>,
    /// The number of the next record: higher than any before, so that a page can go on
    /// after a record that was deleted meanwhile.
    next_number: u64,
}

impl SmartSheet {
    /// One sub-sheet with one text field, as a new smart sheet has.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut sheet = Self { subs: Vec::new() };
        let first = sheet.new_sub(FIRST_SUB_SHEET, FIRST_FIELD, dice);
        sheet.subs.push(first);
        sheet
    }

    /// A sub-sheet that is not part of it yet.
    fn new_sub(&self, title: &str, field: &str, dice: &mut Dice) -> SubSheet {
        let id = dice.id("", SUB_SHEET_LETTERS, |id| {
            self.subs.iter().any(|sub| sub.id == id)
        });
        SubSheet {
            id,
            title: title.to_owned(),
            fields: vec![Field::new(field, FieldKind::Text, &[], dice)],
            records: Vec::new(),
            next_number: 1,
        }
    }

    /// All sub-sheets as tables.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        for sub in &self.subs {
            let head = sub
                .fields
                .iter()
                .map(|field| field.title().into())
                .collect();
            let rows = sub.records.iter().map(|record| sub.row(record));
            table::section(&mut text, &sub.title, std::iter::once(head).chain(rows));
        }
        text
    }

    fn sub(&self, id: &str) -> Result<&SubSheet, Refused> {
        self.subs
            .iter()
            .find(|sub| sub.id == id)
            .ok_or_else(unknown_sub_sheet)
    }

    fn sub_mut(&mut self, id: &str) -> Result<&mut SubSheet, Refused> {
        self.subs
            .iter_mut()
            .find(|sub| sub.id == id)
            .ok_or_else(unknown_sub_sheet)
    }
}

impl SubSheet {
    fn row<'a>(&'a self, record: &'a Record) -> Vec<Cow<'a, str>> {
        self.fields
            .iter()
            .map(|field| {
                record
                    .cell(field)
                    .map_or("".into(), |cell| cell.words(field))
            })
            .collect()
    }
}

/// The smart sheet in a body, for reading.
fn inside(body: &Body) -> Option<&SmartSheet> {
    match body {
        Body::Smart(sheet) => Some(sheet),
        _ => None,
    }
}

/// The smart sheet in a body, for writing.
fn inside_mut(body: &mut Body) -> Option<&mut SmartSheet> {
    match body {
        Body::Smart(sheet) => Some(sheet),
        _ => None,
    }
}

/// What a new smart sheet's only sub-sheet is called.
const FIRST_SUB_SHEET: &str = "智能表1";
/// What its only field is called.
const FIRST_FIELD: &str = "文本";
/// What the only field of an added sub-sheet is called.
const ADDED_FIELD: &str = "智能表列";
const SUB_SHEET_LETTERS: usize = 6;
