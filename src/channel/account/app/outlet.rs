//! Files and cards of an answer, as messages of the agent app.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::Core;
use super::super::outgoing::{grant_of, keep_card, load};
use crate::channel::app_way::AppWay;
use crate::channel::cards::Prepared;
use crate::channel::media::outbound::Reference;
use crate::channel::outlet::{Carried, FileOutcome, Outlet};
use crate::channel::reply::Undelivered;
use crate::ids::Chat;
use crate::session::SessionKey;

/// The way of one member's files and cards.
pub(super) struct AppOutlet {
    pub(super) core: Arc<Core>,
    /// `None`: the app can't send.
    pub(super) way: Option<AppWay>,
    pub(super) chat: Chat,
    pub(super) session: SessionKey,
}

#[async_trait]
impl Outlet for AppOutlet {
    async fn media(&self, reference: &Reference) -> FileOutcome {
        let Some(way) = &self.way else {
            return FileOutcome {
                carried: Carried::Not,
                note: None,
            };
        };
        let grant = grant_of(&self.core, &self.session);
        match load(&self.core, reference, &grant, &self.chat).await {
            Ok(loaded) => way.file(loaded).await,
            Err(failed) => failed,
        }
    }

    async fn media_field(&self, text: &str) -> FileOutcome {
        match Reference::parse(text) {
            Ok(reference) => self.media(&reference).await,
            Err(error) => super::super::outgoing::not_a_reference(text, error),
        }
    }

    async fn card(&self, card: &Prepared) -> Result<Carried, Undelivered> {
        let Some(way) = &self.way else {
            return Ok(Carried::Not);
        };
        keep_card(&self.core, card, &self.chat, &self.session).await;
        way.card(&card.card).await?;
        Ok(Carried::Out)
    }
}
