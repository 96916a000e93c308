//! Replies: how an answer reaches the person who asked.

mod closing;
mod late;
mod markup;
mod messenger;
mod socket;
mod split;
mod visible;

use async_trait::async_trait;

use super::draft::DraftReader;
use crate::store::Outcome;

pub(crate) use closing::{Closing, TurnEnd, closing_text};
pub(crate) use late::LateWay;
pub(crate) use messenger::{Messenger, Undelivered};
pub(crate) use socket::{Opened, SocketReply, SocketReplySettings};

/// Shows one answer while it grows, and delivers it when it is finished.
///
/// How that is done, how it expires and what stands in for it then is the
/// implementation's business; a turn does not know which one it holds.
#[async_trait]
pub(crate) trait Reply: Send {
    /// Follows the draft to its end. Returns when the answer is out, or when no way is
    /// left.
    async fn deliver(self: Box<Self>, draft: DraftReader) -> Delivery;
}

/// How delivering an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It ended like this.
    Ended(Outcome),
    /// The process is going down first; a restart takes the message up again.
    Interrupted,
}
