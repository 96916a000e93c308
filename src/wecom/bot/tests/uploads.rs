use std::io;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::harness::{Peer, Rig};
use crate::wecom::bot::{
    CHUNK_BYTES, Upload, UploadBytes, UploadError, UploadKind, UploadStep, Uploaded, Uploader,
};

/// As many zeros as are asked for.
struct Zeros;

#[async_trait]
impl UploadBytes for Zeros {
    async fn read_at(&self, _: u64, length: usize) -> io::Result<Bytes> {
        Ok(vec![0; length].into())
    }
}

/// A file of so many chunks, the last of them small.
fn file(chunks: u64) -> Upload<'static> {
    Upload {
        kind: UploadKind::File,
        file_name: "a.bin",
        size: (chunks - 1) * CHUNK_BYTES as u64 + 10,
        md5: "00000000000000000000000000000000",
        bytes: &Zeros,
    }
}

fn done(media_id: &str) -> Uploaded {
    Uploaded {
        media_id: media_id.into(),
        is_reused: false,
    }
}

/// The next frame of an upload; heartbeats are answered on the way.
async fn next(peer: &mut Peer) -> Value {
    loop {
        let frame = peer.recv().await;
        if frame["cmd"] != "ping" {
            return frame;
        }
        peer.ack(&frame).await;
    }
}

async fn expect(peer: &mut Peer, cmd: &str) -> Value {
    let frame = next(peer).await;
    assert_eq!(frame["cmd"], cmd);
    frame
}

async fn answer(peer: &mut Peer, frame: &Value, body: Value) {
    let ack = json!({"headers": frame["headers"], "errcode": 0, "errmsg": "ok", "body": body});
    peer.say(&ack.to_string()).await;
}

async fn init(peer: &mut Peer, upload_id: &str) {
    let frame = expect(peer, INIT).await;
    answer(peer, &frame, json!({"upload_id": upload_id})).await;
}

async fn finish(peer: &mut Peer, media_id: &str) {
    let frame = expect(peer, FINISH).await;
    answer(peer, &frame, json!({"media_id": media_id})).await;
}

async fn chunk(peer: &mut Peer) -> u64 {
    let frame = expect(peer, CHUNK).await;
    peer.ack(&frame).await;
    index(&frame)
}

fn index(frame: &Value) -> u64 {
    frame["body"]["chunk_index"].as_u64().unwrap()
}

const INIT: &str = "aibot_upload_media_init";
const CHUNK: &str = "aibot_upload_media_chunk";
const FINISH: &str = "aibot_upload_media_finish";

#[tokio::test(start_paused = true)]
async fn a_small_file_is_three_frames() {
    let (rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let serve = async {
        let frame = next(&mut peer).await;
        assert_eq!(
            frame["body"],
            json!({"type": "file", "filename": "a.bin", "total_size": 10, "total_chunks": 1,
                "md5": "00000000000000000000000000000000"})
        );
        answer(&mut peer, &frame, json!({"upload_id": "U1"})).await;
        let frame = next(&mut peer).await;
        assert_eq!(
            frame["body"],
            json!({"upload_id": "U1", "chunk_index": 0, "base64_data": "AAAAAAAAAAAAAA=="})
        );
        peer.ack(&frame).await;
        let frame = next(&mut peer).await;
        assert_eq!(frame["body"], json!({"upload_id": "U1"}));
        answer(&mut peer, &frame, json!({"media_id": "M1", "type": "file"})).await;
    };
    let upload = file(1);
    let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
    assert_eq!(result.unwrap(), done("M1"));

    // The same again costs nothing, until WeCom is found to have forgotten it.
    let again = uploader.upload(&upload).await.unwrap();
    assert_eq!((again.media_id, again.is_reused), ("M1".into(), true));
    assert!(uploader.forget(&"M1".into()));
    let serve = async {
        init(&mut peer, "U2").await;
        chunk(&mut peer).await;
        finish(&mut peer, "M2").await;
    };
    let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
    assert_eq!(result.unwrap(), done("M2"));
}

#[tokio::test(start_paused = true)]
async fn so_many_chunks_are_on_their_way_at_once() {
    for (chunks, expected) in [
        (1, vec![1]),
        (4, vec![4]),
        (5, vec![3, 2]),
        (10, vec![3, 3, 3, 1]),
        (11, vec![2, 2, 2, 2, 2, 1]),
    ] {
        let (rig, mut peer) = Rig::live().await;
        let uploader = Uploader::new(rig.client.clone());
        let serve = async {
            init(&mut peer, "U").await;
            let (mut waves, mut indexes) = (Vec::new(), Vec::new());
            while indexes.len() < usize::try_from(chunks).unwrap() {
                let mut wave = vec![expect(&mut peer, CHUNK).await];
                while let Ok(frame) = timeout(Duration::from_secs(2), next(&mut peer)).await {
                    wave.push(frame);
                }
                waves.push(wave.len());
                // The order of acknowledgements does not matter.
                for frame in wave.iter().rev() {
                    indexes.push(index(frame));
                    peer.ack(frame).await;
                }
            }
            finish(&mut peer, "M").await;
            indexes.sort_unstable();
            assert_eq!(indexes, (0..chunks).collect::<Vec<_>>());
            waves
        };
        let upload = file(chunks);
        let (result, waves) = tokio::join!(uploader.upload(&upload), serve);
        assert_eq!(result.unwrap(), done("M"));
        assert_eq!(waves, expected, "{chunks}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chunk_has_three_tries() {
    for refusals in [2, 3] {
        let (rig, mut peer) = Rig::live().await;
        let uploader = Uploader::new(rig.client.clone());
        let serve = async {
            init(&mut peer, "U").await;
            let (mut at, mut ids) = (Vec::new(), Vec::new());
            for _ in 0..refusals {
                let frame = expect(&mut peer, CHUNK).await;
                at.push(Instant::now());
                ids.push(frame["headers"]["req_id"].as_str().unwrap().to_owned());
                peer.refuse(&frame, -1, "system error").await;
            }
            if refusals < 3 {
                chunk(&mut peer).await;
                at.push(Instant::now());
                finish(&mut peer, "M").await;
            }
            ids.dedup();
            assert_eq!(ids.len(), refusals, "each try has an id of its own");
            let waits: Vec<_> = at
                .windows(2)
                .map(|two| (two[1] - two[0]).as_millis())
                .collect();
            assert!((500..510).contains(&waits[0]), "{waits:?}");
            assert!((1000..1010).contains(&waits[1]), "{waits:?}");
        };
        let upload = file(1);
        let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
        match result {
            Ok(result) => assert_eq!((result, refusals), (done("M"), 2)),
            Err(UploadError::Refused { step, refusal }) => {
                assert_eq!(
                    (step, refusal.code.number(), refusals),
                    (UploadStep::Chunk, -1, 3)
                );
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_acknowledged_is_sent_again() {
    let (rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let begun = Instant::now();
    let serve = async {
        expect(&mut peer, INIT).await;
        init(&mut peer, "U").await;
        let edge = begun.elapsed();
        let opened = Instant::now();
        expect(&mut peer, CHUNK).await;
        chunk(&mut peer).await;
        let chunk = opened.elapsed();
        expect(&mut peer, FINISH).await;
        let again = expect(&mut peer, FINISH).await;
        assert_eq!(again["body"]["upload_id"], "U");
        answer(&mut peer, &again, json!({"media_id": "M"})).await;
        (edge.as_secs(), chunk.as_secs())
    };
    let upload = file(1);
    let (result, waited) = tokio::join!(uploader.upload(&upload), serve);
    assert_eq!(result.unwrap(), done("M"));
    assert_eq!(waited, (10, 30));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_id_is_an_error() {
    for step in [UploadStep::Init, UploadStep::Finish] {
        let (rig, mut peer) = Rig::live().await;
        let uploader = Uploader::new(rig.client.clone());
        let serve = async {
            if step == UploadStep::Finish {
                init(&mut peer, "U").await;
                chunk(&mut peer).await;
            }
            let frame = next(&mut peer).await;
            answer(&mut peer, &frame, json!({"upload_id": "", "media_id": 7})).await;
        };
        let upload = file(1);
        let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
        assert!(matches!(result, Err(UploadError::MissingId(at)) if at == step));
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_reconnect_only_missing_chunks_are_sent() {
    let (mut rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let serve = async {
        init(&mut peer, "U").await;
        let confirmed = [chunk(&mut peer).await, chunk(&mut peer).await];
        expect(&mut peer, CHUNK).await;
        drop(peer);
        let mut peer = rig.subscribed().await;
        let mut again = Vec::new();
        for _ in 0..3 {
            let frame = expect(&mut peer, CHUNK).await;
            assert_eq!(frame["body"]["upload_id"], "U");
            again.push(index(&frame));
            peer.ack(&frame).await;
        }
        finish(&mut peer, "M").await;
        again.extend(confirmed);
        again.sort_unstable();
        assert_eq!(again, [0, 1, 2, 3, 4]);
    };
    let upload = file(5);
    let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
    assert_eq!(result.unwrap(), done("M"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_away_is_waited_for_a_minute() {
    let (rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let serve = async {
        init(&mut peer, "U").await;
        expect(&mut peer, CHUNK).await;
        drop(peer);
        Instant::now()
    };
    let upload = file(1);
    let (result, lost) = tokio::join!(uploader.upload(&upload), serve);
    assert!(matches!(
        result,
        Err(UploadError::NotConnected(UploadStep::Chunk))
    ));
    assert_eq!(lost.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn what_was_damaged_is_uploaded_once_more() {
    for damages in [1, 2] {
        let (rig, mut peer) = Rig::live().await;
        let uploader = Uploader::new(rig.client.clone());
        let serve = async {
            for _ in 0..damages {
                init(&mut peer, "U1").await;
                chunk(&mut peer).await;
                let frame = expect(&mut peer, FINISH).await;
                peer.refuse(&frame, 301_019, "media md5 not match").await;
            }
            if damages == 1 {
                init(&mut peer, "U2").await;
                chunk(&mut peer).await;
                finish(&mut peer, "M").await;
            }
        };
        let upload = file(1);
        let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
        match result {
            Ok(result) => assert_eq!((result, damages), (done("M"), 1)),
            Err(UploadError::Damaged) => assert_eq!(damages, 2),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_kind_is_not_tried_again() {
    let (rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let serve = async {
        let frame = expect(&mut peer, INIT).await;
        peer.refuse(&frame, 40_004, "invalid media type").await;
        assert!(peer.hears_nothing_for(20).await);
    };
    let upload = file(1);
    let (result, ()) = tokio::join!(uploader.upload(&upload), serve);
    assert!(matches!(result, Err(UploadError::KindRefused(_))));
}

#[tokio::test(start_paused = true)]
async fn a_file_of_more_than_a_hundred_chunks_is_not_begun() {
    let (rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let result = uploader.upload(&file(101)).await;
    assert!(matches!(result, Err(UploadError::TooManyChunks { .. })));
    assert!(peer.hears_nothing_for(5).await);
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_given_up_before_wecom_forgets_it() {
    let (mut rig, mut peer) = Rig::live().await;
    let uploader = Uploader::new(rig.client.clone());
    let begun = Instant::now();
    let serve = async {
        init(&mut peer, "U").await;
        // Both chunks on their way get through at the second try, which takes its time.
        loop {
            expect(&mut peer, CHUNK).await;
            drop(peer);
            tokio::time::sleep(Duration::from_secs(54)).await;
            peer = rig.subscribed().await;
            chunk(&mut peer).await;
            chunk(&mut peer).await;
        }
    };
    let upload = file(60);
    tokio::select! {
        result = uploader.upload(&upload) => {
            assert!(matches!(result, Err(UploadError::TimedOut)), "{result:?}");
        }
        () = serve => {}
    }
    assert_eq!(begun.elapsed().as_secs(), 25 * 60);
}
