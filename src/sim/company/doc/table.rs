//! Tables in Markdown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Writes a heading and below it a table: the first row is the table's head.
pub(super) fn section<'a>(
    into: &mut String,
    title: &str,
    rows: impl IntoIterator<Item = Vec<Cow<'a, str>>>,
) {
    if !into.is_empty() {
        into.push('\n');
    }
    // Writing into a string cannot fail.
    let _ = writeln!(into, "## {}\n", flat(title));
    for (number, row) in rows.into_iter().enumerate() {
        for cell in &row {
            let _ = write!(into, "| {} ", flat(cell));
        }
        into.push_str("|\n");
        if number == 0 {
            into.push_str(&"| --- ".repeat(row.len()));
            into.push_str("|\n");
        }
    }
}

/// A text that stays inside its cell.
fn flat(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace("\r\n", "<br>")
        .replace(['\n', '\r'], "<br>")
}
