//! Uploads against the simulator, which checks every chunk and the digest of the whole.

use std::collections::BTreeMap;

use serde_json::json;
use wecom::wecom::bot::CHUNK_BYTES;

use crate::house::{House, bytes, class_of};

/// How often each chunk was confirmed.
fn confirmed(house: &House) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for frame in house.frames("aibot_upload_media_chunk") {
        if frame.errcode() == Some(0) && frame.ack_sent {
            let index = frame.body["chunk_index"].as_u64().unwrap();
            *counts.entry(index).or_default() += 1;
        }
    }
    counts
}

#[tokio::test]
async fn files_of_any_number_of_chunks_arrive_whole() {
    let house = House::new().await;
    for chunks in [1, 4, 5, 10, 11] {
        let size = (chunks - 1) * CHUNK_BYTES + 1_000;
        house.write(
            "work/a.bin",
            bytes(&[0, u8::try_from(chunks).unwrap()], size),
        );
        assert_eq!(house.class("a.bin").await, "ok", "{chunks}");
        assert_eq!(house.seen().last().unwrap().2, size as u64);
    }
    assert_eq!(house.frames("aibot_upload_media_chunk").len(), 31);
    house.close().await;
}

#[tokio::test]
async fn a_chunk_may_be_refused_twice_but_not_three_times() {
    let house = House::new().await;
    for (times, class) in [(2, "ok"), (3, "upload")] {
        house.write("work/a.bin", bytes(&[0, times], 1_000));
        house.faults(
            json!({"ack_errors": [{"cmd": "aibot_upload_media_chunk", "errcode": -1,
            "errmsg": "system error", "times": times}]}),
        );
        assert_eq!(class_of(&house.send("a.bin").await), class, "{times}");
    }
    house.close().await;
}

#[tokio::test]
async fn an_upload_goes_on_after_a_reconnect() {
    let house = House::new().await;
    house.write("work/a.bin", bytes(&[0], 10 * CHUNK_BYTES + 1_000));
    // Init, and chunks one to three; the answer to the third is lost.
    house.faults(json!({"disconnect_after_frames": 4}));
    assert_eq!(house.class("a.bin").await, "ok");
    assert_eq!(house.frames("aibot_upload_media_init").len(), 1);
    let expected: BTreeMap<u64, usize> = (0..11).map(|index| (index, 1)).collect();
    assert_eq!(
        confirmed(&house),
        expected,
        "nothing confirmed is sent again"
    );
    house.close().await;
}
