use std::cell::RefCell;
use std::fmt;

use super::super::coerce;

/// One difference between what the agent wrote and what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field with its path, for example `button_list[2].style`. Unknown fields of an
    /// agent are among them: names, never values.
    pub field: String,
    /// What was done.
    pub kind: ChangeKind,
}

/// What was done to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Written in another form.
    Converted,
    /// Left out: of no use, or not part of this type of card.
    Dropped,
    /// Shortened to a limit.
    Cut,
    /// Completed.
    Added,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ChangeKind::Converted => "converted",
            ChangeKind::Dropped => "dropped",
            ChangeKind::Cut => "cut",
            ChangeKind::Added => "added",
        };
        // A model may write anything for a name: one line of the log stays one line.
        write!(f, "{} {what}", self.field.escape_debug())
    }
}

/// Changes noted at most: the log is for people.
const MAX_CHANGES: usize = 50;

/// Longest field name that is noted, in bytes.
const MAX_FIELD_BYTES: usize = 100;

/// The changes of one card, gathered while it is read.
#[derive(Debug, Default)]
pub(super) struct Changes(RefCell<Vec<Change>>);

impl Changes {
    pub(super) fn note(&self, mut field: String, kind: ChangeKind) {
        field.truncate(coerce::cut_bytes(&field, MAX_FIELD_BYTES).len());
        let change = Change { field, kind };
        let mut changes = self.0.borrow_mut();
        if changes.len() < MAX_CHANGES && !changes.contains(&change) {
            changes.push(change);
        }
    }

    pub(super) fn finish(self) -> Vec<Change> {
        self.0.into_inner()
    }
}
