//! Changing the configuration file the way a careful person does: only the value that was
//! meant, everything else byte for byte as it was.
//!
//! [`Document`] is the text with its syntax; it is edited by splicing the source between
//! the spans of parsed nodes, so what lies outside an edited span cannot change.

mod batch;
mod document;
mod editor;
mod files;
mod foreign;
mod gather;
mod lock;
mod meaning;
mod operation;
mod render;
mod source;
mod splice;
mod style;
pub(crate) mod tree;
mod value;
mod whole;
mod write;

pub use batch::{BatchError, read_batch, references_in};
pub use document::{Document, EditError, SyntaxError};
pub use editor::{Editor, EditorError, Outcome, authored_path};
pub use files::{BACKUPS, REJECTED, WriteError};
pub use foreign::update_foreign;
pub use operation::{Change, Difference, Expect, Operation};
pub use tree::get as value_at;
pub use value::{Typed, ValueError, from_argument, from_json5};
pub use whole::read_value;

#[cfg(test)]
mod tests;
