//! The files of a message: fetched from the moment that it is accepted, whatever waits
//! before it, since their addresses are good for five minutes.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use serde::{Deserialize, Serialize};

use crate::agent::{Attachment, AttachmentKind};
use crate::texts;

/// What came of fetching a message's files; whoever waits for it gets the same.
#[derive(Debug, Clone)]
pub(super) struct Files(Shared<BoxFuture<'static, Arc<Fetched>>>);

/// What was fetched, in the order of the message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Fetched(pub(super) Vec<FetchedFile>);

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FetchedFile {
    /// It is here.
    Kept(Attachment),
    /// It is over the limit; what its sender is told.
    TooLarge(String),
    /// It could not be fetched.
    Failed(AttachmentKind),
}

impl Files {
    /// Of a message without files, or of one whose files are here.
    pub(super) fn ready(fetched: Fetched) -> Self {
        Self::coming(std::future::ready(Arc::new(fetched)).boxed())
    }

    /// Of a message whose files are being fetched.
    pub(super) fn coming(fetched: BoxFuture<'static, Arc<Fetched>>) -> Self {
        Self(fetched.shared())
    }

    /// Of several messages that are one.
    pub(super) fn all(of: Vec<Self>) -> Self {
        let fetched = async move {
            let mut all = Fetched::default();
            for files in of {
                all.0.extend(files.fetched().await.0.iter().cloned());
            }
            Arc::new(all)
        };
        Self::coming(fetched.boxed())
    }

    /// Waits until all of them are here or given up. Cancel safe.
    pub(super) async fn fetched(&self) -> Arc<Fetched> {
        self.0.clone().await
    }
}

impl Fetched {
    /// What the sender of a file over the limit is told, in place of a turn.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.0.iter().find_map(|file| match file {
            FetchedFile::TooLarge(notice) => Some(notice.as_str()),
            FetchedFile::Kept(_) | FetchedFile::Failed(_) => None,
        })
    }

    /// The files that are here.
    pub(super) fn attachments(&self) -> Vec<Attachment> {
        let kept = self.0.iter().filter_map(|file| match file {
            FetchedFile::Kept(attachment) => Some(attachment.clone()),
            FetchedFile::TooLarge(_) | FetchedFile::Failed(_) => None,
        });
        kept.collect()
    }

    /// A line for the agent about each file that is not here.
    pub(super) fn missing(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|file| match file {
            FetchedFile::Failed(kind) => Some(texts::media_in::unreadable(*kind)),
            FetchedFile::Kept(_) | FetchedFile::TooLarge(_) => None,
        })
    }
}
