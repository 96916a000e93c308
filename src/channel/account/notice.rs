//! Short answers that the runtime gives by itself.

use std::sync::Arc;

use super::Core;
use crate::channel::inbound::{Inbound, Origin};
use crate::channel::mailbox::Work;
use crate::channel::outbound::Priority;
use crate::ids::{Chat, ReqId, StreamId, generate};
use crate::texts;
use crate::wecom::bot::{Command, MessageBody, SendError, StreamFrame};

/// Where a notice goes.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) chat: Chat,
    pub(super) req_id: ReqId,
    pub(super) origin: Origin,
}

impl Asked {
    pub(super) fn of(inbound: &Inbound) -> Self {
        Self {
            chat: inbound.chat.clone(),
            req_id: inbound.req_id.clone(),
            origin: inbound.origin,
        }
    }

    pub(super) fn message(chat: Chat, req_id: ReqId) -> Self {
        Self {
            chat,
            req_id,
            origin: Origin::Message,
        }
    }
}

/// Answers with one notice, if the conversation's budget has room for it.
pub(super) fn say(core: &Arc<Core>, asked: Asked, text: String) {
    let notified = core.clone();
    super::spawn(core, "notice", async move {
        let chat = asked.chat.clone();
        if let Err(error) = tell(&notified, asked, text).await {
            tracing::warn!(%chat, %error, "a notice was not taken");
        }
    });
}

/// As [`say`], and tells whether WeCom took it.
pub(super) async fn tell(core: &Core, asked: Asked, text: String) -> Result<(), NotTold> {
    let Asked {
        chat,
        req_id,
        origin,
    } = asked;
    if core.budgets.take(&chat, Priority::Status).is_err() {
        return Err(NotTold::NoRoom);
    }
    let command = match origin {
        Origin::Message => Command::RespondStream {
            req_id,
            stream: StreamFrame {
                id: StreamId::new(generate("stream", core.shared.clock.now_ms())),
                finish: true,
                content: text,
                feedback_id: None,
            },
        },
        // WeCom takes no stream for an event.
        Origin::Event => Command::Send {
            chat: chat.id,
            kind: Some(chat.kind),
            body: MessageBody::Markdown(text),
        },
    };
    core.client.send(command).await?;
    Ok(())
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTold {
    /// Notices leave the budget to answers.
    #[error("the conversation's budget has no room for a notice")]
    NoRoom,
    /// WeCom did not take it.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Opens the stream of a message that has to wait, so that its sender sees something.
pub(super) fn tell_queued(core: &Arc<Core>, work: Work) {
    if work.inbound.origin == Origin::Event {
        return;
    }
    let chat = &work.inbound.chat;
    if core.budgets.take(chat, Priority::Status).is_err() {
        return;
    }
    work.opened.mark();
    let client = core.client.clone();
    let frame = StreamFrame {
        id: work.stream_id,
        finish: false,
        content: texts::QUEUED.to_owned(),
        feedback_id: None,
    };
    super::spawn(core, "queued notice", async move {
        if let Err(error) = client.update_stream(&work.inbound.req_id, frame).await {
            tracing::debug!(%error, "the queued notice was not taken");
        }
    });
}
