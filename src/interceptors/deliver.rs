//! How contents that became files reach the caller, and what goes wrong on that way.

use std::io;

use serde_json::{Map, Value, json};

use super::{Answer, Content, ErrorKind, ToolError};
use crate::files::{StoreError, Stored, Unclaimed};

/// Bytes of text that an answer without files may hold (64 KiB).
pub(super) const INLINE_BYTES: usize = 64 * 1024;

/// An answer whose file nobody knows of yet.
#[derive(Debug)]
pub(super) struct Delivered {
    pub(super) answer: Answer,
    pub(super) file: Option<Unclaimed>,
}

impl Delivered {
    /// The answer, its file kept. Until here a caller that gave up leaves no file.
    pub(super) fn claim(self) -> Answer {
        if let Some(file) = self.file {
            file.claim();
        }
        self.answer
    }
}

impl From<Answer> for Delivered {
    fn from(answer: Answer) -> Self {
        Self { answer, file: None }
    }
}

/// Runs work that may block on a thread for it. The server has answered already, so
/// whatever goes wrong may have been executed.
pub(super) async fn after_success<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ToolError> + Send + 'static,
) -> Result<T, ToolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(ToolError::maybe_executed),
        Err(failed) => {
            tracing::error!(error = %failed, "work on an answer failed");
            let error = ToolError::new(ErrorKind::Internal, "the answer can't be worked on");
            Err(error.maybe_executed())
        }
    }
}

/// The item by which a client finds a kept file among our server's resources.
pub(super) fn resource_link(stored: &Stored) -> Content {
    let mut link = Map::new();
    link.insert("type".to_owned(), "resource_link".into());
    link.insert("uri".to_owned(), stored.uri().to_string().into());
    link.insert("name".to_owned(), stored.name.clone().into());
    link.insert("mimeType".to_owned(), stored.content_type.into());
    link.insert("size".to_owned(), stored.size.into());
    Content::Other(link)
}

/// The first `bytes` of a text, cut between two characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// A kept file as an answer tells it: the path as text, whatever the system's encoding.
pub(super) fn path_of(stored: &Stored) -> Value {
    stored.path.to_string_lossy().into()
}

/// Contents that the store does not take.
pub(super) fn not_kept(error: StoreError, what: &str) -> ToolError {
    match error {
        StoreError::TooLarge { size, limit } | StoreError::Full { size, limit } => {
            ToolError::too_large(format!("{what} can't be kept: {error}"), size, limit)
        }
        StoreError::Io(error) => not_written(&error, what),
        StoreError::NotFound | StoreError::NoFolder => ToolError::new(
            ErrorKind::Internal,
            format!("{what} can't be kept: {error}"),
        ),
    }
}

/// A disk that fails, told by the kind of failure: the system's message can hold a path of
/// this machine.
pub(super) fn not_written(error: &io::Error, what: &str) -> ToolError {
    tracing::warn!(error = %error, "contents can't be written to the media folder");
    ToolError::new(
        ErrorKind::Internal,
        format!("{what} can't be kept: {}", error.kind()),
    )
    .next("Tell the operator that the media folder can't be written to.")
}

/// `{"<member>": value}`.
pub(super) fn known(member: &str, value: &Map<String, Value>) -> Map<String, Value> {
    match json!({ member: value }) {
        Value::Object(known) => known,
        _ => Map::new(),
    }
}
