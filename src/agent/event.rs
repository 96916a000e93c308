//! What an agent reports while it works.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// What an agent reports while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentEvent {
    /// More of the answer; deltas are joined as they are.
    Text(String),
    /// The whole answer so far, in place of what was said before: for back ends that take
    /// something back, like the words before a tool was used.
    Replace(String),
    /// A file to send, as an agent names one: a URL, or a path on this machine. It goes out
    /// at once, before the text.
    Media(String),
    /// A tool is used. For logs; a person sees nothing of it.
    Tool(ToolStep),
    /// Something to be decided by the person who wrote. The agent goes on meanwhile, or waits
    /// for the answer.
    Ask(Question),
    /// The answer is complete. Nothing follows.
    Done,
    /// The agent gave up. Nothing follows.
    Failed(AgentFailure),
}

/// A step of a tool's use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolStep {
    /// It begins.
    Started {
        /// The tool's name.
        name: String,
    },
    /// It ended.
    Finished {
        /// The tool's name.
        name: String,
        /// Whether it did what it was asked for.
        ok: bool,
    },
}

/// Something that the person who wrote decides by pressing a button.
///
/// Dropping it without an answer tells the agent that there is none: nobody could be asked,
/// the turn ended, or the card was not delivered.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked, in a few words.
    pub title: String,
    /// What it is about; may be empty.
    pub detail: String,
    /// What can be chosen, in the order of the buttons: one to six.
    pub choices: Vec<Choice>,
    answer: Answer,
}

/// A button of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is on it.
    pub label: String,
    /// How it looks.
    pub tone: Tone,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// The one that goes on.
    Primary,
    /// The one that refuses.
    Danger,
    /// Any other.
    Neutral,
}

/// The one place for an answer, shared by the clones of a question.
#[derive(Clone)]
struct Answer(Arc<Mutex<Option<oneshot::Sender<usize>>>>);

impl Question {
    /// A question, and where its answer arrives: the position of the choice.
    pub fn new(
        title: impl Into<String>,
        detail: impl Into<String>,
        choices: Vec<Choice>,
    ) -> (Self, oneshot::Receiver<usize>) {
        let (answer, answered) = oneshot::channel();
        let question = Self {
            title: title.into(),
            detail: detail.into(),
            choices,
            answer: Answer(Arc::new(Mutex::new(Some(answer)))),
        };
        (question, answered)
    }

    /// Answers it with the choice at that position. `false`: there is no such choice, it was
    /// answered before, or nobody waits any more.
    pub fn answer(&self, choice: usize) -> bool {
        if choice >= self.choices.len() {
            return false;
        }
        let mut answer = self.answer.0.lock().unwrap_or_else(PoisonError::into_inner);
        answer
            .take()
            .is_some_and(|answer| answer.send(choice).is_ok())
    }
}

/// Two are the same only if an answer to one is an answer to the other.
impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.answer.0, &other.answer.0)
    }
}

impl Eq for Question {}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

/// Why an agent gave up. The class is what a user may be told; the detail goes to the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class:?}: {detail}")]
pub struct AgentFailure {
    /// What kind of failure.
    pub class: FailureClass,
    /// For the operator; no secrets.
    pub detail: String,
}

impl AgentFailure {
    /// A failure of this class.
    pub fn new(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            class,
            detail: detail.into(),
        }
    }
}

/// Kinds of failure. People are told "can't be reached" or "went wrong"; a job's run is
/// repeated where it may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureClass {
    /// The back end can't be reached, or went away before it took the question.
    Unreachable,
    /// Too many requests, or too much work: later it may do it.
    Busy,
    /// It did not answer in time.
    TimedOut,
    /// The back end is there and refused for good: no credentials, no money, no such model.
    Refused,
    /// The conversation is longer than the model takes.
    TooLong,
    /// It broke in any other way.
    Broken,
}

impl FailureClass {
    /// Whether the same question may be answered later.
    pub fn may_pass(self) -> bool {
        match self {
            Self::Unreachable | Self::Busy | Self::TimedOut => true,
            Self::Refused | Self::TooLong | Self::Broken => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> (Question, oneshot::Receiver<usize>) {
        let choice = |label: &str| Choice {
            label: label.to_owned(),
            tone: Tone::Neutral,
        };
        Question::new("May I?", "rm notes.txt", vec![choice("yes"), choice("no")])
    }

    #[test]
    fn a_question_is_answered_once_and_by_its_own_choices() {
        let (question, mut answered) = question();
        let again = question.clone();
        assert_eq!(question, again);
        assert!(!question.answer(2), "there is no third choice");
        assert!(again.answer(1));
        assert!(!question.answer(0), "it was answered");
        assert_eq!(answered.try_recv(), Ok(1));
    }

    #[test]
    fn a_dropped_question_has_no_answer() {
        let (question, mut answered) = question();
        drop(question);
        assert!(answered.try_recv().is_err());
    }
}
