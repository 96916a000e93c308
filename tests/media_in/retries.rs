//! Failures that pass, and those that don't.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;
use wecom::channel::media::inbound::Cause;
use wecom::egress::guard::{GuardError, Phase};

use crate::scene::{Scene, cause, file, image};
use crate::sealed::sealed;
use crate::server::{Reply, Server};

#[tokio::test]
async fn what_may_pass_is_tried_three_times() {
    let server = Server::start(|path, before| {
        let (status, failures) = path.trim_start_matches('/').split_once('/').unwrap();
        if before < failures.parse().unwrap() {
            Reply::status(status.parse().unwrap())
        } else {
            Reply::ok(sealed(b"hello"))
        }
    })
    .await;
    let scene = Scene::new();
    for (path, asked, status) in [
        ("/503/0", 1, None),
        ("/503/1", 2, None),
        ("/429/2", 3, None),
        ("/500/3", 3, Some(500)),
        ("/403/1", 1, Some(403)),
        ("/404/1", 1, Some(404)),
    ] {
        let found = scene.fetch_one(file(server.url(path))).await;
        let count = server.paths().iter().filter(|seen| *seen == path).count();
        assert_eq!(count, asked, "{path}");
        match (found, status) {
            (Ok(found), None) => assert_eq!(found.size, 5),
            (Err(error), Some(status)) => assert!(
                matches!(cause(Err(error)), Cause::Fetch(GuardError::Status(seen)) if seen == status)
            ),
            (other, _) => panic!("{path}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/secret-path?sign=s3cret",
        listener.local_addr().unwrap()
    );
    drop(listener);
    let found = cause(Scene::new().fetch_one(file(url)).await);
    assert!(
        matches!(found, Cause::Fetch(GuardError::Connection(_))),
        "{found:?}"
    );
    assert!(found.is_retryable());
    // The address is signed: nobody may find it in a log.
    assert!(!format!("{found:?} {found}").contains("s3cret"));
}

#[tokio::test]
async fn a_silence_ends_an_attempt() {
    let server = Server::start(|_, before| {
        let whole = sealed(&[b'x'; 500]);
        if before < 2 {
            Reply::ok(&whole[..100])
                .announcing(Some(whole.len()))
                .stalling()
        } else {
            Reply::ok(whole)
        }
    })
    .await;
    let scene = Scene::new();
    assert_eq!(
        scene.fetch_one(file(server.url("/a"))).await.unwrap().size,
        500
    );
    assert_eq!(server.paths().len(), 3);
    assert_eq!(scene.files().len(), 1);
}

#[tokio::test]
async fn the_deadline_is_for_all_attempts_and_pictures_have_less() {
    let server = Server::start(|_, _| Reply::ok("").announcing(Some(320)).stalling()).await;
    let mut scene = Scene::new();
    scene.limits.image = Duration::from_millis(60);
    let began = Instant::now();
    let found = cause(scene.fetch_one(image(server.url("/image"))).await);
    assert!(
        matches!(found, Cause::Fetch(GuardError::Timeout(Phase::Whole))),
        "{found:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(server.paths(), ["/image"]);
    let found = cause(scene.fetch_one(file(server.url("/file"))).await);
    assert!(
        matches!(found, Cause::Fetch(GuardError::Timeout(Phase::Body))),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_address_is_used_for_five_minutes() {
    let server = Server::start(|_, _| Reply::ok(sealed(b"hello"))).await;
    let scene = Scene::new();
    scene.clock.advance(5 * 60_000 - 1);
    assert!(scene.fetch_one(file(server.url("/in-time"))).await.is_ok());
    scene.clock.advance(1);
    let found = cause(scene.fetch_one(file(server.url("/late"))).await);
    assert!(matches!(found, Cause::Expired), "{found:?}");
    assert_eq!(server.paths(), ["/in-time"]);
}

#[tokio::test]
async fn no_attempt_begins_after_the_address_has_expired() {
    let scene = Scene::new();
    let clock = scene.clock.clone();
    let server = Server::start(move |_, _| {
        clock.advance(3 * 60_000);
        Reply::status(503)
    })
    .await;
    let found = cause(scene.fetch_one(file(server.url("/a"))).await);
    assert!(
        matches!(found, Cause::Fetch(GuardError::Status(503))),
        "{found:?}"
    );
    assert_eq!(server.paths().len(), 2);
}
