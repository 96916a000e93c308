//! One answer on its way out.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::ids::AccountId;

/// The result of a call as the category server gave it, changed by interceptors only.
///
/// A category server puts its business answer as JSON text into a text item. That text can
/// have tens of megabytes, so it is looked at in two ways: [`Answer::head`] reads the code
/// without copying the rest, [`Answer::business`] parses all of it once.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The account whose server answered.
    pub account: AccountId,
    /// State of the address that the call used; see [`super::CategoryServers::renew`].
    pub generation: u64,
    content: Vec<Content>,
    structured: Option<Map<String, Value>>,
    is_error: bool,
    meta: Option<Map<String, Value>>,
    head: OnceLock<Option<BusinessHead>>,
    business: OnceLock<Option<Map<String, Value>>>,
}

/// One content item.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text, and what came beside it (annotations, `_meta`).
    Text {
        /// The text.
        text: String,
        /// Members other than `type` and `text`.
        rest: Map<String, Value>,
    },
    /// Any other item, as it came.
    Other(Map<String, Value>),
}

impl Content {
    /// A text item with nothing beside it.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            rest: Map::new(),
        }
    }

    /// The item as MCP writes it.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text { text, rest } => {
                let mut item = Map::new();
                item.insert("type".to_owned(), "text".into());
                item.insert("text".to_owned(), text.as_str().into());
                item.extend(rest.clone());
                Value::Object(item)
            }
            Self::Other(item) => Value::Object(item.clone()),
        }
    }
}

/// What every business answer has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BusinessHead {
    /// 0 is success; a string of digits counts, a missing one is 0.
    #[serde(default, deserialize_with = "code")]
    pub errcode: i64,
    /// What the server says.
    #[serde(default, deserialize_with = "lenient_text")]
    pub errmsg: String,
    /// Guidance for a person, with a link.
    #[serde(default, deserialize_with = "lenient_text")]
    pub help_message: String,
}

impl Answer {
    /// An answer of `account`'s server.
    pub fn new(account: AccountId, generation: u64, content: Vec<Content>) -> Self {
        Self {
            account,
            generation,
            content,
            structured: None,
            is_error: false,
            meta: None,
            head: OnceLock::new(),
            business: OnceLock::new(),
        }
    }

    /// With what else the server sent.
    #[must_use]
    pub fn with(
        mut self,
        structured: Option<Map<String, Value>>,
        is_error: bool,
        meta: Option<Map<String, Value>>,
    ) -> Self {
        self.structured = structured;
        self.is_error = is_error;
        self.meta = meta;
        self
    }

    /// The items.
    pub fn content(&self) -> &[Content] {
        &self.content
    }

    /// `structuredContent`.
    pub fn structured(&self) -> Option<&Map<String, Value>> {
        self.structured.as_ref()
    }

    /// `isError`.
    pub fn is_error(&self) -> bool {
        self.is_error
    }

    /// `_meta`.
    pub fn meta(&self) -> Option<&Map<String, Value>> {
        self.meta.as_ref()
    }

    /// The text of the item that holds the business answer: the first text item that is a
    /// JSON object.
    pub fn business_text(&self) -> Option<&str> {
        self.business_item().map(|(_, text)| text)
    }

    /// Code and message of the business answer, of `structuredContent` where no text item
    /// is one; `None` where there is neither.
    pub fn head(&self) -> Option<&BusinessHead> {
        self.head
            .get_or_init(|| {
                let from_text = self
                    .business_text()
                    .and_then(|text| serde_json::from_str(text).ok());
                from_text.or_else(|| {
                    let structured = self.structured.clone()?;
                    serde_json::from_value(Value::Object(structured)).ok()
                })
            })
            .as_ref()
    }

    /// The whole business answer, parsed once.
    pub fn business(&self) -> Option<&Map<String, Value>> {
        self.business
            .get_or_init(|| {
                let from_text = self
                    .business_text()
                    .and_then(|text| serde_json::from_str(text).ok());
                from_text.or_else(|| self.structured.clone())
            })
            .as_ref()
    }

    /// The answer with another business answer in the place of the one it had: in the same
    /// text item and, where there is one, in `structuredContent`.
    #[must_use]
    pub fn with_business(mut self, business: Map<String, Value>) -> Self {
        let place = self.business_item().map(|(place, _)| place);
        let text = Value::Object(business.clone()).to_string();
        match place.and_then(|place| self.content.get_mut(place)) {
            Some(Content::Text { text: old, .. }) => *old = text,
            _ if self.structured.is_none() => self.content.push(Content::text(text)),
            _ => {}
        }
        if self.structured.is_some() {
            self.structured = Some(business.clone());
        }
        self.head = OnceLock::new();
        self.business = OnceLock::from(Some(business));
        self
    }

    /// With a further item behind the others.
    #[must_use]
    pub fn with_item(mut self, item: Content) -> Self {
        self.content.push(item);
        self
    }

    fn business_item(&self) -> Option<(usize, &str)> {
        self.content
            .iter()
            .enumerate()
            .find_map(|(place, item)| match item {
                Content::Text { text, .. } if is_object(text) => Some((place, text.as_str())),
                _ => None,
            })
    }
}

/// Whether a text is one whole JSON object, without keeping any of it.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64().unwrap_or_default(),
        Value::String(digits) => digits.trim().parse().unwrap_or_default(),
        _ => 0,
    })
}

fn lenient_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        _ => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(texts: &[&str]) -> Answer {
        let items = texts.iter().map(|text| Content::text(*text)).collect();
        Answer::new(AccountId::new("default"), 0, items)
    }

    #[test]
    fn the_business_answer_is_the_first_text_that_is_an_object() {
        let answer = answer(&["hello", "[1]", r#"{"errcode":"850001","errmsg":"no"}"#]);
        let head = answer.head().unwrap();
        assert_eq!((head.errcode, head.errmsg.as_str()), (850_001, "no"));
        assert_eq!(answer.business().unwrap().len(), 2);
    }

    #[test]
    fn a_missing_code_is_success() {
        assert_eq!(answer(&["{}"]).head().unwrap().errcode, 0);
    }

    #[test]
    fn a_text_that_is_no_object_has_no_code() {
        for text in ["hello", "3", "{", "null", ""] {
            assert_eq!(answer(&[text]).head(), None, "{text}");
        }
    }

    #[test]
    fn structured_content_counts_where_no_text_is_an_object() {
        let structured = json!({"errcode": 45009}).as_object().cloned();
        let answer = answer(&["busy"]).with(structured, false, None);
        assert_eq!(answer.head().unwrap().errcode, 45009);
    }

    #[test]
    fn another_business_answer_leaves_the_other_items_alone() {
        let business = json!({"errcode": 0, "size": 3})
            .as_object()
            .cloned()
            .unwrap();
        let changed = answer(&["hello", r#"{"errcode":7}"#, "bye"]).with_business(business.clone());
        assert_eq!(
            changed.content(),
            [
                Content::text("hello"),
                Content::text(r#"{"errcode":0,"size":3}"#),
                Content::text("bye"),
            ]
        );
        assert_eq!(changed.head().unwrap().errcode, 0);
        assert_eq!(changed.business(), Some(&business));
    }
}
