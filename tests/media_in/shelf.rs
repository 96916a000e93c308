//! Where files end up.

use std::os::unix::fs::{PermissionsExt, symlink};

use wecom::channel::media::inbound::Cause;
use wecom::ids::AccountId;

use crate::scene::{Scene, cause, content, file, scope};
use crate::sealed::sealed;
use crate::server::{Reply, Server};

#[tokio::test]
async fn a_file_lies_on_the_shelf_of_its_chat_for_the_owner_alone() {
    let server = Server::start(|_, _| Reply::ok(sealed(b"hello"))).await;
    let scene = Scene::new();
    let found = scene.fetch_one(file(server.url("/a.txt"))).await.unwrap();
    assert!(found.path.is_absolute());
    assert_eq!(found.path.parent(), scene.store.folder(&scope()).as_deref());
    let mode = std::fs::metadata(&found.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(content(&found), b"hello");
}

#[tokio::test]
async fn a_file_of_many_batches_is_whole() {
    let whole: Vec<u8> = (0..3_000_001_u32).map(|n| (n % 251) as u8).collect();
    let body = sealed(&whole);
    let server = Server::start(move |_, _| Reply::ok(body.clone())).await;
    let mut scene = Scene::new();
    scene.limits.max_bytes = 3_000_001;
    let found = scene.fetch_one(file(server.url("/a.bin"))).await.unwrap();
    assert!(content(&found) == whole);
}

/// A link in the place of each folder in turn: nothing is written or removed behind it.
#[tokio::test]
async fn a_planted_link_leads_nowhere() {
    let server = Server::start(|_, _| Reply::ok(sealed(b"hello"))).await;
    for depth in 0..3 {
        let scene = Scene::new();
        let outside = tempfile::tempdir().unwrap();
        let theirs = outside.path().join("shelf/theirs");
        std::fs::create_dir(theirs.parent().unwrap()).unwrap();
        std::fs::write(&theirs, "x").unwrap();
        std::fs::File::options()
            .write(true)
            .open(&theirs)
            .unwrap()
            .set_modified(std::time::UNIX_EPOCH)
            .unwrap();
        let shelf = scene.store.folder(&scope()).unwrap();
        let link = shelf.ancestors().nth(depth).unwrap();
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(outside.path(), link).unwrap();

        let found = cause(scene.fetch_one(file(server.url("/a"))).await);
        assert!(matches!(found, Cause::Store(_)), "{found:?}");
        scene.store.clean_up(false).await;
        let left: Vec<_> = std::fs::read_dir(outside.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["shelf"]);
        assert!(theirs.exists());
    }
}

#[tokio::test]
async fn files_on_their_way_out_are_swept_too() {
    let scene = Scene::new();
    let account = AccountId::new("default");
    let waiting = scene.store.outbound_file(&account).unwrap();
    let mode = waiting.as_file().metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (_, lost) = scene.store.outbound_file(&account).unwrap().keep().unwrap();
    std::fs::File::options()
        .write(true)
        .open(&lost)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH)
        .unwrap();
    waiting
        .as_file()
        .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000))
        .unwrap();
    scene.store.clean_up(false).await;
    assert_eq!(scene.files(), [waiting.path().to_owned()]);
    drop(waiting);
    assert_eq!(scene.files(), Vec::<std::path::PathBuf>::new());
}
