//! Where taps lead. The number may be missing or wrong: then the fields beside it say what
//! was meant.

use super::fields::Fields;
use crate::wecom::card::limits::{KEY_MAX_BYTES, QUESTION_MAX_BYTES};
use crate::wecom::card::{Action, JumpAction, ValueAction};

/// The number of "leads nowhere".
const NOWHERE: u8 = 0;
const URL: u8 = 1;
const MINI_PROGRAM: u8 = 2;
const QUESTION: u8 = 3;
const MEMBER: u8 = 3;

/// What a tap on a card opens; here a number that says "nothing" is not taken at its word.
pub(super) fn card_action(fields: &Fields<'_>) -> Option<Action> {
    open(fields, fields.number("type", &[], URL..=MINI_PROGRAM))
}

/// What a tap on a part opens.
pub(super) fn action(fields: &Fields<'_>) -> Option<Action> {
    match fields.number("type", &[], NOWHERE..=MINI_PROGRAM) {
        Some(NOWHERE) => None,
        kind => open(fields, kind),
    }
}

/// What an entry of `jump_list` does.
pub(super) fn jump(fields: &Fields<'_>) -> Option<JumpAction> {
    let kind = fields.number("type", &[], NOWHERE..=QUESTION);
    let question = || {
        let question = fields.token(&["question"], QUESTION_MAX_BYTES);
        question.map(JumpAction::Question)
    };
    match kind {
        Some(NOWHERE) => None,
        Some(QUESTION) => question().or_else(|| open(fields, None).map(JumpAction::Open)),
        kind => {
            let open = open(fields, kind).map(JumpAction::Open);
            open.or_else(question)
        }
    }
}

/// What the value of a horizontal line does.
pub(super) fn value(fields: &Fields<'_>) -> Option<ValueAction> {
    let kind = fields.number("type", &[], NOWHERE..=MEMBER);
    let member = || {
        let user = fields.token(&["userid"], KEY_MAX_BYTES);
        user.map(ValueAction::Member)
    };
    let url = || fields.url("url").map(ValueAction::Url);
    match kind {
        Some(NOWHERE) => None,
        Some(MEMBER) => member().or_else(url),
        _ => url().or_else(member),
    }
}

fn open(fields: &Fields<'_>, kind: Option<u8>) -> Option<Action> {
    let url = || fields.url("url").map(Action::Url);
    let mini_program = || {
        let appid = fields.token(&["appid"], KEY_MAX_BYTES)?;
        let pagepath = fields.token(&["pagepath"], KEY_MAX_BYTES);
        Some(Action::MiniProgram { appid, pagepath })
    };
    match kind {
        Some(MINI_PROGRAM) => mini_program().or_else(url),
        _ => url().or_else(mini_program),
    }
}
