//! Files of a bot that is called: they lie under the key of its callbacks.

use aes::cipher::{Block, BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use serde_json::Value;
use wecom::sim::{Attachment, DEMO_BOT, Handover, KeyManner, MessagePart, Sim};

use super::receiver::Receiver;
use super::{DEADLINE, done, quiet, start};
use std::sync::Arc;

const CALLBACK_KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,
];

async fn fetch(sim: &Sim, url: &str) -> Vec<u8> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let path = url.strip_prefix(&format!("http://{}", sim.addr())).unwrap();
    let mut stream = tokio::net::TcpStream::connect(sim.addr()).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        sim.addr()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let blank = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap();
    answer.split_off(blank + 4)
}

/// The bytes without padding, if that is right under this key.
fn opened(key: [u8; 32], mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let vector: [u8; 16] = key[..16].try_into().unwrap();
    let mut cipher = cbc::Decryptor::<aes::Aes256>::new(&key.into(), &vector.into());
    for piece in bytes.chunks_exact_mut(16) {
        cipher.decrypt_block(<&mut Block<aes::Aes256>>::try_from(piece).unwrap());
    }
    let padding = usize::from(*bytes.last()?);
    let end = bytes.len().checked_sub(padding)?;
    let is_good =
        (1..=32).contains(&padding) && bytes[end..].iter().all(|b| usize::from(*b) == padding);
    bytes.truncate(end);
    is_good.then_some(bytes)
}

async fn sent(attachment: Attachment) -> (Sim, Arc<Receiver>, Value) {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let kind = attachment.kind.as_str();
    sim.member(DEMO_BOT, "LiNa").send(attachment).unwrap();
    done(&sim, kind).await;
    let frame = receiver.frames().remove(0);
    assert_eq!(frame["msgtype"], kind);
    let content = frame[kind].clone();
    (sim, receiver, content)
}

#[tokio::test]
async fn a_file_lies_under_the_key_of_the_callbacks() {
    for attachment in [
        Attachment::image(b"picture".as_slice()),
        Attachment::file("日报.txt", b"report".as_slice()),
        Attachment::video(b"video".as_slice()),
    ] {
        let data = attachment.data.clone();
        let (sim, _receiver, content) = sent(attachment).await;
        assert_eq!(
            content.as_object().unwrap().len(),
            1,
            "only the address: {content}"
        );
        let bytes = fetch(&sim, content["url"].as_str().unwrap()).await;
        assert_eq!(opened(CALLBACK_KEY, bytes).unwrap(), data);
    }
}

#[tokio::test]
async fn a_file_can_have_another_key() {
    let handed = |key| Attachment::image(b"picture".as_slice()).with_key(key);
    let (sim, _receiver, content) = sent(handed(KeyManner::Own)).await;
    let key = base64::engine::general_purpose::STANDARD
        .decode(content["aeskey"].as_str().unwrap())
        .unwrap();
    let bytes = fetch(&sim, content["url"].as_str().unwrap()).await;
    assert_eq!(opened(key.try_into().unwrap(), bytes).unwrap(), b"picture");

    let (sim, _receiver, content) = sent(handed(KeyManner::Wrong)).await;
    assert!(content.get("aeskey").is_none());
    let bytes = fetch(&sim, content["url"].as_str().unwrap()).await;
    assert_ne!(
        opened(CALLBACK_KEY, bytes).as_deref(),
        Some(b"picture".as_slice())
    );

    let (sim, _receiver, content) = sent(handed(KeyManner::Plain)).await;
    let bytes = fetch(&sim, content["url"].as_str().unwrap()).await;
    assert_eq!(bytes, b"picture");

    let named =
        Attachment::file("a.txt", b"alpha".as_slice()).handed(Handover::default().with_hints(true));
    let (_sim, _receiver, content) = sent(named).await;
    assert_eq!(content["filename"], "a.txt");
}

#[tokio::test]
async fn texts_and_pictures_come_in_one_message_and_are_quoted() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let lina = sim.member(DEMO_BOT, "LiNa");
    let parts = [
        MessagePart::from("look"),
        Attachment::image(b"picture".as_slice()).into(),
    ];
    let said = lina.send_mixed(parts).unwrap();
    done(&sim, "mixed").await;
    lina.quoting(said.entry).say("and?").unwrap();
    done(&sim, "text").await;
    lina_voice(&sim).await;
    let frames = receiver.frames();
    let items = &frames[0]["mixed"]["msg_item"];
    assert_eq!(items[0]["text"]["content"], "look");
    let quoted = &frames[1]["quote"]["mixed"]["msg_item"][1]["image"]["url"];
    assert_ne!(items[1]["image"]["url"], *quoted, "a new address");
    let bytes = fetch(&sim, quoted.as_str().unwrap()).await;
    assert_eq!(opened(CALLBACK_KEY, bytes).unwrap(), b"picture");
    assert_eq!(frames[2]["voice"]["content"], "说");
}

async fn lina_voice(sim: &Sim) {
    sim.member(DEMO_BOT, "LiNa").send_voice("说").unwrap();
    let is_voice = |call: &wecom::sim::HookCall| call.kind == "voice" && call.done;
    sim.wait_hook_call(DEADLINE, is_voice).await.unwrap();
}
