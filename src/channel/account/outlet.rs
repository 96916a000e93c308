//! Files and cards of an answer, by way of the bot's connection.

use std::sync::Arc;

use async_trait::async_trait;

use super::Core;
use crate::channel::cards::{Prepared, SentCard};
use crate::channel::media::outbound::{MediaOutcome, Reference};
use crate::channel::outlet::Outlet;
use crate::channel::reply::{Messenger, Undelivered};
use crate::files::FileGrant;
use crate::session::SessionKey;
use crate::wecom::bot::MessageBody;

/// The way of one chat's files and cards.
pub(super) struct SocketOutlet {
    core: Arc<Core>,
    messenger: Messenger,
    session: SessionKey,
}

impl SocketOutlet {
    pub(super) fn new(core: Arc<Core>, messenger: Messenger, session: SessionKey) -> Self {
        Self {
            core,
            messenger,
            session,
        }
    }

    /// What the agent may name beside the chat's own files: its workspace.
    fn grant(&self) -> FileGrant {
        let config = self.core.shared.config.get();
        FileGrant {
            workspace: Some(config.agents.workspace_of(&self.session.agent)),
            roots: Vec::new(),
        }
    }
}

#[async_trait]
impl Outlet for SocketOutlet {
    async fn media(&self, reference: &Reference) -> MediaOutcome {
        let ways = self.core.ways.get();
        let chat = &self.messenger.chat;
        ways.files.send(reference, &self.grant(), chat).await
    }

    async fn media_field(&self, text: &str) -> MediaOutcome {
        let ways = self.core.ways.get();
        let chat = &self.messenger.chat;
        ways.files.send_text(text, &self.grant(), chat).await
    }

    async fn card(&self, card: &Prepared) -> Result<(), Undelivered> {
        let shared = &self.core.shared;
        let chat = self.messenger.chat.clone();
        let sent = SentCard::registered(card, chat, &self.session, shared.clock.now_ms());
        // Kept before it can be clicked.
        if let Err(error) = shared.store.keep_card(sent.to_stored()).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a card could not be kept; clicks on it will not change it"
            );
        }
        let body = MessageBody::TemplateCard(card.card.to_value());
        self.messenger.send(body).await
    }
}
