//! The category `doc`: not open for this company.

use serde_json::{Map, Value};

use super::{Answered, Refused, Visit};

/// The company's documents.
#[derive(Debug)]
pub(crate) struct Docs;

impl Docs {
    /// No documents. `seed` decides the ids that are drawn.
    pub(crate) fn new(_seed: u64) -> Self {
        Self
    }

    /// Does what a method says.
    #[expect(clippy::unused_self, reason = "every topic has this door")]
    pub(crate) fn call(&mut self, _: Visit<'_>, _: &str, _: &Map<String, Value>) -> Answered {
        Err(Refused::not_open())
    }
}
