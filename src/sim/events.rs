//! What changes, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::shared::Shared;
use super::world::{Change, World};
use crate::ids::BotId;

/// Where a watcher goes on.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    /// Number of the last event that it has; without it only what comes is told.
    after: Option<u64>,
}

/// Tells of every change after a given one. A watcher that is too far behind gets a
/// `reset`, and then what comes.
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // A browser that reconnects by itself says where it was.
    let resumed = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse().ok());
    let watcher = {
        let world = shared.world();
        let feed = world.feed();
        Watcher {
            after: resumed.or(from.after).unwrap_or_else(|| feed.head()),
            changes: feed.watch(),
            ready: VecDeque::new(),
            shared: Arc::clone(&shared),
        }
    };
    let events = unfold(watcher, |mut watcher| async move {
        watcher.next().await.map(|event| (Ok(event), watcher))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

struct Watcher {
    shared: Arc<Shared>,
    after: u64,
    changes: watch::Receiver<u64>,
    ready: VecDeque<Event>,
}

impl Watcher {
    /// The next event; `None` when the simulator stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.changes.mark_unchanged();
            self.read();
            if self.ready.is_empty() {
                tokio::select! {
                    () = self.shared.stop.cancelled() => return None,
                    changed = self.changes.changed() => changed.ok()?,
                }
            }
        }
    }

    /// Reads the next changes as they look now.
    fn read(&mut self) {
        let world = self.shared.world();
        let feed = world.feed();
        let Some(changes) = feed.after(self.after) else {
            self.after = feed.head();
            self.ready.push_back(reset(self.after));
            return;
        };
        for (number, change) in changes.take(BATCH) {
            self.after = number;
            self.ready.extend(event(&world, number, change));
        }
    }
}

fn event(world: &World, number: u64, change: &Change) -> Option<Event> {
    let event = Event::default().id(number.to_string());
    let event = match change {
        Change::Entry(entry) => {
            // It may be forgotten already: then there is nothing to show.
            let entry = world.conversations().entry(*entry)?;
            event.event("entry").json_data(entry)
        }
        Change::Bot(id) => event.event("bot").json_data(BotState {
            id,
            connected: world.connection(id).subscribed,
        }),
        Change::Directory => event.event("state").json_data(serde_json::json!({})),
    };
    event.ok()
}

fn reset(number: u64) -> Event {
    Event::default()
        .id(number.to_string())
        .event("reset")
        .data("{}")
}

#[derive(Serialize)]
struct BotState<'a> {
    id: &'a BotId,
    connected: bool,
}

/// Events that are made ready under one lock: at most 64 × 20 kB of text.
const BATCH: usize = 64;
