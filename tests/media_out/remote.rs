//! What URLs name.

use crate::house::{House, MIB, PNG, bytes, class_of, notes};
use crate::web::{Web, answer};

/// A house whose account may ask this machine.
async fn intranet() -> House {
    House::with(|account| {
        account.media.allowed_hosts = vec!["127.0.0.1".to_owned()];
        account.media.allow_http = true;
    })
    .await
}

#[tokio::test]
async fn a_download_has_its_servers_name_and_its_bytes_type() {
    let picture = bytes(PNG, 100);
    let web = Web::serve(vec![
        (
            "/named",
            answer(
                "200 OK",
                &["content-disposition: attachment; filename*=UTF-8''%E5%9B%BE.png"],
                &picture,
            ),
        ),
        (
            "/by/path/chart.png?key=secret",
            answer("200 OK", &[], &picture),
        ),
        (
            "/nameless",
            answer("200 OK", &["content-type: image/png"], &picture),
        ),
        (
            "/error.png",
            answer(
                "200 OK",
                &["content-type: image/png"],
                b"<html>sorry</html>",
            ),
        ),
        (
            "/moved",
            answer(
                "302 Found",
                &["location: /by/path/chart.png?key=secret"],
                b"",
            ),
        ),
    ])
    .await;
    let house = intranet().await;
    for path in [
        "/named",
        "/by/path/chart.png?key=secret",
        "/nameless",
        "/error.png",
        "/moved",
    ] {
        let outcome = house.send(&web.url(path)).await;
        assert_eq!(class_of(&outcome), "ok", "{path}");
    }
    let seen = house.seen();
    let seen: Vec<(&str, &str)> = seen
        .iter()
        .map(|(kind, name, _)| (&**kind, &**name))
        .collect();
    assert_eq!(
        seen,
        [
            ("image", "图.png"),
            ("image", "chart.png"),
            ("image", "media_1767225600000.png"),
            ("file", "error.png"),
            ("image", "chart.png"),
        ]
    );
    house.close().await;
}

#[tokio::test]
async fn what_is_not_fetched_is_said_by_its_name_alone() {
    let web = Web::serve(vec![(
        "/away.png",
        answer(
            "302 Found",
            &["location: http://169.254.169.254/latest/"],
            b"",
        ),
    )])
    .await;
    let house = intranet().await;
    for path in ["/gone.png?key=secret", "/away.png"] {
        let outcome = house.send(&web.url(path)).await;
        assert_eq!(class_of(&outcome), "fetch-failed");
        let name = outcome.name.clone();
        assert_eq!(
            notes(&outcome),
            format!("❌ 无法获取文件“{name}”，未发送。")
        );
    }
    house.close().await;
}

#[tokio::test]
async fn addresses_of_the_own_network_are_not_asked() {
    let web = Web::serve(vec![("/a.png", answer("200 OK", &[], &bytes(PNG, 100)))]).await;
    let house = House::with(|account| account.media.allow_http = true).await;
    let port = web.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "intranet",
        "printer.local",
        "metadata.google.internal",
    ] {
        for scheme in ["http", "https"] {
            let text = format!("{scheme}://{host}:{port}/a.png");
            assert_eq!(house.class(&text).await, "fetch-failed", "{text}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn plain_http_has_to_be_allowed() {
    let house = House::new().await;
    assert_eq!(
        house.class("http://example.com/a.png").await,
        "invalid-reference"
    );
    house.close().await;
}

#[tokio::test]
async fn a_download_stops_at_the_limit() {
    let announced = "content-length: 30000000";
    let web = Web::serve(vec![
        ("/announced.bin", answer("200 OK", &[announced], b"")),
        (
            "/endless.bin",
            answer("200 OK", &[], &bytes(b"\0", 21 * MIB)),
        ),
    ])
    .await;
    let house = intranet().await;
    let outcome = house.send(&web.url("/announced.bin")).await;
    assert_eq!(
        notes(&outcome),
        "❌ 文件“announced.bin”大小为 28.62 MB，超过企业微信的 20.00 MB 上限，无法发送。请压缩或拆分后再试。"
    );
    let outcome = house.send(&web.url("/endless.bin")).await;
    assert_eq!(class_of(&outcome), "too-large");
    house.close().await;
}
