//! What an account's seats fetch and load files with; made anew when its settings change.

use std::path::PathBuf;

use super::{Shared, StartError};
use crate::channel::media::inbound::Fetcher;
use crate::channel::media::outbound::Loader;
use crate::config::{Account, LiveConfig};
use crate::egress::guard::{GuardOptions, GuardedClient, Route};
use crate::files::{FileGrant, FileRoots, MediaScope, MediaStore};
use crate::identity::TurnChat;
use crate::ids::Chat;

/// What an account fetches and loads files with.
#[derive(Debug)]
pub(super) struct Ways {
    /// For WeCom's HTTP API.
    pub(super) http: reqwest::Client,
    pub(super) fetcher: Fetcher,
    pub(super) loader: Loader,
    pub(super) places: Places,
}

impl Ways {
    /// Ways with the account's proxy, roots and limits.
    pub(super) fn new(settings: &Account, shared: &Shared) -> Result<Self, StartError> {
        let guarded = |route| GuardedClient::new(GuardOptions::of_account(settings, route));
        Ok(Self {
            http: crate::egress::client(&settings.network, &settings.tls())?,
            fetcher: Fetcher::new(
                guarded(Route::WeCom)?,
                shared.media.clone(),
                shared.clock.clone(),
                shared.downloads.clone(),
            ),
            loader: Loader::new(
                &settings.media,
                guarded(Route::Internet)?,
                shared.clock.clone(),
            ),
            places: Places {
                config: shared.config.clone(),
                store: shared.media.clone(),
                user_home: shared.user_home.clone(),
            },
        })
    }
}

/// Where files may lie that go out.
#[derive(Debug, Clone)]
pub(super) struct Places {
    config: LiveConfig,
    store: MediaStore,
    user_home: Option<PathBuf>,
}

impl Places {
    /// The chat's own shelf, what `grant` allows, and what the operator lists.
    pub(super) fn roots(&self, grant: &FileGrant, chat: &Chat) -> FileRoots {
        let scope = MediaScope::of_chat(&chat.account, &TurnChat::from(chat));
        let config = self.config.get();
        FileRoots::of_delivery(&config, &self.store, &scope, grant, self.user_home.clone())
    }
}
