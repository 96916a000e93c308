//! Somebody who answers questions on a terminal.

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};

use crate::house::{House, PATIENCE};

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";

/// A terminal with the program on it.
pub(crate) struct Terminal {
    session: PtySession,
    /// Everything that was shown so far.
    shown: String,
}

impl Terminal {
    /// Runs the program on a terminal of 200 columns.
    pub(crate) fn open(house: &House, arguments: &[&str]) -> Self {
        Self::open_in(house, arguments, "C")
    }

    /// The same where people speak the language of a locale.
    pub(crate) fn open_in(house: &House, arguments: &[&str], locale: &str) -> Self {
        let program = house.command(arguments);
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm")
            .env("LANG", locale)
            .envs(
                program
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            )
            .env("WECOM_LOG", "warn")
            .args(["-c", "stty cols 200 rows 50; exec \"$0\" \"$@\""])
            .arg(program.get_program())
            .args(program.get_args());
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap();
        let options = Options::new()
            .timeout_ms(Some(patience))
            .strip_ansi_escape_codes(true);
        Self {
            session: spawn_with_options(shell, options).unwrap(),
            shown: String::new(),
        }
    }

    /// Waits until a text is shown.
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        match self.session.exp_string(&as_bytes(text)) {
            Ok(before) => self.shown.extend([as_text(&before).as_str(), text]),
            Err(error) => panic!(
                "{text:?} is not shown: {}\nbefore: {}",
                as_text(&error.to_string()),
                self.shown
            ),
        }
        self
    }

    /// Waits for a question and takes what is marked.
    pub(crate) fn takes_default(&mut self, question: &str) -> &mut Self {
        self.sees(question).presses(ENTER)
    }

    /// Waits for a question and takes the choice so many lines below the marked one.
    pub(crate) fn chooses(&mut self, question: &str, below: usize) -> &mut Self {
        self.sees(question)
            .presses(&format!("{}{ENTER}", DOWN.repeat(below)))
    }

    /// Waits for a question and types an answer.
    pub(crate) fn types(&mut self, question: &str, answer: &str) -> &mut Self {
        self.sees(question).presses(&format!("{answer}{ENTER}"))
    }

    pub(crate) fn presses(&mut self, keys: &str) -> &mut Self {
        self.session.send(keys).unwrap();
        self.session.flush().unwrap();
        self
    }

    pub(crate) fn leaves(&mut self) -> &mut Self {
        self.session.send_control('c').unwrap();
        self
    }

    /// Waits for the end; returns the exit status and all that was shown.
    pub(crate) fn ends(mut self) -> (i32, String) {
        self.shown
            .push_str(&as_text(&self.session.exp_eof().unwrap()));
        match self.session.process().wait().unwrap() {
            WaitStatus::Exited(_, status) => (status, self.shown),
            other => panic!("{other:?}\n{}", self.shown),
        }
    }
}

/// The library takes every byte for a character of its own.
fn as_bytes(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

fn as_text(shown: &str) -> String {
    let bytes: Vec<u8> = shown.chars().map(|byte| byte as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
