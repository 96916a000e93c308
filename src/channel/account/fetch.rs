//! Fetches the files of a message from the moment that it is recorded.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{Core, spawn};
use crate::channel::files::{Fetched, FetchedFile, Files};
use crate::channel::inbound::Inbound;
use crate::channel::media::inbound::{FetchError, FetchLimits, Wanted};
use crate::files::MediaScope;
use crate::identity::TurnChat;
use crate::store::InboxId;
use crate::texts;

/// Begins to fetch what came with a message, and keeps what was fetched with its record.
pub(super) fn start(core: &Arc<Core>, id: InboxId, inbound: &Inbound, pushed_at_ms: i64) -> Files {
    if inbound.attachments.is_empty() {
        return Files::ready(Fetched::default());
    }
    let wanted = inbound.attachments.clone();
    let given_up = Arc::new(Fetched(
        wanted
            .iter()
            .map(|file| FetchedFile::Failed(file.kind))
            .collect(),
    ));
    let scope = MediaScope::of_chat(&core.id, &TurnChat::from(&inbound.chat));
    let (fetched, arrives) = oneshot::channel();
    let account = core.clone();
    spawn(core, "files", async move {
        let stopped = account.hard_stop.clone();
        tokio::select! {
            biased;
            () = stopped.cancelled() => {}
            files = fetch(&account, id, &wanted, &scope, pushed_at_ms) => {
                // Nobody waits for the files of a message that was stopped.
                fetched.send(Arc::new(files)).ok();
            }
        }
    });
    Files::coming(arrives.map(|fetched| fetched.unwrap_or(given_up)).boxed())
}

async fn fetch(
    core: &Core,
    id: InboxId,
    wanted: &[Wanted],
    scope: &MediaScope,
    pushed_at_ms: i64,
) -> Fetched {
    let limits = FetchLimits::of(&core.settings().media);
    let results = core
        .seat
        .fetch(core, wanted, scope, pushed_at_ms, &limits)
        .await;
    let files = wanted
        .iter()
        .zip(results)
        .map(|(wanted, result)| match result {
            Ok(attachment) => FetchedFile::Kept(attachment),
            Err(error) => {
                tracing::warn!(
                    kind = ?wanted.kind,
                    error = &error as &dyn std::error::Error,
                    "a file of a message could not be fetched"
                );
                match error {
                    FetchError::TooLarge { kind, limit, .. } => {
                        FetchedFile::TooLarge(texts::media_in::too_large(kind, limit))
                    }
                    FetchError::Unreadable { .. } => FetchedFile::Failed(wanted.kind),
                }
            }
        });
    let fetched = Fetched(files.collect());
    // Strings and numbers: there is nothing that could fail.
    let kept = serde_json::to_string(&fetched).unwrap_or_default();
    if let Err(error) = core.shared.store.keep_files(id, kept).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "could not keep what was fetched"
        );
    }
    fetched
}
