//! A table of the jobs.

use std::io::IsTerminal;

/// A column: its heading and the width of its longest cell, in columns of a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column(pub(super) &'static str, pub(super) usize);

/// What a cut cell ends with.
const CUT: &str = "...";

/// Between two columns.
const GAP: &str = "  ";

/// How the table is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// All columns in their full width, for programs.
    Full,
    /// Columns that have something in them, in a terminal of this width.
    Fitting(usize),
}

impl Form {
    /// As standard output wants it.
    pub(super) fn of_stdout() -> Self {
        let out = std::io::stdout();
        if !out.is_terminal() {
            return Self::Full;
        }
        let size = rustix::termios::tcgetwinsize(&out).ok();
        let width = size.map_or(0, |size| usize::from(size.ws_col));
        Self::Fitting(if width == 0 { 80 } else { width })
    }
}

/// The lines of a table.
pub(super) fn lines(columns: &[Column], rows: &[Vec<String>], form: Form) -> Vec<String> {
    let widest = |position: usize, heading: &str| {
        let cells = rows.iter().filter_map(|row| row.get(position));
        let cells = cells.map(|cell| width(cell)).max().unwrap_or(0);
        cells.max(width(heading))
    };
    let is_used = |position: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(position));
        cells.any(|cell| !cell.is_empty() && cell != "-")
    };
    let mut widths: Vec<(usize, &str, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(position, _)| form == Form::Full || is_used(*position))
        .map(|(position, Column(heading, limit))| {
            let width = match form {
                Form::Full => *limit,
                Form::Fitting(_) => widest(position, heading).min(*limit),
            };
            (position, *heading, width)
        })
        .collect();
    if let Form::Fitting(limit) = form {
        shrink(&mut widths, limit);
    }
    let line = |cell: &dyn Fn(usize, &str) -> String| {
        let cells: Vec<String> = widths
            .iter()
            .map(|(position, heading, width)| padded(&cell(*position, heading), *width))
            .collect();
        cells.join(GAP).trim_end().to_owned()
    };
    let mut lines = vec![line(&|_, heading| heading.to_owned())];
    for row in rows {
        lines.push(line(&|position, _| {
            row.get(position).cloned().unwrap_or_default()
        }));
    }
    lines
}

/// Takes from the widest column until all fit; no column becomes too small to say anything.
fn shrink(widths: &mut [(usize, &str, usize)], limit: usize) {
    const SMALLEST: usize = 8;
    loop {
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        let total: usize = widths.iter().map(|(_, _, width)| width).sum();
        let widest = widths.iter_mut().max_by_key(|(_, _, width)| *width);
        match widest {
            Some((_, _, width)) if total + gaps > limit && *width > SMALLEST => *width -= 1,
            _ => return,
        }
    }
}

/// A cell in exactly so many columns.
fn padded(text: &str, wanted: usize) -> String {
    let has = width(text);
    if has <= wanted {
        return format!("{text}{}", " ".repeat(wanted - has));
    }
    let room = wanted.saturating_sub(CUT.len());
    let mut kept = String::new();
    let mut taken = 0;
    for c in text.chars() {
        taken += char_width(c);
        if taken > room {
            break;
        }
        kept.push(c);
    }
    let has = width(&kept) + CUT.len();
    format!("{kept}{CUT}{}", " ".repeat(wanted.saturating_sub(has)))
}

fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Columns that a character takes: Chinese and what is written beside it takes two.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x2_0000..=0x3_FFFD => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column("ID", 6), Column("Owner", 5), Column("Name", 12)];

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        vec![
            row(["a", "-", "每日早报和天气"]),
            row(["abcdefgh", "", "x"]),
        ]
    }

    #[test]
    fn programs_get_every_column_in_full_width() {
        assert_eq!(
            lines(&COLUMNS, &rows(), Form::Full),
            [
                "ID      Owner  Name",
                "a       -      每日早报...",
                "abc...         x",
            ]
        );
    }

    #[test]
    fn people_get_what_fits() {
        assert_eq!(
            lines(&COLUMNS, &rows(), Form::Fitting(80)),
            ["ID      Name", "a       每日早报...", "abc...  x"]
        );
        for line in lines(&COLUMNS, &rows(), Form::Fitting(18)) {
            assert!(width(&line) <= 18, "{line}");
        }
    }
}
