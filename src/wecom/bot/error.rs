//! How a command ends: acknowledged, refused, not sent, or unknown.

use std::fmt;

use crate::ids::ReqId;

/// WeCom took the command.
#[derive(Clone, PartialEq)]
pub struct Ack {
    /// The `req_id` of the frame; of a proactive message it serves as message id.
    pub req_id: ReqId,
    /// Data, for the commands that return some. May hold URLs with keys.
    pub body: Option<serde_json::Value>,
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ack")
            .field("req_id", &self.req_id)
            .field("has_body", &self.body.is_some())
            .finish()
    }
}

/// Why a command was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Nothing reached WeCom: sending it another way, or again later, is safe.
    #[error("the bot is not connected; the frame was not sent")]
    NotConnected,
    /// Too many frames wait already; this one was not sent.
    #[error("too many frames wait to be sent; the frame was not sent")]
    QueueFull,
    /// WeCom answered with an error.
    #[error("WeCom refused the frame: {0}")]
    Refused(Refusal),
    /// The frame was written and no acknowledgement came, in time or before the link was
    /// lost: it may or may not have been delivered.
    #[error("the frame was sent, but WeCom did not confirm it")]
    Unknown,
}

/// An error answer of WeCom.
///
/// Decisions that need the text as well as the number are methods here; the numbers alone
/// decide in [`ErrorCode`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {message}")]
pub struct Refusal {
    /// `errcode`.
    pub code: ErrorCode,
    /// `errmsg`.
    pub message: String,
}

impl Refusal {
    /// The stream can no longer be changed: deliver the text with a message of its own.
    /// WeCom has also been seen to put the number into the text alone.
    pub fn is_stream_expired(&self) -> bool {
        self.code.is_stream_expired()
            || self
                .message
                .contains(ErrorCode::STREAM_EXPIRED.to_string().as_str())
    }

    /// The `req_id` cannot be used for this command (any more).
    pub fn is_invalid_req_id(&self) -> bool {
        self.code.is_invalid_req_id()
    }

    /// The socket is not subscribed. The client reconnects and repeats the frame once by
    /// itself, so a caller sees this only when that did not help.
    pub fn is_not_subscribed(&self) -> bool {
        self.code == ErrorCode::NOT_SUBSCRIBED && !self.names_mcp_category()
    }

    /// The MCP category is not enabled for this bot: do not retry, tell the agent.
    pub fn is_category_unavailable(&self) -> bool {
        self.code.is_category_unavailable()
            || (self.code == ErrorCode::NOT_SUBSCRIBED && self.names_mcp_category())
    }

    fn names_mcp_category(&self) -> bool {
        self.message.contains("mcp biz type")
    }
}

/// A number that WeCom answers with; 0 is success.
///
/// | Number | Seen as | Method |
/// |---|---|---|
/// | 846605 | `invalid req_id`: too old, or of another kind of push | [`is_invalid_req_id`](Self::is_invalid_req_id) |
/// | 846608 | `stream message update expired` | [`is_stream_expired`](Self::is_stream_expired) |
/// | 846609 | `aibot websocket not subscribed`; for MCP configuration also `unsupported mcp biz type` | [`Refusal::is_not_subscribed`], [`Refusal::is_category_unavailable`] |
/// | 846610, 853006 | MCP category or tool not available | [`is_category_unavailable`](Self::is_category_unavailable) |
/// | 853000 | `invalid bot_id or secret` | [`is_bad_credentials`](Self::is_bad_credentials) |
/// | 42045 | invalid card | [`is_invalid_card`](Self::is_invalid_card) |
/// | 93006 | `invalid chatid`: wrong id, wrong letter case, bot not in the chat | [`is_invalid_chat`](Self::is_invalid_chat) |
/// | 40058, 40097 | parameter error: our frame is wrong | [`is_invalid_parameter`](Self::is_invalid_parameter) |
/// | 45009, 45033 | rate or concurrency limit | [`is_rate_limited`](Self::is_rate_limited) |
/// | 45002 | content too long | [`is_too_long`](Self::is_too_long) |
/// | 40004–40009, 45001 | type, size or id of media | [`is_media_refused`](Self::is_media_refused) |
///
/// The rows below 93006 come from WeCom's [global table][table] and have not been seen on
/// the socket. A number that no method claims is final for its frame.
///
/// [table]: https://developer.work.weixin.qq.com/document/path/90313
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(i64);

impl ErrorCode {
    /// Success.
    pub const OK: Self = Self(0);
    const INVALID_REQ_ID: Self = Self(846_605);
    const STREAM_EXPIRED: Self = Self(846_608);
    const NOT_SUBSCRIBED: Self = Self(846_609);
    const BAD_CREDENTIALS: Self = Self(853_000);

    /// Wraps a number as received.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number, for logs and records.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Whether this is success.
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }

    /// The `req_id` cannot be used for this command (any more): deliver with
    /// [`Command::Send`](super::Command::Send).
    pub fn is_invalid_req_id(self) -> bool {
        self == Self::INVALID_REQ_ID
    }

    /// The stream can no longer be changed: deliver with
    /// [`Command::Send`](super::Command::Send).
    pub fn is_stream_expired(self) -> bool {
        self == Self::STREAM_EXPIRED
    }

    /// The bot id or secret is wrong; time does not heal it.
    pub fn is_bad_credentials(self) -> bool {
        self == Self::BAD_CREDENTIALS
    }

    /// The MCP category or tool is not available to this bot.
    pub fn is_category_unavailable(self) -> bool {
        matches!(self.0, 846_610 | 853_006)
    }

    /// The card is malformed: repair it or send its text.
    pub fn is_invalid_card(self) -> bool {
        self.0 == 42_045
    }

    /// No such chat for this bot; retrying does not help.
    pub fn is_invalid_chat(self) -> bool {
        self.0 == 93_006
    }

    /// Our frame is wrong; retrying does not help.
    pub fn is_invalid_parameter(self) -> bool {
        matches!(self.0, 40_058 | 40_097)
    }

    /// Too much at once: wait at least 2 s, doubling, three tries for what matters.
    pub fn is_rate_limited(self) -> bool {
        matches!(self.0, 45_009 | 45_033)
    }

    /// The text is too long: split further and try once more.
    pub fn is_too_long(self) -> bool {
        self.0 == 45_002
    }

    /// The type, size or id of a piece of media is not accepted.
    pub fn is_media_refused(self) -> bool {
        matches!(self.0, 40_004..=40_009 | 45_001)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a refusal means, as the names of the methods that say so.
    fn meanings(number: i64, message: &str) -> Vec<&'static str> {
        let refusal = Refusal {
            code: ErrorCode::new(number),
            message: message.to_owned(),
        };
        let code = refusal.code;
        [
            ("ok", code.is_ok()),
            ("stream_expired", refusal.is_stream_expired()),
            ("invalid_req_id", refusal.is_invalid_req_id()),
            ("not_subscribed", refusal.is_not_subscribed()),
            ("category_unavailable", refusal.is_category_unavailable()),
            ("bad_credentials", code.is_bad_credentials()),
            ("invalid_card", code.is_invalid_card()),
            ("invalid_chat", code.is_invalid_chat()),
            ("invalid_parameter", code.is_invalid_parameter()),
            ("rate_limited", code.is_rate_limited()),
            ("too_long", code.is_too_long()),
            ("media_refused", code.is_media_refused()),
        ]
        .into_iter()
        .filter_map(|(name, holds)| holds.then_some(name))
        .collect()
    }

    #[test]
    fn every_known_number_means_one_thing() {
        let cases = [
            (0, "ok", Some("ok")),
            (846_605, "invalid req_id", Some("invalid_req_id")),
            (
                846_608,
                "stream message update expired",
                Some("stream_expired"),
            ),
            (-1, "846608 (>6 minutes)", Some("stream_expired")),
            (
                846_609,
                "aibot websocket not subscribed",
                Some("not_subscribed"),
            ),
            (
                846_609,
                "unsupported mcp biz type",
                Some("category_unavailable"),
            ),
            (846_610, "", Some("category_unavailable")),
            (853_006, "", Some("category_unavailable")),
            (853_000, "invalid bot_id or secret", Some("bad_credentials")),
            (42_045, "", Some("invalid_card")),
            (93_006, "invalid chatid", Some("invalid_chat")),
            (40_058, "", Some("invalid_parameter")),
            (40_097, "", Some("invalid_parameter")),
            (45_009, "", Some("rate_limited")),
            (45_033, "", Some("rate_limited")),
            (45_002, "", Some("too_long")),
            (40_004, "", Some("media_refused")),
            (40_009, "", Some("media_refused")),
            (45_001, "", Some("media_refused")),
            (12_345, "", None),
        ];
        for (number, message, meaning) in cases {
            let expected: Vec<_> = meaning.into_iter().collect();
            assert_eq!(meanings(number, message), expected, "{number} {message}");
        }
    }
}
