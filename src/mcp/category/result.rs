//! The result of a `tools/call` as an [`Answer`].

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::failure::Failure;
use super::jsonrpc::{Message, place_of};
use super::unescape::unescape;
use crate::ids::AccountId;
use crate::interceptors::{Answer, Content};

/// From this size on, in bytes, a text is made of the buffer it came in. Media arrive as
/// texts of tens of megabytes, of which there should be one copy.
const LARGE: usize = 64 * 1024;

/// Reads a result. The largest text item, if large, takes over the message's own buffer.
pub(super) fn answer(
    message: Message,
    account: AccountId,
    generation: u64,
) -> Result<Answer, Failure> {
    let (text, range) = message.into_parts();
    let malformed = |_| Failure::Malformed("is no result of a tool call");
    let result: CallResult<'_> =
        serde_json::from_str(text.get(range).unwrap_or_default()).map_err(malformed)?;
    let is_error = result.is_error.unwrap_or_default();
    let [structured, meta] = [result.structured, result.meta].map(|value| match value {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    });
    let largest = result.content.iter().map(|item| item.get().len()).max();
    let mut large: Option<(usize, Range<usize>)> = None;
    let mut content = Vec::with_capacity(result.content.len());
    for raw in result.content {
        let raw = raw.get();
        if raw.len() > LARGE && large.is_none() && Some(raw.len()) == largest {
            let mut members: BTreeMap<String, &RawValue> =
                serde_json::from_str(raw).map_err(malformed)?;
            let is_text = members
                .get("type")
                .is_some_and(|kind| kind.get() == "\"text\"");
            let body = members
                .get("text")
                .map(|text| text.get())
                .filter(|body| is_text && body.starts_with('"'));
            if let Some(body) = body {
                large = Some((content.len(), place_of(body, &text)));
                members.retain(|name, _| name != "type" && name != "text");
                content.push(Content::Text {
                    text: String::new(),
                    rest: members
                        .into_iter()
                        .map(|(name, value)| Ok((name, serde_json::from_str(value.get())?)))
                        .collect::<Result<_, serde_json::Error>>()
                        .map_err(malformed)?,
                });
                continue;
            }
        }
        content.push(item(serde_json::from_str(raw).map_err(malformed)?));
    }
    if let Some((place, quoted)) = large {
        let own = unescape(text, quoted).ok_or(Failure::Malformed("holds a broken text"))?;
        if let Some(Content::Text { text, .. }) = content.get_mut(place) {
            *text = own;
        }
    }
    Ok(Answer::new(account, generation, content).with(structured, is_error, meta))
}

fn item(mut item: Map<String, Value>) -> Content {
    let is_text = item.get("type").is_some_and(|kind| kind == "text");
    match item.get_mut("text").map(Value::take) {
        Some(Value::String(text)) if is_text => {
            item.shift_remove("type");
            item.shift_remove("text");
            Content::Text { text, rest: item }
        }
        Some(other) => {
            item.insert("text".to_owned(), other);
            Content::Other(item)
        }
        None => Content::Other(item),
    }
}

#[derive(Deserialize)]
struct CallResult<'a> {
    #[serde(borrow, default)]
    content: Vec<&'a RawValue>,
    #[serde(rename = "structuredContent", default)]
    structured: Option<Value>,
    #[serde(rename = "isError", default)]
    is_error: Option<bool>,
    #[serde(rename = "_meta", default)]
    meta: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::jsonrpc::sort;
    use super::*;

    fn read(result: &Value) -> Result<Answer, Failure> {
        let text = json!({"jsonrpc": "2.0", "id": "i", "result": result}).to_string();
        let message = sort(text.into_bytes(), "i")
            .unwrap()
            .outcome
            .unwrap()
            .unwrap();
        answer(message, "default".into(), 3)
    }

    #[test]
    fn items_come_out_as_they_came() {
        let result = json!({
            "content": [
                {"type": "text", "text": "{\"errcode\":0}", "annotations": {"priority": 1}},
                {"type": "image", "data": "AA==", "mimeType": "image/png"},
                {"type": "note", "text": "no text item"},
                {"type": "text", "text": 3},
            ],
            "structuredContent": {"errcode": 0},
            "isError": true,
            "_meta": {"x": 1},
        });
        let answer = read(&result).unwrap();
        let items: Vec<Value> = answer.content().iter().map(Content::to_value).collect();
        assert_eq!(Value::Array(items), result["content"]);
        assert_eq!(answer.structured().unwrap()["errcode"], 0);
        assert!(answer.is_error());
        assert_eq!(answer.meta().unwrap()["x"], 1);
        assert_eq!(answer.generation, 3);
    }

    #[test]
    fn large_texts_come_out_whole() {
        let base64 = "QUJD".repeat(50_000);
        let inner = json!({"errcode": 0, "note": "二\n\"😀\"", "data": base64}).to_string();
        let second = "\\\u{1}é".repeat(20_000);
        let result = json!({"content": [
            {"type": "text", "text": "first"},
            {"type": "text", "text": inner, "_meta": {"a": [1]}},
            {"type": "text", "text": second},
            {"type": "image", "data": "A".repeat(300_000), "mimeType": "image/png"},
            {"type": "text", "text": "last"},
        ]});
        for result in [result.clone(), {
            let mut without = result;
            without["content"].as_array_mut().unwrap().remove(3);
            without
        }] {
            let answer = read(&result).unwrap();
            let items: Vec<Value> = answer.content().iter().map(Content::to_value).collect();
            assert!(Value::Array(items) == result["content"]);
        }
    }

    #[test]
    fn a_large_text_has_one_copy() {
        let text = "x".repeat(1 << 20);
        let result = json!({"content": [{"type": "text", "text": text}]});
        let text = json!({"jsonrpc": "2.0", "id": "i", "result": result}).to_string();
        let buffer = text.into_bytes();
        let address = buffer.as_ptr();
        let message = sort(buffer, "i").unwrap().outcome.unwrap().unwrap();
        let answer = answer(message, "default".into(), 0).unwrap();
        let Content::Text { text, .. } = &answer.content()[0] else {
            panic!("no text");
        };
        assert_eq!(text.len(), 1 << 20);
        assert!(std::ptr::eq(text.as_ptr(), address));
    }

    #[test]
    fn results_that_are_none_are_refused() {
        for result in [json!(3), json!({"content": 3}), json!({"content": ["x"]})] {
            assert!(read(&result).is_err(), "{result}");
        }
        assert!(read(&json!({})).unwrap().content().is_empty());
    }
}
