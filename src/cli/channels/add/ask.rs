//! Questions on a terminal.

use inquire::{InquireError, Password, PasswordDisplayMode, Select, Text};

use super::words::{self, Words};
use crate::cli::print;
use crate::config::Language;
use crate::secret::Secret;

/// The terminal, and the language that is spoken on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) language: Language,
}

/// A question, and what `?` says about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) ask: Words,
    pub(super) help: Words,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// The person pressed Ctrl-C or Escape.
    #[error("the person left")]
    Left,
    /// The terminal does not work.
    #[error("cannot ask on this terminal")]
    Terminal(#[source] InquireError),
}

impl From<InquireError> for AskError {
    fn from(error: InquireError) -> Self {
        match error {
            InquireError::OperationCanceled | InquireError::OperationInterrupted => Self::Left,
            other => Self::Terminal(other),
        }
    }
}

impl Terminal {
    /// The sentence in the language spoken here.
    pub(super) fn word(self, words: Words) -> &'static str {
        words.of(self.language)
    }

    /// One of `choices`, by its position; `default` is marked at first.
    pub(super) fn choose(
        self,
        question: Question,
        choices: &[String],
        default: usize,
    ) -> Result<usize, AskError> {
        let explain = format!("? {}", self.word(words::EXPLAIN));
        loop {
            let all = choices.iter().chain([&explain]).cloned().collect();
            let chosen = Select::new(self.word(question.ask), all)
                .with_starting_cursor(default)
                .with_help_message(self.word(words::CHOOSE_KEYS))
                .raw_prompt()?;
            if chosen.index < choices.len() {
                return Ok(chosen.index);
            }
            print::note(self.word(question.help));
        }
    }

    pub(super) fn confirm(self, question: Question, default: bool) -> Result<bool, AskError> {
        let choices = [words::YES, words::NO].map(|words| self.word(words).to_owned());
        Ok(self.choose(question, &choices, usize::from(!default))? == 0)
    }

    /// A line of text that `check` has no complaint about.
    pub(super) fn text(
        self,
        question: Question,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<String, AskError> {
        loop {
            let mut prompt =
                Text::new(self.word(question.ask)).with_help_message(self.word(words::TEXT_KEYS));
            if let Some(default) = default {
                prompt = prompt.with_default(default);
            }
            let typed = prompt.prompt()?;
            let typed = typed.trim();
            if matches!(typed, "?" | "？") {
                print::note(self.word(question.help));
                continue;
            }
            match check(typed) {
                Ok(()) => return Ok(typed.to_owned()),
                Err(complaint) => print::note(&complaint),
            }
        }
    }

    /// A text that is not shown while it is typed.
    pub(super) fn secret(
        self,
        question: Question,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Secret, AskError> {
        loop {
            let typed = Password::new(self.word(question.ask))
                .without_confirmation()
                .with_display_mode(PasswordDisplayMode::Hidden)
                .with_help_message(self.word(words::SECRET_KEYS))
                .prompt()?;
            let typed = typed.trim();
            if matches!(typed, "?" | "？") {
                print::note(self.word(question.help));
                continue;
            }
            match check(typed) {
                Ok(()) => return Ok(Secret::new(typed)),
                Err(complaint) => print::note(&complaint),
            }
        }
    }
}
