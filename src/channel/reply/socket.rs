//! The reply to a message of the bot's long connection: a stream message that grows, and a
//! proactive message where the stream can't carry the answer.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::markup::escape_reasoning_tags;
use super::split::{split, tail_window};
use super::{Closing, Delivery, Reply, fence};
use crate::channel::draft::{DraftReader, Look};
use crate::channel::outbound::{Budgets, Priority};
use crate::ids::{Chat, ReqId, StreamId};
use crate::store::Outcome;
use crate::texts;
use crate::wecom::bot::{
    BotClient, Command, ConnectionState, MessageBody, SendError, StreamFrame, StreamUpdate,
};

/// Bytes of content in one message. WeCom takes 20,480; the rest is room for markers.
const MAX_CONTENT_BYTES: usize = 20_000;

/// Messages that one answer may become: less than a conversation's budget of a minute.
const MAX_PARTS: usize = 20;

/// Least time between two frames of one stream.
const FRAME_INTERVAL: Duration = Duration::from_millis(500);

/// A stream is refreshed when nothing was sent for this long; measured in the field to
/// keep it alive.
const KEEP_ALIVE: Duration = Duration::from_mins(4);

/// Pauses before sending an answer again that WeCom found too much at once.
const RATE_LIMIT_PAUSES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Pause before repeating a final frame that was refused for an unknown reason.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// Longest wait for the conversation's budget; after it the answer is sent all the same
/// and WeCom decides.
const BUDGET_WAIT: Duration = Duration::from_mins(1);

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
    /// Whether to show the thinking placeholder at once.
    pub(crate) thinking: bool,
    /// Age of the stream at which a running answer leaves it.
    pub(crate) handover: Duration,
    /// How long a finished answer waits for the connection.
    pub(crate) undelivered_ttl: Duration,
}

/// A reply by way of the bot's socket.
#[derive(Debug)]
pub(crate) struct SocketReply {
    /// The connection.
    pub(crate) client: BotClient,
    /// The conversation.
    pub(crate) chat: Chat,
    /// The push that is answered.
    pub(crate) req_id: ReqId,
    /// The stream of the answer.
    pub(crate) stream_id: StreamId,
    /// Whether the stream is open already.
    pub(crate) opened: Opened,
    /// The conversation's budget.
    pub(crate) budgets: Arc<Budgets>,
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

/// A frame that waits for its acknowledgement.
type InFlight = BoxFuture<'static, Result<StreamUpdate, SendError>>;

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
        if self.settings.thinking {
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
        let text = match closing.text {
            Some(text) => text,
            // The animation of an open stream ends with visible text only.
            None if self.opened.at().is_some() && carrier == Carrier::Stream => {
                texts::DONE.to_owned()
            }
            None => return Delivery::Ended(closing.outcome),
        };
        let sent = match carrier {
            Carrier::Stream => self.finish_in_stream(&text).await,
            Carrier::Message => self.send_messages(&parts_of(&text)).await,
            Carrier::Rest { shown } => {
                let rest = text.strip_prefix(shown.as_str()).unwrap_or(&text);
                self.send_messages(&parts_of(rest.trim_start_matches('\n')))
                    .await
            }
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
    async fn finish_in_stream(&self, text: &str) -> Result<(), Undelivered> {
        let parts = parts_of(text);
        let Some((first, rest)) = parts.split_first() else {
            return Ok(());
        };
        if self.opened.at().is_none() {
            self.wait_for_budget().await;
        }
        self.opened.mark();
        if self.send_final_frame(first).await? {
            self.send_messages(rest).await
        } else {
            tracing::warn!("the stream could not take the answer; it goes out as a message");
            self.send_messages(&parts).await
        }
    }

    /// Sends the closing frame. `false`: the stream did not take it, and a message may go
    /// out in its stead.
    ///
    /// Repeating the frame is safe: the same id with the same text changes nothing.
    async fn send_final_frame(&self, content: &str) -> Result<bool, Undelivered> {
        let deadline = Instant::now() + self.settings.undelivered_ttl;
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        let mut unknown = 0;
        let mut refused = 0;
        loop {
            let frame = self.frame(content.to_owned(), true);
            let command = Command::RespondStream {
                req_id: self.req_id.clone(),
                stream: frame,
            };
            match self.client.send(command).await {
                Ok(_) => return Ok(true),
                Err(SendError::NotConnected | SendError::QueueFull) => {
                    self.wait_until_live(deadline).await?;
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

    /// Sends messages in order, each after the acknowledgement of the one before.
    async fn send_messages(&self, parts: &[String]) -> Result<(), Undelivered> {
        for part in parts {
            self.send_message(part).await?;
        }
        Ok(())
    }

    async fn send_message(&self, content: &str) -> Result<(), Undelivered> {
        let deadline = Instant::now() + self.settings.undelivered_ttl;
        let mut pauses = RATE_LIMIT_PAUSES.iter();
        self.wait_for_budget().await;
        loop {
            let command = Command::Send {
                chat: self.chat.id.clone(),
                kind: Some(self.chat.kind),
                body: MessageBody::Markdown(content.to_owned()),
            };
            match self.client.send(command).await {
                Ok(_) => return Ok(()),
                Err(SendError::NotConnected | SendError::QueueFull) => {
                    self.wait_until_live(deadline).await?;
                }
                Err(SendError::Unknown) => {
                    // It may have arrived. A message, unlike a frame, would appear twice.
                    tracing::warn!("WeCom did not confirm a message; it is not repeated");
                    return Ok(());
                }
                Err(SendError::Refused(refusal)) if refusal.code.is_rate_limited() => {
                    let pause = pauses
                        .next()
                        .ok_or(Undelivered::Refused(refusal.to_string()))?;
                    tokio::time::sleep(*pause).await;
                }
                Err(error) => return Err(Undelivered::Refused(error.to_string())),
            }
        }
    }

    async fn wait_for_budget(&self) {
        let deadline = Instant::now() + BUDGET_WAIT;
        while let Err(wait) = self.budgets.take(&self.chat, Priority::Answer) {
            let until = Instant::now() + wait;
            if until > deadline {
                tracing::warn!("the conversation's budget is used up; sending all the same");
                tokio::time::sleep_until(deadline).await;
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    async fn wait_until_live(&self, deadline: Instant) -> Result<(), Undelivered> {
        tracing::info!("an answer waits for the connection");
        let mut state = self.client.state();
        let live = state.wait_for(ConnectionState::is_live);
        match tokio::time::timeout_at(deadline, live).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Undelivered::NoConnection),
        }
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

/// Why an answer is not out.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    #[error("the connection did not come back in time")]
    NoConnection,
    #[error("{0}")]
    Refused(String),
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

/// What the stream shows while the answer grows.
struct Show<'a> {
    reply: &'a SocketReply,
    carrier: Carrier,
    in_flight: Option<InFlight>,
    latest: String,
    sent: Option<String>,
    sent_at: Option<Instant>,
}

/// Resolves when the frame in flight is settled; never while there is none.
///
/// Cancel safe: the frame stays in flight.
async fn settled(in_flight: &mut Option<InFlight>) -> Result<StreamUpdate, SendError> {
    match in_flight {
        Some(in_flight) => in_flight.await,
        None => std::future::pending().await,
    }
}

/// Resolves when it is time for what is due; never if nothing is.
async fn reached(due: Option<(Instant, Due)>) -> Due {
    match due {
        Some((at, due)) => {
            tokio::time::sleep_until(at).await;
            due
        }
        None => std::future::pending().await,
    }
}

/// What a stream may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Frame,
    KeepAlive,
    Handover,
}

impl<'a> Show<'a> {
    fn new(reply: &'a SocketReply) -> Self {
        Self {
            reply,
            carrier: Carrier::Stream,
            in_flight: None,
            latest: String::new(),
            sent: None,
            sent_at: reply.opened.at(),
        }
    }

    fn settle(&mut self, acked: Result<StreamUpdate, SendError>) {
        self.in_flight = None;
        match acked {
            Ok(StreamUpdate::Acked(_)) | Err(SendError::Unknown) => {}
            // The next frame carries the whole text; let it come.
            Ok(StreamUpdate::Skipped) | Err(SendError::NotConnected | SendError::QueueFull) => {
                self.sent = None;
            }
            Err(SendError::Refused(refusal))
                if refusal.is_stream_expired() || refusal.is_invalid_req_id() =>
            {
                tracing::info!(%refusal, "the stream is closed to us; the answer will be a message");
                self.carrier = Carrier::Message;
            }
            Err(error) => tracing::debug!(%error, "a frame of the answer was not taken"),
        }
    }

    /// The next thing that the stream needs, and when; `None` if it needs nothing.
    fn next_due(&self) -> Option<(Instant, Due)> {
        if self.carrier != Carrier::Stream {
            return None;
        }
        let Some(opened) = self.reply.opened.at() else {
            return self.has_news().then(|| (Instant::now(), Due::Frame));
        };
        let handover = (opened + self.reply.settings.handover, Due::Handover);
        if self.in_flight.is_some() {
            return Some(handover);
        }
        let sent_at = self.sent_at.unwrap_or(opened);
        let next = if self.has_news() {
            (sent_at + FRAME_INTERVAL, Due::Frame)
        } else {
            (sent_at + KEEP_ALIVE, Due::KeepAlive)
        };
        Some(if next.0 < handover.0 { next } else { handover })
    }

    fn has_news(&self) -> bool {
        !self.latest.trim().is_empty() && self.sent.as_ref() != Some(&self.latest)
    }

    fn send_latest(&mut self) {
        self.sent = Some(self.latest.clone());
        let content = window(&self.latest);
        self.send(content, Priority::Answer);
    }

    fn keep_alive(&mut self) {
        let elapsed = self
            .reply
            .opened
            .at()
            .map_or(Duration::ZERO, |at| at.elapsed());
        let note = texts::still_working(elapsed.as_secs());
        let content = if self.latest.trim().is_empty() {
            note
        } else {
            window(&format!("{}\n\n{note}", self.latest))
        };
        self.send(content, Priority::Answer);
    }

    /// Sends an intermediate frame without waiting for it. The first one of a stream needs
    /// room in the conversation's budget; without it a status frame is left out.
    fn send(&mut self, content: String, priority: Priority) {
        if self.reply.opened.at().is_none()
            && self.reply.budgets.take(&self.reply.chat, priority).is_err()
            && priority == Priority::Status
        {
            return;
        }
        self.reply.opened.mark();
        self.sent_at = Some(Instant::now());
        let client = self.reply.client.clone();
        let req_id = self.reply.req_id.clone();
        let frame = self.reply.frame(content, false);
        self.in_flight = Some(async move { client.update_stream(&req_id, frame).await }.boxed());
    }

    /// Closes the stream before WeCom does, so that a long answer does not end in an
    /// expired one; the rest follows as a message.
    async fn hand_over(&mut self) {
        self.in_flight = None;
        let shown = handover_cut(&self.latest);
        let content = if shown.trim().is_empty() {
            texts::HANDED_OVER.to_owned()
        } else {
            format!(
                "{}\n\n{}",
                escape_reasoning_tags(shown.trim_end()),
                texts::HANDED_OVER_PARTIAL
            )
        };
        tracing::info!(shown_bytes = shown.len(), "the answer leaves its stream");
        let frame = self.reply.frame(content, true);
        let command = Command::RespondStream {
            req_id: self.reply.req_id.clone(),
            stream: frame,
        };
        self.carrier = match self.reply.client.send(command).await {
            Ok(_) => Carrier::Rest {
                shown: shown.to_owned(),
            },
            Err(error) => {
                tracing::warn!(%error, "the stream could not be closed; the answer will be a message");
                Carrier::Message
            }
        };
    }
}

/// How much of a growing text is shown for good when the stream is handed over: whole lines
/// up to the last place outside of code, or nothing if that does not fit into one message.
fn handover_cut(text: &str) -> &str {
    let room = MAX_CONTENT_BYTES - texts::HANDED_OVER_PARTIAL.len() - 2;
    if escape_reasoning_tags(text).len() > room {
        return "";
    }
    let (mut at, mut cut, mut open) = (0, 0, None);
    for line in text.split_inclusive('\n') {
        at += line.len();
        open = fence::after_line(open, line.trim_end_matches('\n'));
        if open.is_none() && line.ends_with('\n') {
            cut = at;
        }
    }
    text.get(..cut).unwrap_or_default()
}

fn window(text: &str) -> String {
    let text = escape_reasoning_tags(text).into_owned();
    tail_window(text, MAX_CONTENT_BYTES, texts::EARLIER_OMITTED)
}

#[cfg(test)]
mod tests {
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::clock::ManualClock;
    use crate::config::{BotSocket, SocketTiming, TlsFiles};
    use crate::ids::ChatKind;
    use crate::wecom::bot::BotSettings;

    /// A reply whose connection never comes up.
    fn reply() -> SocketReply {
        let socket = BotSocket {
            bot_id: "aib1".into(),
            secret: "s".into(),
            url: "ws://127.0.0.1:9/".parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: None,
            reclaim: None,
        };
        let settings = BotSettings::load("a".into(), &socket).unwrap();
        let hard_stop = CancellationToken::new();
        let tracker = TaskTracker::new();
        let clock = ManualClock::at(0);
        let (client, _pushes) = BotClient::start(settings, clock, &tracker, hard_stop.clone());
        SocketReply {
            client,
            chat: Chat {
                account: "a".into(),
                kind: ChatKind::Direct,
                id: "lisi".into(),
            },
            req_id: "r".into(),
            stream_id: "s".into(),
            opened: Opened::default(),
            budgets: Arc::default(),
            settings: SocketReplySettings {
                thinking: true,
                handover: Duration::from_secs(330),
                undelivered_ttl: Duration::from_mins(30),
            },
            hard_stop,
        }
    }

    fn due_in(show: &Show<'_>) -> Option<(Duration, Due)> {
        show.next_due()
            .map(|(at, due)| (at.duration_since(Instant::now()), due))
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_gets_its_frames_its_refresh_and_its_handover_in_time() {
        let reply = reply();
        let mut show = Show::new(&reply);
        assert_eq!(
            due_in(&show),
            None,
            "nothing is open and nothing is written"
        );

        show.send(texts::THINKING.to_owned(), Priority::Status);
        let handover = Duration::from_secs(330);
        assert_eq!(
            due_in(&show),
            Some((handover, Due::Handover)),
            "one frame at a time"
        );
        show.in_flight = None;
        assert_eq!(due_in(&show), Some((KEEP_ALIVE, Due::KeepAlive)));

        show.latest = "text".to_owned();
        assert_eq!(due_in(&show), Some((FRAME_INTERVAL, Due::Frame)), "paced");
        tokio::time::advance(FRAME_INTERVAL).await;
        show.send_latest();
        show.in_flight = None;
        assert_eq!(
            due_in(&show),
            Some((KEEP_ALIVE, Due::KeepAlive)),
            "nothing is new"
        );

        tokio::time::advance(KEEP_ALIVE).await;
        assert_eq!(due_in(&show), Some((Duration::ZERO, Due::KeepAlive)));
        show.keep_alive();
        show.in_flight = None;
        let left = Duration::from_millis(330_000 - 240_000 - 500);
        assert_eq!(
            due_in(&show),
            Some((left, Due::Handover)),
            "before the next refresh"
        );

        show.carrier = Carrier::Message;
        assert_eq!(due_in(&show), None, "a closed stream needs nothing");
    }

    #[test]
    fn a_handover_shows_whole_lines_outside_of_code() {
        for (text, shown) in [
            ("", ""),
            ("one unfinished line", ""),
            ("one\ntwo", "one\n"),
            ("one\n```rust\nlet x;\n", "one\n"),
            (
                "one\n```rust\nlet x;\n```\ntwo",
                "one\n```rust\nlet x;\n```\n",
            ),
        ] {
            assert_eq!(handover_cut(text), shown, "{text:?}");
        }
        assert_eq!(
            handover_cut(&"x\n".repeat(10_001)),
            "",
            "too long for one message"
        );
    }
}
