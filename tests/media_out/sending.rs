//! As what things go out, and what the chat is told.

use serde_json::json;
use wecom::channel::media::outbound::MediaDelivery;

use crate::house::{House, MIB, PNG, bytes, class_of, notes};

#[tokio::test]
async fn each_kind_goes_out_as_itself() {
    let house = House::new().await;
    for (name, head, kind) in [
        ("a.png", PNG, "image"),
        ("a.jpg", b"\xFF\xD8\xFF\xE0".as_slice(), "image"),
        ("a.gif", b"GIF89a", "image"),
        ("a.mp4", b"\0\0\0\x18ftypisom", "video"),
        ("a.amr", b"#!AMR\n", "voice"),
        ("a.pdf", b"%PDF-1.7", "file"),
        ("周报.txt", b"plain text", "file"),
    ] {
        house.write(&format!("work/{name}"), bytes(head, 400));
        let outcome = house.send(name).await;
        assert_eq!(notes(&outcome), "", "{name}");
        assert!(matches!(outcome.delivery, MediaDelivery::Delivered(_)));
        let expected = (kind.to_owned(), name.to_owned(), 400);
        assert_eq!(house.seen().last(), Some(&expected));
        let sent = house.frames("aibot_send_msg").pop().unwrap();
        assert_eq!(sent.body["chat_type"], 1);
        let message_id = outcome.sent().unwrap().message_id.clone();
        assert_eq!(message_id, Some(sent.req_id));
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_not_shown_goes_out_as_a_file_and_says_so() {
    let house = House::new().await;
    let minute_and_more = {
        let mut frame = vec![0x3C];
        frame.extend([0; 31]);
        [b"#!AMR\n".to_vec(), frame.repeat(3_050)].concat()
    };
    for (name, bytes, note) in [
        (
            "large.png",
            bytes(PNG, 10 * MIB + 1),
            "⚠️ 图片“large.png”大小为 10.01 MB，超过图片的 10.00 MB 上限，已改为以文件形式发送。",
        ),
        (
            "a.webp",
            bytes(b"RIFF\0\0\0\0WEBPVP8 ", 100),
            "⚠️ 图片“a.webp”的格式为 image/webp，企业微信的图片消息只支持 JPEG、PNG、GIF，已改为以文件形式发送。",
        ),
        (
            "a.mov",
            bytes(b"\0\0\0\x18ftypqt  ", 100),
            "⚠️ 视频“a.mov”的格式为 video/quicktime，企业微信的视频消息只支持 MP4，已改为以文件形式发送。",
        ),
        (
            "a.mp3",
            bytes(b"ID3", 100),
            "⚠️ 语音“a.mp3”的格式为 audio/mpeg，企业微信的语音消息只支持 AMR，已改为以文件形式发送。",
        ),
        (
            "wide.amr",
            bytes(b"#!AMR-WB\n", 100),
            "⚠️ 语音“wide.amr”的格式为 audio/amr-wb，企业微信的语音消息只支持 AMR，已改为以文件形式发送。",
        ),
        (
            "long.amr",
            minute_and_more,
            "⚠️ 语音“long.amr”时长 61 秒，超过语音消息的 60 秒上限，已改为以文件形式发送。",
        ),
    ] {
        house.write(&format!("work/{name}"), &bytes);
        let outcome = house.send(name).await;
        assert_eq!(notes(&outcome), note);
        let expected = ("file".to_owned(), name.to_owned(), bytes.len() as u64);
        assert_eq!(house.seen().last(), Some(&expected));
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_too_large_does_not_go_out() {
    let house = House::new().await;
    house.write("work/fits.bin", bytes(b"\0", 20 * MIB));
    house.write("work/over.bin", bytes(b"\0", 20 * MIB + 1));
    assert_eq!(house.class("fits.bin").await, "ok");
    let outcome = house.send("over.bin").await;
    assert_eq!(
        notes(&outcome),
        "❌ 文件“over.bin”大小为 20.01 MB，超过企业微信的 20.00 MB 上限，无法发送。请压缩或拆分后再试。"
    );
    assert_eq!(house.seen().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_lower_limit_of_the_configuration_holds() {
    let house = House::with(|account| account.media.max_bytes = 1_000).await;
    house.write("work/fits.bin", bytes(b"\0", 1_000));
    house.write("work/over.bin", bytes(b"\0", 1_001));
    assert_eq!(house.class("fits.bin").await, "ok");
    let outcome = house.send("over.bin").await;
    assert_eq!(class_of(&outcome), "too-large");
    assert!(notes(&outcome).contains("media.maxBytes"));
    house.close().await;
}

#[tokio::test]
async fn a_kind_that_is_refused_becomes_a_file() {
    let house = House::new().await;
    for (name, cmd) in [
        ("a.png", "aibot_upload_media_init"),
        ("b.png", "aibot_send_msg"),
    ] {
        house.write(&format!("work/{name}"), [PNG, name.as_bytes()].concat());
        house.faults(json!({"ack_errors": [{"cmd": cmd, "errcode": 40_004}]}));
        let outcome = house.send(name).await;
        assert_eq!(
            notes(&outcome),
            format!("⚠️ 企业微信未接受以图片形式发送“{name}”，已改为以文件形式发送。")
        );
        assert_eq!(house.seen().last().unwrap().0, "file");
    }
    house.close().await;
}

#[tokio::test]
async fn the_same_file_is_uploaded_once_unless_wecom_has_forgotten_it() {
    let house = House::new().await;
    house.write("work/a.txt", "the same bytes");
    for _ in 0..2 {
        assert_eq!(house.class("a.txt").await, "ok");
    }
    assert_eq!(house.frames("aibot_upload_media_init").len(), 1);
    house.faults(json!({"ack_errors": [{"cmd": "aibot_send_msg", "errcode": 40_007}]}));
    assert_eq!(house.class("a.txt").await, "ok");
    assert_eq!(house.frames("aibot_upload_media_init").len(), 2);
    assert_eq!(house.seen().len(), 3);
    house.close().await;
}

#[tokio::test]
async fn a_message_that_is_not_confirmed_is_not_repeated() {
    let house = House::new().await;
    house.write("work/a.txt", "a few bytes");
    // Init, chunk and finish; the message takes effect, and its answer is lost.
    house.faults(json!({"disconnect_after_frames": 4}));
    let outcome = house.send("a.txt").await;
    assert!(matches!(outcome.delivery, MediaDelivery::Unknown(_)));
    assert_eq!(
        notes(&outcome),
        "⚠️ 未能确认文件“a.txt”是否送达，如未收到，请让我重新发送。"
    );
    assert_eq!(house.seen().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_chat_that_does_not_exist_is_a_failure_without_a_path() {
    let mut house = House::new().await;
    house.write("work/a.txt", "a few bytes");
    house.chat.id = "nobody".into();
    let outcome = house.send("a.txt").await;
    assert_eq!(class_of(&outcome), "send");
    assert_eq!(notes(&outcome), "❌ 文件“a.txt”发送失败，请稍后再试。");
    house.close().await;
}
