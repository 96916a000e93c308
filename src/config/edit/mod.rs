//! Changing the configuration file the way a careful person does: only the value that was
//! meant, everything else byte for byte as it was.
//!
//! [`Document`] is the text with its syntax; it is edited by splicing the source between
//! the spans of parsed nodes, so what lies outside an edited span cannot change.

mod document;
mod editor;
mod files;
mod lock;
mod meaning;
mod operation;
mod render;
mod source;
mod splice;
mod style;
mod tree;
mod value;
mod write;

pub use document::{Document, EditError, SyntaxError};
pub use editor::{Editor, EditorError, Outcome, authored_path};
pub use operation::{Change, Difference, Expect, Operation};
pub use files::{BACKUPS, REJECTED, WriteError};
pub use value::{Typed, ValueError, from_argument, from_json5};

#[cfg(test)]
mod tests;
