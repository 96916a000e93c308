//! Replies: how an answer reaches the person who asked.

mod app;
mod closing;
mod elsewhere;
mod late;
mod markup;
mod messenger;
mod polled;
mod socket;
mod split;
mod visible;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::draft::DraftReader;
use crate::store::Outcome;

pub(crate) use app::{AppReply, LostReply};
pub(crate) use closing::{Closing, TurnEnd, closing_text};
pub(crate) use elsewhere::{Elsewhere, ElsewhereReply};
pub(crate) use late::LateWay;
pub(crate) use messenger::{Messenger, Undelivered};
pub(crate) use polled::PolledReply;
pub(crate) use socket::{Opened, SocketReply, SocketReplySettings};
pub(crate) use split::beginning_of;
pub(crate) use visible::visible_markup;

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
pub(crate) enum Delivery {
    /// It ended like this.
    Ended(Outcome),
    /// The process is going down first; a restart takes the message up again.
    Interrupted,
    /// It is ready and has to be fetched; resolves when it was, or with nothing if the process
    /// goes down first. The next message of the chat need not wait for that.
    Waits(BoxFuture<'static, Option<Outcome>>),
}
