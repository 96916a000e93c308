//! Names of files, as others give them and as they are kept.

use super::kind;

/// Characters of a kept name before the id.
const STEM_CHARS: usize = 60;

/// What stands between the name and the id of a kept file.
pub(super) const SEPARATOR: &str = "---";

/// Names that Windows gives to devices, whatever their extension.
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name that can be shown and be a part of a path: what follows the last `/` or `\`,
/// without control characters and without characters that turn the direction of text,
/// with no dot in front. Never empty.
pub fn sanitise(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|char| !char.is_control() && !turns_text(*char))
        .collect();
    let name = visible.trim().trim_start_matches('.').trim();
    if name.is_empty() {
        "file".to_owned()
    } else if is_reserved(name) {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

/// Whether Windows takes the name for a device.
pub(super) fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    RESERVED
        .iter()
        .any(|reserved| stem.eq_ignore_ascii_case(reserved))
}

/// The name under which a file is kept: stem, id, extension.
pub(super) fn kept(name: &str, id: &str) -> String {
    let extension = kind::extension(name);
    let stem = match &extension {
        Some(extension) => name
            .get(..name.len() - extension.len() - 1)
            .unwrap_or_default(),
        None => name,
    };
    let stem: String = stem
        .chars()
        .take(STEM_CHARS)
        .map(|char| {
            if char.is_alphanumeric() || matches!(char, '.' | '_' | '-') {
                char
            } else {
                '_'
            }
        })
        .collect();
    let dot = if extension.is_some() { "." } else { "" };
    let extension = extension.unwrap_or_default();
    format!("{stem}{SEPARATOR}{id}{dot}{extension}")
}

/// The name that a kept file is shown by, and its id.
pub(super) fn shown(kept: &str) -> Option<(String, &str)> {
    let (stem, rest) = kept.rsplit_once(SEPARATOR)?;
    let (id, extension) = match rest.split_once('.') {
        Some((id, extension)) => (id, Some(extension)),
        None => (rest, None),
    };
    let name = match extension {
        Some(extension) => format!("{stem}.{extension}"),
        None => stem.to_owned(),
    };
    Some((name, id))
}

/// Marks and overrides of writing direction, and characters without width: with them
/// `exe.gpj` can be shown as `jpg.exe`.
fn turns_text(char: char) -> bool {
    matches!(
        char,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_one_harmless_component() {
        for (given, name) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\a\b.txt", "b.txt"),
            ("..", "file"),
            (".bashrc", "bashrc"),
            ("", "file"),
            ("a\u{202E}gpj.exe", "agpj.exe"),
            ("a\nb\0.txt", "ab.txt"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("周报 3.docx", "周报 3.docx"),
            ("dir/", "file"),
        ] {
            assert_eq!(sanitise(given), name, "{given:?}");
        }
    }

    #[test]
    fn a_kept_name_has_stem_id_and_extension() {
        assert_eq!(kept("周 报.PDF", "id"), "周_报---id.pdf");
        assert_eq!(kept("voice", "id"), "voice---id");
        assert_eq!(kept("a.b c", "id"), "a.b_c---id");
        let long = kept(&"长".repeat(100), "id");
        assert_eq!(long.chars().count(), STEM_CHARS + "---id".len());
    }

    #[test]
    fn a_kept_name_can_be_read_back() {
        assert_eq!(
            shown("a---b---0af1.tar"),
            Some(("a---b.tar".to_owned(), "0af1"))
        );
        assert_eq!(shown("voice---0af1"), Some(("voice".to_owned(), "0af1")));
        assert_eq!(shown(".part-xyz"), None);
    }
}
