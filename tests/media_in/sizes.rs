//! Lengths: the limit, and servers that lie about them.

use wecom::channel::media::inbound::{Cause, DecryptError, FetchError};
use wecom::egress::guard::GuardError;

use crate::scene::{MAX_BYTES, Scene, address_of, cause, content, file, image};
use crate::sealed::{OTHER_KEY, sealed};
use crate::server::{Reply, Server};

#[tokio::test]
async fn exactly_the_limit_is_taken_and_one_byte_more_is_not() {
    let server = Server::start(|path, _| {
        let size: usize = path.rsplit('/').next().unwrap().parse().unwrap();
        let reply = Reply::ok(sealed(&vec![b'x'; size]));
        if path.starts_with("/stream") {
            reply.announcing(None)
        } else {
            reply
        }
    })
    .await;
    let scene = Scene::new();
    for way in ["stream", "announced"] {
        let at = |size: usize| file(server.url(&format!("/{way}/{size}")));
        let fits = scene.fetch_one(at(MAX_BYTES)).await.unwrap();
        assert_eq!(content(&fits), vec![b'x'; MAX_BYTES]);
        // Found after decrypting, on the way of the bytes, and by what was announced.
        for size in [MAX_BYTES + 1, MAX_BYTES + 32, MAX_BYTES + 33, 1_000_000] {
            match scene.fetch_one(at(size)).await {
                Err(FetchError::TooLarge {
                    limit,
                    name,
                    announced,
                    ..
                }) => {
                    assert_eq!((limit, name.as_str()), (MAX_BYTES as u64, "file"));
                    assert_eq!(announced.is_some(), way == "announced", "{size}");
                }
                other => panic!("{way} {size}: {other:?}"),
            }
        }
    }
    assert_eq!(scene.files().len(), 2);
    // Nothing of it is tried again.
    assert_eq!(server.paths().len(), 10);
}

#[tokio::test]
async fn too_much_ends_the_connection_at_once() {
    let server = Server::start(|_, _| Reply::ok(vec![0; 4_000]).announcing(None).stalling()).await;
    let scene = Scene::new();
    let found = scene.fetch_one(image(server.url("/a"))).await;
    assert!(
        matches!(found, Err(FetchError::TooLarge { .. })),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_tried_again() {
    let server = Server::start(|_, before| {
        let whole = sealed(&[b'x'; 500]);
        if before == 0 {
            let length = whole.len();
            Reply::ok(&whole[..256]).announcing(Some(length))
        } else {
            Reply::ok(whole)
        }
    })
    .await;
    let scene = Scene::new();
    let found = scene.fetch_one(file(server.url("/a"))).await.unwrap();
    assert_eq!((found.size, scene.files().len()), (500, 1));
}

#[tokio::test]
async fn content_that_does_not_fit_the_key_is_never_kept() {
    let server = Server::start(|path, _| {
        let whole = sealed(&[b'x'; 500]);
        match path {
            // The announced length is shorter than what follows it.
            "/short" => Reply::ok(whole).announcing(Some(100)),
            "/blocks" => Reply::ok(&whole[..256]),
            "/odd" => Reply::ok(&whole[..255]),
            "/nothing" => Reply::ok(""),
            "/plain" => Reply::ok("hello there, nothing is encrypted here..".repeat(4)),
            _ => Reply::ok(whole),
        }
    })
    .await;
    let scene = Scene::new();
    for (path, expected) in [
        ("/short", DecryptError::Length),
        ("/blocks", DecryptError::Padding),
        ("/odd", DecryptError::Length),
        ("/nothing", DecryptError::Nothing),
        ("/plain", DecryptError::Padding),
    ] {
        let found = cause(scene.fetch_one(file(server.url(path))).await);
        assert!(
            matches!(found, Cause::Decrypt(error) if error == expected),
            "{path}: {found:?}"
        );
    }
    let mut other_key = file(server.url("/whole"));
    address_of(&mut other_key).aes_key = Some(OTHER_KEY.into());
    let found = cause(scene.fetch_one(other_key).await);
    assert!(
        matches!(found, Cause::Decrypt(DecryptError::Padding)),
        "{found:?}"
    );
    let mut no_key = file(server.url("/never"));
    address_of(&mut no_key).aes_key = Some("c2hvcnQ=".into());
    assert!(matches!(
        cause(scene.fetch_one(no_key).await),
        Cause::Key(_)
    ));
    assert_eq!(scene.files(), Vec::<std::path::PathBuf>::new());
    assert_eq!(server.paths().len(), 6);
}

#[tokio::test]
async fn an_empty_file_is_none() {
    let server = Server::start(|_, _| Reply::ok(sealed(b""))).await;
    let scene = Scene::new();
    let found = cause(scene.fetch_one(file(server.url("/a"))).await);
    assert!(matches!(found, Cause::Empty), "{found:?}");
    assert_eq!(scene.files().len(), 0);
}

#[tokio::test]
async fn without_a_key_only_known_types_are_kept() {
    let server = Server::start(|path, _| match path {
        "/pdf" => Reply::ok("%PDF-1.7 and so on"),
        "/large" => Reply::ok(vec![b'x'; MAX_BYTES + 1]),
        _ => Reply::ok(sealed(b"%PDF-1.7 and so on")),
    })
    .await;
    let scene = Scene::new();
    let fetch = |path: &str| {
        let mut wanted = file(server.url(path));
        address_of(&mut wanted).aes_key = None;
        scene.fetch_one(wanted)
    };
    let found = fetch("/pdf").await.unwrap();
    assert_eq!(
        (found.name.as_str(), found.content_type.as_str(), found.size),
        ("file.pdf", "application/pdf", 18)
    );
    assert!(matches!(
        cause(fetch("/sealed").await),
        Cause::NotRecognised
    ));
    // There is no padding to allow for.
    let large = fetch("/large").await;
    assert!(
        matches!(large, Err(FetchError::TooLarge { .. })),
        "{large:?}"
    );
    assert_eq!(scene.files(), [found.path]);
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_no_content() {
    let server = Server::start(|_, _| Reply::status(304)).await;
    let found = cause(Scene::new().fetch_one(file(server.url("/a"))).await);
    assert!(
        matches!(found, Cause::Fetch(GuardError::Status(304))),
        "{found:?}"
    );
}
