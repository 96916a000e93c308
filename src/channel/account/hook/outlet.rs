//! Files and cards of an answer that WeCom fetches: pictures and one card go with it, the
//! rest comes from the agent app.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::Core;
use super::super::outgoing::{grant_of, keep_card, load, not_a_reference};
use crate::channel::cards::Prepared;
use crate::channel::media::outbound::{Loaded, Reference};
use crate::channel::outlet::{Carried, FileOutcome, Outlet};
use crate::channel::polled::{IMAGE_BYTES, PolledImage, PolledStream};
use crate::channel::reply::{Elsewhere, Undelivered};
use crate::ids::Chat;
use crate::session::SessionKey;
use crate::texts::webhook as texts;
use crate::wecom::bot::UploadBytes;

/// Pictures that WeCom shows in an answer.
const SHOWN: [&str; 2] = ["image/jpeg", "image/png"];

/// The way of one answer's files and cards.
pub(super) struct HookOutlet {
    pub(super) core: Arc<Core>,
    /// `None`: nothing is fetched, since it answers a click.
    pub(super) stream: Option<Arc<PolledStream>>,
    pub(super) ways: Elsewhere,
    pub(super) chat: Chat,
    pub(super) session: SessionKey,
}

#[async_trait]
impl Outlet for HookOutlet {
    async fn media(&self, reference: &Reference) -> FileOutcome {
        let grant = grant_of(&self.core, &self.session);
        match load(&self.core, reference, &grant, &self.chat).await {
            Ok(loaded) => self.send(loaded).await,
            Err(failed) => failed,
        }
    }

    async fn media_field(&self, text: &str) -> FileOutcome {
        match Reference::parse(text) {
            Ok(reference) => self.media(&reference).await,
            Err(error) => not_a_reference(text, error),
        }
    }

    async fn card(&self, card: &Prepared) -> Result<Carried, Undelivered> {
        keep_card(&self.core, card, &self.chat, &self.session).await;
        let attached = (self.stream.as_ref()).is_some_and(|stream| stream.attach_card(&card.card));
        if attached {
            return Ok(Carried::WithLastWord);
        }
        self.ways.card(&card.card).await?;
        Ok(Carried::Out)
    }
}

impl HookOutlet {
    async fn send(&self, loaded: Loaded) -> FileOutcome {
        if self.shows(&loaded).await {
            return FileOutcome {
                carried: Carried::WithLastWord,
                note: None,
            };
        }
        let name = loaded.name.clone();
        let Some(app) = &self.ways.app else {
            return FileOutcome {
                carried: Carried::Not,
                note: Some(texts::file_needs_app(&name)),
            };
        };
        let sent = app.file(loaded).await;
        let where_to = (sent.carried == Carried::Out).then(|| texts::file_by_app(&name));
        let notes: Vec<String> = where_to.into_iter().chain(sent.note).collect();
        FileOutcome {
            carried: sent.carried,
            note: (!notes.is_empty()).then(|| notes.join("\n")),
        }
    }

    /// Whether a file is shown with the answer itself.
    async fn shows(&self, loaded: &Loaded) -> bool {
        let Some(stream) = self.stream.as_ref().filter(|stream| stream.is_open()) else {
            return false;
        };
        if !SHOWN.contains(&loaded.content_type.as_str()) || loaded.size > IMAGE_BYTES {
            return false;
        }
        let Ok(length) = usize::try_from(loaded.size) else {
            return false;
        };
        match loaded.read_at(0, length).await {
            Ok(bytes) => stream.attach_image(PolledImage {
                base64: STANDARD.encode(bytes),
                md5: loaded.md5.clone(),
            }),
            Err(error) => {
                tracing::warn!(%error, "a picture could not be read again");
                false
            }
        }
    }
}
