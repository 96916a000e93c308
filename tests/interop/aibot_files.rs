//! Files, with the official Node SDK as the bot: what people send it decrypts, and what it
//! uploads is taken.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wecom::sim::{
    Attachment, DEMO_BOT, DownloadFaultKind, EntryKind, KeyManner, Sim, SimChat, SimMember,
};

use super::aibot_sdk::{authenticated, start};
use super::peer::Peer;

const USER: &str = "LiNa";

/// SHA-256 as the script tells it.
pub(crate) fn sha256(data: &[u8]) -> String {
    Sha256::digest(data)
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Lets the SDK fetch what an object of a push tells of.
pub(crate) async fn download(peer: &mut Peer, pushed: &Value) -> Result<Value, Value> {
    let args = json!([pushed["url"], pushed["aeskey"]]);
    peer.call("a", "downloadFile", args).await
}

fn person(sim: &Sim) -> SimMember {
    sim.member(DEMO_BOT, USER)
}

/// The object of the next message.
async fn next(peer: &mut Peer, kind: &str) -> Value {
    let message = peer.event("a", "message").await;
    assert_eq!(message["body"]["msgtype"], kind, "{message}");
    message["body"][kind].clone()
}

#[tokio::test]
async fn it_decrypts_what_people_send() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    for size in [1, 15, 16, 17, 31, 32, 33, 1_024 * 1_024] {
        let data: Vec<u8> = (0..=250).cycle().take(size).collect();
        person(&sim).send_file("日报.pdf", data.clone()).unwrap();
        let file = next(&mut peer, "file").await;
        let got = download(&mut peer, &file).await.unwrap();
        assert_eq!(
            got,
            json!({ "filename": "日报.pdf", "size": size, "sha256": sha256(&data) }),
            "{size}"
        );
    }
    let fetched: Vec<u64> = sim.downloads().iter().map(|it| it.fetched).collect();
    assert_eq!(fetched, [1; 8]);
}

#[tokio::test]
async fn it_finds_the_same_faults() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let file = || Attachment::file("a.txt", vec![7; 5_000]);
    let faulty = [
        file().failing(DownloadFaultKind::Status(403)),
        file().failing(DownloadFaultKind::Cut(100)),
        file().failing(DownloadFaultKind::LongLength(1)),
        file().failing(DownloadFaultKind::Truncate(100)),
        file().failing(DownloadFaultKind::Redirect(String::new())),
    ];
    for attachment in faulty {
        person(&sim).send(attachment.clone()).unwrap();
        let pushed = next(&mut peer, "file").await;
        let got = download(&mut peer, &pushed).await;
        assert!(got.is_err(), "{:?}: {got:?}", attachment.handover.faults);
    }
    person(&sim)
        .send(file().with_key(KeyManner::Plain))
        .unwrap();
    let pushed = next(&mut peer, "file").await;
    let got = download(&mut peer, &pushed).await.unwrap();
    assert_eq!(got["sha256"], sha256(&[7; 5_000]), "no key, no encryption");
}

#[tokio::test]
async fn it_decrypts_parts_and_quotes() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let data = b"a picture".as_slice();
    let parts = ["look".into(), Attachment::image(data).into()];
    let said = person(&sim).send_mixed(parts).unwrap();
    let mixed = next(&mut peer, "mixed").await;
    let got = download(&mut peer, &mixed["msg_item"][1]["image"])
        .await
        .unwrap();
    assert_eq!(got["sha256"], sha256(data));
    person(&sim).quoting(said.entry).say("again").unwrap();
    let message = peer.event("a", "message").await;
    let image = &message["body"]["quote"]["mixed"]["msg_item"][1]["image"];
    let got = download(&mut peer, image).await.unwrap();
    assert_eq!(got["sha256"], sha256(data));
}

#[tokio::test]
async fn its_uploads_of_all_kinds_are_taken() {
    let sim = start().await;
    let mut peer = authenticated(&sim).await;
    let chat = SimChat::direct(DEMO_BOT, USER);
    sim.open_chat(&chat).unwrap();
    let kinds = [
        ("image", EntryKind::Image),
        ("voice", EntryKind::Voice),
        ("video", EntryKind::Video),
        ("file", EntryKind::File),
    ];
    for (kind, shown) in kinds {
        let options = json!({ "type": kind, "filename": format!("a.{kind}") });
        let args = json!([{ "$bytes": 600_000 }, options]);
        let uploaded = peer.call("a", "uploadMedia", args).await.unwrap();
        assert_eq!(uploaded["type"], kind);
        let args = json!([USER, kind, uploaded["media_id"]]);
        peer.call("a", "sendMediaMessage", args).await.unwrap();
        let entry = sim.transcript(&chat).pop().unwrap();
        assert_eq!((entry.kind, entry.media.unwrap().size), (shown, 600_000));
    }
    assert_eq!(sim.violations(), []);
}
