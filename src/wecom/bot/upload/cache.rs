//! What was uploaded lately, so that the same file costs the bot's quota once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Upload;
use crate::ids::MediaId;
use crate::wecom::bot::UploadKind;

/// How long an upload is used again; WeCom keeps it for 72 hours.
const LIFE: Duration = Duration::from_hours(48);

/// Uploads remembered: more than go out in an hour, and few enough to look through.
const CAPACITY: usize = 1_024;

/// What makes two uploads the same. The name belongs to it: the receiver sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    kind: UploadKind,
    file_name: String,
    size: u64,
    md5: String,
}

impl Key {
    pub(crate) fn of(upload: &Upload<'_>) -> Self {
        Self {
            kind: upload.kind,
            file_name: upload.file_name.to_owned(),
            size: upload.size,
            md5: upload.md5.to_owned(),
        }
    }
}

#[derive(Debug)]
struct Entry {
    key: Key,
    media_id: MediaId,
    uploaded: Instant,
}

/// Uploads of one bot, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: Mutex<VecDeque<Entry>>,
}

impl Cache {
    pub(crate) fn get(&self, key: &Key) -> Option<MediaId> {
        let mut entries = self.entries();
        while entries
            .front()
            .is_some_and(|oldest| oldest.uploaded.elapsed() >= LIFE)
        {
            entries.pop_front();
        }
        let found = entries.iter().find(|entry| entry.key == *key)?;
        Some(found.media_id.clone())
    }

    pub(crate) fn put(&self, key: Key, media_id: MediaId) {
        let mut entries = self.entries();
        entries.retain(|entry| entry.key != key);
        if entries.len() >= CAPACITY {
            entries.pop_front();
        }
        entries.push_back(Entry {
            key,
            media_id,
            uploaded: Instant::now(),
        });
    }

    pub(crate) fn forget(&self, media_id: &MediaId) -> bool {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|entry| entry.media_id != *media_id);
        entries.len() < before
    }

    /// A panic elsewhere leaves whole entries.
    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key {
            kind: UploadKind::File,
            file_name: name.to_owned(),
            size: 6,
            md5: "d".repeat(32),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_is_remembered_for_two_days() {
        let cache = Cache::default();
        cache.put(key("a"), "M1".into());
        tokio::time::advance(Duration::from_hours(47)).await;
        assert_eq!(cache.get(&key("a")), Some("M1".into()));
        assert_eq!(cache.get(&key("b")), None);
        let image = Key {
            kind: UploadKind::Image,
            ..key("a")
        };
        assert_eq!(cache.get(&image), None);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(cache.get(&key("a")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_make_room() {
        let cache = Cache::default();
        for n in 0..=CAPACITY {
            cache.put(key(&n.to_string()), n.to_string().into());
        }
        assert_eq!(cache.get(&key("0")), None);
        assert_eq!(cache.get(&key("1")), Some("1".into()));
        assert_eq!(cache.entries().len(), CAPACITY);
        assert!(cache.forget(&"1".into()));
        assert!(!cache.forget(&"1".into()));
        assert_eq!(cache.get(&key("1")), None);
    }
}
