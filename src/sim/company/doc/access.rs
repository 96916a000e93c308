//! Whether the bot may: the members' grant, and what each refusal says.

use serde::{Deserialize, Serialize};

use super::super::Refused;

/// The grant under which the bot works on documents.
///
/// A member gives it for seven days. Without one nothing of the category works, and the
/// answer leads a person to the page where it is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Grant {
    /// Given, without an end.
    #[default]
    Standing,
    /// Given, and refused with 851013 from this time of the company on (milliseconds
    /// since 1970).
    Until(i64),
    /// Never given: 851008.
    Missing,
    /// Run out: 851013.
    Expired,
    /// Taken back and to be given anew, under another address: 851014.
    Reset,
    /// The bot's own authorisation has run out: 850001.
    BotExpired,
}

impl Grant {
    /// Whether it holds now.
    ///
    /// # Errors
    ///
    /// The refusal that every method of the category answers with while it does not.
    pub(super) fn check(self, now_ms: i64) -> Result<(), Refused> {
        let (errcode, errmsg) = match self {
            Self::Standing => return Ok(()),
            Self::Until(end_ms) if now_ms < end_ms => return Ok(()),
            Self::Until(_) | Self::Expired => (GRANT_EXPIRED, "document authorization expired"),
            Self::Missing => (GRANT_MISSING, "document authorization required"),
            Self::Reset => (GRANT_RESET, "document authorization reset"),
            Self::BotExpired => (BOT_EXPIRED, "robot authorization expired"),
        };
        Err(Refused {
            help_message: Some(HELP.to_owned()),
            ..Refused::new(errcode, errmsg)
        })
    }
}

/// 851002: the method is for another kind of document.
pub(super) fn wrong_kind() -> Refused {
    Refused::new(851_002, "incompatible doc type")
}

/// 851003: the bot has no right to this document.
pub(super) fn no_authority() -> Refused {
    Refused::new(851_003, "no authority")
}

/// 40058: nothing has this id or link.
pub(super) fn unknown(what: &str) -> Refused {
    Refused::argument(format!("invalid {what}"))
}

/// 2022001: the smart sheet has no such sub-sheet.
pub(super) fn unknown_sub_sheet() -> Refused {
    Refused::new(2_022_001, "sheet not found")
}

/// 2023001: the sub-sheet has no such field, by the name that the method goes by.
pub(super) fn unknown_field(key: &str) -> Refused {
    Refused::new(2_023_001, format!("field not found: {key}"))
}

/// 2023010: the field has no option with this id.
pub(super) fn unknown_option(id: &str) -> Refused {
    Refused::new(2_023_010, format!("option not found: {id}"))
}

/// 2023012: the sub-sheet has no such record.
pub(super) fn unknown_record(id: &str) -> Refused {
    Refused::new(2_023_012, format!("record not found: {id}"))
}

const BOT_EXPIRED: i64 = 850_001;
const GRANT_MISSING: i64 = 851_008;
const GRANT_EXPIRED: i64 = 851_013;
const GRANT_RESET: i64 = 851_014;
/// What a person reads, with the link to follow.
const HELP: &str = "请在企业微信中重新授权机器人使用文档：https://work.weixin.qq.com/";
