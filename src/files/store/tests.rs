use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::time::UNIX_EPOCH;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::config::Config;
use crate::files::MAX_FILE_BYTES;
use crate::identity::TurnChat;
use crate::ids::{ChatId, UserId};

const HOUR_MS: i64 = 60 * 60 * 1000;

struct Shelf {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    config: LiveConfig,
    store: MediaStore,
}

impl Shelf {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(1_000_000 * HOUR_MS);
        let config = LiveConfig::new(Config::unconfigured(dir.path()));
        let store = MediaStore::new(config.clone(), clock.clone());
        Self {
            dir,
            clock,
            config,
            store,
        }
    }

    async fn save(&self, name: &str, bytes: &'static [u8]) -> Stored {
        self.store
            .save(
                MediaScope::of(&member("a")),
                name.to_owned(),
                Bytes::from_static(bytes),
            )
            .await
            .unwrap()
    }

    /// Sets a file's age by the store's clock.
    fn age(&self, path: &Path, hours: i64) {
        let at = u64::try_from(self.clock.now_ms() - hours * HOUR_MS).unwrap();
        fs::File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_modified(UNIX_EPOCH + Duration::from_millis(at))
            .unwrap();
    }

    /// Every file below the store's folder.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn member(name: &str) -> Identity {
    Identity::of_turn(
        AccountId::new("default"),
        Some(UserId::new(name)),
        TurnChat::Direct(UserId::new(name)),
    )
}

#[tokio::test]
async fn a_file_is_kept_for_its_owner_alone() {
    let shelf = Shelf::new();
    let stored = shelf.save("../周 报", b"%PDF-1.7").await;
    assert_eq!(
        (stored.name.as_str(), stored.size, stored.content_type),
        ("周 报.pdf", 8, "application/pdf")
    );
    assert_eq!(stored.sha256, crate::files::sha256(b"%PDF-1.7"));
    let name = stored.path.file_name().unwrap().to_str().unwrap();
    assert_eq!(name, format!("周_报---{}.pdf", stored.id.as_str()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&stored.path), 0o600);
    let mut folder = stored.path.parent().unwrap();
    while folder != shelf.dir.path() {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
        folder = folder.parent().unwrap();
    }
}

#[tokio::test]
async fn only_the_same_identity_finds_a_file() {
    let shelf = Shelf::new();
    let stored = shelf.save("a.txt", b"hello").await;
    let uri = stored.uri();
    let mut found = shelf.store.open(&uri, &member("a")).await.unwrap();
    let mut text = String::new();
    found.file.read_to_string(&mut text).unwrap();
    assert_eq!(
        (
            text.as_str(),
            found.size,
            found.content_type,
            found.name.as_str()
        ),
        ("hello", 5, "text/plain", "a.txt")
    );
    let account = AccountId::new("default");
    let group = TurnChat::Group(ChatId::new("a"));
    for other in [
        member("b"),
        member("A"),
        Identity::of_turn(account.clone(), Some(UserId::new("a")), group),
        Identity::of_credential(account.clone(), Some(UserId::new("a")), "laptop"),
        Identity::of_operator(account, Some(UserId::new("a"))),
        Identity::of_operator(AccountId::new("other"), Some(UserId::new("a"))),
    ] {
        let opened = shelf.store.open(&uri, &other).await;
        assert!(matches!(opened, Err(StoreError::NotFound)), "{other:?}");
    }
    let of_other_account = MediaUri {
        account: AccountId::new("other"),
        ..uri.clone()
    };
    assert!(
        shelf
            .store
            .open(&of_other_account, &member("a"))
            .await
            .is_err()
    );
    fs::remove_file(&stored.path).unwrap();
    let gone = shelf.store.open(&uri, &member("a")).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_link_in_the_place_of_a_file_is_not_followed() {
    let shelf = Shelf::new();
    let stored = shelf.save("a.txt", b"hello").await;
    let secret = shelf.dir.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    fs::remove_file(&stored.path).unwrap();
    std::os::unix::fs::symlink(&secret, &stored.path).unwrap();
    assert!(shelf.store.open(&stored.uri(), &member("a")).await.is_err());
}

#[tokio::test]
async fn what_is_not_claimed_or_not_finished_is_gone() {
    let shelf = Shelf::new();
    let scope = MediaScope::of(&member("a"));
    let mut writing = shelf.store.begin(&scope, "a").unwrap();
    writing.write_all(b"half").unwrap();
    assert_eq!(shelf.files().len(), 1);
    drop(writing);
    assert_eq!(shelf.files(), Vec::<PathBuf>::new());

    let unclaimed = shelf.store.begin(&scope, "a").unwrap().finish().unwrap();
    assert_eq!(shelf.files(), [unclaimed.stored().path.clone()]);
    drop(unclaimed);
    assert_eq!(shelf.files(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_kept() {
    let shelf = Shelf::new();
    let scope = || MediaScope::of(&member("a"));
    let most = usize::try_from(MAX_FILE_BYTES).unwrap();
    let save = |size: usize| {
        shelf
            .store
            .save(scope(), "a".to_owned(), Bytes::from(vec![0; size]))
    };
    assert!(matches!(
        save(most + 1).await,
        Err(StoreError::TooLarge { .. })
    ));
    let mut writing = shelf.store.begin(&scope(), "a").unwrap();
    writing.write_all(&vec![0; most]).unwrap();
    assert!(writing.write_all(&[0]).is_err());
    drop(writing);
    assert_eq!(shelf.files(), Vec::<PathBuf>::new());
    assert_eq!(save(most).await.unwrap().size, MAX_FILE_BYTES);
}

#[tokio::test]
async fn accounts_that_are_unknown_or_no_names_have_no_folder() {
    let shelf = Shelf::new();
    for account in ["nobody", "..", "a/b", ""] {
        let identity = Identity::of_operator(AccountId::new(account), None);
        let begun = shelf.store.begin(&MediaScope::of(&identity), "a");
        assert!(matches!(begun, Err(StoreError::NoFolder)), "{account}");
    }
}

#[tokio::test]
async fn a_full_account_loses_its_oldest_files() {
    let mut shelf = Shelf::new();
    shelf.store = shelf.store.clone().with_quota(10);
    let old = shelf.save("old", b"1234").await;
    let new = shelf.save("new", b"1234").await;
    shelf.age(&old.path, 2);
    shelf.age(&new.path, 1);
    let newest = shelf.save("newest", b"123").await;
    let mut left = shelf.files();
    left.sort();
    assert_eq!(left, [new.path.clone(), newest.path]);

    let scope = MediaScope::of(&member("a"));
    let too_much = shelf
        .store
        .save(scope, "x".to_owned(), Bytes::from_static(b"12345678901"))
        .await;
    assert!(matches!(
        too_much,
        Err(StoreError::Full {
            size: 11,
            limit: 10
        })
    ));
}

#[tokio::test]
async fn old_files_go_and_young_ones_stay() {
    let shelf = Shelf::new();
    let old = shelf.save("old", b"x").await;
    let young = shelf.save("young", b"x").await;
    let part = young.path.with_file_name(".part-abc");
    fs::write(&part, "x").unwrap();
    shelf.age(&old.path, 73);
    shelf.age(&young.path, 71);
    shelf.age(&part, 2);
    let foreign = shelf.dir.path().join("media/inbound/default/keep");
    fs::write(&foreign, "x").unwrap();
    shelf.age(&foreign, 1000);
    shelf.store.clean_up(false).await;
    let mut left = shelf.files();
    left.sort();
    let mut expected = vec![young.path.clone(), foreign.clone()];
    expected.sort();
    assert_eq!(left, expected);

    let mut config = (*shelf.config.get()).clone();
    for account in config.accounts.values_mut() {
        account.media.retention = None;
    }
    shelf.config.replace(config.clone());
    shelf.age(&young.path, 10_000);
    shelf.store.clean_up(true).await;
    assert!(young.path.exists());

    for account in config.accounts.values_mut() {
        account.media.cleanup_on_start = true;
    }
    shelf.config.replace(config);
    shelf.store.clean_up(false).await;
    assert!(young.path.exists());
    shelf.store.clean_up(true).await;
    assert_eq!(shelf.files(), [foreign]);
    assert!(!young.path.parent().unwrap().exists());
    shelf.save("again", b"x").await;
}

#[tokio::test]
async fn a_sweep_does_not_follow_links() {
    let shelf = Shelf::new();
    let stored = shelf.save("a", b"x").await;
    let outside = tempfile::tempdir().unwrap();
    let theirs = outside.path().join("theirs");
    fs::write(&theirs, "x").unwrap();
    shelf.age(&theirs, 1000);
    let account = stored.path.parent().unwrap().parent().unwrap();
    std::os::unix::fs::symlink(outside.path(), account.join("link")).unwrap();
    std::os::unix::fs::symlink(&theirs, stored.path.with_file_name("link")).unwrap();
    shelf.store.clean_up(false).await;
    assert!(theirs.exists());
}

#[tokio::test(start_paused = true)]
async fn every_hour_is_cleaned_up_until_the_end() {
    let shelf = Shelf::new();
    let first = shelf.save("first", b"x").await;
    let second = shelf.save("second", b"x").await;
    shelf.age(&first.path, 73);
    shelf.age(&second.path, 72);
    let stop = CancellationToken::new();
    let watch = async {
        // Paused time stands while files are removed, so an hour passes only in between.
        tokio::time::sleep(SWEEP_EVERY / 2).await;
        assert!(!first.path.exists() && second.path.exists());
        shelf.clock.advance(HOUR_MS);
        tokio::time::sleep(SWEEP_EVERY).await;
        assert!(!second.path.exists());
        stop.cancel();
    };
    tokio::join!(shelf.store.keep_clean(stop.clone()), watch);
}
