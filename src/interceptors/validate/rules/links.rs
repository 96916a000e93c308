//! Which document a call means.

use serde_json::{Map, Value};
use url::Url;

use super::Rules;

/// Where WeCom's documents lie.
const HOST: &str = "doc.weixin.qq.com";

/// Puts a link that was written as a document's id where links go. Where both are given the
/// id alone is sent.
pub(in super::super) fn move_link(args: &mut Map<String, Value>) {
    let Some(docid) = args.get("docid").and_then(Value::as_str) else {
        return;
    };
    if !docid.trim().starts_with("https://") {
        args.shift_remove("url");
    } else if let Some(link) = args.shift_remove("docid")
        && !args.contains_key("url")
    {
        let link = link.as_str().map(str::trim).unwrap_or_default();
        args.insert("url".to_owned(), link.into());
    }
}

/// The kind of document that a link names fits the method.
pub(super) fn check(method: &str, rules: &mut Rules<'_>) {
    let Some(kind) = rules.text("/url").and_then(kind) else {
        return;
    };
    let (fitting, instead): (&[&str], &str) = match method {
        "get_doc_content" => (
            &["doc", "sheet", "smartsheet"],
            "smartpage_export_task and smartpage_get_export_result",
        ),
        "edit_doc_content" => (&["doc"], "a method for that kind of document"),
        "smartpage_export_task" => (&["smartpage"], "get_doc_content"),
        name if name.starts_with("smartsheet_") => (&["smartsheet"], "get_doc_content"),
        name if name.starts_with("sheet_") => (&["sheet"], "a method for that kind of document"),
        _ => return,
    };
    if !fitting.contains(&kind) {
        let hint = format!("this link is of a {kind}, which {method} does not take; use {instead}");
        rules.refuse("/url", "link_kind", hint);
    }
}

/// The kind that a link names, where it is one that is known.
fn kind(link: &str) -> Option<&'static str> {
    let link = Url::parse(link).ok()?;
    let first = link.path_segments()?.next()?;
    (link.host_str() == Some(HOST))
        .then(|| {
            ["doc", "sheet", "smartsheet", "smartpage"]
                .into_iter()
                .find(|kind| *kind == first)
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_link_goes_where_links_go() {
        let link = "https://doc.weixin.qq.com/doc/w3_a";
        for (before, after) in [
            (json!({"docid": link}), json!({"url": link})),
            (
                json!({"docid": link, "url": "https://x"}),
                json!({"url": "https://x"}),
            ),
            (json!({"docid": "d", "url": link}), json!({"docid": "d"})),
            (json!({"url": link}), json!({"url": link})),
            (json!({"docid": 3}), json!({"docid": 3})),
        ] {
            let mut args = before.as_object().unwrap().clone();
            move_link(&mut args);
            assert_eq!(Value::Object(args), after, "{before}");
        }
    }

    #[test]
    fn only_links_to_documents_have_a_kind() {
        for (link, expected) in [
            (
                "https://doc.weixin.qq.com/smartsheet/s3_a?scode=1",
                Some("smartsheet"),
            ),
            ("https://doc.weixin.qq.com/slide/p3_a", None),
            ("https://example.com/doc/w3_a", None),
            ("doc", None),
        ] {
            assert_eq!(kind(link), expected, "{link}");
        }
    }
}
