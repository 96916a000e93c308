//! What is said last: a truthful closing for every way a turn can end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agent::FailureClass;
use crate::channel::answer::{Keeper, Outgoing};
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

/// The last word of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    /// The final text, or nothing to say.
    pub(crate) text: Option<String>,
    /// How the message ends once that is out.
    pub(crate) outcome: Outcome,
    /// Where it is noted how much of it is out.
    progress: Option<Progress>,
}

#[derive(Debug, Clone)]
struct Progress {
    keeper: Keeper,
    outgoing: Arc<Mutex<Outgoing>>,
}

impl Closing {
    /// The last word of an answer whose files and cards are out; its progress is kept by
    /// `keeper`.
    pub(crate) fn of(outgoing: Outgoing, keeper: Keeper) -> Self {
        Self {
            text: outgoing.last_word(),
            outcome: outgoing.outcome,
            progress: Some(Progress {
                keeper,
                outgoing: Arc::new(Mutex::new(outgoing)),
            }),
        }
    }

    /// Messages of the text that are out already.
    pub(crate) fn parts_out(&self) -> usize {
        self.progress
            .as_ref()
            .map_or(0, |progress| progress.lock().sent_parts)
    }

    /// Notes that one more message of the text is out.
    pub(crate) async fn part_is_out(&self) {
        let Some(progress) = &self.progress else {
            return;
        };
        let outgoing = {
            let mut outgoing = progress.lock();
            outgoing.sent_parts += 1;
            outgoing.clone()
        };
        progress.keeper.progress(&outgoing).await;
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Outgoing> {
        // A count is whole at each step.
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Chooses what is said for a turn that ended like this and had written `text`, and how the
/// message ends.
///
/// Without a text, a stream that is open already is still closed with a visible notice
/// ([`texts::DONE`]): the client's animation would go on for ever.
pub(crate) fn closing_text(end: &TurnEnd, text: &str) -> (Option<String>, Outcome) {
    let text = text.trim_end();
    let written = !text.trim_start().is_empty();
    let after = |note: &str| Some(format!("{text}\n\n{note}"));
    match end {
        TurnEnd::Complete if written => (Some(text.to_owned()), Outcome::Delivered),
        TurnEnd::Complete => (None, Outcome::Silent),
        TurnEnd::Failed { class, reference } => {
            let text = if written {
                after(&texts::failed_partial(failure(*class), reference))
            } else {
                Some(texts::failed(failure(*class), reference))
            };
            (text, Outcome::Delivered)
        }
        TurnEnd::TimedOut if written => (after(texts::TIMED_OUT_PARTIAL), Outcome::Delivered),
        TurnEnd::TimedOut => (Some(texts::TIMED_OUT.to_owned()), Outcome::Delivered),
        TurnEnd::Stopped if written => (after(texts::STOPPED_PARTIAL), Outcome::Stopped),
        TurnEnd::Stopped => (Some(texts::STOPPED.to_owned()), Outcome::Stopped),
        TurnEnd::Interrupted => (Some(texts::INTERRUPTED.to_owned()), Outcome::Delivered),
    }
}

/// What a person is told of a failure's class.
fn failure(class: FailureClass) -> texts::Failure {
    match class {
        FailureClass::Unreachable => texts::Failure::Unreachable,
        FailureClass::Busy => texts::Failure::Busy,
        FailureClass::TimedOut => texts::Failure::TimedOut,
        FailureClass::TooLong => texts::Failure::TooLong,
        FailureClass::Refused | FailureClass::Broken => texts::Failure::Broken,
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
            assert_eq!(
                closing_text(&end, written),
                (Some(text.to_owned()), outcome),
                "{end:?} after {written:?}"
            );
        }
    }

    #[test]
    fn a_silent_agent_says_nothing() {
        assert_eq!(
            closing_text(&TurnEnd::Complete, " \n"),
            (None, Outcome::Silent)
        );
    }
}
