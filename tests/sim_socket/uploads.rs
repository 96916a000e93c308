//! Uploads in chunks, and what they are good for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{DEMO_BOT, EntryKind, Injection, SimOptions};

use super::client::Client;
use super::{bot, direct, http, start_with, subscribed};

const CHUNK: usize = 524_288;

fn digest(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(bytes).into()))
}

async fn begin(client: &mut Client, kind: &str, bytes: &[u8], md5: &str) -> Value {
    let body = json!({ "type": kind, "filename": "报告.pdf", "total_size": bytes.len(),
        "total_chunks": bytes.len().div_ceil(CHUNK), "md5": md5 });
    client.request("aibot_upload_media_init", body).await
}

async fn put(client: &mut Client, upload: &Value, index: usize, bytes: &[u8]) -> Value {
    let body = json!({ "upload_id": upload, "chunk_index": index,
        "base64_data": STANDARD.encode(bytes) });
    client.request("aibot_upload_media_chunk", body).await
}

async fn finish(client: &mut Client, upload: &Value) -> Value {
    let body = json!({ "upload_id": upload });
    client.request("aibot_upload_media_finish", body).await
}

#[tokio::test]
async fn a_file_goes_up_in_pieces_and_out_as_a_message() {
    let clock = ManualClock::at(1_767_225_600_000);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut client = subscribed(&sim).await;
    let bytes: Vec<u8> = (0..=250).cycle().take(2 * CHUNK + 1_000).collect();
    let chunks: Vec<&[u8]> = bytes.chunks(CHUNK).collect();

    let opened = begin(&mut client, "file", &bytes, &digest(&bytes)).await;
    let upload = &opened["body"]["upload_id"];
    assert_eq!(put(&mut client, upload, 2, chunks[2]).await["errcode"], 0);
    let early = finish(&mut client, upload).await;
    assert_eq!(early["errcode"], 40_058, "chunks are missing");
    assert_eq!(put(&mut client, upload, 0, chunks[0]).await["errcode"], 0);
    assert_eq!(
        put(&mut client, upload, 0, chunks[0]).await["errcode"],
        0,
        "again"
    );
    assert_eq!(
        put(&mut client, upload, 3, chunks[2]).await["errcode"],
        40_058,
        "beyond"
    );

    drop(client);
    let mut client = subscribed(&sim).await;
    let after = put(&mut client, upload, 1, chunks[1]).await;
    assert_eq!(after["errcode"], 0, "an upload survives a reconnect");
    let done = finish(&mut client, upload).await;
    assert_eq!(done["body"]["type"], "file");
    assert_eq!(done["body"]["created_at"], "1767225600");
    let again = finish(&mut client, upload).await;
    assert_eq!(again["body"], done["body"], "the answer may have been lost");

    let media_id = &done["body"]["media_id"];
    let asked = sim
        .inject(Injection::text(DEMO_BOT, "LiNa", "file?"))
        .unwrap();
    let body = json!({ "msgtype": "file", "file": { "media_id": media_id } });
    let ack = client
        .reply("aibot_respond_msg", asked.req_id.as_str(), body.clone())
        .await;
    assert_eq!(ack["errcode"], 0);
    let entry = sim.transcript(&direct("LiNa")).pop().unwrap();
    let media = entry.media.unwrap();
    assert_eq!(entry.kind, EntryKind::File);
    assert_eq!(
        (media.name.as_str(), media.size),
        ("报告.pdf", bytes.len() as u64)
    );
    let fetched = http::call(&sim, "GET", &format!("/sim/media/{}", media.id), None).await;
    assert_eq!((fetched.status, fetched.body == bytes), (200, true));
    assert!(
        fetched.head.contains("application/octet-stream"),
        "{}",
        fetched.head
    );

    let wrong_kind =
        json!({ "chatid": "LiNa", "msgtype": "image", "image": { "media_id": media_id } });
    assert_eq!(
        client.request("aibot_send_msg", wrong_kind).await["errcode"],
        40_007
    );
    clock.advance(3 * 24 * 3_600_000 + 1);
    let mut late = body;
    late["chatid"] = json!("LiNa");
    assert_eq!(
        client.request("aibot_send_msg", late).await["errcode"],
        40_007,
        "three days"
    );

    let chunk = sim
        .frames(&bot())
        .into_iter()
        .find(|f| f.cmd.ends_with("chunk"))
        .unwrap();
    assert_eq!(
        chunk.body["base64_data"], "<1336 characters>",
        "the log keeps no data"
    );
}

#[tokio::test]
async fn limits_hold() {
    let clock = ManualClock::at(0);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut client = subscribed(&sim).await;
    let small = b"0123456789";

    let opened = begin(&mut client, "file", small, &digest(b"other")).await;
    let upload = &opened["body"]["upload_id"];
    put(&mut client, upload, 0, small).await;
    let bad = finish(&mut client, upload).await;
    assert_eq!(
        (&bad["errcode"], &bad["errmsg"]),
        (&json!(40_058), &json!("md5 does not match"))
    );
    let big = put(&mut client, upload, 0, &vec![0; CHUNK + 1]).await;
    assert_eq!(big["errcode"], 40_058);
    assert_eq!(
        finish(&mut client, &json!("nowhere")).await["errcode"],
        40_058
    );
    assert_eq!(
        begin(&mut client, "memo", small, &digest(small)).await["errcode"],
        40_004
    );
    assert_eq!(
        begin(&mut client, "file", b"12345", &digest(b"")).await["errcode"],
        40_006
    );
    let huge = json!({ "type": "image", "filename": "x.png", "total_size": 10_485_761,
        "total_chunks": 21 });
    let ack = client.request("aibot_upload_media_init", huge).await;
    assert_eq!(ack["errcode"], 45_001);

    clock.advance(30 * 60_000 + 1);
    assert_eq!(
        put(&mut client, upload, 0, small).await["errcode"],
        40_058,
        "half an hour"
    );
    for _ in 0..30 {
        let opened = begin(&mut client, "file", small, &digest(small)).await;
        assert_eq!(opened["errcode"], 0);
    }
    assert_eq!(
        begin(&mut client, "file", small, &digest(small)).await["errcode"],
        45_009
    );
}
