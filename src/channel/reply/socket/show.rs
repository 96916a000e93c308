//! What the stream shows while the answer grows: its frames, its refresh, its handover.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use tokio::time::Instant;

use super::{Carrier, SocketReply};
use crate::channel::fence;
use crate::channel::outbound::Priority;
use crate::channel::reply::markup::escape_reasoning_tags;
use crate::channel::reply::split::MAX_CONTENT_BYTES;
use crate::channel::reply::split::tail_window;
use crate::channel::reply::visible::visible;
use crate::texts;
use crate::wecom::bot::{Command, SendError, StreamUpdate};

/// Least time between two frames of one stream.
const FRAME_INTERVAL: Duration = Duration::from_millis(500);

/// A stream is refreshed when nothing was sent for this long; measured in the field to
/// keep it alive.
const KEEP_ALIVE: Duration = Duration::from_mins(4);

/// A frame that waits for its acknowledgement.
type InFlight = BoxFuture<'static, Result<StreamUpdate, SendError>>;

/// What the stream shows while the answer grows.
pub(super) struct Show<'a> {
    reply: &'a SocketReply,
    pub(super) carrier: Carrier,
    pub(super) in_flight: Option<InFlight>,
    /// As written, with what is not to be shown.
    pub(super) latest: String,
    /// What of it was looked at last.
    seen: Option<String>,
    /// What was shown last.
    shown: Option<String>,
    sent_at: Option<Instant>,
}

/// Resolves when the frame in flight is settled; never while there is none.
///
/// Cancel safe: the frame stays in flight.
pub(super) async fn settled(in_flight: &mut Option<InFlight>) -> Result<StreamUpdate, SendError> {
    match in_flight {
        Some(in_flight) => in_flight.await,
        None => std::future::pending().await,
    }
}

/// Resolves when it is time for what is due; never if nothing is.
pub(super) async fn reached(due: Option<(Instant, Due)>) -> Due {
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
pub(super) enum Due {
    Frame,
    KeepAlive,
    Handover,
}

impl<'a> Show<'a> {
    pub(super) fn new(reply: &'a SocketReply) -> Self {
        Self {
            reply,
            carrier: if reply.settings.stream {
                Carrier::Stream
            } else {
                Carrier::Message
            },
            in_flight: None,
            latest: String::new(),
            seen: None,
            shown: None,
            sent_at: reply.opened.at(),
        }
    }

    pub(super) fn settle(&mut self, acked: Result<StreamUpdate, SendError>) {
        self.in_flight = None;
        match acked {
            Ok(StreamUpdate::Acked(_)) | Err(SendError::Unknown) => {}
            // The next frame carries the whole text; let it come.
            Ok(StreamUpdate::Skipped) | Err(SendError::NotConnected | SendError::QueueFull) => {
                self.seen = None;
                self.shown = None;
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
    pub(super) fn next_due(&self) -> Option<(Instant, Due)> {
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
        !self.latest.trim().is_empty() && self.seen.as_ref() != Some(&self.latest)
    }

    /// Shows the text as it is now, if that is another sight.
    pub(super) fn send_latest(&mut self) {
        self.seen = Some(self.latest.clone());
        let sight = visible(&self.latest).into_owned();
        if sight.trim().is_empty() || self.shown.as_ref() == Some(&sight) {
            return;
        }
        let content = window(&sight);
        self.shown = Some(sight);
        self.send(content, Priority::Answer);
    }

    pub(super) fn keep_alive(&mut self) {
        let elapsed = self
            .reply
            .opened
            .at()
            .map_or(Duration::ZERO, |at| at.elapsed());
        let note = texts::still_working(elapsed.as_secs());
        let sight = visible(&self.latest);
        let content = if sight.trim().is_empty() {
            note
        } else {
            window(&format!("{sight}\n\n{note}"))
        };
        self.send(content, Priority::Answer);
    }

    /// Sends an intermediate frame without waiting for it. The first one of a stream needs
    /// room in the conversation's budget; without it a status frame is left out.
    pub(super) fn send(&mut self, content: String, priority: Priority) {
        if self.reply.opened.at().is_none()
            && self.reply.has_no_room(priority)
            && priority == Priority::Status
        {
            return;
        }
        self.reply.opened.mark();
        self.sent_at = Some(Instant::now());
        let client = self.reply.messenger.client.clone();
        let req_id = self.reply.req_id.clone();
        let frame = self.reply.frame(content, false);
        self.in_flight = Some(async move { client.update_stream(&req_id, frame).await }.boxed());
    }

    /// Closes the stream before WeCom does, so that a long answer does not end in an
    /// expired one; the rest follows as a message.
    pub(super) async fn hand_over(&mut self) {
        self.in_flight = None;
        let sight = visible(&self.latest);
        let shown = handover_cut(&sight);
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
        self.carrier = match self.reply.messenger.client.send(command).await {
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
    use std::sync::Arc;

    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::channel::reply::{Messenger, Opened, SocketReplySettings};
    use crate::clock::ManualClock;
    use crate::config::{BotSocket, SocketTiming, TlsFiles};
    use crate::ids::{Chat, ChatKind};
    use crate::wecom::bot::{BotClient, BotSettings};

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
        let chat = Chat {
            account: "a".into(),
            kind: ChatKind::Direct,
            id: "lisi".into(),
        };
        SocketReply {
            messenger: Messenger {
                client,
                chat,
                budgets: Arc::default(),
                patience: Duration::from_mins(30),
                late: None,
            },
            req_id: "r".into(),
            stream_id: "s".into(),
            opened: Opened::default(),
            settings: SocketReplySettings {
                stream: true,
                thinking: true,
                handover: Duration::from_secs(330),
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
