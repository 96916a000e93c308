//! The name that a server suggests for what it sends.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{kind, name};

/// The name that fetched content has by its `Content-Disposition`, else by its address:
/// the last part of the path, where it ends in an extension. Safe to show and to keep, as
/// [`super::sanitise`] makes it; `None` where neither says one.
pub fn suggested_name(disposition: Option<&[u8]>, url: &Url) -> Option<String> {
    disposition
        .and_then(disposition_name)
        .and_then(|found| name::usable(&found))
        .or_else(|| name_in(url))
}

fn name_in(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let decoded = decoded(last).unwrap_or_else(|| last.to_owned());
    name::usable(&decoded).filter(|name| kind::extension(name).is_some())
}

/// The file name of a `Content-Disposition` (RFC 6266), as it stands there: not yet safe for
/// anything. `filename*` wins over `filename`.
///
/// Read with patience, since many servers write it wrong: `filename*` in quotes, raw UTF-8,
/// percent signs where none belong, spaces without quotes, no closing quote. What can't be
/// read is passed over, never an error.
pub fn disposition_name(header: &[u8]) -> Option<String> {
    let mut rest = std::str::from_utf8(header).ok()?;
    let mut plain = None;
    let mut extended = None;
    while !rest.is_empty() {
        let (parameter, after) = next_parameter(rest);
        rest = after;
        match parameter {
            Some((name, value)) if name.eq_ignore_ascii_case("filename*") => {
                extended = extended.or_else(|| extended_value(&value));
            }
            Some((name, value)) if name.eq_ignore_ascii_case("filename") => {
                plain = plain.or(Some(value));
            }
            _ => {}
        }
    }
    extended
        .or_else(|| plain.map(|plain| decoded(&plain).unwrap_or(plain)))
        .filter(|name| !name.is_empty())
}

/// The parameter up to the next `;`, if it is one, and what follows.
fn next_parameter(text: &str) -> (Option<(&str, String)>, &str) {
    let text = text.trim_start();
    let end = text.find([';', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.strip_prefix('=') else {
        return (None, rest.strip_prefix(';').unwrap_or(rest));
    };
    let value = value.trim_start();
    let (value, rest) = if let Some(quoted) = value.strip_prefix('"') {
        quoted_value(quoted)
    } else {
        let end = value.find(';').unwrap_or(value.len());
        let (token, rest) = value.split_at(end);
        (token.trim_end().to_owned(), rest)
    };
    let rest = rest.find(';').and_then(|at| rest.get(at + 1..));
    (Some((name.trim_end(), value)), rest.unwrap_or_default())
}

/// The text up to the closing quote. Only a quote and a backslash count as escaped: some
/// servers send whole paths of Windows, whose last part is then still found.
fn quoted_value(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => {
                let escaped = chars.next_if(|(_, next)| matches!(next, '"' | '\\'));
                value.push(escaped.map_or('\\', |(_, escaped)| escaped));
            }
            _ => value.push(char),
        }
    }
    (value, "")
}

/// `charset'language'percent-encoded` (RFC 8187).
fn extended_value(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    if !is_clean(encoded) {
        return None;
    }
    let bytes = percent_decode_str(encoded);
    if charset.eq_ignore_ascii_case("utf-8") {
        bytes.decode_utf8().ok().map(std::borrow::Cow::into_owned)
    } else if charset.eq_ignore_ascii_case("iso-8859-1") {
        Some(bytes.map(char::from).collect())
    } else {
        None
    }
}

/// The text with its percent signs decoded, where all of them can be and make UTF-8.
fn decoded(text: &str) -> Option<String> {
    if !is_clean(text) {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Whether each percent sign stands before two hex digits.
fn is_clean(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut digits = after.bytes().take(2);
        digits.len() == 2 && digits.all(|digit| digit.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::sanitise;

    #[test]
    fn the_name_is_found_however_it_is_written() {
        for (header, name) in [
            (r#"attachment; filename="report.pdf""#, "report.pdf"),
            (r#"attachment; filename="my report.pdf""#, "my report.pdf"),
            ("attachment; filename=my report.pdf", "my report.pdf"),
            ("attachment; filename=report.pdf; size=3", "report.pdf"),
            ("ATTACHMENT ; FileName = a.txt", "a.txt"),
            ("filename=a.txt", "a.txt"),
            (r#"attachment; filename="100%.pdf""#, "100%.pdf"),
            (r#"attachment; filename="100%zz.pdf""#, "100%zz.pdf"),
            (r#"attachment; filename="%FF.pdf""#, "%FF.pdf"),
            (r#"attachment; filename="UTF-8''q.txt""#, "UTF-8''q.txt"),
            (r#"attachment; filename*="UTF-8''q.txt""#, "q.txt"),
            ("attachment; filename*=UTF-8''q.txt", "q.txt"),
            (
                "attachment; filename*=utf-8'zh'%E5%91%A8%E6%8A%A5.docx",
                "周报.docx",
            ),
            (
                "attachment; filename=old.docx; filename*=UTF-8''%E5%91%A8.docx",
                "周.docx",
            ),
            (
                "attachment; filename*=UTF-8''%E5%91%A8.docx; filename=old.docx",
                "周.docx",
            ),
            ("attachment; filename*=ISO-8859-1'en'%A3%20rates", "£ rates"),
            ("attachment; filename*=GBK''%D6%DC; filename=b.txt", "b.txt"),
            ("attachment; filename*=UTF-8''%D6; filename=b.txt", "b.txt"),
            ("attachment; filename*=b.txt; filename=c.txt", "c.txt"),
            ("attachment; filename=%E5%91%A8%E6%8A%A5.docx", "周报.docx"),
            (r#"attachment; filename="周报.docx""#, "周报.docx"),
            (r#"attachment; filename="a;b=c.txt"; x=y"#, "a;b=c.txt"),
            (r#"attachment; filename="a\"b\\c.txt""#, r#"a"b\c.txt"#),
            (r#"attachment; filename="C:\dir\a.txt""#, r"C:\dir\a.txt"),
            (r#"attachment; filename="open.txt"#, "open.txt"),
            (r#"attachment; x="filename=z"; filename=a"#, "a"),
            ("attachment; filename=a; filename=b", "a"),
        ] {
            let found = disposition_name(header.as_bytes());
            assert_eq!(found.as_deref(), Some(name), "{header}");
        }
        for header in [
            "",
            ";",
            "=",
            "attachment",
            "attachment; filename",
            "attachment; filename=",
            r#"attachment; filename="""#,
            "inline; name=a",
        ] {
            assert_eq!(disposition_name(header.as_bytes()), None, "{header}");
        }
        assert_eq!(disposition_name(b"attachment; filename=\xD6\xDC.txt"), None);
    }

    #[test]
    fn a_suggested_name_is_safe() {
        let url = |path: &str| Url::parse(&format!("https://example.com{path}")).unwrap();
        for (header, path, name) in [
            (
                Some("attachment; filename=a%2Fb.txt"),
                "/c.txt",
                Some("b.txt"),
            ),
            (
                Some("attachment; filename=\"../..\""),
                "/c.txt",
                Some("c.txt"),
            ),
            (
                Some("attachment"),
                "/x/%E5%91%A8.txt?sign=1",
                Some("周.txt"),
            ),
            (None, "/x/a%zz.txt", Some("a%zz.txt")),
            (None, "/x/a%2F..%2Fetc.conf", Some("etc.conf")),
            (None, "/download", None),
            (None, "/a.b-c", None),
            (None, "/", None),
        ] {
            let found = suggested_name(header.map(str::as_bytes), &url(path));
            assert_eq!(found.as_deref(), name, "{header:?} {path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_a_dangerous_name(header: Vec<u8>, quoted in "\\PC{0,40}") {
            let wrapped = format!("attachment; filename=\"{quoted}\"; filename*=UTF-8''{quoted}");
            for header in [header.as_slice(), wrapped.as_bytes()] {
                let name = sanitise(&disposition_name(header).unwrap_or_default());
                assert!(!name.is_empty() && name.len() <= 120);
                assert!(!name.contains(|char: char| char.is_control() || "/\\".contains(char)));
                assert_eq!(sanitise(&name), name);
            }
        }
    }
}
