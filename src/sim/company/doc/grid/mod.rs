//! Online spreadsheets: worksheets of cells.

mod cell;
mod sheets;
mod writing;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::Refused;
use super::access::unknown;
use super::dice::Dice;
use super::shelf::Body;
use super::table;

use self::cell::GridCell;

/// One spreadsheet. It always has a worksheet.
#[derive(Debug)]
pub(super) struct Workbook {
    sheets: Vec<Worksheet>,
}

/// One worksheet.
#[derive(Debug)]
struct Worksheet {
    id: String,
    title: String,
    rows: u32,
    columns: u32,
    /// By row and column, both from 0. Empty cells are absent.
    cells: BTreeMap<(u32, u32), GridCell>,
}

/// A rectangle of cells, all four ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    top: u32,
    left: u32,
    bottom: u32,
    right: u32,
}

impl Workbook {
    /// One empty worksheet, as a new spreadsheet has.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut workbook = Self { sheets: Vec::new() };
        let first = workbook.new_sheet(FIRST_WORKSHEET, ROWS, COLUMNS, dice);
        workbook.sheets.push(first);
        workbook
    }

    /// A worksheet that is not part of it yet.
    fn new_sheet(&self, title: &str, rows: u32, columns: u32, dice: &mut Dice) -> Worksheet {
        let id = dice.id("", WORKSHEET_LETTERS, |id| {
            self.sheets.iter().any(|sheet| sheet.id == id)
        });
        Worksheet {
            id,
            title: title.to_owned(),
            rows,
            columns,
            cells: BTreeMap::new(),
        }
    }

    /// All worksheets as tables, each from A1 to its last used cell.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        for sheet in &self.sheets {
            let used = sheet.used().map(|area| (area.bottom, area.right));
            let rows = used.into_iter().flat_map(|(bottom, right)| {
                (0..=bottom)
                    .map(move |row| (0..=right).map(|column| sheet.words(row, column)).collect())
            });
            table::section(&mut text, &sheet.title, rows);
        }
        text
    }

    fn sheet_mut(&mut self, id: &str) -> Result<&mut Worksheet, Refused> {
        self.sheets
            .iter_mut()
            .find(|sheet| sheet.id == id)
            .ok_or_else(|| unknown("sheet_id"))
    }
}

impl Worksheet {
    /// The smallest area that holds all used cells.
    fn used(&self) -> Option<Area> {
        let (&(top, _), _) = self.cells.first_key_value()?;
        let (&(bottom, _), _) = self.cells.last_key_value()?;
        let left = self.cells.keys().map(|(_, column)| *column).min()?;
        let right = self.cells.keys().map(|(_, column)| *column).max()?;
        Some(Area {
            top,
            left,
            bottom,
            right,
        })
    }

    fn words(&self, row: u32, column: u32) -> Cow<'_, str> {
        self.cells
            .get(&(row, column))
            .map_or("".into(), GridCell::words)
    }
}

/// The workbook in a body, for reading.
fn inside(body: &Body) -> Option<&Workbook> {
    match body {
        Body::Grid(workbook) => Some(workbook),
        _ => None,
    }
}

/// The workbook in a body, for writing.
fn inside_mut(body: &mut Body) -> Option<&mut Workbook> {
    match body {
        Body::Grid(workbook) => Some(workbook),
        _ => None,
    }
}

/// What a new spreadsheet's only worksheet is called.
const FIRST_WORKSHEET: &str = "工作表1";
/// Rows of a worksheet for which nobody asked otherwise.
const ROWS: u32 = 200;
/// Columns of such a worksheet.
const COLUMNS: u32 = 20;
/// Most columns of a worksheet.
const MOST_COLUMNS: u32 = 200;
const WORKSHEET_LETTERS: usize = 6;
