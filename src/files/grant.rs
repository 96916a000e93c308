//! Which local files the arguments of a call may name.

use std::path::PathBuf;

/// What the surroundings of a call allow: decided by whoever makes the identity, never by
/// the call. The default allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileGrant {
    /// Where relative paths start, and a root itself: the workspace of the agent.
    pub workspace: Option<PathBuf>,
    /// Further folders that files may lie in.
    pub roots: Vec<PathBuf>,
}
