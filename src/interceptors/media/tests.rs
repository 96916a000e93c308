use std::sync::Arc;

use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::json;

use super::*;
use crate::interceptors::Content;
use crate::interceptors::scene::{Scene, answered, business};

fn with_data(name: &str, data: &str) -> Value {
    json!({
        "errcode": 0,
        "errmsg": "ok",
        "trace": 7,
        "media_item": {
            "media_id": "M1", "name": name, "type": "file", "base64_data": data, "extra": [1]
        }
    })
}

async fn receive_from(scene: &Scene, delivery: Delivery, body: Value) -> Result<Answer, ToolError> {
    scene.serve(move |_| answered(&body));
    let media: Arc<dyn Interceptor> = Arc::new(Media::new(scene.store.clone()));
    let mut call = scene.call("msg", "get_msg_media", json!({"media_id": "M1"}));
    call.delivery = delivery;
    scene.run(&media, call).await
}

#[tokio::test]
async fn bytes_become_a_file_and_the_rest_is_kept() {
    for (name, bytes, content_type, extension) in [
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n...".as_slice(),
            "image/png",
            "png",
        ),
        ("voice", b"#!AMR\n\x3c\x01", "audio/amr", "amr"),
        (
            "plan.docx",
            b"PK\x03\x04rest",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "docx",
        ),
        (
            "../../x.bin",
            b"\x01\x02\0",
            "application/octet-stream",
            "bin",
        ),
        (
            "a\u{202E}txt.exe",
            b"MZ\0\x01",
            "application/octet-stream",
            "exe",
        ),
        ("one", b"1", "text/plain", "txt"),
    ] {
        let scene = Scene::new();
        let body = with_data(name, &STANDARD.encode(bytes));
        let answer = receive_from(&scene, Delivery::Path, body).await.unwrap();
        let told = business(&answer);
        let path = told["media_item"]["local_path"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(
            told,
            json!({
                "errcode": 0,
                "errmsg": "ok",
                "trace": 7,
                "media_item": {
                    "media_id": "M1", "name": name, "type": "file", "extra": [1],
                    "size": bytes.len(), "local_path": path, "content_type": content_type,
                    "sha256": crate::files::sha256(bytes),
                }
            }),
            "{name}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}");
        assert!(path.starts_with(scene.dir.path().to_str().unwrap()));
        assert!(path.ends_with(&format!(".{extension}")), "{path}");
        assert_eq!(scene.kept(), [std::path::PathBuf::from(path)]);
    }
}

#[tokio::test]
async fn the_call_has_more_time_and_room() {
    let scene = Scene::new();
    receive_from(&scene, Delivery::Path, json!({}))
        .await
        .unwrap();
    let seen = &scene.seen()[0];
    assert_eq!(seen.timeout, Duration::from_secs(120));
    assert_eq!(seen.response_limit, 33_554_432);
}

#[tokio::test]
async fn what_has_no_bytes_passes_unchanged() {
    for body in [
        json!({"errcode": 853_006, "media_item": {"base64_data": "QQ=="}}),
        json!({"errcode": 0}),
        json!({"errcode": 0, "media_item": null}),
        json!({"errcode": 0, "media_item": {"base64_data": 7}}),
        json!({"errcode": 0, "media_item": {"base64_data": {"x": 1}}}),
    ] {
        let scene = Scene::new();
        let answer = receive_from(&scene, Delivery::Path, body.clone()).await;
        assert_eq!(business(&answer.unwrap()), body);
        assert!(scene.kept().is_empty());
    }
}

#[tokio::test]
async fn other_alphabets_are_taken_and_damage_is_not() {
    let bytes = b"\xfb\xff\xbf".repeat(40);
    for data in [
        URL_SAFE.encode(&bytes),
        STANDARD.encode(&bytes).replace('/', "/\r\n"),
    ] {
        let scene = Scene::new();
        let answer = receive_from(&scene, Delivery::Path, with_data("x", &data))
            .await
            .unwrap();
        let told = business(&answer);
        let path = told["media_item"]["local_path"].as_str().unwrap();
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    }
    for (data, kind) in [("QQ*=", ErrorKind::Protocol), ("", ErrorKind::Protocol)] {
        let scene = Scene::new();
        let error = receive_from(&scene, Delivery::Path, with_data("x", data))
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.maybe_executed), (kind, true));
        let known = error.details.data.unwrap();
        assert_eq!(known["media_item"]["name"], "x");
        assert_eq!(known["media_item"].get("base64_data"), None);
        assert!(scene.kept().is_empty(), "{data}");
    }
}

#[tokio::test]
async fn twenty_mebibytes_are_taken_and_one_byte_more_is_not() {
    let most = usize::try_from(MAX_FILE_BYTES).unwrap();
    let scene = Scene::new();
    let zeros = |bytes: usize| "A".repeat((bytes * 4).div_ceil(3));
    let answer = receive_from(&scene, Delivery::Path, with_data("big", &zeros(most)))
        .await
        .unwrap();
    assert_eq!(business(&answer)["media_item"]["size"], MAX_FILE_BYTES);

    let scene = Scene::new();
    let body = with_data("big", &zeros(most + 1));
    let error = receive_from(&scene, Delivery::Path, body)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::TooLarge, true)
    );
    assert_eq!(error.details.size, Some(MAX_FILE_BYTES + 1));
    assert_eq!(error.details.data.unwrap()["media_item"]["name"], "big");
    assert!(scene.kept().is_empty());
}

#[tokio::test]
async fn a_disk_that_fails_is_told_without_its_paths() {
    let scene = Scene::new();
    std::fs::write(scene.dir.path().join("state/media"), "in the way").unwrap();
    let body = with_data("a.txt", "QQ==");
    let error = receive_from(&scene, Delivery::Path, body)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::Internal, true)
    );
    assert!(
        !error
            .to_string()
            .contains(scene.dir.path().to_str().unwrap())
    );
    assert_eq!(error.details.data.unwrap()["media_item"]["size"], 1);
}

#[tokio::test]
async fn a_client_elsewhere_gets_a_resource() {
    let scene = Scene::new();
    let body = with_data("a.txt", &STANDARD.encode("hello"));
    let answer = receive_from(&scene, Delivery::Resource, body)
        .await
        .unwrap();
    let item = &business(&answer)["media_item"];
    let uri = item["resource_uri"].as_str().unwrap();
    assert_eq!(item.get("local_path"), None);
    assert_eq!(
        answer.content()[1],
        Content::Other(crate::interceptors::scene::object(json!({
            "type": "resource_link", "uri": uri, "name": "a.txt",
            "mimeType": "text/plain", "size": 5,
        })))
    );
    let identity = scene.seen()[0].identity.clone();
    let opened = scene.store.open(&uri.parse().unwrap(), &identity).await;
    assert_eq!(opened.unwrap().size, 5);
}

#[tokio::test]
async fn without_files_text_is_told_and_other_media_described() {
    let scene = Scene::new();
    let body = with_data("a.txt", &STANDARD.encode("hello"));
    let answer = receive_from(&scene, Delivery::Inline, body).await.unwrap();
    let item = business(&answer)["media_item"].clone();
    assert_eq!((&item["text"], &item["size"]), (&json!("hello"), &json!(5)));
    assert_eq!(item.get("truncated"), None);

    let long = "你".repeat(30_000);
    let body = with_data("a.txt", &STANDARD.encode(&long));
    let answer = receive_from(&scene, Delivery::Inline, body).await.unwrap();
    let item = business(&answer)["media_item"].clone();
    assert_eq!(item["text"], "你".repeat(65_536 / 3));
    assert_eq!(item["truncated"], true);

    let body = with_data("a.png", &STANDARD.encode(b"\x89PNG\r\n\x1a\n"));
    let answer = receive_from(&scene, Delivery::Inline, body).await.unwrap();
    let item = business(&answer)["media_item"].clone();
    assert_eq!(item["content_type"], "image/png");
    assert_eq!((item.get("text"), item.get("local_path")), (None, None));
    assert!(scene.kept().is_empty());
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_no_file() {
    let scene = Scene::new();
    let data = STANDARD.encode(vec![7; 4 * 1024 * 1024]);
    let receiving = receive_from(&scene, Delivery::Path, with_data("big", &data));
    let mut receiving = Box::pin(receiving);
    // Twice: to the server, and to the thread that writes.
    for _ in 0..2 {
        let polled = futures_util::poll!(&mut receiving);
        assert!(polled.is_pending());
    }
    drop(receiving);
    for is_there in [true, false] {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while scene.kept().is_empty() == is_there {
            assert!(std::time::Instant::now() < deadline, "{:?}", scene.kept());
            tokio::task::yield_now().await;
        }
    }
}
