//! Answers with an error.

use std::borrow::Cow;

/// Error codes of the service.
pub(in crate::sim) mod code {
    /// The credentials are wrong.
    pub(in crate::sim) const BAD_CREDENTIALS: i64 = 853_000;
    /// The id of the exchange cannot be used, or not for this command.
    pub(in crate::sim) const BAD_REQ_ID: i64 = 846_605;
    /// The stream is too old to be changed.
    pub(in crate::sim) const STREAM_EXPIRED: i64 = 846_608;
    /// The connection is not subscribed.
    pub(in crate::sim) const NOT_SUBSCRIBED: i64 = 846_609;
    /// No such chat, or its letters' case differs, or it was never opened.
    pub(in crate::sim) const BAD_CHAT: i64 = 93_006;
    /// The card breaks a rule.
    pub(in crate::sim) const BAD_CARD: i64 = 42_045;
    /// A field is missing or of the wrong type.
    pub(in crate::sim) const BAD_PARAMETER: i64 = 40_058;
    /// The `msgtype` does not go with the command.
    pub(in crate::sim) const BAD_MESSAGE_TYPE: i64 = 40_008;
    /// No such kind of media.
    pub(in crate::sim) const BAD_MEDIA_TYPE: i64 = 40_004;
    /// The media is too small.
    pub(in crate::sim) const BAD_MEDIA_SIZE: i64 = 40_006;
    /// No such media, or it has expired.
    pub(in crate::sim) const BAD_MEDIA_ID: i64 = 40_007;
    /// The media is too large for its kind.
    pub(in crate::sim) const MEDIA_TOO_LARGE: i64 = 45_001;
    /// The text is too long.
    pub(in crate::sim) const TOO_LONG: i64 = 45_002;
    /// A quota is used up.
    pub(in crate::sim) const TOO_OFTEN: i64 = 45_009;
}

/// Why a frame is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Refusal {
    /// The answer's `errcode`.
    pub(in crate::sim) code: i64,
    /// The answer's `errmsg`.
    pub(in crate::sim) text: Cow<'static, str>,
    /// Whether no correct client sends such a frame.
    pub(in crate::sim) is_violation: bool,
}

impl Refusal {
    /// A refusal that a correct client can meet.
    pub(in crate::sim) fn normal(code: i64, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            text: text.into(),
            is_violation: false,
        }
    }

    /// A refusal of what no correct client sends.
    pub(in crate::sim) fn violation(code: i64, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            text: text.into(),
            is_violation: true,
        }
    }

    /// A field is missing or wrong.
    pub(in crate::sim) fn parameter(text: impl Into<Cow<'static, str>>) -> Self {
        Self::violation(code::BAD_PARAMETER, text)
    }

    /// `846605`.
    pub(in crate::sim) fn req_id() -> Self {
        Self::normal(code::BAD_REQ_ID, "invalid req_id")
    }

    /// `93006`.
    pub(in crate::sim) fn chat() -> Self {
        Self::normal(code::BAD_CHAT, "invalid chatid")
    }

    /// `846609` of a connection.
    pub(in crate::sim) fn not_subscribed() -> Self {
        Self::normal(code::NOT_SUBSCRIBED, "aibot websocket not subscribed")
    }

    /// `45009`.
    pub(in crate::sim) fn too_often() -> Self {
        Self::normal(code::TOO_OFTEN, "api freq out of limit")
    }
}
