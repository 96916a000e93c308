use serde_json::json;

use super::*;

fn parsed(text: &str) -> Result<Value, String> {
    parse(Path::new("wecom.json"), text)
        .map(Value::Object)
        .map_err(|error| error.to_string())
}

#[test]
fn json5_forms() {
    let text = "// a\n{ plain: 'single', \"q\": \"d\", $x_1: 0x1F, plus: +5, dot: .5, end: 5., \
                neg: -0x10, exp: 1e3, /* b */ joined: 'a\\\nb', list: [1, 2,], big: \
                9007199254740993, uni: '\\u4f01', true: 1, }";
    assert_eq!(
        parsed(text).unwrap(),
        json!({
            "plain": "single", "q": "d", "$x_1": 31, "plus": 5, "dot": 0.5, "end": 5.0,
            "neg": -16, "exp": 1000.0, "joined": "ab", "list": [1, 2],
            "big": 9_007_199_254_740_993_u64, "uni": "企", "true": 1
        })
    );
}

#[test]
fn what_could_be_misread_is_refused_with_its_place() {
    for (text, message) in [
        (
            "",
            "wecom.json:1:1: the file is empty: write {} for an empty configuration",
        ),
        ("[]", "wecom.json:1:1: the file must hold one object: { … }"),
        (
            "{\n a: { b: 1,\n  b: 2 } }",
            "wecom.json:3:3: the key `a.b` stands here a second time: remove one of them",
        ),
        (
            "{ __proto__: 1 }",
            "wecom.json:1:3: the key `__proto__` is not allowed",
        ),
        (
            "{ a: { prototype: 1 } }",
            "wecom.json:1:8: the key `prototype` is not allowed",
        ),
        ("{ a: NaN }", "wecom.json:1:6: Unexpected word"),
        (
            "{ a: -Infinity }",
            "wecom.json:1:6: Infinity and NaN are not allowed",
        ),
        (
            "{ a: 1e999 }",
            "wecom.json:1:6: `1e999` is too large a number",
        ),
        ("{ a: 1 b: 2 }", "wecom.json:1:7: Expected comma"),
        ("{ 企: 1,, }", "wecom.json:1:8: Unexpected token in object"),
        (
            "{ a: \"x\n\" }",
            "wecom.json:1:6: a line break inside the text: is the closing quote missing? \
             (write \\n for a line break)",
        ),
        (
            "{} {}",
            "wecom.json:1:4: Text cannot contain more than one JSON value",
        ),
    ] {
        assert_eq!(parsed(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn nesting_ends_at_64_levels() {
    let nested = |levels: usize| format!("{{ a: {}{} }}", "[".repeat(levels), "]".repeat(levels));
    assert!(parsed(&nested(MAX_DEPTH - 1)).is_ok());
    assert!(
        parsed(&nested(MAX_DEPTH))
            .unwrap_err()
            .contains("deeper than 64")
    );
    assert!(parsed(&nested(5_000)).unwrap_err().contains("depth"));
}

#[test]
fn bytes_that_are_no_utf8_name_their_offset() {
    let path = Path::new("wecom.json");
    assert_eq!(decode(path, b"\xef\xbb\xbf{}".to_vec()).unwrap(), "{}");
    for (bytes, offset) in [(&b"{\xff}"[..], 1), (&b"{}\0"[..], 2)] {
        match decode(path, bytes.to_vec()) {
            Err(DocumentError::Encoding { offset: found, .. }) => assert_eq!(found, offset),
            other => panic!("{other:?}"),
        }
    }
    let limit = usize::try_from(MAX_FILE_BYTES).unwrap();
    assert!(decode(path, vec![b' '; limit]).is_ok());
    assert!(matches!(
        decode(path, vec![b' '; limit + 1]),
        Err(DocumentError::TooLarge { .. })
    ));
}

#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wecom.json");
    assert!(read(&file).unwrap().is_none());
    assert!(matches!(
        read(folder.path()),
        Err(DocumentError::NotRegular { .. })
    ));
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(read(&file).unwrap().unwrap().text, "{}");
    let too_large = folder.path().join("large.json");
    std::fs::write(&too_large, vec![b' '; 4_194_305]).unwrap();
    assert!(matches!(
        read(&too_large),
        Err(DocumentError::TooLarge { .. })
    ));
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_once_and_a_pipe_never_opened() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wecom.json");
    std::fs::write(&file, "{}").unwrap();
    for (mode, open) in [(0o600, false), (0o644, true), (0o660, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(
            read(&file).unwrap().unwrap().open_to_others,
            open,
            "{mode:o}"
        );
    }
    let link = folder.path().join("link.json");
    symlink("wecom.json", &link).unwrap();
    assert!(read(&link).unwrap().is_some());
    let second = folder.path().join("second.json");
    symlink("link.json", &second).unwrap();
    assert!(matches!(
        read(&second),
        Err(DocumentError::NotRegular { .. })
    ));
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    assert!(matches!(read(&pipe), Err(DocumentError::NotRegular { .. })));
}
