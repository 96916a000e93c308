use serde_json::json;

use super::*;

#[test]
fn numbers() {
    let cases = [
        (json!(2), Some(2)),
        (json!(2.5), Some(3)),
        (json!(-1.5), Some(-1)),
        (json!("2.6"), Some(3)),
        (json!(" 1 "), Some(1)),
        (json!(""), Some(0)),
        (json!("one"), None),
        (json!("inf"), None),
        (json!("NaN"), None),
        (json!(1e300), None),
        (json!(true), None),
        (json!(null), None),
        (json!([1]), None),
    ];
    for (value, expected) in cases {
        assert_eq!(number(&value), expected, "{value}");
    }
}

#[test]
fn truth_values() {
    let cases = [
        (json!(true), Some(true)),
        (json!(" YES "), Some(true)),
        (json!("1"), Some(true)),
        (json!("No"), Some(false)),
        (json!("0"), Some(false)),
        (json!(2), Some(true)),
        (json!(0), Some(false)),
        (json!("maybe"), None),
        (json!(""), None),
        (json!(null), None),
        (json!({}), None),
    ];
    for (value, expected) in cases {
        assert_eq!(flag(&value), expected, "{value}");
    }
}

#[test]
fn modes() {
    use CheckMode::{Multiple, Single};
    let cases = [
        (json!(0), Some(Single)),
        (json!(1), Some(Multiple)),
        (json!(7), Some(Multiple)),
        (json!(-3), Some(Single)),
        (json!("multi"), Some(Multiple)),
        (json!("Multiple"), Some(Multiple)),
        (json!("多选"), Some(Multiple)),
        (json!("radio"), Some(Single)),
        (json!("单选"), Some(Single)),
        (json!("1"), Some(Multiple)),
        (json!(""), Some(Single)),
        (json!("any"), None),
        (json!(true), None),
        (json!(null), None),
    ];
    for (value, expected) in cases {
        assert_eq!(mode(&value), expected, "{value}");
    }
}

#[test]
fn only_web_pages_are_opened() {
    for url in [
        "https://e.x/a?b=c#d",
        "http://127.0.0.1:8080",
        "HTTPS://E.X",
    ] {
        assert_eq!(web_page(url).as_deref(), Some(url));
    }
    assert_eq!(
        web_page("https://e.x/a b").as_deref(),
        Some("https://e.x/a%20b")
    );
    let others = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "e.x/a",
        "//e.x",
        "https://",
        "",
    ];
    for url in others {
        assert_eq!(web_page(url), None, "{url}");
    }
}

#[test]
fn cuts_are_between_characters() {
    assert_eq!(cut_bytes("通知", 5), "通");
    assert_eq!(cut_bytes("通知", 6), "通知");
    assert_eq!(cut_chars("通知通知", 3).as_deref(), Some("通知…"));
    assert_eq!(cut_chars("通知通", 3), None);
}
