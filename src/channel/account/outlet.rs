//! Files and cards of an answer, by way of the bot's connection.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Core, fetch};
use crate::channel::cards::{Prepared, SentCard};
use crate::channel::media::outbound::{MediaOutcome, Reference};
use crate::channel::outlet::Outlet;
use crate::channel::reply::{Messenger, Undelivered};
use crate::files::{FileGrant, FileRoots, MediaScope};
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

    /// Where files of this answer may lie: the chat's own shelf, the agent's workspace, and
    /// what the operator allows.
    fn roots(&self) -> FileRoots {
        let shared = &self.core.shared;
        let config = shared.config.get();
        let chat = fetch::turn_chat(&self.messenger.chat);
        let shelf = MediaScope::of_chat(&self.core.id, &chat);
        let grant = FileGrant {
            workspace: Some(config.agents.workspace_of(&self.session.agent)),
            roots: Vec::new(),
        };
        let home = shared.user_home.clone();
        FileRoots::of_delivery(&config, &shared.media, &shelf, &grant, home)
    }
}

#[async_trait]
impl Outlet for SocketOutlet {
    async fn media(&self, reference: &Reference) -> MediaOutcome {
        let (sender, chat) = (&self.core.media, &self.messenger.chat);
        sender.send(reference, &self.roots(), chat).await
    }

    async fn media_field(&self, text: &str) -> MediaOutcome {
        let (sender, chat) = (&self.core.media, &self.messenger.chat);
        sender.send_text(text, &self.roots(), chat).await
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
