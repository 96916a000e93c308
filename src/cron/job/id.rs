//! The id of a job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest id, in characters.
const MAX_CHARS: usize = 128;

/// Names a job: 1 to 128 characters without `/`, `\` and NUL, since it names a file of the
/// exported history too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

/// The text is no id of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job's id has 1 to 128 characters and no `/`, `\\` or NUL")]
pub struct InvalidJobId;

impl JobId {
    /// Reads an id.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidJobId> {
        let id = id.into();
        let fits = (1..=MAX_CHARS).contains(&id.chars().count());
        if fits && !id.contains(['/', '\\', '\0']) {
            Ok(Self(id))
        } else {
            Err(InvalidJobId)
        }
    }

    /// A new one: a random UUID (version 4).
    pub fn random() -> Self {
        let bits: u128 = rand::random();
        let bits = bits & !(0xf << 76) | (4 << 76);
        let bits = bits & !(0b11 << 62) | (0b10 << 62);
        let hex = format!("{bits:032x}");
        let mut id = String::with_capacity(hex.len() + 4);
        for (at, digit) in hex.chars().enumerate() {
            if matches!(at, 8 | 12 | 16 | 20) {
                id.push('-');
            }
            id.push(digit);
        }
        Self(id)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}
