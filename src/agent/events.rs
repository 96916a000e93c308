//! Events of an agent that is written as one piece of work.

use std::future::{Future, ready};

use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::AgentEvent;

/// Events that wait to be seen: the turn reads them at once, this is for a burst.
const WAITING: usize = 16;

/// The events that `work` sends, for as long as it runs. Dropping the stream, or `cancel`,
/// drops the work.
pub(super) fn written<F>(
    cancel: CancellationToken,
    work: impl FnOnce(mpsc::Sender<AgentEvent>) -> F,
) -> BoxStream<'static, AgentEvent>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, mut receiver) = mpsc::channel(WAITING);
    let work = stream::once(work(sender)).filter_map(|()| ready(None));
    let events = stream::poll_fn(move |context| receiver.poll_recv(context));
    stream::select(events, work)
        .take_until(cancel.cancelled_owned())
        .boxed()
}
