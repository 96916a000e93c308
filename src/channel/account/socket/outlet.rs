//! Files and cards of an answer, by way of the bot's connection.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::Core;
use super::super::outgoing::{grant_of, keep_card};
use super::media::CurrentFiles;
use crate::channel::cards::Prepared;
use crate::channel::media::outbound::Reference;
use crate::channel::outlet::{Carried, FileOutcome, Outlet};
use crate::channel::reply::{Messenger, Undelivered};
use crate::session::SessionKey;
use crate::wecom::bot::MessageBody;

/// The way of one chat's files and cards.
pub(super) struct SocketOutlet {
    pub(super) core: Arc<Core>,
    pub(super) files: Arc<CurrentFiles>,
    pub(super) messenger: Messenger,
    pub(super) session: SessionKey,
}

#[async_trait]
impl Outlet for SocketOutlet {
    async fn media(&self, reference: &Reference) -> FileOutcome {
        let grant = grant_of(&self.core, &self.session);
        let chat = &self.messenger.chat;
        self.files.get().send(reference, &grant, chat).await.into()
    }

    async fn media_field(&self, text: &str) -> FileOutcome {
        let grant = grant_of(&self.core, &self.session);
        let chat = &self.messenger.chat;
        self.files.get().send_text(text, &grant, chat).await.into()
    }

    async fn card(&self, card: &Prepared) -> Result<Carried, Undelivered> {
        keep_card(&self.core, card, &self.messenger.chat, &self.session).await;
        let body = MessageBody::TemplateCard(card.card.to_value());
        self.messenger.send(body).await?;
        Ok(Carried::Out)
    }
}
