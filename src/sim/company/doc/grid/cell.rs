//! Cells of a spreadsheet, and their names.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::super::super::Refused;
use super::Area;

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GridCell {
    cell_value: CellValue,
    /// Kept as it came: nothing here draws it.
    #[serde(default)]
    cell_format: Map<String, Value>,
}

/// What a cell holds: exactly one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CellValue {
    Text(String),
    Number(Number),
    Link {
        url: String,
        #[serde(default)]
        text: String,
    },
    /// Kept as text: nothing here computes.
    Formula(String),
}

impl GridCell {
    /// 40058 for a formula that is none.
    pub(super) fn check(&self) -> Result<(), Refused> {
        match &self.cell_value {
            CellValue::Formula(formula) if !formula.starts_with('=') => {
                Err(Refused::argument("a formula starts with ="))
            }
            CellValue::Link { url, .. } if url.is_empty() => {
                Err(Refused::argument("link.url must not be empty"))
            }
            _ => Ok(()),
        }
    }

    /// Whether writing it empties the cell.
    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.cell_value, CellValue::Text(text) if text.is_empty())
    }

    /// How a table shows it.
    pub(super) fn words(&self) -> Cow<'_, str> {
        match &self.cell_value {
            CellValue::Text(text) | CellValue::Formula(text) => text.as_str().into(),
            CellValue::Number(number) => number.to_string().into(),
            CellValue::Link { url, text } => {
                let text = if text.is_empty() { url } else { text };
                format!("[{text}]({url})").into()
            }
        }
    }
}

impl Area {
    /// `A1:C12`.
    pub(super) fn name(self) -> String {
        format!(
            "{}{}:{}{}",
            column_name(self.left),
            self.top + 1,
            column_name(self.right),
            self.bottom + 1
        )
    }
}

/// A, B, … Z, AA, AB, …
fn column_name(column: u32) -> String {
    let mut name = String::new();
    let mut rest = Some(column);
    while let Some(column) = rest {
        let letter = u8::try_from(column % LETTERS).unwrap_or_default();
        name.insert(0, char::from(b'A' + letter));
        rest = (column / LETTERS).checked_sub(1);
    }
    name
}

const LETTERS: u32 = 26;

#[cfg(test)]
mod tests {
    use super::column_name;

    #[test]
    fn columns_count_on_after_z() {
        let names = [0, 25, 26, 51, 52, 199, 701, 702].map(column_name);
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "GR", "ZZ", "AAA"]);
    }
}
