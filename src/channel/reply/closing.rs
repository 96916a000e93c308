//! What is said last: a truthful closing for every way a turn can end.

use crate::agent::FailureClass;
use crate::store::Outcome;
use crate::texts;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TurnEnd {
    /// The agent finished.
    Complete,
    /// The agent gave up.
    Failed {
        /// What the user may know of it.
        class: FailureClass,
        /// What the user can quote to an operator; the log has the same.
        reference: String,
    },
    /// The turn took longer than it may.
    TimedOut,
    /// Its sender stopped it.
    Stopped,
    /// The process died in every attempt so far.
    Interrupted,
}

/// The last word of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    /// The final text, or nothing to say.
    pub(crate) text: Option<String>,
    /// How the message ends once that is out.
    pub(crate) outcome: Outcome,
}

/// Chooses the last word for a turn that ended like this and had written `text`.
///
/// Without a text, a stream that is open already is still closed with a visible notice
/// ([`texts::DONE`]): the client's animation would go on for ever.
pub(crate) fn closing(end: &TurnEnd, text: &str) -> Closing {
    let text = text.trim_end();
    let written = !text.trim_start().is_empty();
    let after = |note: &str| format!("{text}\n\n{note}");
    let said = |text: String, outcome| Closing {
        text: Some(text),
        outcome,
    };
    match end {
        TurnEnd::Complete if written => said(text.to_owned(), Outcome::Delivered),
        TurnEnd::Complete => Closing {
            text: None,
            outcome: Outcome::Silent,
        },
        TurnEnd::Failed { class, reference } => {
            let unreachable = *class == FailureClass::Unreachable;
            let text = if written {
                after(&texts::failed_partial(unreachable, reference))
            } else {
                texts::failed(unreachable, reference)
            };
            said(text, Outcome::Delivered)
        }
        TurnEnd::TimedOut if written => said(after(texts::TIMED_OUT_PARTIAL), Outcome::Delivered),
        TurnEnd::TimedOut => said(texts::TIMED_OUT.to_owned(), Outcome::Delivered),
        TurnEnd::Stopped if written => said(after(texts::STOPPED_PARTIAL), Outcome::Stopped),
        TurnEnd::Stopped => said(texts::STOPPED.to_owned(), Outcome::Stopped),
        TurnEnd::Interrupted => said(texts::INTERRUPTED.to_owned(), Outcome::Delivered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_own_last_word() {
        let failed = |class| TurnEnd::Failed {
            class,
            reference: "R1".to_owned(),
        };
        let cases = [
            (TurnEnd::Complete, "hi \n", "hi", Outcome::Delivered),
            (
                failed(FailureClass::Unreachable),
                "",
                "❌ 暂时无法连接到智能助手，请稍后再试。（编号：R1）",
                Outcome::Delivered,
            ),
            (
                failed(FailureClass::Broken),
                "half",
                "half\n\n❌ 智能助手处理时出错，以上内容不完整。（编号：R1）",
                Outcome::Delivered,
            ),
            (TurnEnd::TimedOut, "", texts::TIMED_OUT, Outcome::Delivered),
            (
                TurnEnd::TimedOut,
                "half",
                "half\n\n⌛ 处理时间过长，已停止，以上内容不完整。",
                Outcome::Delivered,
            ),
            (TurnEnd::Stopped, " ", texts::STOPPED, Outcome::Stopped),
            (
                TurnEnd::Stopped,
                "half",
                "half\n\n⏹ 已停止，以上内容不完整。",
                Outcome::Stopped,
            ),
            (
                TurnEnd::Interrupted,
                "",
                texts::INTERRUPTED,
                Outcome::Delivered,
            ),
        ];
        for (end, written, text, outcome) in cases {
            let expected = Closing {
                text: Some(text.to_owned()),
                outcome,
            };
            assert_eq!(
                closing(&end, written),
                expected,
                "{end:?} after {written:?}"
            );
        }
    }

    #[test]
    fn a_silent_agent_says_nothing() {
        let nothing = Closing {
            text: None,
            outcome: Outcome::Silent,
        };
        assert_eq!(closing(&TurnEnd::Complete, " \n"), nothing);
    }
}
