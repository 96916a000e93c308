//! What the outlets of all seats have in common.

use url::Url;

use super::Core;
use crate::channel::cards::{Prepared, SentCard};
use crate::channel::media::outbound::{
    Loaded, MediaDelivery, MediaError, MediaOutcome, Reference, base_name_of,
};
use crate::channel::outlet::FileOutcome;
use crate::files::FileGrant;
use crate::ids::Chat;
use crate::session::SessionKey;

/// What the agent may name beside the chat's own files: its workspace.
pub(super) fn grant_of(core: &Core, session: &SessionKey) -> FileGrant {
    let config = core.shared.config.get();
    FileGrant {
        workspace: Some(config.agents.workspace_of(&session.agent)),
        roots: Vec::new(),
    }
}

/// Keeps a card before it can be clicked.
pub(super) async fn keep_card(core: &Core, card: &Prepared, chat: &Chat, session: &SessionKey) {
    let shared = &core.shared;
    let sent = SentCard::registered(card, chat.clone(), session, shared.clock.now_ms());
    if let Err(error) = shared.store.keep_card(sent.to_stored()).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a card could not be kept; clicks on it will not change it"
        );
    }
}

/// Loads what an agent names. `Err`: what is to be said about it.
pub(super) async fn load(
    core: &Core,
    reference: &Reference,
    grant: &FileGrant,
    chat: &Chat,
) -> Result<Loaded, FileOutcome> {
    let ways = core.ways();
    let roots = ways.places.roots(grant, chat);
    let loaded = ways.loader.load(reference, &roots).await;
    loaded.map_err(|error| {
        failed(
            reference.base_name(),
            reference.public_url().cloned(),
            error,
        )
    })
}

/// What is said about a text that names no file.
pub(super) fn not_a_reference(text: &str, error: impl Into<MediaError>) -> FileOutcome {
    failed(base_name_of(text), None, error.into())
}

fn failed(name: String, url: Option<Url>, error: MediaError) -> FileOutcome {
    tracing::warn!(class = error.class(), %error, "a file was not loaded");
    let outcome = MediaOutcome {
        name,
        url,
        delivery: MediaDelivery::Failed(error.into()),
    };
    outcome.into()
}
