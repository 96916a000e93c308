//! What a user may ask of the runtime itself: recognised at the very beginning of the user's
//! own text, allowed by rules in a fixed order.
//!
//! A slash anywhere else is ordinary text: `/tmp/x` and `see /usr/lib` reach the agent.

mod abort;
mod authorise;

use super::inbound::without_mention;

pub(crate) use abort::is_abort;
pub(crate) use authorise::is_owner;
pub use authorise::{Asker, Permission, Rule, authorise};

/// What a text asks for. Arguments are trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request<'a> {
    /// `/new` or `/reset`: a new conversation; what follows is its first message.
    NewSession {
        /// The command without its slash, as written.
        name: &'a str,
        /// The rest of the text.
        arguments: &'a str,
    },
    /// `/stop` or a word that means it.
    Abort,
    /// `/help`.
    Help,
    /// `/whoami`.
    WhoAmI,
    /// `/status`.
    Status,
    /// A command of the back end, which gets the whole text.
    Backend {
        /// Its name in the back end's list.
        name: &'a str,
        /// Whether it is for owners.
        owner_only: bool,
        /// The rest of the text.
        arguments: &'a str,
    },
    /// Words for the agent.
    Text,
}

/// A command that a back end understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendCommand {
    /// Without the slash, small letters.
    pub name: String,
    /// Whether it is for owners only (`/restart`, `/config`).
    pub owner_only: bool,
}

/// What the user's own text (no quotes, no previews of files) asks for, one leading mention
/// aside. `commands_on` is `commands.text`: without it only aborting is left.
pub fn recognise<'a>(
    text: &'a str,
    backend: &'a [BackendCommand],
    commands_on: bool,
) -> Request<'a> {
    if is_abort(text) {
        return Request::Abort;
    }
    let Some(command) = without_mention(text).strip_prefix('/') else {
        return Request::Text;
    };
    if !commands_on {
        return Request::Text;
    }
    let end = command
        .find(|c: char| c.is_whitespace() || c == ':')
        .unwrap_or(command.len());
    let (name, rest) = command.split_at(end);
    let arguments = rest.strip_prefix(':').unwrap_or(rest).trim();
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    // `/new:` is no session command; it may still be one of the back end's.
    if (is("new") || is("reset")) && !rest.starts_with(':') {
        return Request::NewSession { name, arguments };
    }
    if is("help") {
        return Request::Help;
    }
    if is("whoami") {
        return Request::WhoAmI;
    }
    if is("status") {
        return Request::Status;
    }
    backend
        .iter()
        .find(|known| is(&known.name))
        .map_or(Request::Text, |known| Request::Backend {
            name: &known.name,
            owner_only: known.owner_only,
            arguments,
        })
}

#[cfg(test)]
mod tests;
