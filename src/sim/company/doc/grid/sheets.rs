//! Worksheets: list, add, delete.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::super::{Answered, Refused, answer};
use super::super::access::wrong_kind;
use super::super::shelf::Locator;
use super::super::{Docs, read};
use super::{Area, COLUMNS, MOST_COLUMNS, ROWS, Worksheet, inside, inside_mut};

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
}

#[derive(Deserialize)]
struct Add<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet: NewSheet,
    index: Option<u64>,
}

#[derive(Deserialize)]
struct NewSheet {
    title: String,
    row_count: Option<u32>,
    column_count: Option<u32>,
}

#[derive(Deserialize)]
struct Delete<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
}

impl Worksheet {
    fn listed(&self) -> Value {
        json!({
            "sheet_id": self.id,
            "title": self.title,
            "row_count": self.rows,
            "column_count": self.columns,
            "data_range": self.used().map(Area::name).unwrap_or_default(),
        })
    }
}

impl Docs {
    /// `sheet_get_info`.
    pub(in super::super) fn worksheets(&mut self, args: &Map<String, Value>) -> Answered {
        let Info { at } = read(args)?;
        let document = self.shelf.find(at)?;
        let workbook = inside(&document.body).ok_or_else(wrong_kind)?;
        let sheets: Vec<Value> = workbook.sheets.iter().map(Worksheet::listed).collect();
        Ok(answer([
            ("name", document.title.clone().into()),
            ("url", document.url.clone().into()),
            ("sheets", sheets.into()),
        ]))
    }

    /// `sheet_add_sub`. An `index` of 0 is the last place, 1 the first.
    pub(in super::super) fn add_worksheet(&mut self, args: &Map<String, Value>) -> Answered {
        let Add { at, sheet, index } = read(args)?;
        let workbook = self.shelf.writable(at, inside_mut)?;
        let taken = workbook
            .sheets
            .iter()
            .any(|other| other.title == sheet.title);
        if sheet.title.is_empty() || taken {
            return Err(Refused::argument("title is empty or already used"));
        }
        // A count that nobody named fits the one that was named.
        let fitting = |usual: u32, other: u32| usual.min(NEW_CELLS / other.max(1));
        let (rows, columns) = match (sheet.row_count, sheet.column_count) {
            (None, None) => (ROWS, COLUMNS),
            (Some(rows), None) => (rows, fitting(COLUMNS, rows)),
            (None, Some(columns)) => (fitting(ROWS, columns), columns),
            (Some(rows), Some(columns)) => (rows, columns),
        };
        let cells = u64::from(rows) * u64::from(columns);
        if cells == 0 || cells > u64::from(NEW_CELLS) || columns > MOST_COLUMNS {
            return Err(Refused::argument(format!(
                "a new worksheet has at most {MOST_COLUMNS} columns and {NEW_CELLS} cells"
            )));
        }
        let added = workbook.new_sheet(&sheet.title, rows, columns, &mut self.dice);
        let listed = added.listed();
        let last = workbook.sheets.len();
        let place = index
            .and_then(|index| usize::try_from(index).ok()?.checked_sub(1))
            .map_or(last, |place| place.min(last));
        workbook.sheets.insert(place, added);
        Ok(answer([("sheet", listed)]))
    }

    /// `sheet_delete_sub`. The last one stays.
    pub(in super::super) fn delete_worksheet(&mut self, args: &Map<String, Value>) -> Answered {
        let Delete { at, sheet_id } = read(args)?;
        let workbook = self.shelf.writable(at, inside_mut)?;
        workbook.sheet_mut(sheet_id)?;
        if workbook.sheets.len() == 1 {
            return Err(Refused::argument("the last worksheet can't be deleted"));
        }
        workbook.sheets.retain(|sheet| sheet.id != sheet_id);
        Ok(Map::new())
    }
}

/// Most cells of a new worksheet; writing enlarges it.
const NEW_CELLS: u32 = 10_000;
