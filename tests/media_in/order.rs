//! Several attachments, and several messages.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use wecom::agent::AttachmentKind;
use wecom::channel::media::inbound::{DownloadSlots, Wanted};
use wecom::task;

use crate::scene::{Scene, content, file, image, options};
use crate::sealed::sealed;
use crate::server::{Reply, Server};

/// Longer than anything here takes; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn results_are_in_the_order_of_the_message() {
    // The first is answered last.
    let gate = Arc::new(Semaphore::new(0));
    let first = gate.clone();
    let server = Server::start(move |path, _| match path {
        "/a.png" => Reply::ok(sealed(b"\x89PNG\r\n\x1a\n first")).behind(&first),
        "/b.png" => Reply::ok(sealed(b"\x89PNG\r\n\x1a\n second")),
        "/gone" => Reply::status(404),
        _ => {
            first.add_permits(1);
            Reply::ok(sealed(b"%PDF-1.7"))
        }
    })
    .await;
    let scene = Scene::new();
    let found = scene
        .fetch(&[
            image(server.url("/a.png")),
            image(server.url("/b.png")),
            file(server.url("/gone")),
            file(server.url("/c.pdf")),
        ])
        .await;
    let found: Vec<_> = found
        .iter()
        .map(|found| match found {
            Ok(found) => (found.kind, found.name.as_str(), content(found).len()),
            Err(error) => (error.kind(), "failed", 0),
        })
        .collect();
    assert_eq!(
        found,
        [
            (AttachmentKind::Image, "a.png", 14),
            (AttachmentKind::Image, "b.png", 15),
            (AttachmentKind::File, "failed", 0),
            (AttachmentKind::File, "c.pdf", 8),
        ]
    );
}

/// Fetches while it opens the gate one by one, and checks that never more than `most`
/// requests are open and that so many are.
async fn at_most(server: &Server, gate: &Semaphore, most: usize, all: usize) {
    for answered in 0..all {
        let expected = most.min(all - answered);
        tokio::time::timeout(PATIENCE, async {
            while server.open() < expected {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(server.open(), expected);
        assert_eq!(server.paths().len(), answered + expected);
        gate.add_permits(1);
        tokio::time::timeout(PATIENCE, async {
            while server.paths().len() - server.open() <= answered {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn four_of_a_message_are_fetched_at_once() {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = Server::start(move |_, _| Reply::ok(sealed(b"x")).behind(&held)).await;
    let scene = Scene::new();
    let wanted: Vec<Wanted> = (0..7).map(|n| file(server.url(&format!("/{n}")))).collect();
    // On a task of its own, as the runtime does it.
    let tasks = TaskTracker::new();
    let done = task::spawn(&tasks, "fetch", async move {
        let found = scene.fetch(&wanted).await;
        assert!(found.iter().all(Result::is_ok));
    });
    at_most(&server, &gate, 4, 7).await;
    done.await.unwrap();
}

#[tokio::test]
async fn all_messages_together_have_so_many_places() {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = Server::start(move |_, _| Reply::ok(sealed(b"x")).behind(&held)).await;
    let scene = Scene::with(options(), DownloadSlots::of(2));
    let wanted = |name: &str| [file(server.url(&format!("/{name}")))];
    let (one, two, three) = (wanted("1"), wanted("2"), wanted("3"));
    let (a, b, c, ()) = tokio::join!(
        scene.fetch(&one),
        scene.fetch(&two),
        scene.fetch(&three),
        at_most(&server, &gate, 2, 3),
    );
    assert!([a, b, c].iter().flatten().all(Result::is_ok));
}

#[tokio::test]
async fn what_is_given_up_leaves_nothing_and_frees_its_place() {
    let server = Server::start(|path, _| match path {
        "/stalled" => Reply::ok(vec![0; 64]).announcing(Some(320)).stalling(),
        _ => Reply::ok(sealed(b"x")),
    })
    .await;
    let mut options = options();
    options.limits.idle = PATIENCE;
    let scene = Scene::with(options, DownloadSlots::of(1));
    let stalled = [file(server.url("/stalled"))];
    let given_up = async {
        while scene.files().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _ = scene.fetch(&stalled) => panic!("it stalls"),
        done = tokio::time::timeout(PATIENCE, given_up) => done.unwrap(),
    }
    let next = scene.fetch_one(file(server.url("/next"))).await.unwrap();
    assert_eq!(scene.files(), [next.path]);
}
