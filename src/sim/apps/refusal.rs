//! Errors of the API, by their numbers.

use serde_json::{Map, Value, json};

/// The API's answer to something that it does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) errcode: i64,
    pub(super) errmsg: String,
    /// Further members of the answer.
    pub(super) more: Map<String, Value>,
}

/// The members of an answer besides `errcode` and `errmsg`.
pub(super) type Answered = Result<Map<String, Value>, Refusal>;

impl Refusal {
    pub(super) fn new(errcode: i64, errmsg: &str) -> Self {
        Self {
            errcode,
            errmsg: errmsg.to_owned(),
            more: Map::new(),
        }
    }
}

/// The body of an answer.
pub(super) fn body(answered: Answered) -> Value {
    let (errcode, errmsg, more) = match answered {
        Ok(members) => (0, "ok".to_owned(), members),
        Err(refusal) => (refusal.errcode, refusal.errmsg, refusal.more),
    };
    let mut body = Map::new();
    body.insert("errcode".to_owned(), json!(errcode));
    body.insert("errmsg".to_owned(), json!(errmsg));
    body.extend(more);
    Value::Object(body)
}

/// Members of an answer.
pub(super) fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) const BAD_CREDENTIAL: i64 = 40_001;
pub(super) const BAD_MEDIA_TYPE: i64 = 40_004;
pub(super) const BAD_FILE_SIZE: i64 = 40_006;
pub(super) const NO_MEDIA: i64 = 40_007;
pub(super) const BAD_MSGTYPE: i64 = 40_008;
pub(super) const BAD_IMAGE_SIZE: i64 = 40_009;
pub(super) const BAD_VIDEO_SIZE: i64 = 40_011;
pub(super) const BAD_CORP: i64 = 40_013;
pub(super) const BAD_TOKEN: i64 = 40_014;
pub(super) const TOO_MANY_USERS: i64 = 40_032;
pub(super) const BAD_AGENT: i64 = 40_056;
pub(super) const BAD_ARGUMENT: i64 = 40_058;
pub(super) const BAD_IMAGE: i64 = 40_123;
pub(super) const NO_TOKEN: i64 = 41_001;
pub(super) const EXPIRED_TOKEN: i64 = 42_001;
pub(super) const BAD_CARD_CODE: i64 = 42_022;
pub(super) const BAD_CARD: i64 = 42_045;
pub(super) const EMPTY_MEDIA: i64 = 44_001;
pub(super) const EMPTY_TEXT: i64 = 44_004;
pub(super) const BIG_VOICE: i64 = 45_007;
pub(super) const NOT_JSON: i64 = 47_001;
pub(super) const NOBODY_VALID: i64 = 81_013;
pub(super) const NOBODY: i64 = 82_001;
pub(super) const TOO_MANY_PARTIES: i64 = 82_002;
pub(super) const TOO_MANY_TAGS: i64 = 82_003;
pub(super) const NO_CHAT: i64 = 86_003;
pub(super) const FOREIGN_CHAT: i64 = 86_008;
pub(super) const FOREIGN_APP: i64 = 301_002;
pub(super) const NOT_AMR: i64 = 301_017;
