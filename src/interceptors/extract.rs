//! One long text taken out of a business answer without copying it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Answer, BusinessHead};

/// A successful business answer, and a text of it on the side.
#[derive(Debug)]
pub(super) struct Extracted<'a> {
    /// The answer with `null` where the text was.
    pub(super) business: Map<String, Value>,
    /// The text: borrowed from the answer unless the JSON had it escaped.
    pub(super) text: Cow<'a, str>,
}

/// Takes the text at `path` out of a successful answer; `None` where the answer is no
/// success, or has no text there. Base64 of a file has tens of megabytes, so it is not
/// parsed into a value of its own.
pub(super) fn extract<'a>(answer: &'a Answer, path: &[&str]) -> Option<Extracted<'a>> {
    if answer.is_error() {
        return None;
    }
    let mut text = None;
    let at = At {
        path,
        text: &mut text,
    };
    let business = match answer.business_text() {
        Some(json) => at.deserialize(&mut serde_json::Deserializer::from_str(json)),
        None => at.deserialize(answer.structured()?),
    };
    let Ok(Value::Object(business)) = business else {
        return None;
    };
    let head = BusinessHead::deserialize(&business).ok()?;
    Some(Extracted {
        business,
        text: text.filter(|_| head.errcode == 0)?,
    })
}

/// A value in which the text at `path` is set aside.
struct At<'p, 'a> {
    path: &'p [&'p str],
    text: &'p mut Option<Cow<'a, str>>,
}

impl<'a> DeserializeSeed<'a> for At<'_, 'a> {
    type Value = Value;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for At<'_, 'a> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Value, E> {
        if !self.path.is_empty() {
            return Ok(text.into());
        }
        *self.text = Some(Cow::Borrowed(text));
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        if !self.path.is_empty() {
            return Ok(text.into());
        }
        *self.text = Some(Cow::Owned(text));
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((member, path)) = self.path.split_first() else {
            return Value::deserialize(MapAccessDeserializer::new(map));
        };
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = if key == *member {
                // Of a repeated member the last one counts, as everywhere in JSON.
                *self.text = None;
                map.next_value_seed(At {
                    path,
                    text: &mut *self.text,
                })?
            } else {
                map.next_value()?
            };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, seq: A) -> Result<Value, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::AccountId;
    use crate::interceptors::Content;

    fn answer(text: &str) -> Answer {
        Answer::new(AccountId::new("default"), 0, vec![Content::text(text)])
    }

    #[test]
    fn a_nested_text_is_borrowed_and_the_rest_is_kept() {
        let answer =
            answer(r#"{"errcode":"0","a":[1,{"b":null}],"m":{"x":-1.5,"d":"QQ==","y":true}}"#);
        let extracted = extract(&answer, &["m", "d"]).unwrap();
        assert!(matches!(extracted.text, Cow::Borrowed("QQ==")));
        assert_eq!(
            Value::Object(extracted.business),
            json!({"errcode": "0", "a": [1, {"b": null}], "m": {"x": -1.5, "d": null, "y": true}})
        );
    }

    #[test]
    fn an_escaped_text_is_read_as_it_is_meant() {
        let answer = answer(r#"{"d":"a\/b"}"#);
        assert_eq!(extract(&answer, &["d"]).unwrap().text, "a/b");
    }

    #[test]
    fn there_may_be_no_such_text() {
        for text in [
            "hello",
            "[]",
            "{}",
            r#"{"m":7}"#,
            r#"{"m":{"d":null}}"#,
            r#"{"m":{"d":["x"]}}"#,
            r#"{"m":{"d":"x"},"m":{}}"#,
            r#"{"errcode":5,"m":{"d":"x"}}"#,
        ] {
            assert!(extract(&answer(text), &["m", "d"]).is_none(), "{text}");
        }
        let failed = answer(r#"{"m":{"d":"x"}}"#).with(None, true, None);
        assert!(extract(&failed, &["m", "d"]).is_none());
    }

    #[test]
    fn structured_content_counts_where_no_text_does() {
        let structured = json!({"m": {"d": "x"}}).as_object().cloned();
        let answer = answer("hello").with(structured, false, None);
        assert!(matches!(
            extract(&answer, &["m", "d"]).unwrap().text,
            Cow::Borrowed("x")
        ));
    }
}
