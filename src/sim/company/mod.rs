//! The company behind the simulated category servers: its members' to-dos, meetings,
//! calendars, messages and documents.
//!
//! Each topic is one state of its own with one door: a [`Visit`], a method and arguments
//! go in, a business answer comes out. Nothing here knows of MCP.

use serde_json::{Map, Value};

/// Who calls, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// The member that the call acts for: the one named by the trusted header, else the
    /// bot's owner.
    pub(crate) member: &'a str,
    /// The company's time, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// The members of a business answer besides `errcode` and `errmsg`, or why not.
pub(crate) type Answered = Result<Map<String, Value>, Refused>;

/// A business error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// WeCom's number.
    pub(crate) errcode: i64,
    /// What it says.
    pub(crate) errmsg: String,
    /// Guidance for a person, with a link.
    pub(crate) help_message: Option<String>,
}

impl Refused {
    /// A refusal without guidance.
    pub(crate) fn new(errcode: i64, errmsg: impl Into<String>) -> Self {
        Self {
            errcode,
            errmsg: errmsg.into(),
            help_message: None,
        }
    }
}
