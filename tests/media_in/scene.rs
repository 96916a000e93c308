//! A fetcher with a folder of its own and short times.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wecom::agent::{Attachment, AttachmentKind};
use wecom::channel::media::inbound::{
    Cause, DownloadSlots, FetchError, FetchLimits, Fetcher, Wanted, WantedMedia,
};
use wecom::clock::ManualClock;
use wecom::config::proxy::EgressProxy;
use wecom::config::{Config, LiveConfig, TlsFiles};
use wecom::egress::guard::{
    Allowed, GuardLimits, GuardOptions, GuardedClient, Names, Route, SystemNames,
};
use wecom::files::{MediaScope, MediaStore};
use wecom::identity::TurnChat;
use wecom::ids::{AccountId, UserId};
use wecom::wecom::bot::MediaRef;

use crate::sealed::KEY;

/// When all messages of the tests arrive.
pub(crate) const PUSHED_AT_MS: i64 = 1_700_000_000_000;

/// The limit of the tests.
pub(crate) const MAX_BYTES: usize = 1_000;

pub(crate) struct Scene {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: MediaStore,
    pub(crate) fetcher: Fetcher,
    pub(crate) limits: FetchLimits,
}

/// Options of a client that may reach this machine.
pub(crate) fn options() -> GuardOptions {
    GuardOptions {
        route: Route::WeCom,
        proxy: EgressProxy::default(),
        tls: TlsFiles::default(),
        allowed: Allowed::default().with_loopback(),
        limits: GuardLimits {
            connect: Duration::from_secs(5),
            headers: Duration::from_secs(5),
            idle: Duration::from_millis(150),
            redirects: 3,
        },
        names: Arc::new(SystemNames),
    }
}

/// The same with names of the test's own, reaching only 127.0.0.2.
pub(crate) fn options_with(names: Arc<dyn Names>) -> GuardOptions {
    GuardOptions {
        allowed: Allowed::new(&["127.0.0.2"], true),
        names,
        ..options()
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(options(), DownloadSlots::default())
    }

    pub(crate) fn with(options: GuardOptions, slots: DownloadSlots) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(PUSHED_AT_MS);
        let config = LiveConfig::new(Config::unconfigured(dir.path()));
        let store = MediaStore::new(config, clock.clone());
        let client = GuardedClient::new(options).unwrap();
        let fetcher = Fetcher::new(client, store.clone(), clock.clone(), slots);
        Self {
            dir,
            clock,
            store,
            fetcher,
            limits: FetchLimits {
                max_bytes: MAX_BYTES as u64,
                image: Duration::from_secs(10),
                file: Duration::from_secs(20),
                attempts: 3,
                pause: Duration::from_millis(1),
                address_life: Duration::from_mins(5),
            },
        }
    }

    pub(crate) async fn fetch(&self, wanted: &[Wanted]) -> Vec<Result<Attachment, FetchError>> {
        self.fetcher
            .fetch_all(wanted, &scope(), PUSHED_AT_MS, &self.limits)
            .await
    }

    pub(crate) async fn fetch_one(&self, wanted: Wanted) -> Result<Attachment, FetchError> {
        self.fetch(&[wanted]).await.remove(0)
    }

    /// Every file in the folder, unfinished ones too.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(self.dir.path(), &mut found);
        found
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

pub(crate) fn scope() -> MediaScope {
    let chat = TurnChat::Direct(UserId::new("zhangsan"));
    MediaScope::of_chat(&AccountId::new("default"), &chat)
}

/// An encrypted file without a name.
pub(crate) fn file(url: impl Into<String>) -> Wanted {
    let url: String = url.into();
    Wanted {
        kind: AttachmentKind::File,
        media: WantedMedia::Address(MediaRef {
            url: url.as_str().into(),
            aes_key: Some(KEY.into()),
            file_name: None,
            size_bytes: None,
            md5: None,
        }),
    }
}

/// Where an attachment is.
#[track_caller]
pub(crate) fn address_of(wanted: &mut Wanted) -> &mut MediaRef {
    match &mut wanted.media {
        WantedMedia::Address(media) => media,
        other => panic!("{other:?}"),
    }
}

/// An encrypted picture.
pub(crate) fn image(url: impl Into<String>) -> Wanted {
    Wanted {
        kind: AttachmentKind::Image,
        ..file(url)
    }
}

/// Why it failed.
#[track_caller]
pub(crate) fn cause(result: Result<Attachment, FetchError>) -> Cause {
    match result {
        Err(FetchError::Unreadable { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn content(attachment: &Attachment) -> Vec<u8> {
    std::fs::read(&attachment.path).unwrap()
}
