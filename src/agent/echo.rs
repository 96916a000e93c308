//! The echo back end: answers with what it was told, in pieces.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::{Agent, AgentEvent, Attachment, AttachmentKind, TurnRequest};
use crate::config::Echo;
use crate::texts;

/// Characters in one piece of an answer.
const PIECE_CHARS: usize = 8;

/// Repeats every message; proves that a conversation works end to end.
#[derive(Debug, Clone, Copy, Default)]
pub struct EchoAgent {
    piece_delay: Duration,
}

impl EchoAgent {
    /// An echo with these settings.
    pub fn new(settings: Echo) -> Self {
        Self {
            piece_delay: settings.piece_delay,
        }
    }
}

impl Agent for EchoAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let delay = self.piece_delay;
        let files = turn.attachments.iter().map(sent_back);
        let events: Vec<AgentEvent> = pieces(&answer(&turn))
            .map(AgentEvent::Text)
            .chain(files)
            .chain([AgentEvent::Done])
            .collect();
        stream::iter(events)
            .enumerate()
            .then(move |(position, event)| async move {
                if position > 0 && !delay.is_zero() {
                    tokio::time::sleep(delay).await;
                }
                event
            })
            .take_until(cancel.cancelled_owned())
            .boxed()
    }
}

/// A file goes back as it came.
fn sent_back(attachment: &Attachment) -> AgentEvent {
    AgentEvent::Media(attachment.path.to_string_lossy().into_owned())
}

fn answer(turn: &TurnRequest) -> String {
    let mut lines = Vec::new();
    if let Some(quote) = &turn.quote {
        lines.extend(quote.lines().map(|line| format!("> {line}")));
        lines.push(String::new());
    }
    lines.extend(turn.text.lines().map(harmless));
    lines.extend(turn.attachments.iter().map(|attachment| {
        match attachment.kind {
            AttachmentKind::Image => texts::ECHO_IMAGE,
            AttachmentKind::File => texts::ECHO_FILE,
            AttachmentKind::Video => texts::ECHO_VIDEO,
        }
        .to_owned()
    }));
    lines.join("\n")
}

/// A line of an agent can name a file to send. What somebody else wrote must not, so such a
/// line becomes a quotation.
fn harmless(line: &str) -> String {
    if line.to_ascii_lowercase().contains("media:") {
        format!("> {line}")
    } else {
        line.to_owned()
    }
}

/// Cuts a text into pieces of [`PIECE_CHARS`] characters.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = chars
        .chunks(PIECE_CHARS)
        .map(|piece| piece.iter().collect())
        .collect();
    pieces.into_iter()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::identity::{Identity, TurnChat};
    use crate::ids::{Chat, ChatKind};
    use crate::session::{SessionKey, SessionScope};
    use crate::store::RouteVia;

    fn turn(text: &str) -> TurnRequest {
        TurnRequest {
            chat: Chat {
                account: "hq".into(),
                kind: ChatKind::Direct,
                id: "lisi".into(),
            },
            identity: Arc::new(Identity::of_turn(
                "hq".into(),
                Some("lisi".into()),
                TurnChat::Direct("lisi".into()),
            )),
            session: SessionKey {
                agent: "main".to_owned(),
                scope: SessionScope::Main,
            },
            via: RouteVia::Bot,
            message_id: "m1".into(),
            text: text.to_owned(),
            quote: None,
            attachments: Vec::new(),
            may_command: false,
            earlier_attempts: 0,
        }
    }

    fn echo(piece_delay: Duration) -> EchoAgent {
        EchoAgent::new(Echo { piece_delay })
    }

    #[tokio::test]
    async fn the_pieces_join_to_the_text() {
        let text = "你好，世界！ one two three 🎉 four";
        let events: Vec<_> = echo(Duration::ZERO)
            .run(turn(text), CancellationToken::new())
            .collect()
            .await;
        assert_eq!(events.last(), Some(&AgentEvent::Done));
        assert!(events.len() > 3, "in pieces: {events:?}");
        let joined: String = events
            .iter()
            .filter_map(|event| match event {
                AgentEvent::Text(piece) => Some(piece.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(joined, text);
    }

    #[tokio::test]
    async fn quotes_and_attachments_are_named() {
        let mut asked = turn("what is this?");
        asked.quote = Some("line 1\nline 2".to_owned());
        asked.attachments = vec![Attachment {
            kind: AttachmentKind::Image,
            path: "/media/a.png".into(),
            name: "a.png".to_owned(),
            content_type: "image/png".to_owned(),
            size: 1,
        }];
        assert_eq!(
            answer(&asked),
            format!("> line 1\n> line 2\n\nwhat is this?\n{}", texts::ECHO_IMAGE)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn cancellation_ends_the_stream_without_done() {
        let cancel = CancellationToken::new();
        let mut events = echo(Duration::from_secs(1)).run(turn("0123456789abcdef"), cancel.clone());
        assert_eq!(
            events.next().await,
            Some(AgentEvent::Text("01234567".to_owned()))
        );
        cancel.cancel();
        assert_eq!(events.next().await, None);
    }
}
