//! What OpenClaw said in a turn, and what of it is the answer.

use crate::agent::{AgentFailure, FailureClass};

use super::super::link::{Deliver, DeliverKind, ErrorClass};

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What was delivered as the answer, in order.
    answers: Vec<String>,
    /// Parts that a final delivery stands in for, should one come.
    blocks: Vec<String>,
    /// The model's present message.
    message: String,
    /// How things stand, for a turn that has nothing else to say.
    notice: Option<String>,
    /// What went wrong, for a turn that has no answer.
    failure: Option<AgentFailure>,
    has_media: bool,
}

impl Told {
    /// The model's message has grown, or another one has begun.
    pub(super) fn partial(&mut self, text: String) {
        self.message = text;
    }

    /// Something for the person; its files are the caller's business.
    pub(super) fn deliver(&mut self, delivery: &Deliver) {
        let has_media = !delivery.media.is_empty();
        self.has_media |= has_media;
        let text = delivery.text.as_deref().map(str::trim_end);
        let Some(text) = text.filter(|text| !text.trim_start().is_empty()) else {
            return;
        };
        if delivery.error {
            self.failure = Some(failure(text));
            return;
        }
        if delivery.notice {
            self.notice = Some(text.to_owned());
            return;
        }
        match delivery.deliver {
            // What a tool has to show is the model's to tell.
            DeliverKind::Tool => {}
            DeliverKind::Block if !has_media => self.blocks.push(text.to_owned()),
            // The words beside a file are in no final delivery.
            DeliverKind::Block | DeliverKind::Final => {
                if self.answers.last().is_none_or(|last| last != text) {
                    self.answers.push(text.to_owned());
                }
                self.message.clear();
            }
        }
    }

    /// Whether nothing was said at all.
    pub(super) fn is_silent(&self) -> bool {
        self.answers.is_empty()
            && self.blocks.is_empty()
            && self.message.is_empty()
            && !self.has_media
    }

    /// What the chat shows meanwhile.
    pub(super) fn shown(&self) -> String {
        let message = Some(self.message.as_str()).filter(|message| !message.is_empty());
        let parts: Vec<&str> = (self.answers.iter().map(String::as_str))
            .chain(message)
            .collect();
        parts.join("\n\n")
    }

    /// The turn is over: the answer, which may be empty.
    ///
    /// # Errors
    /// It went wrong, and there is no answer.
    pub(super) fn conclude(&self) -> Result<String, AgentFailure> {
        if !self.answers.is_empty() {
            return Ok(self.answers.join("\n\n"));
        }
        match &self.failure {
            Some(failure) if !self.has_media => return Err(failure.clone()),
            Some(failure) => tracing::warn!(%failure, "OpenClaw reported an error beside a file"),
            None => {}
        }
        if !self.blocks.is_empty() {
            return Ok(self.blocks.join("\n\n"));
        }
        if !self.message.is_empty() {
            return Ok(self.message.clone());
        }
        Ok(self.notice.clone().unwrap_or_default())
    }
}

/// The failure that ended a turn.
pub(super) fn ended(class: ErrorClass, message: &str) -> AgentFailure {
    let class = match class {
        ErrorClass::Busy => FailureClass::Busy,
        ErrorClass::Unreachable => FailureClass::Unreachable,
        ErrorClass::Timeout => FailureClass::TimedOut,
        ErrorClass::Refused => FailureClass::Refused,
        ErrorClass::TooLong => FailureClass::TooLong,
        ErrorClass::Broken => FailureClass::Broken,
    };
    AgentFailure::new(class, format!("OpenClaw: {}", beginning(message)))
}

/// What kind of failure an error text of OpenClaw tells of. The words are OpenClaw's, in
/// English, for the person; what they mean is told by ours.
fn failure(text: &str) -> AgentFailure {
    let words = text.to_lowercase();
    let has = |some: &[&str]| some.iter().any(|word| words.contains(word));
    let class = if has(&[
        "context overflow",
        "too large for the model",
        "context length",
    ]) {
        FailureClass::TooLong
    } else if has(&["rate limit", "overloaded", "too many requests", "busy"]) {
        FailureClass::Busy
    } else if has(&["timed out", "timeout"]) {
        FailureClass::TimedOut
    } else if has(&[
        "billing",
        "credit",
        "api key",
        "unauthorized",
        "authentication",
    ]) {
        FailureClass::Refused
    } else if has(&["connection", "network", "unreachable"]) {
        FailureClass::Unreachable
    } else {
        FailureClass::Broken
    };
    AgentFailure::new(class, format!("OpenClaw: {}", beginning(text)))
}

/// Characters of an error's text that the log keeps.
const SHOWN_CHARS: usize = 200;

fn beginning(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::link::PluginMedia;
    use super::*;

    fn deliver(deliver: DeliverKind, text: &str) -> Deliver {
        Deliver {
            deliver,
            text: Some(text.to_owned()),
            ..Deliver::default()
        }
    }

    fn with_file(mut delivery: Deliver) -> Deliver {
        delivery.media.push(PluginMedia::default());
        delivery
    }

    fn told(partials: &[&str], deliveries: &[Deliver]) -> Told {
        let mut told = Told::default();
        for text in partials {
            told.partial((*text).to_owned());
        }
        for delivery in deliveries {
            told.deliver(delivery);
        }
        told
    }

    #[test]
    fn what_is_delivered_in_the_end_stands_in_for_what_was_shown() {
        let error = Deliver {
            error: true,
            ..deliver(DeliverKind::Final, "⚠️ odd")
        };
        let notice = Deliver {
            notice: true,
            ..deliver(DeliverKind::Final, "compacting")
        };
        let (done, more) = (
            deliver(DeliverKind::Final, "done"),
            deliver(DeliverKind::Final, "more"),
        );
        let (block, tool) = (
            deliver(DeliverKind::Block, "part"),
            deliver(DeliverKind::Tool, "raw"),
        );
        for (what, partials, deliveries, answer) in [
            ("final", vec!["I look.", "don"], vec![done.clone()], "done"),
            (
                "two finals",
                vec![],
                vec![done.clone(), more.clone()],
                "done\n\nmore",
            ),
            ("a repeat", vec![], vec![done.clone(), done.clone()], "done"),
            ("a block alone", vec!["par"], vec![block.clone()], "part"),
            (
                "a block and a final",
                vec![],
                vec![block.clone(), done.clone()],
                "done",
            ),
            (
                "words beside a file, and a final",
                vec![],
                vec![with_file(block.clone()), done.clone()],
                "part\n\ndone",
            ),
            ("no delivery", vec!["I look."], vec![], "I look."),
            ("nothing at all", vec![], vec![], ""),
            ("a tool's text", vec!["a"], vec![tool], "a"),
            ("a notice alone", vec![], vec![notice.clone()], "compacting"),
            (
                "a notice and a final",
                vec![],
                vec![notice, done.clone()],
                "done",
            ),
            (
                "an error and a final",
                vec![],
                vec![error.clone(), done.clone()],
                "done",
            ),
            ("an error beside a file", vec![], vec![with_file(error)], ""),
        ] {
            assert_eq!(
                told(&partials, &deliveries).conclude().unwrap(),
                answer,
                "{what}"
            );
        }
    }

    #[test]
    fn meanwhile_the_present_message_is_shown_behind_what_was_delivered() {
        let mut told = told(&["I look.", "Found"], &[]);
        assert_eq!(told.shown(), "Found");
        told.deliver(&deliver(DeliverKind::Final, "Found it."));
        assert_eq!(told.shown(), "Found it.");
        told.partial("And".to_owned());
        assert_eq!(told.shown(), "Found it.\n\nAnd");
    }

    #[test]
    fn errors_are_told_in_our_words() {
        for (text, class) in [
            ("⚠️ API rate limit reached.", FailureClass::Busy),
            ("⚠️ Context overflow: try /new", FailureClass::TooLong),
            ("Request timed out.", FailureClass::TimedOut),
            ("⚠️ billing error: no credits", FailureClass::Refused),
            (
                "LLM request failed: network connection error.",
                FailureClass::Unreachable,
            ),
            ("Agent couldn't generate a response.", FailureClass::Broken),
        ] {
            let error = Deliver {
                error: true,
                ..deliver(DeliverKind::Final, text)
            };
            let failure = told(&["so far"], &[error]).conclude().unwrap_err();
            assert_eq!(failure.class, class, "{text}");
        }
        assert_eq!(
            ended(ErrorClass::Timeout, "x").class,
            FailureClass::TimedOut
        );
    }
}
