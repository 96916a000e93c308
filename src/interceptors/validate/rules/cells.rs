//! Cells of spreadsheets.

use serde_json::Value;

use super::Rules;

/// Most cells in one call.
const MAX_CELLS: usize = 10_000;

pub(super) fn check(method: &str, rules: &mut Rules<'_>) {
    match method {
        "sheet_update_range_data" => {
            area(rules);
            let rows = list(rules.at("/grid_data/rows"));
            for (place, row) in rows.iter().enumerate() {
                formulas(row, &format!("/grid_data/rows/{place}"), rules);
            }
        }
        "sheet_append_data" => {
            if let Some(row) = rules.at("/row") {
                formulas(row, "/row", rules);
            }
        }
        _ => {}
    }
}

fn area(rules: &mut Rules<'_>) {
    let rows = list(rules.at("/grid_data/rows"));
    let lengths: Vec<usize> = rows
        .iter()
        .map(|row| list(row.get("values")).len())
        .collect();
    let cells: usize = lengths.iter().sum();
    if cells > MAX_CELLS {
        let hint =
            format!("at most {MAX_CELLS} cells in one call, not {cells}; make several calls");
        rules.refuse("/grid_data/rows", "max_cells", hint);
    }
    if lengths.iter().any(|length| Some(length) != lengths.first()) {
        (rules.warn)("/grid_data/rows: the rows of the area differ in length.".to_owned());
    }
}

/// A text that begins with `=` would be shown as it is.
fn formulas(row: &Value, path: &str, rules: &mut Rules<'_>) {
    for (place, cell) in list(row.get("values")).iter().enumerate() {
        let text = cell.get("cell_value").and_then(|value| value.get("text"));
        if text
            .and_then(Value::as_str)
            .is_some_and(|text| text.starts_with('='))
        {
            rules.refuse(
                format!("{path}/values/{place}/cell_value/text"),
                "formula",
                "a text that begins with = is shown literally; write it as `formula`",
            );
        }
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
