//! What files are called.

use wecom::agent::AttachmentKind;

use crate::scene::{Scene, address_of, file, image};
use crate::sealed::sealed;
use crate::server::{Reply, Server};

/// The name, the type and the stem on the disk of a PDF that is served with this header.
async fn named(disposition: &str, path: &str, explicit: Option<&str>) -> String {
    let header = disposition.to_owned();
    let server = Server::start(move |_, _| {
        let reply = Reply::ok(sealed(b"%PDF-1.7"));
        if header.is_empty() {
            reply
        } else {
            reply.header("content-disposition", &header)
        }
    })
    .await;
    let scene = Scene::new();
    let mut wanted = file(server.url(path));
    address_of(&mut wanted).file_name = explicit.map(str::to_owned);
    let found = scene.fetch_one(wanted).await.unwrap();
    assert_eq!(found.content_type, "application/pdf");
    assert!(found.path.starts_with(scene.dir.path()));
    assert_eq!(scene.files(), [found.path]);
    found.name
}

#[tokio::test]
async fn the_first_candidate_that_is_a_name_counts() {
    let header = "attachment; filename=header.pdf";
    for (explicit, disposition, path, name) in [
        (Some("周报.pdf"), header, "/url.pdf", "周报.pdf"),
        (Some(".."), header, "/url.pdf", "header.pdf"),
        (None, header, "/url.pdf", "header.pdf"),
        (None, "inline", "/url.pdf?sign=x.txt", "url.pdf"),
        (None, "", "/download", "file.pdf"),
        (Some("报告"), "", "/a.txt", "报告.pdf"),
    ] {
        assert_eq!(named(disposition, path, explicit).await, name);
    }
}

#[tokio::test]
async fn headers_that_other_parsers_stumble_over() {
    for (disposition, name) in [
        ("attachment; filename=\"my report.pdf\"", "my report.pdf"),
        ("attachment; filename=\"100%.pdf\"", "100%.pdf"),
        ("attachment; filename*=\"UTF-8''q.pdf\"", "q.pdf"),
        ("attachment; filename=a%2Fb.pdf", "b.pdf"),
        (
            "attachment; filename*=UTF-8''%E5%91%A8%E6%8A%A5%20%281%29.pdf",
            "周报 (1).pdf",
        ),
        ("attachment; filename=\"周报.pdf\"", "周报.pdf"),
        ("attachment; filename=\"../../etc/cron.d/x.pdf\"", "x.pdf"),
        ("attachment; filename=\"C:\\Windows\\x.pdf\"", "x.pdf"),
        ("attachment; filename=\"..\"", "u.pdf"),
        ("attachment; filename=\"a\u{202E}fdp.exe\"", "afdp.exe"),
    ] {
        assert_eq!(
            named(disposition, "/u.pdf", None).await,
            name,
            "{disposition}"
        );
    }
}

#[tokio::test]
async fn a_long_name_is_cut_before_its_extension() {
    let long = format!("{}.pdf", "长".repeat(300));
    let name = named("", "/a", Some(&long)).await;
    assert_eq!(name, format!("{}.pdf", "长".repeat(38)));
}

#[tokio::test]
async fn the_server_may_say_the_type_where_the_bytes_do_not() {
    let server = Server::start(|path, _| {
        let reply = Reply::ok(sealed(b"\x01\x02\0\x03"));
        match path {
            "/typed" => reply.header("content-type", "Image/WebP; q=1"),
            "/generic" => reply.header("content-type", "application/octet-stream"),
            _ => reply.header("content-type", "text/html"),
        }
    })
    .await;
    let scene = Scene::new();
    for (path, kind, mime, name) in [
        ("/typed", AttachmentKind::Image, "image/webp", "image.webp"),
        ("/generic", AttachmentKind::Image, "image/jpeg", "image.jpg"),
        ("/html", AttachmentKind::Image, "image/jpeg", "image.jpg"),
        ("/typed", AttachmentKind::Video, "image/webp", "video.webp"),
        (
            "/generic",
            AttachmentKind::File,
            "application/octet-stream",
            "file",
        ),
    ] {
        let mut wanted = image(server.url(path));
        wanted.kind = kind;
        let found = scene.fetch_one(wanted).await.unwrap();
        assert_eq!(
            (found.content_type.as_str(), found.name.as_str()),
            (mime, name)
        );
    }
}
