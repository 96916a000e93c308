//! The reply to a message of the bot's long connection: a stream message that grows, and a
//! proactive message where the stream can't carry the answer.

mod show;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::markup::escape_reasoning_tags;
use super::messenger::{Messenger, Undelivered, Waited};
use super::split::{MAX_CONTENT_BYTES, rest_of, split};
use super::{Closing, Delivery, Reply};
use crate::channel::draft::{DraftReader, Look};
use crate::channel::outbound::{Priority, RATE_LIMIT_PAUSES};
use crate::ids::{ReqId, StreamId};
use crate::store::Outcome;
use crate::texts;
use crate::wecom::bot::{Command, MessageBody, SendError, StreamFrame};

use show::{Due, Show, reached, settled};

/// Messages that one answer may become: less than a conversation's budget of a minute.
const MAX_PARTS: usize = 20;

/// Pause before repeating a final frame that was refused for an unknown reason.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// When a message's stream was opened, if it was; shared by whoever may open it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opened(Arc<OnceLock<Instant>>);

impl Opened {
    /// Notes that the first frame is going out now, unless one has before.
    pub(crate) fn mark(&self) {
        self.0.get_or_init(Instant::now);
    }

    fn at(&self) -> Option<Instant> {
        self.0.get().copied()
    }
}

/// What a reply needs to know of its account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SocketReplySettings {
    /// Whether WeCom takes a stream for it; if not, the answer is a message from the start.
    pub(crate) stream: bool,
    /// Whether to show the thinking placeholder at once.
    pub(crate) thinking: bool,
    /// Age of the stream at which a running answer leaves it.
    pub(crate) handover: Duration,
}

/// A reply by way of the bot's socket.
#[derive(Debug)]
pub(crate) struct SocketReply {
    /// The way into the conversation.
    pub(crate) messenger: Messenger,
    /// The push that is answered.
    pub(crate) req_id: ReqId,
    /// The stream of the answer.
    pub(crate) stream_id: StreamId,
    /// Whether the stream is open already.
    pub(crate) opened: Opened,
    /// Numbers and switches.
    pub(crate) settings: SocketReplySettings,
    /// Ends the process's work for good.
    pub(crate) hard_stop: CancellationToken,
}

/// Where the answer is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Carrier {
    /// In the stream.
    Stream,
    /// The stream can't take it any more: all of it goes out as a message.
    Message,
    /// The stream was closed with this much of the text: the rest goes out as a message.
    Rest { shown: String },
}

#[async_trait]
impl Reply for SocketReply {
    async fn deliver(self: Box<Self>, mut draft: DraftReader) -> Delivery {
        let hard_stop = self.hard_stop.clone();
        tokio::select! {
            biased;
            () = hard_stop.cancelled() => Delivery::Interrupted,
            delivery = self.follow(&mut draft) => delivery,
        }
    }
}

impl SocketReply {
    async fn follow(&self, draft: &mut DraftReader) -> Delivery {
        let mut show = Show::new(self);
        if self.settings.stream && self.settings.thinking {
            show.send(texts::THINKING.to_owned(), Priority::Status);
        }
        let closing = loop {
            let due = show.next_due();
            tokio::select! {
                biased;
                acked = settled(&mut show.in_flight) => show.settle(acked),
                () = draft.changed() => match draft.look() {
                    Look::Finished(closing) => break closing,
                    Look::Abandoned => return Delivery::Interrupted,
                    Look::Growing(text) => show.latest = text,
                },
                due = reached(due) => match due {
                    Due::Frame => show.send_latest(),
                    Due::KeepAlive => show.keep_alive(),
                    Due::Handover => show.hand_over().await,
                },
            }
        };
        let carrier = show.carrier;
        self.finish(closing, carrier).await
    }

    async fn finish(&self, closing: Closing, carrier: Carrier) -> Delivery {
        let text = match &closing.text {
            Some(text) => text.clone(),
            // The animation of an open stream ends with visible text only.
            None if self.opened.at().is_some() && carrier == Carrier::Stream => {
                texts::DONE.to_owned()
            }
            None => return Delivery::Ended(closing.outcome),
        };
        let sent = match carrier {
            Carrier::Rest { shown } => {
                let rest = rest_of(&text, &shown);
                self.send_messages(&parts_of(rest), None).await
            }
            // The first part closed the stream in an earlier process.
            Carrier::Stream | Carrier::Message if closing.parts_out() > 0 => {
                let parts = parts_of(&text);
                let left = parts.get(closing.parts_out()..).unwrap_or_default();
                self.send_messages(left, Some(&closing)).await
            }
            Carrier::Stream => self.finish_in_stream(&text, &closing).await,
            Carrier::Message => self.send_messages(&parts_of(&text), Some(&closing)).await,
        };
        match sent {
            Ok(()) => Delivery::Ended(closing.outcome),
            Err(reason) => {
                tracing::error!(%reason, "the answer could not be delivered");
                Delivery::Ended(Outcome::Undeliverable)
            }
        }
    }

    /// Closes the stream with the first part and sends the others behind it.
    async fn finish_in_stream(&self, text: &str, closing: &Closing) -> Result<(), Undelivered> {
        let parts = parts_of(text);
        let Some((first, rest)) = parts.split_first() else {
            return Ok(());
        };
        if self.opened.at().is_none() {
            self.messenger.wait_for_budget().await;
        }
        self.opened.mark();
        if self.send_final_frame(first).await? {
            if !rest.is_empty() {
                closing.part_is_out().await;
            }
            self.send_messages(rest, Some(closing)).await
        } else {
            tracing::warn!("the stream could not take the answer; it goes out as a message");
            self.send_messages(&parts, Some(closing)).await
        }
    }

    /// Sends the closing frame. `true`: the text is out, here or the late way; `false`: the
    /// stream did not take it, and a message may go out in its stead.
    ///
    /// Repeating the frame is safe: the same id with the same text changes nothing.
    async fn send_final_frame(&self, content: &str) -> Result<bool, Undelivered> {
        let deadline = Instant::now() + self.messenger.patience;
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        let mut unknown = 0;
        let mut refused = 0;
        loop {
            let frame = self.frame(content.to_owned(), true);
            let command = Command::RespondStream {
                req_id: self.req_id.clone(),
                stream: frame,
            };
            match self.messenger.client.send(command).await {
                Ok(_) => return Ok(true),
                Err(SendError::NotConnected | SendError::QueueFull) => {
                    let waited = self.messenger.wait(deadline, Some(content)).await?;
                    if waited == Waited::SentElsewhere {
                        return Ok(true);
                    }
                }
                Err(SendError::Unknown) => {
                    unknown += 1;
                    if unknown > 1 {
                        return Ok(false);
                    }
                }
                Err(SendError::Refused(refusal)) => {
                    tracing::warn!(%refusal, "the closing frame was refused");
                    if refusal.is_stream_expired() || refusal.is_invalid_req_id() {
                        return Ok(false);
                    }
                    let pause = if refusal.code.is_rate_limited() {
                        pauses.next().copied()
                    } else {
                        refused += 1;
                        (refused == 1).then_some(REFUSED_PAUSE)
                    };
                    let Some(pause) = pause else { return Ok(false) };
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Sends messages in order, each after the acknowledgement of the one before, and notes
    /// those that are out with `closing`.
    async fn send_messages(
        &self,
        parts: &[String],
        closing: Option<&Closing>,
    ) -> Result<(), Undelivered> {
        let mut left = parts.iter().peekable();
        while let Some(part) = left.next() {
            let body = MessageBody::Markdown(part.clone());
            self.messenger.send(body).await?;
            if let Some(closing) = closing.filter(|_| left.peek().is_some()) {
                closing.part_is_out().await;
            }
        }
        Ok(())
    }

    /// Whether the conversation's budget has no room for one more message; if it has, it is
    /// taken.
    fn has_no_room(&self, priority: Priority) -> bool {
        let Messenger { budgets, chat, .. } = &self.messenger;
        budgets.take(chat, priority).is_err()
    }

    fn frame(&self, content: String, finish: bool) -> StreamFrame {
        StreamFrame {
            id: self.stream_id.clone(),
            finish,
            content,
            feedback_id: None,
        }
    }
}

/// The messages that a final text becomes. What is beyond [`MAX_PARTS`] is left out, which
/// the last one says.
fn parts_of(text: &str) -> Vec<String> {
    let mut parts = split(&escape_reasoning_tags(text), MAX_CONTENT_BYTES);
    if parts.len() > MAX_PARTS {
        tracing::warn!(
            size_bytes = text.len(),
            "the answer is too long; its end is left out"
        );
        parts.truncate(MAX_PARTS);
        if let Some(last) = parts.last_mut() {
            last.push_str(texts::REST_OMITTED);
        }
    }
    parts
}
