//! What kind of file it is.

/// Types by the ending of the name. Skills hold texts, pictures and scripts.
const BY_ENDING: [(&str, &str); 16] = [
    ("md", "text/markdown"),
    ("txt", "text/plain"),
    ("json", "application/json"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("toml", "application/toml"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("js", "text/javascript"),
    ("py", "text/x-python"),
    ("sh", "text/x-shellscript"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("pdf", "application/pdf"),
];

/// The type of a file: by its name, else text if it is text.
pub(super) fn of(path: &str, bytes: &[u8]) -> &'static str {
    let ending = path
        .rsplit_once('.')
        .map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase());
    let known = BY_ENDING.iter().find(|(known, _)| *known == ending);
    match known {
        Some((_, mime)) => mime,
        None if text(bytes).is_some() => "text/plain",
        None => "application/octet-stream",
    }
}

/// The bytes as text: UTF-8 without NUL.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_before_the_contents() {
        for (path, bytes, mime) in [
            ("SKILL.md", &b"# x"[..], "text/markdown"),
            ("references/A.MD", b"", "text/markdown"),
            ("assets/logo.png", b"text", "image/png"),
            ("scripts/run", b"#!/bin/sh", "text/plain"),
            ("data.bin", b"\xff\xfe", "application/octet-stream"),
            ("data.bin", b"a\0b", "application/octet-stream"),
        ] {
            assert_eq!(of(path, bytes), mime, "{path}");
        }
    }
}
