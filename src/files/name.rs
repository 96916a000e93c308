//! Names of files, as others give them and as they are kept.

use unicode_normalization::UnicodeNormalization;

use super::kind;
use super::scope::StoredId;

/// Characters of a kept name before the id.
const STEM_CHARS: usize = 60;

/// What stands between the name and the id of a kept file.
pub(super) const SEPARATOR: &str = "---";

/// Names that Windows gives to devices, whatever their extension.
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The longest name in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 120;

/// A name that can be shown and be a part of a path: what follows the last `/` or `\`, in
/// Unicode NFC, with `_` for control characters and for `<>:"|?*`, without characters that
/// turn the direction of text, with no dot in front, at most [`MAX_NAME_BYTES`] (the stem
/// is cut, the extension stays). Never empty.
pub fn sanitise(name: &str) -> String {
    usable(name).unwrap_or_else(|| "file".to_owned())
}

/// As [`sanitise`]; `None` where nothing is left of the name.
pub fn usable(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|char| !turns_text(*char))
        .nfc()
        .map(|char| if is_awkward(char) { '_' } else { char })
        .collect();
    let name = visible
        .trim()
        .trim_start_matches(|char: char| char == '.' || char.is_whitespace());
    if name.is_empty() {
        return None;
    }
    let name = cut(name.to_owned());
    Some(if is_reserved(&name) {
        cut(format!("_{name}"))
    } else {
        name
    })
}

/// The name with an extension, within [`MAX_NAME_BYTES`].
pub fn with_extension(name: &str, extension: &str) -> String {
    cut(format!("{name}.{extension}"))
}

/// Shortens the stem until the name fits.
fn cut(mut name: String) -> String {
    if name.len() <= MAX_NAME_BYTES {
        return name;
    }
    let extension = kind::extension(&name).map_or(0, |extension| extension.len() + 1);
    let tail = name.split_off(name.len() - extension);
    let mut end = MAX_NAME_BYTES - extension;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.truncate(name.trim_end().len());
    name + &tail
}

/// Control characters, and what Windows does not have in names.
fn is_awkward(char: char) -> bool {
    char.is_control() || matches!(char, '<' | '>' | ':' | '"' | '|' | '?' | '*')
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

/// The name that a file had before it was kept; another name is its own.
pub fn original(name: &str) -> String {
    match shown(name) {
        Some((original, id)) if id.parse::<StoredId>().is_ok() => original,
        _ => name.to_owned(),
    }
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
            ("a\nb\0.txt", "a_b_.txt"),
            ("a<b>:\"c|d?*.txt", "a_b___c_d__.txt"),
            ("re\u{301}sume\u{200B}\u{301}.pdf", "résumé.pdf"),
            (". .x", "x"),
            (" \u{200B}.", "file"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("周报 3.docx", "周报 3.docx"),
            ("dir/", "file"),
        ] {
            assert_eq!(sanitise(given), name, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let cases = [
            (
                format!("{}.pdf", "a".repeat(300)),
                format!("{}.pdf", "a".repeat(116)),
            ),
            (
                format!("{}.pdf", "长".repeat(100)),
                format!("{}.pdf", "长".repeat(38)),
            ),
            ("x".repeat(300), "x".repeat(120)),
            (
                format!("a.{}", "x".repeat(200)),
                format!("a.{}", "x".repeat(118)),
            ),
        ];
        for (given, name) in cases {
            assert_eq!(sanitise(&given), name);
        }
        assert_eq!(with_extension(&"长".repeat(40), "png").len(), 38 * 3 + 4);
        assert_eq!(usable(".."), None);
        let device = format!("nul{}x", " ".repeat(200));
        assert_eq!(sanitise(&device), "_nul");
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

    #[test]
    fn only_what_was_kept_loses_a_part_of_its_name() {
        let id = StoredId::random();
        assert_eq!(original(&kept("周 报.PDF", id.as_str())), "周_报.pdf");
        assert_eq!(original("notes---2026.txt"), "notes---2026.txt");
        assert_eq!(original("notes.txt"), "notes.txt");
    }
}
