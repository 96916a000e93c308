//! What the door needs of one account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::channel::media::outbound::Loader;
use crate::clock::SharedClock;
use crate::config::{Account, MediaSettings, NetworkSettings, TlsFiles};
use crate::egress::EgressError;
use crate::egress::guard::{GuardOptions, GuardedClient, Route};
use crate::ids::AccountId;
use crate::wecom::api::{ApiClient, ApiSettings};
use crate::wecom::bot::UploadCache;

/// Client and files of one account.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) client: ApiClient,
    pub(super) loader: Loader,
    /// What the company has been given lately.
    pub(super) uploads: UploadCache,
    of: Of,
}

/// What a line is made of: another one is made when it changes.
#[derive(Debug, PartialEq)]
struct Of {
    app: ApiSettings,
    network: NetworkSettings,
    media: MediaSettings,
    tls: TlsFiles,
}

/// The lines of all accounts, as they are needed.
#[derive(Debug)]
pub(super) struct Lines {
    clock: SharedClock,
    lines: Mutex<HashMap<AccountId, Arc<Line>>>,
}

impl Lines {
    pub(super) fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            lines: Mutex::default(),
        }
    }

    /// The line of an account; `None` if it has no app that sends.
    pub(super) fn of(&self, account: &Account) -> Result<Option<Arc<Line>>, EgressError> {
        let Some(app) = ApiSettings::of_account(account) else {
            return Ok(None);
        };
        let of = Of {
            app,
            network: account.network.clone(),
            media: account.media.clone(),
            tls: account.tls(),
        };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&account.id).filter(|line| line.of == of) {
            return Ok(Some(line.clone()));
        }
        let Some(client) = ApiClient::of_account(account)? else {
            return Ok(None);
        };
        let guarded = GuardedClient::new(GuardOptions::of_account(account, Route::Internet))?;
        let line = Arc::new(Line {
            client,
            loader: Loader::new(&account.media, guarded, self.clock.clone()),
            uploads: UploadCache::default(),
            of,
        });
        // One for each account that the configuration ever named: few, and small.
        lines.insert(account.id.clone(), line.clone());
        Ok(Some(line))
    }
}
