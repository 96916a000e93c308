//! Writing cells: an area, and a row below the last used one.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::super::{Answered, Refused, answer};
use super::super::shelf::Locator;
use super::super::{Docs, read};
use super::cell::GridCell;
use super::{MOST_COLUMNS, Worksheet, inside_mut};

#[derive(Deserialize)]
struct Write<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    grid_data: GridData,
}

#[derive(Deserialize)]
struct GridData {
    start_row: u32,
    start_column: u32,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    values: Vec<GridCell>,
}

#[derive(Deserialize)]
struct Append<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    sheet_id: &'a str,
    row: Row,
}

impl Worksheet {
    /// Writes an area and enlarges the sheet where the area ends outside it.
    fn write(&mut self, start_row: u32, start_column: u32, rows: &[Row]) -> Result<(), Refused> {
        let widest = rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
        let cells: usize = rows.iter().map(|row| row.values.len()).sum();
        let bottom = end(start_row, rows.len(), MOST_ROWS);
        let right = end(start_column, widest, MOST_COLUMNS);
        let (Some(bottom), Some(right), 1..=AREA_CELLS, true) =
            (bottom, right, cells, rows.len() <= AREA_ROWS)
        else {
            return Err(Refused::argument(format!(
                "an area has 1 to {AREA_CELLS} cells in at most {AREA_ROWS} rows, and ends \
                 within {MOST_ROWS} rows and {MOST_COLUMNS} columns"
            )));
        };
        let values = || rows.iter().flat_map(|row| &row.values);
        values().try_for_each(GridCell::check)?;
        self.rows = self.rows.max(bottom);
        self.columns = self.columns.max(right);
        for (row, cells) in (start_row..).zip(rows) {
            for (column, cell) in (start_column..).zip(&cells.values) {
                if cell.is_empty() {
                    self.cells.remove(&(row, column));
                } else {
                    self.cells.insert((row, column), cell.clone());
                }
            }
        }
        Ok(())
    }
}

impl Docs {
    /// `sheet_update_range_data`.
    pub(in super::super) fn write_cells(&mut self, args: &Map<String, Value>) -> Answered {
        let Write {
            at,
            sheet_id,
            grid_data,
        } = read(args)?;
        let GridData {
            start_row,
            start_column,
            rows,
        } = grid_data;
        let sheet = self.shelf.writable(at, inside_mut)?.sheet_mut(sheet_id)?;
        sheet.write(start_row, start_column, &rows)?;
        let rows: Vec<Value> = rows.iter().map(Row::written).collect();
        let written = json!({ "start_row": start_row, "start_column": start_column, "rows": rows });
        Ok(answer([("grid_data", written)]))
    }

    /// `sheet_append_data`: from the first column on.
    pub(in super::super) fn append_row(&mut self, args: &Map<String, Value>) -> Answered {
        let Append { at, sheet_id, row } = read(args)?;
        let sheet = self.shelf.writable(at, inside_mut)?.sheet_mut(sheet_id)?;
        let below = sheet.used().map_or(0, |area| area.bottom + 1);
        sheet.write(below, 0, std::slice::from_ref(&row))?;
        Ok(answer([("row", row.written())]))
    }
}

impl Row {
    fn written(&self) -> Value {
        json!({ "values": self.values })
    }
}

/// Where so many rows or columns from `start` end, unless that is beyond `most`.
fn end(start: u32, count: usize, most: u32) -> Option<u32> {
    let end = start.checked_add(u32::try_from(count).ok()?)?;
    (end <= most).then_some(end)
}

/// Most rows of an area that is written at once.
const AREA_ROWS: usize = 1000;
/// Most cells of such an area. Its columns are limited by the worksheet's.
const AREA_CELLS: usize = 10_000;
/// Most rows of a worksheet: the simulator's own limit, so that its Markdown stays small.
const MOST_ROWS: u32 = 10_000;
