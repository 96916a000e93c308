//! Files both ways.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::Instant;
use wecom::ids::MediaId;
use wecom::sim::{ApiFault, ApiFaultKind, MemberFile};
use wecom::wecom::api::{
    ApiClient, ApiError, ApiUpload, AppBody, AppMessage, Unsendable, content_type_of,
};
use wecom::wecom::bot::{UploadBytes, UploadKind};

use super::{client, code, soon, start, text_to, users};

const MIB: usize = 1024 * 1024;

/// Bytes in memory, or a disk that fails after so many.
struct Content {
    bytes: Bytes,
    readable: usize,
}

#[async_trait]
impl UploadBytes for Content {
    async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let start = usize::try_from(offset).unwrap();
        if start + length > self.readable {
            return Err(io::Error::other("the disk is gone"));
        }
        Ok(self.bytes.slice(start..start + length))
    }
}

fn upload(kind: UploadKind, name: &str, bytes: impl Into<Bytes>) -> ApiUpload {
    let bytes = bytes.into();
    ApiUpload {
        kind,
        name: name.to_owned(),
        content_type: content_type_of(name).to_owned(),
        size: bytes.len() as u64,
        bytes: Arc::new(Content {
            readable: bytes.len(),
            bytes,
        }),
    }
}

fn png(size: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.resize(size, 7);
    bytes
}

async fn fetch(client: &ApiClient, id: &MediaId, limit: u64) -> Result<Vec<u8>, ApiError> {
    let mut download = client.download(id, limit, soon()).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = download.chunk().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn a_file_keeps_its_chinese_name() {
    let sim = start().await;
    let client = client(&sim);
    let content = Bytes::from(vec![b'x'; 200_000]);
    let file = upload(UploadKind::File, "季度 报告\".xlsx", content.clone());
    let media_id = client.upload(&file, soon()).await.unwrap();
    let seen = sim.apps().uploads().pop().unwrap();
    assert_eq!(
        seen.disposition,
        "form-data; name=\"media\"; filename=\"季度 报告_.xlsx\"; filelength=200000"
    );
    assert_eq!(
        seen.content_type,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    assert_eq!(sim.apps().file(&media_id), Some(content));
    assert_eq!(sim.apps().count("media/upload"), 1);
    let message = AppMessage {
        body: AppBody::File(media_id),
        ..text_to(users(&["LiNa"]), "")
    };
    client.send(&message, soon()).await.unwrap();
    assert_eq!(sim.apps().messages()[0].msgtype, "file");
}

#[tokio::test]
async fn every_kind_is_uploaded_as_what_it_is() {
    let sim = start().await;
    let client = client(&sim);
    for (kind, name, bytes, expected) in [
        (
            UploadKind::Image,
            "图.png",
            png(100),
            ("image", "image/png"),
        ),
        (
            UploadKind::Voice,
            "a.amr",
            b"#!AMR\n......".to_vec(),
            ("voice", "voice/amr"),
        ),
        (UploadKind::Video, "a.mp4", png(9), ("video", "video/mp4")),
    ] {
        client
            .upload(&upload(kind, name, bytes), soon())
            .await
            .unwrap();
        let seen = sim.apps().uploads().pop().unwrap();
        assert_eq!((seen.kind.as_str(), seen.content_type.as_str()), expected);
        assert_eq!(seen.name, name);
    }
}

#[tokio::test]
async fn a_refused_form_is_tried_without_type_then_in_ascii() {
    let sim = start().await;
    let client = client(&sim);
    let refused = || ApiFault::error(44_001, "empty media data").on("media/upload");
    let file = upload(UploadKind::File, "报告.pdf", "content");
    sim.apps().fault(refused()).unwrap();
    client.upload(&file, soon()).await.unwrap();
    let seen = sim.apps().uploads().pop().unwrap();
    assert_eq!(seen.content_type, "application/octet-stream");
    assert_eq!(seen.name, "报告.pdf");
    sim.apps().fault(refused().times(2)).unwrap();
    client.upload(&file, soon()).await.unwrap();
    let seen = sim.apps().uploads().pop().unwrap();
    assert!(seen.name.starts_with("file-") && seen.name.is_ascii());
    assert_eq!(sim.apps().count("media/upload"), 5);
    // There is no fourth form.
    sim.apps().fault(refused().times(3)).unwrap();
    let error = client.upload(&file, soon()).await.unwrap_err();
    assert_eq!(code(&error), Some(44_001));
    assert_eq!(sim.apps().count("media/upload"), 8);
}

#[tokio::test]
async fn what_is_refused_as_a_picture_is_told_apart() {
    let sim = start().await;
    let client = client(&sim);
    let webp = upload(UploadKind::Image, "a.png", "RIFFxxxxWEBP");
    let error = client.upload(&webp, soon()).await.unwrap_err();
    assert!(error.code().unwrap().is_kind_refused(), "{error}");
    assert_eq!(sim.apps().count("media/upload"), 1);
}

#[tokio::test]
async fn sizes_are_checked_before_anything_is_sent() {
    let sim = start().await;
    let client = client(&sim);
    for (kind, size) in [
        (UploadKind::Image, 10 * MIB + 1),
        (UploadKind::Voice, 2 * MIB + 1),
        (UploadKind::File, 20 * MIB + 1),
        (UploadKind::File, 5),
    ] {
        let upload = upload(kind, "a.bin", vec![0; size]);
        let error = client.upload(&upload, soon()).await.unwrap_err();
        assert!(
            matches!(error, ApiError::Unsendable(Unsendable::Size { .. })),
            "{error}"
        );
    }
    assert_eq!(sim.apps().count("media/upload"), 0);
    let largest = upload(UploadKind::File, "a.bin", vec![0; 20 * MIB]);
    client.upload(&largest, soon()).await.unwrap();
}

#[tokio::test]
async fn an_upload_is_made_again_after_a_cut_and_an_old_token() {
    let sim = start().await;
    let client = client(&sim);
    let apps = sim.apps();
    let drop = ApiFault::new(ApiFaultKind::Drop);
    apps.fault(drop.on("media/upload").applied()).unwrap();
    apps.fault(ApiFault::error(42_001, "").on("media/upload"))
        .unwrap();
    let file = upload(UploadKind::File, "a.txt", "content");
    let id = client.upload(&file, soon()).await.unwrap();
    assert_eq!(apps.file(&id).as_deref(), Some(&b"content"[..]));
    assert_eq!(apps.count("media/upload"), 3);
}

#[tokio::test]
async fn a_disk_that_fails_is_told() {
    let sim = start().await;
    let mut file = upload(UploadKind::File, "a.txt", "");
    file.size = 100_000;
    file.bytes = Arc::new(Content {
        bytes: Bytes::from(vec![1; 100_000]),
        readable: 70_000,
    });
    let error = client(&sim).upload(&file, soon()).await.unwrap_err();
    assert_eq!(error, ApiError::Unreadable("the disk is gone".to_owned()));
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn a_json_file_is_a_file() {
    let sim = start().await;
    let client = client(&sim);
    for (name, content_type, content) in [
        (Some("a.json"), "application/json", r#"{"errcode":1,"a":1}"#),
        (None, "application/json", r#"{"name":"wecom"}"#),
        (None, "application/json", r#"{"errcode":0}"#),
        (None, "text/plain", "errcode: 40007"),
        (Some("空.txt"), "text/plain", ""),
    ] {
        let id = sim.apps().add_file(MemberFile {
            name: name.map(str::to_owned),
            content_type: content_type.to_owned(),
            data: content.into(),
        });
        let bytes = fetch(&client, &id, 1_000).await.unwrap();
        assert_eq!(bytes, content.as_bytes());
        let download = client.download(&id, 1_000, soon()).await.unwrap();
        let disposition = download.content_disposition().map(String::from_utf8_lossy);
        let expected = name.map(|name| format!("attachment; filename=\"{name}\""));
        assert_eq!(disposition.as_deref(), expected.as_deref());
        assert_eq!(download.content_type(), Some(content_type));
    }
}

#[tokio::test]
async fn an_error_is_one_whatever_its_type() {
    let sim = start().await;
    let client = client(&sim);
    let gone = fetch(&client, &"gone".into(), 1_000).await.unwrap_err();
    assert!(gone.code().unwrap().is_media_gone(), "{gone}");
    for content_type in ["text/plain", "application/octet-stream"] {
        let id = sim.apps().add_file(MemberFile {
            name: None,
            content_type: content_type.to_owned(),
            data: r#"{"errcode":40007,"errmsg":"invalid media_id"}"#.into(),
        });
        let error = fetch(&client, &id, 1_000).await.unwrap_err();
        assert_eq!(code(&error), Some(40_007), "{content_type}");
    }
}

#[tokio::test]
async fn limits_of_downloads_hold_to_the_byte() {
    let sim = start().await;
    let client = client(&sim);
    let limit = 20 * MIB as u64;
    for (size, fits) in [(5 * MIB + 1, true), (20 * MIB, true), (20 * MIB + 1, false)] {
        for name in [Some("a.bin".to_owned()), None] {
            let id = sim.apps().add_file(MemberFile {
                name,
                content_type: "application/octet-stream".to_owned(),
                data: vec![3; size].into(),
            });
            match fetch(&client, &id, limit).await {
                Ok(bytes) => assert!(fits && bytes.len() == size, "{size}"),
                Err(error) => assert!(!fits && error == ApiError::TooLarge { limit }, "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_download_is_begun_again_with_a_new_token() {
    let sim = start().await;
    let client = client(&sim);
    client.check(soon()).await.unwrap();
    let id = sim.apps().add_file(MemberFile {
        name: Some("a.txt".to_owned()),
        content_type: "text/plain".to_owned(),
        data: "content".into(),
    });
    sim.apps().expire_tokens();
    assert_eq!(fetch(&client, &id, 100).await.unwrap(), b"content");
    assert_eq!(sim.apps().count("gettoken"), 2);
    assert_eq!(sim.apps().count("media/get"), 2);
}

#[tokio::test]
async fn a_deadline_ends_a_download() {
    let sim = start().await;
    let client = client(&sim);
    client.check(soon()).await.unwrap();
    let delay = ApiFault::new(ApiFaultKind::Delay(5_000)).on("media/get");
    sim.apps().fault(delay).unwrap();
    let deadline = Instant::now() + Duration::from_millis(300);
    let error = client.download(&"x".into(), 1, deadline).await.unwrap_err();
    assert!(!error.may_have_arrived(), "{error}");
    assert!(Instant::now() < deadline + Duration::from_secs(3));
}
