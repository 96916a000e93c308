use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::clock::ManualClock;
use crate::config::{Config, LiveConfig};
use crate::files::{FileGrant, MediaScope, MediaStore};
use crate::identity::{Identity, TurnChat};
use crate::ids::{AccountId, ChatId, UserId};

/// A workspace at `<dir>/work`, a state directory at `<dir>/state`, and a home elsewhere.
struct Place {
    dir: tempfile::TempDir,
    home: tempfile::TempDir,
    config: Config,
    identity: Identity,
    grant: FileGrant,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["work/sub", "workshop", "state"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let place = Self {
            config: Config::unconfigured(&dir.path().join("state")),
            identity: Identity::of_turn(
                AccountId::new("default"),
                Some(UserId::new("a")),
                TurnChat::Direct(UserId::new("a")),
            ),
            grant: FileGrant {
                workspace: Some(dir.path().join("work")),
                roots: Vec::new(),
            },
            dir,
            home: tempfile::tempdir().unwrap(),
        };
        place.write("work/a.txt", b"hello");
        place.write("secret", b"secret");
        place
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn write(&self, below: &str, bytes: &[u8]) -> String {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn store(&self) -> MediaStore {
        MediaStore::new(LiveConfig::new(self.config.clone()), ManualClock::at(0))
    }

    fn roots(&self) -> FileRoots {
        FileRoots::of(
            &self.config,
            &self.store(),
            &self.identity,
            &self.grant,
            Some(self.home.path().to_path_buf()),
        )
    }

    /// What comes of a path: the contents, or the error's name.
    async fn read(&self, given: &str) -> Result<String, &'static str> {
        self.read_at_most(given, 1000).await
    }

    async fn read_at_most(&self, given: &str, limit: u64) -> Result<String, &'static str> {
        let read = self.roots().open_then(given, limit, OpenedFile::read).await;
        match read {
            Ok(bytes) => Ok(String::from_utf8(bytes).unwrap()),
            Err(error) => Err(named(&error)),
        }
    }
}

fn named(error: &FileError) -> &'static str {
    match error {
        FileError::Malformed { .. } => "malformed",
        FileError::NotAllowed { .. } => "not allowed",
        FileError::NotFound { .. } => "not found",
        FileError::NotAFile { .. } => "not a file",
        FileError::TooManyLinks { .. } => "too many links",
        FileError::TooLarge { .. } => "too large",
        FileError::Io { .. } => "io",
    }
}

#[tokio::test]
async fn files_of_the_workspace_are_read_however_they_are_named() {
    let place = Place::new();
    let whole = place.path("work/a.txt").to_str().unwrap().to_owned();
    for given in [
        whole.clone(),
        format!("file://{whole}"),
        "a.txt".to_owned(),
        "./sub/../a.txt".to_owned(),
        whole.replace("/work/", "/workshop/../work/"),
    ] {
        assert_eq!(place.read(&given).await.as_deref(), Ok("hello"), "{given}");
    }
}

#[tokio::test]
async fn outside_is_refused_alike_whether_or_not_there_is_something() {
    let place = Place::new();
    place.write("workshop/b.txt", b"twin");
    for given in [
        "/etc/passwd",
        "/etc/no-such-file",
        "/proc/self/environ",
        "/dev/zero",
        "../secret",
        "../no-such-file",
        "../workshop/b.txt",
        "/",
        "~/.ssh/id_rsa",
        "file:///etc/passwd",
        "sub/../../../../../../../../etc/passwd",
    ] {
        assert_eq!(place.read(given).await, Err("not allowed"), "{given}");
    }
    let message = |given: &'static str| {
        let roots = place.roots();
        async move {
            let read = roots.open_then(given, 10, OpenedFile::read).await;
            read.unwrap_err().to_string().replace(given, "")
        }
    };
    assert_eq!(message("/etc/passwd").await, message("/etc/none").await);
}

#[tokio::test]
async fn what_is_no_path_is_refused() {
    let place = Place::new();
    for given in [
        "",
        "a\0.txt",
        "a.txt\n",
        "https://example.com/a",
        "file://host/a",
        &"a".repeat(4097),
    ] {
        assert_eq!(place.read(given).await, Err("malformed"), "{given:?}");
    }
}

#[tokio::test]
async fn without_a_grant_there_is_nothing() {
    let mut place = Place::new();
    let whole = place.path("work/a.txt").to_str().unwrap().to_owned();
    place.grant = FileGrant::default();
    assert_eq!(place.read(&whole).await, Err("not allowed"));
    assert_eq!(place.read("a.txt").await, Err("malformed"));
}

#[tokio::test]
async fn a_client_elsewhere_has_its_own_roots_only() {
    let mut place = Place::new();
    let shared = place.write("shared/s.txt", b"shared");
    let account = place.config.default_account.clone();
    let roots = vec![place.path("shared")];
    let settings = place.config.accounts.get_mut(&account).unwrap();
    settings.media.local_roots = roots.clone();
    assert_eq!(place.read(&shared).await.as_deref(), Ok("shared"));

    place.identity = Identity::of_credential(account, None, "laptop");
    place.grant = FileGrant::default();
    assert_eq!(place.read(&shared).await, Err("not allowed"));
    place.grant.roots = roots;
    assert_eq!(place.read(&shared).await.as_deref(), Ok("shared"));
}

#[tokio::test]
async fn links_are_followed_only_on_the_way_and_only_inside() {
    let place = Place::new();
    place.write("work/sub/b.txt", b"inside");
    place.write("work/.git/config", b"hidden");
    place.write("outside/c.txt", b"outside");
    let link = |to: &str, at: &str| symlink(place.path(to), place.path(at)).unwrap();
    symlink("sub", place.path("work/near")).unwrap();
    symlink(".git", place.path("work/shown")).unwrap();
    symlink("../outside", place.path("work/far")).unwrap();
    link("outside", "work/absolute");
    link("secret", "work/last");
    symlink("a.txt", place.path("work/last_near")).unwrap();
    for (given, outcome) in [
        ("near/b.txt", Ok("inside")),
        ("shown/config", Err("not allowed")),
        ("far/c.txt", Err("not allowed")),
        ("absolute/c.txt", Err("not allowed")),
        ("last", Err("not allowed")),
        ("last_near", Err("not allowed")),
    ] {
        let read = place.read(given).await;
        assert_eq!(read.as_deref().map_err(|error| *error), outcome, "{given}");
    }
}

#[tokio::test]
async fn the_real_place_of_a_root_counts_as_well() {
    let mut place = Place::new();
    symlink(place.path("work"), place.path("alias")).unwrap();
    place.grant.workspace = Some(place.path("alias"));
    let real = place.path("work/a.txt").to_str().unwrap().to_owned();
    let alias = place.path("alias/a.txt").to_str().unwrap().to_owned();
    assert_eq!(place.read(&real).await.as_deref(), Ok("hello"));
    assert_eq!(place.read(&alias).await.as_deref(), Ok("hello"));
}

#[tokio::test]
async fn only_regular_files_are_opened() {
    let place = Place::new();
    let _socket = std::os::unix::net::UnixListener::bind(place.path("work/socket")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(place.path("work/pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    for (given, outcome) in [
        ("sub", "not a file"),
        (".", "not a file"),
        ("socket", "not a file"),
        ("pipe", "not a file"),
        ("none.txt", "not found"),
        ("none/none.txt", "not found"),
        ("a.txt/b", "not found"),
    ] {
        assert_eq!(place.read(given).await, Err(outcome), "{given}");
    }
}

#[tokio::test]
async fn names_of_secrets_are_refused_below_a_root_but_not_in_it() {
    let mut place = Place::new();
    for name in [
        ".env",
        ".hidden/x.txt",
        "server.PEM",
        "id_rsa",
        "Credentials.json",
    ] {
        place.write(&format!("work/{name}"), b"x");
        assert_eq!(place.read(name).await, Err("not allowed"), "{name}");
    }
    assert_eq!(place.read(".env.none").await, Err("not allowed"));
    place.write(".agent/work/a.txt", b"inside");
    place.grant.workspace = Some(place.path(".agent/work"));
    assert_eq!(place.read("a.txt").await.as_deref(), Ok("inside"));
}

#[tokio::test]
async fn a_hard_link_to_a_file_of_ours_is_ours() {
    let place = Place::new();
    fs::hard_link(place.path("work/a.txt"), place.path("work/b.txt")).unwrap();
    assert_eq!(place.read("b.txt").await.as_deref(), Ok("hello"));
}

#[tokio::test]
async fn a_hard_link_to_a_file_of_somebody_else_is_refused() {
    let place = Place::new();
    let path = place.path("work/theirs.txt");
    fs::write(&path, b"theirs").unwrap();
    // Only root can give a file away; others can't make this case, so they skip it.
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        return;
    }
    assert_eq!(place.read("theirs.txt").await.as_deref(), Ok("theirs"));
    fs::hard_link(&path, place.path("work/linked.txt")).unwrap();
    assert_eq!(place.read("linked.txt").await, Err("too many links"));
}

#[tokio::test]
async fn the_limit_holds_for_what_is_read() {
    let place = Place::new();
    assert_eq!(place.read_at_most("a.txt", 5).await.as_deref(), Ok("hello"));
    assert_eq!(place.read_at_most("a.txt", 4).await, Err("too large"));
    let grown = place.path("work/a.txt");
    let read = place
        .roots()
        .open_then("a.txt", 5, move |file| {
            let mut bytes = fs::read(&grown).unwrap();
            bytes.push(b'!');
            fs::write(&grown, bytes).unwrap();
            file.read()
        })
        .await;
    assert_eq!(named(&read.unwrap_err()), "too large");
}

#[tokio::test]
async fn the_state_directory_is_closed_except_for_the_own_shelf() {
    let mut place = Place::new();
    place.write("state/notes.txt", b"state");
    let other = MediaScope::of_chat(
        place.identity.account(),
        &TurnChat::Group(ChatId::new("other")),
    );
    let store = place.store();
    let own = MediaScope::of(&place.identity);
    let mut paths = Vec::new();
    for scope in [own, other] {
        let stored = store
            .save(
                scope,
                "m.txt".to_owned(),
                bytes::Bytes::from_static(b"media"),
            )
            .await
            .unwrap();
        paths.push(stored.path.to_str().unwrap().to_owned());
    }
    // Roots above and inside the state directory, by any name.
    symlink(place.path("state"), place.path("work/state")).unwrap();
    place.grant.roots = vec![
        place.dir.path().to_path_buf(),
        place.path("state/media"),
        place.path("state"),
    ];
    let account = place.config.default_account.clone();
    let everybody = place.path("state/media/inbound");
    let settings = place.config.accounts.get_mut(&account).unwrap();
    settings.media.local_roots.push(everybody);
    assert_eq!(place.read(&paths[0]).await.as_deref(), Ok("media"));
    assert_eq!(place.read(&paths[1]).await, Err("not allowed"));
    let notes = place.path("state/notes.txt");
    assert_eq!(
        place.read(notes.to_str().unwrap()).await,
        Err("not allowed")
    );
    let secret = place.path("secret");
    assert_eq!(
        place.read(secret.to_str().unwrap()).await.as_deref(),
        Ok("secret")
    );
}

#[tokio::test]
async fn a_workspace_may_lie_in_the_state_directory_and_hold_the_media() {
    let mut place = Place::new();
    place.write("state/workspace/main/a.txt", b"mine");
    place.grant.workspace = Some(place.path("state/workspace/main"));
    assert_eq!(place.read("a.txt").await.as_deref(), Ok("mine"));
    assert_eq!(place.read("../../wecom.db").await, Err("not allowed"));

    let account = place.config.default_account.clone();
    let media = place.path("state/workspace/main/media");
    place
        .config
        .accounts
        .get_mut(&account)
        .unwrap()
        .media
        .temp_dir = media;
    let theirs = place.write("state/workspace/main/media/inbound/default/x/f.txt", b"x");
    assert_eq!(place.read(&theirs).await, Err("not allowed"));
}

#[tokio::test]
async fn roots_that_hold_everything_are_none() {
    let mut place = Place::new();
    fs::write(place.home.path().join("h.txt"), b"home").unwrap();
    place.write("state/h.txt", b"state");
    let home = place.home.path().to_path_buf();
    let above = home.parent().unwrap().to_path_buf();
    for root in [Path::new("/"), &home, &above, &place.path("state")] {
        place.grant.workspace = Some(root.to_path_buf());
        assert_eq!(place.read("h.txt").await, Err("not allowed"), "{root:?}");
    }
}

#[tokio::test]
async fn the_configuration_is_not_read_wherever_it_lies() {
    let mut place = Place::new();
    place.write("work/settings.json5", b"{}");
    assert_eq!(place.read("settings.json5").await.as_deref(), Ok("{}"));
    place.config.path = place.path("work/settings.json5");
    assert_eq!(place.read("settings.json5").await, Err("not allowed"));
}

/// One thread keeps swapping a file, and a folder on the way, for links to a secret; the
/// secret must never be read.
#[tokio::test]
async fn a_swap_for_a_link_never_gives_out_what_it_leads_to() {
    let place = Place::new();
    place.write("outside/f.txt", b"secret");
    place.write("work/real/f.txt", b"hello");
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let stop = stop.clone();
        let (work, outside) = (place.path("work"), place.path("outside"));
        move || {
            let (file, folder) = (work.join("swap.txt"), work.join("swap"));
            let (to_secret, to_outside) = (work.join("link1"), work.join("link2"));
            while !stop.load(Ordering::Relaxed) {
                let staged = work.join("staged");
                fs::write(&staged, b"hello").unwrap();
                fs::rename(&staged, &file).unwrap();
                let _ = fs::remove_file(&folder);
                symlink("real", &folder).unwrap();
                symlink(outside.join("f.txt"), &to_secret).unwrap();
                fs::rename(&to_secret, &file).unwrap();
                symlink(&outside, &to_outside).unwrap();
                fs::rename(&to_outside, &folder).unwrap();
            }
        }
    });
    let mut reads = [0, 0];
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let mut tries = 0;
    while tries < 2000 || (reads.contains(&0) && std::time::Instant::now() < deadline) {
        tries += 1;
        for (given, reads) in ["swap.txt", "swap/f.txt"].iter().zip(&mut reads) {
            if let Ok(text) = place.read(given).await {
                assert_eq!(text, "hello");
                *reads += 1;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(
        !reads.contains(&0),
        "the file itself was never met: {reads:?}"
    );
}
