//! What was uploaded a moment ago.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::cells::Kind;
use crate::identity::Identity;
use crate::ids::{AccountId, UserId};

/// How long an upload is used again: there is no way to delete one that nothing refers to.
const LIFE: Duration = Duration::from_mins(10);

/// Uploads that are remembered; beyond it the oldest is forgotten, which costs one more
/// upload at worst. Some 300 bytes each.
const CAPACITY: usize = 4096;

/// One upload: for whom, for which document, which contents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    account: AccountId,
    requester: Option<UserId>,
    document: String,
    kind: Kind,
    sha256: String,
}

impl Key {
    pub(super) fn new(identity: &Identity, document: &str, kind: Kind, sha256: &str) -> Self {
        Self {
            account: identity.account().clone(),
            requester: identity.requester().cloned(),
            document: document.to_owned(),
            kind,
            sha256: sha256.to_owned(),
        }
    }
}

/// References of uploads of the last ten minutes.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<HashMap<Key, (Instant, String)>>);

impl Cache {
    pub(super) fn get(&self, key: &Key) -> Option<String> {
        let uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, reference) = uploads.get(key)?;
        (at.elapsed() < LIFE).then(|| reference.clone())
    }

    pub(super) fn put(&self, key: Key, reference: String) {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uploads.len() >= CAPACITY {
            uploads.retain(|_, (at, _)| at.elapsed() < LIFE);
        }
        if uploads.len() >= CAPACITY
            && let Some(oldest) = uploads.iter().min_by_key(|(_, (at, _))| *at)
        {
            let oldest = oldest.0.clone();
            uploads.remove(&oldest);
        }
        uploads.insert(key, (Instant::now(), reference));
    }
}
