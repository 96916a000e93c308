//! Markdown for receivers whose client shows none of it.

use crate::config::MarkdownTables;

/// Lines of a fence are left alone; anything else is text.
fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

/// The text for an agent app: tables as `tables` says, links as their text and address;
/// everything else as written.
pub(super) fn reduce(markdown: &str, tables: MarkdownTables) -> String {
    let mut in_code = false;
    let with_tables = render_tables(markdown, tables);
    let lines = with_tables.split('\n').map(|line| {
        let is_fence = is_fence(line);
        in_code ^= is_fence;
        if in_code || is_fence {
            line.to_owned()
        } else {
            without_links(line)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Renders the tables of `markdown`; those in code stay.
pub(super) fn render_tables(markdown: &str, tables: MarkdownTables) -> String {
    if tables == MarkdownTables::Off {
        return markdown.to_owned();
    }
    let mut out: Vec<String> = Vec::new();
    let mut lines = markdown.split('\n').peekable();
    let mut in_code = false;
    while let Some(line) = lines.next() {
        in_code ^= is_fence(line);
        let is_head =
            !in_code && line.contains('|') && lines.peek().is_some_and(|next| is_separator(next));
        if !is_head {
            out.push(line.to_owned());
            continue;
        }
        let mut rows = Vec::new();
        let separator = lines.next().unwrap_or_default();
        while let Some(row) = lines.next_if(|row| row.contains('|')) {
            rows.push(row);
        }
        match tables {
            MarkdownTables::Code => {
                out.push("```".to_owned());
                out.extend([line, separator].into_iter().chain(rows).map(str::to_owned));
                out.push("```".to_owned());
            }
            _ => out.extend(bullets(line, &rows)),
        }
    }
    out.join("\n")
}

/// `|---|:-:|`
fn is_separator(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn cells(row: &str) -> Vec<&str> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').unwrap_or(row);
    row.split('|').map(str::trim).collect()
}

/// A line a row: every cell with its column's name.
fn bullets(head: &str, rows: &[&str]) -> Vec<String> {
    let columns = cells(head);
    let bullet = |row: &&str| {
        let cells = cells(row);
        let filled = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty());
        let labelled = filled.map(|(n, cell)| match columns.get(n) {
            Some(column) if !column.is_empty() => format!("{column}: {cell}"),
            _ => (*cell).to_owned(),
        });
        format!("- {}", labelled.collect::<Vec<_>>().join("; "))
    };
    rows.iter().map(bullet).collect()
}

/// `[text](address)` as `text (address)`; an address that is its own text once.
fn without_links(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((text_start, text, address, end)) = next_link(rest) {
        // A picture's mark goes with it.
        let before = rest.get(..text_start).unwrap_or_default();
        out.push_str(before.strip_suffix('!').unwrap_or(before));
        if text.is_empty() || text == address {
            out.push_str(address);
        } else {
            out.push_str(text);
            out.push_str(" (");
            out.push_str(address);
            out.push(')');
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn next_link(line: &str) -> Option<(usize, &str, &str, usize)> {
    line.match_indices("](").find_map(|(middle, _)| {
        let start = line.get(..middle)?.rfind('[')?;
        let length = line.get(middle + 2..)?.find(')')?;
        let address = line.get(middle + 2..middle + 2 + length)?;
        let text = line.get(start + 1..middle)?;
        Some((start, text, address, middle + 2 + length + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_written_out_and_code_stays() {
        for (markdown, text) in [
            ("see [docs](https://a/b) now", "see docs (https://a/b) now"),
            ("[https://a](https://a)", "https://a"),
            ("![plot](https://a/p.png)", "plot (https://a/p.png)"),
            ("[a](b) and [c](d)", "a (b) and c (d)"),
            ("**bold** [x] (y)", "**bold** [x] (y)"),
            ("```\n[a](b)\n```\n[a](b)", "```\n[a](b)\n```\na (b)"),
        ] {
            assert_eq!(reduce(markdown, MarkdownTables::Off), text);
        }
    }

    #[test]
    fn tables_are_lists_or_code() {
        let table = "before\n| City | Sales |\n|---|--:|\n| 上海 | 12 |\n| 北京 | |\nafter";
        assert_eq!(
            reduce(table, MarkdownTables::Bullets),
            "before\n- City: 上海; Sales: 12\n- City: 北京\nafter"
        );
        assert_eq!(
            reduce(table, MarkdownTables::Code),
            "before\n```\n| City | Sales |\n|---|--:|\n| 上海 | 12 |\n| 北京 | |\n```\nafter"
        );
        assert_eq!(reduce(table, MarkdownTables::Off), table);
        let in_code = format!("```\n{table}\n```");
        assert_eq!(reduce(&in_code, MarkdownTables::Bullets), in_code);
    }
}
