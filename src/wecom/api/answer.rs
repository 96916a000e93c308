//! Reading what the API answers.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;

use super::error::{ApiError, ApiRefusal};
use crate::secret::Secret;

/// A message that WeCom took, for everybody who is not among the invalid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Its id, with which it can be recalled for 24 hours. Messages into chats have none.
    pub message_id: Option<String>,
    /// Who did not get it. It must not be sent again for their sake: the others have it.
    pub invalid: InvalidRecipients,
    /// The right to change the card once within 72 hours, of cards that can be clicked.
    pub response_code: Option<Secret>,
}

/// Receivers that WeCom did not take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvalidRecipients {
    /// Members, in WeCom's spelling (lower case).
    pub users: Vec<String>,
    /// Departments.
    pub parties: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Members whose licence for the app is missing or over.
    pub unlicensed: Vec<String>,
}

impl InvalidRecipients {
    /// Whether everybody was taken.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.parties.is_empty()
            && self.tags.is_empty()
            && self.unlicensed.is_empty()
    }
}

/// The answer to a message or a card's change.
#[derive(Deserialize)]
pub(super) struct SentAnswer {
    #[serde(default)]
    msgid: Option<String>,
    #[serde(default)]
    response_code: Option<String>,
    #[serde(default, deserialize_with = "ids")]
    invaliduser: Vec<String>,
    #[serde(default, deserialize_with = "ids")]
    invalidparty: Vec<String>,
    #[serde(default, deserialize_with = "ids")]
    invalidtag: Vec<String>,
    #[serde(default, deserialize_with = "ids")]
    unlicenseduser: Vec<String>,
}

impl From<SentAnswer> for Sent {
    fn from(answer: SentAnswer) -> Self {
        let present = |text: &String| !text.is_empty();
        Self {
            message_id: answer.msgid.filter(present),
            invalid: InvalidRecipients {
                users: answer.invaliduser,
                parties: answer.invalidparty,
                tags: answer.invalidtag,
                unlicensed: answer.unlicenseduser,
            },
            response_code: answer.response_code.filter(present).map(Secret::new),
        }
    }
}

/// An answer without anything to read in it.
#[derive(Deserialize)]
pub(super) struct Done {}

#[derive(Deserialize)]
struct Status {
    errcode: Option<i64>,
    #[serde(default)]
    errmsg: String,
}

/// What makes an answer a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Success {
    /// `errcode` 0.
    Zero,
    /// What the caller wants is there; `errcode` is 0 or absent.
    Content,
}

/// Reads an answer. `hidden` is kept out of the error.
pub(super) fn read<T: DeserializeOwned>(
    body: &[u8],
    call: &'static str,
    success: Success,
    hidden: &[Option<&Secret>],
) -> Result<T, ApiError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| ApiError::NotAnAnswer)?;
    if !body.is_object() {
        return Err(ApiError::NotAnAnswer);
    }
    let status = Status::deserialize(&body).map_err(|_| ApiError::NotAnAnswer)?;
    match status.errcode {
        Some(0) => {}
        None if success == Success::Content => {}
        None => return Err(ApiError::NotAnAnswer),
        Some(code) => {
            return Err(ApiRefusal::new(code, &status.errmsg, call, hidden).into());
        }
    }
    serde_json::from_value(body).map_err(|_| ApiError::NotAnAnswer)
}

/// The error that a body is, if it is one: an object with an `errcode` other than 0.
pub(super) fn error_in(
    body: &[u8],
    call: &'static str,
    hidden: &[Option<&Secret>],
) -> Option<ApiError> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let status = body
        .is_object()
        .then(|| Status::deserialize(&body).ok())??;
    let code = status.errcode.filter(|code| *code != 0)?;
    Some(ApiRefusal::new(code, &status.errmsg, call, hidden).into())
}

impl From<ApiRefusal> for ApiError {
    fn from(refusal: ApiRefusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Ids joined with `|`, or as a list, or none at all.
fn ids<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Ok(match Value::deserialize(deserializer)? {
        Value::String(joined) => joined
            .split('|')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect(),
        Value::Array(list) => list.iter().filter_map(text).collect(),
        value => text(&value).into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(body: &str) -> Result<Sent, ApiError> {
        let answer: SentAnswer = read(body.as_bytes(), "message/send", Success::Zero, &[])?;
        Ok(answer.into())
    }

    #[test]
    fn who_did_not_get_it_is_told_in_every_spelling() {
        let body = r#"{"errcode":0,"errmsg":"ok","invaliduser":"a|b","invalidparty":"","invalidtag":null,
            "unlicenseduser":["c"],"msgid":"M","response_code":""}"#;
        let expected = Sent {
            message_id: Some("M".to_owned()),
            invalid: InvalidRecipients {
                users: vec!["a".to_owned(), "b".to_owned()],
                unlicensed: vec!["c".to_owned()],
                ..InvalidRecipients::default()
            },
            response_code: None,
        };
        assert_eq!(sent(body), Ok(expected));
        let numbers = sent(r#"{"errcode":0,"invalidparty":[1,2],"invalidtag":3}"#).unwrap();
        assert_eq!(numbers.invalid.parties, ["1", "2"]);
        assert_eq!(numbers.invalid.tags, ["3"]);
    }

    #[test]
    fn only_an_object_with_a_number_is_an_answer() {
        for body in [
            "",
            "<html>",
            "[0]",
            "0",
            "{}",
            r#"{"errcode":"0"}"#,
            r#"{"errmsg":"ok"}"#,
        ] {
            assert_eq!(sent(body), Err(ApiError::NotAnAnswer), "{body}");
        }
        let error = sent(r#"{"errcode":40003,"errmsg":"invalid userid"}"#).unwrap_err();
        assert_eq!(
            error.code().map(super::super::ApiCode::number),
            Some(40_003)
        );
    }

    #[test]
    fn a_file_that_looks_like_an_answer_is_none_unless_it_says_so() {
        for (body, is_error) in [
            (r#"{"errcode":40007,"errmsg":"invalid media_id"}"#, true),
            (r#"{"errcode":0,"errmsg":"ok"}"#, false),
            (r#"{"errcode":"40007"}"#, false),
            (r#"{"name":"wecom"}"#, false),
            ("[40007]", false),
            ("errcode 40007", false),
        ] {
            let error = error_in(body.as_bytes(), "media/get", &[]);
            assert_eq!(error.is_some(), is_error, "{body}");
        }
    }
}
