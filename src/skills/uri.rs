//! Addresses of skills and their files.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// The scheme under which skills are served.
pub const SCHEME: &str = "skill";

/// An address, taken apart and decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillUri {
    /// The skill's name.
    pub name: String,
    /// A file or directory in it; empty for the skill's own directory.
    pub path: String,
}

impl SkillUri {
    /// The address of a file or directory of a skill.
    pub fn file(name: &str, path: &str) -> String {
        let mut uri = format!("{SCHEME}://{name}");
        for part in path.split('/').filter(|part| !part.is_empty()) {
            uri.push('/');
            encode(part, &mut uri);
        }
        uri
    }

    /// Takes an address apart. `None` if it is none of a skill: another scheme, a query or
    /// a fragment, an encoding that is broken or hides a slash.
    ///
    /// What comes out is only ever compared with names that exist, so `..` leads nowhere.
    pub fn parse(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix(SCHEME)?.strip_prefix("://")?;
        if rest.contains(['?', '#']) {
            return None;
        }
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        let parts: Option<Vec<String>> = path.split('/').map(decode).collect();
        let parts = parts?;
        if parts.iter().any(|part| part.contains('/')) {
            return None;
        }
        Some(Self {
            name: decode(name)?,
            path: parts.join("/"),
        })
    }
}

/// Appends a part of a path; what RFC 3986 does not admit there is percent-encoded.
fn encode(part: &str, uri: &mut String) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

/// Undoes percent-encoding; `None` if the result is no UTF-8.
fn decode(part: &str) -> Option<String> {
    let decoded = percent_decode_str(part).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (uri, expected) in [
            ("skill://a/SKILL.md", Some(("a", "SKILL.md"))),
            ("skill://a", Some(("a", ""))),
            ("skill://a/r/x%20y.md", Some(("a", "r/x y.md"))),
            ("skill://a/%E8%A1%A8.md", Some(("a", "表.md"))),
            ("skill://a/../b/SKILL.md", Some(("a", "../b/SKILL.md"))),
            ("skill://a/r%2Fx.md", None),
            ("skill://a/SKILL.md?x", None),
            ("skill://a/SKILL.md#x", None),
            ("skill://a/%zz", Some(("a", "%zz"))),
            ("skill://a/%ff", None),
            ("skill:a/SKILL.md", None),
            ("file:///SKILL.md", None),
            ("", None),
        ] {
            let parsed = SkillUri::parse(uri);
            let parsed = parsed.as_ref().map(|it| (&*it.name, &*it.path));
            assert_eq!(parsed, expected, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(path in "[^/\0]{1,20}(/[^/\0]{1,20}){0,3}") {
            let uri = SkillUri::file("wecom-msg", &path);
            prop_assert!(uri.is_ascii());
            let expected = SkillUri { name: "wecom-msg".to_owned(), path };
            prop_assert_eq!(SkillUri::parse(&uri), Some(expected));
        }
    }
}
