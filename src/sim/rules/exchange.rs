//! Which command may answer which push, and for how long.

use super::refusal::Refusal;
use super::{RESPOND, UPDATE, VERSION, WELCOME};

/// What a push was, as far as its answers are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) enum Opening {
    /// A person's message.
    Message,
    /// `enter_chat`.
    EnterChat,
    /// `template_card_event`.
    Card {
        /// The card's `task_id`.
        task_id: String,
        /// Its `card_type`, unless the event lacks it.
        card_type: Option<String>,
    },
    /// `enter_check_update`.
    VersionCheck,
    /// An event that has no answer.
    Other,
}

/// Whether `cmd` may answer a push of this kind that is `age_ms` old.
pub(in crate::sim) fn may_answer(opening: &Opening, cmd: &str, age_ms: i64) -> Result<(), Refusal> {
    let window_ms = match (opening, cmd) {
        (Opening::Message, RESPOND) | (Opening::VersionCheck, VERSION) => MESSAGE_WINDOW_MS,
        (Opening::EnterChat, WELCOME) | (Opening::Card { .. }, UPDATE) => EVENT_WINDOW_MS,
        _ => return Err(Refusal::req_id()),
    };
    if age_ms > window_ms {
        return Err(Refusal::req_id());
    }
    Ok(())
}

/// A conversation can be answered for a day after the message.
const MESSAGE_WINDOW_MS: i64 = 24 * 3_600_000;
/// Greetings and card updates are for the moment.
const EVENT_WINDOW_MS: i64 = 5_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_push_has_its_own_answer() {
        let card = Opening::Card {
            task_id: "t".to_owned(),
            card_type: None,
        };
        let cases = [
            (&Opening::Message, RESPOND, 0, true),
            (&Opening::Message, RESPOND, 24 * 3_600_000, true),
            (&Opening::Message, RESPOND, 24 * 3_600_000 + 1, false),
            (&Opening::Message, WELCOME, 0, false),
            (&Opening::Message, UPDATE, 0, false),
            (&Opening::EnterChat, WELCOME, 5_000, true),
            (&Opening::EnterChat, WELCOME, 5_001, false),
            (&Opening::EnterChat, RESPOND, 0, false),
            (&card, UPDATE, 5_000, true),
            (&card, UPDATE, 5_001, false),
            (&card, RESPOND, 0, false),
            (&card, WELCOME, 0, false),
            (&Opening::VersionCheck, VERSION, 10_000, true),
            (&Opening::Other, RESPOND, 0, false),
            (&Opening::Other, VERSION, 0, false),
        ];
        for (opening, cmd, age, allowed) in cases {
            let verdict = may_answer(opening, cmd, age);
            assert_eq!(verdict.is_ok(), allowed, "{opening:?} {cmd} {age}");
            if let Err(refusal) = verdict {
                assert_eq!(refusal, Refusal::req_id());
            }
        }
    }
}
