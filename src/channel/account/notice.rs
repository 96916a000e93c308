//! Short answers that the runtime gives by itself.

use std::sync::Arc;

use super::Core;
use crate::channel::exchange::Exchange;
use crate::channel::inbound::{Inbound, Origin};
use crate::ids::{Chat, ReqId, UserId};
use crate::secret::Secret;
use crate::wecom::bot::SendError;

/// Where a notice goes.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) chat: Chat,
    /// Who is answered.
    pub(super) sender: UserId,
    pub(super) req_id: ReqId,
    pub(super) origin: Origin,
    pub(super) exchange: Exchange,
    /// Where one late reply can go.
    pub(super) response_url: Option<Secret>,
    /// Number of the agent app that was asked.
    pub(super) agent_id: Option<u64>,
}

impl Asked {
    pub(super) fn of(inbound: &Inbound) -> Self {
        Self {
            chat: inbound.chat.clone(),
            sender: inbound.sender.clone(),
            req_id: inbound.req_id.clone(),
            origin: inbound.origin,
            exchange: inbound.exchange.clone(),
            response_url: inbound.response_url.clone(),
            agent_id: inbound.agent_id,
        }
    }

    pub(super) fn message(chat: Chat, sender: UserId, req_id: ReqId) -> Self {
        Self {
            origin: Origin::Message,
            ..Self::event(chat, sender, req_id)
        }
    }

    pub(super) fn event(chat: Chat, sender: UserId, req_id: ReqId) -> Self {
        Self {
            chat,
            sender,
            req_id,
            origin: Origin::Event,
            exchange: Exchange::default(),
            response_url: None,
            agent_id: None,
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
    core.seat.tell(core, asked, text).await
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
    /// No way to the person, or none that took it.
    #[error("{0}")]
    NoWay(String),
}
