//! What people send: pushed, encrypted, fetched, quoted.

use std::time::Duration;

use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wecom::clock::ManualClock;
use wecom::sim::{
    Attachment, AttachmentKind, DEMO_BOT, EntryKind, EntryPart, Handover, KeyManner, MessagePart,
    Sim, SimChat, SimError, SimMember, SimOptions,
};

use super::http::{Answer, call, call_as, get, post};
use super::{DEADLINE, direct, start, start_with, subscribed};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n not a whole one";
const GROUP: &str = "wrDEMOProject01";

fn lina(sim: &Sim) -> SimMember {
    sim.member(DEMO_BOT, "LiNa")
}

/// Fetches the address that a push carries.
pub(crate) async fn fetch(sim: &Sim, pushed: &Value) -> Answer {
    call(sim, "GET", path_of(pushed), None).await
}

/// What follows the simulator's own address in a pushed URL.
pub(crate) fn path_of(pushed: &Value) -> &str {
    let url = pushed["url"].as_str().unwrap();
    let rest = url.strip_prefix("http://127.0.0.1:").unwrap();
    &rest[rest.find('/').unwrap()..]
}

/// Decrypts as the documentation says, with nothing of the simulator's own.
fn decrypted(pushed: &Value, body: &[u8]) -> Result<Vec<u8>, &'static str> {
    let key = STANDARD.decode(pushed["aeskey"].as_str().unwrap()).unwrap();
    let (key, iv) = (<[u8; 32]>::try_from(key.clone()), &key[..16]);
    let iv = <[u8; 16]>::try_from(iv).unwrap();
    let mut cipher = cbc::Decryptor::<aes::Aes256>::new(&key.unwrap().into(), &iv.into());
    let mut plain = body.to_vec();
    for block in plain.chunks_exact_mut(16) {
        cipher.decrypt_block(block.try_into().unwrap());
    }
    let padding = usize::from(*plain.last().ok_or("empty")?);
    let is_good = (1..=32).contains(&padding)
        && padding <= plain.len()
        && plain.ends_with(&vec![u8::try_from(padding).unwrap(); padding]);
    plain.truncate(plain.len().saturating_sub(padding));
    is_good.then_some(plain).ok_or("bad padding")
}

#[tokio::test]
async fn a_file_is_pushed_and_fetched_and_opened() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    for size in [0, 1, 15, 16, 17, 31, 32, 33, 70_000] {
        let data: Vec<u8> = (0..=250).cycle().take(size).collect();
        let said = lina(&sim).send_file("日报 1.pdf", data.clone()).unwrap();
        assert!(said.heard && said.delivered);
        let push = client.next().await;
        assert_eq!(push["headers"]["req_id"], json!(said.req_id));
        assert_eq!(push["body"]["msgtype"], "file");
        let file = &push["body"]["file"];
        assert_eq!(
            (&file["filename"], &file["file_size"]),
            (&json!("日报 1.pdf"), &json!(size))
        );
        let answer = fetch(&sim, file).await;
        assert_eq!((answer.status, answer.body.len() % 32), (200, 0));
        assert!(
            answer
                .head
                .contains(&format!("content-length: {}", answer.body.len()))
        );
        assert!(answer.head.contains(
            "content-disposition: attachment; filename=\"%E6%97%A5%E6%8A%A5%201%2Epdf\"; \
             filename*=UTF-8''%E6%97%A5%E6%8A%A5%201%2Epdf"
        ));
        assert_eq!(decrypted(file, &answer.body).unwrap(), data, "{size}");
    }
}

#[tokio::test]
async fn pictures_videos_and_voice_have_their_own_objects() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    lina(&sim).send_image(PNG).unwrap();
    lina(&sim).send_video(b"video".as_slice()).unwrap();
    lina(&sim).send_voice("明天九点提醒我").unwrap();
    let image = client.next().await;
    let keys =
        |object: &Value| -> Vec<String> { object.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        keys(&image["body"]["image"]),
        ["url", "aeskey"],
        "no name, no size"
    );
    let answer = fetch(&sim, &image["body"]["image"]).await;
    assert!(!answer.head.contains("content-disposition"));
    assert_eq!(
        decrypted(&image["body"]["image"], &answer.body).unwrap(),
        PNG
    );
    let video = client.next().await;
    assert_eq!(keys(&video["body"]["video"]), ["url", "aeskey"]);
    assert_ne!(
        image["body"]["image"]["aeskey"],
        video["body"]["video"]["aeskey"]
    );
    let voice = client.next().await;
    assert_eq!(
        voice["body"]["voice"],
        json!({ "content": "明天九点提醒我" })
    );
    let kinds: Vec<EntryKind> = sim
        .transcript(&direct("LiNa"))
        .iter()
        .map(|e| e.kind)
        .collect();
    assert_eq!(
        kinds,
        [EntryKind::Image, EntryKind::Video, EntryKind::Voice]
    );
}

#[tokio::test]
async fn a_mixed_message_keeps_its_order_and_shows_its_files() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let parts: [MessagePart; 3] = [
        "compare".into(),
        Attachment::image(PNG).into(),
        Attachment::file("a.txt", b"alpha".as_slice()).into(),
    ];
    let said = lina(&sim).send_mixed(parts).unwrap();
    assert_eq!(said.downloads.len(), 2);
    let push = client.next().await;
    let items = push["body"]["mixed"]["msg_item"].as_array().unwrap();
    let types: Vec<&Value> = items.iter().map(|item| &item["msgtype"]).collect();
    assert_eq!(types, ["text", "image", "file"]);
    assert_eq!(items[0]["text"], json!({ "content": "compare" }));
    let body = fetch(&sim, &items[2]["file"]).await.body;
    assert_eq!(decrypted(&items[2]["file"], &body).unwrap(), b"alpha");

    let entry = sim.transcript(&direct("LiNa")).pop().unwrap();
    let [
        EntryPart::Text(text),
        EntryPart::Media(image),
        EntryPart::Media(file),
    ] = entry.parts.as_slice()
    else {
        panic!("three parts: {:?}", entry.parts);
    };
    assert_eq!(
        (text.as_str(), file.name.as_str(), file.size),
        ("compare", "a.txt", 5)
    );
    let shown = call(&sim, "GET", &format!("/sim/media/{}", image.id), None).await;
    assert_eq!(shown.body, PNG, "the page shows it as it is");
}

#[tokio::test]
async fn every_kind_of_message_can_be_quoted() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let me = lina(&sim);
    let said = [
        me.say("stand-up at ten").unwrap(),
        me.send_voice("nine").unwrap(),
        me.send_image(PNG).unwrap(),
        me.send_video(b"moving".as_slice()).unwrap(),
        me.send_file("a.txt", b"alpha".as_slice()).unwrap(),
        me.send_mixed(["look".into(), Attachment::image(PNG).into()])
            .unwrap(),
    ];
    let expected: [(&str, &[u8]); 6] = [
        ("text", b""),
        ("voice", b""),
        ("image", PNG),
        ("video", b"moving"),
        ("file", b"alpha"),
        ("mixed", PNG),
    ];
    let mut originals = Vec::new();
    for _ in &said {
        originals.push(client.next().await);
    }
    for ((said, original), (kind, data)) in said.iter().zip(originals).zip(expected) {
        me.clone().quoting(said.entry).say("this one").unwrap();
        let push = client.next().await;
        assert_eq!(push["body"]["text"]["content"], "this one");
        let quote = &push["body"]["quote"];
        assert_eq!(quote["msgtype"], kind);
        let file = match kind {
            "text" | "voice" => {
                assert_eq!(quote[kind], original["body"][kind]);
                continue;
            }
            "mixed" => &quote["mixed"]["msg_item"][1]["image"],
            kind => &quote[kind],
        };
        let body = fetch(&sim, file).await.body;
        assert_eq!(decrypted(file, &body).unwrap(), data, "{kind}");
        if kind != "mixed" {
            assert_ne!(
                file["url"], original["body"][kind]["url"],
                "an address of its own"
            );
            assert_ne!(file["aeskey"], original["body"][kind]["aeskey"]);
        }
    }
}

#[tokio::test]
async fn a_bots_answer_is_quoted_as_it_reads() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let asked = lina(&sim).say("?").unwrap();
    client.next().await;
    let text = "<think>hm</think>**42**";
    client.stream(asked.req_id.as_str(), "s", text, true).await;
    let answer = sim.transcript(&direct("LiNa")).pop().unwrap();
    lina(&sim).quoting(answer.id).say("why?").unwrap();
    let quote = client.next().await["body"]["quote"].clone();
    assert_eq!(
        quote,
        json!({ "msgtype": "text", "text": { "content": "**42**" } })
    );
    let entry = sim.transcript(&direct("LiNa")).pop().unwrap();
    assert_eq!(entry.quoted, Some(answer.id));
    let elsewhere = sim.member(DEMO_BOT, "wangfang").quoting(answer.id).say("x");
    assert!(matches!(
        elsewhere,
        Err(SimError::Unknown {
            what: "message",
            ..
        })
    ));
}

#[tokio::test]
async fn in_a_group_the_bot_hears_what_mentions_it() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let here = lina(&sim).in_group(GROUP);
    let unheard = [
        here.say("lunch?").unwrap(),
        here.send_image(PNG).unwrap(),
        here.send_voice("小助手").unwrap(),
        here.send_mixed(["no name".into(), Attachment::image(PNG).into()])
            .unwrap(),
    ];
    assert!(unheard.iter().all(|said| !said.heard && !said.delivered));
    let picture = ["@小助手 look".into(), Attachment::image(PNG).into()];
    assert!(here.send_mixed(picture).unwrap().delivered);
    let push = client.next().await;
    assert_eq!(
        (&push["body"]["msgtype"], &push["body"]["chatid"]),
        (&json!("mixed"), &json!(GROUP))
    );
    assert!(client.is_silent(), "nothing else came");
    let entries = sim.transcript(&SimChat::group(DEMO_BOT, GROUP));
    let answerable: Vec<bool> = entries.iter().map(|e| e.req_id.is_some()).collect();
    assert_eq!(answerable, [false, false, false, false, true]);
}

#[tokio::test]
async fn an_address_expires_after_five_minutes() {
    let clock = ManualClock::at(1_767_225_600_000);
    let options = SimOptions {
        clock: clock.clone(),
        ..SimOptions::default()
    };
    let sim = start_with(options).await;
    let mut client = subscribed(&sim).await;
    lina(&sim).send_image(PNG).unwrap();
    let image = client.next().await["body"]["image"].clone();
    clock.advance(299_999);
    assert_eq!(fetch(&sim, &image).await.status, 200);
    clock.advance(1);
    assert_eq!(fetch(&sim, &image).await.status, 403);
    let expired = Handover::default().living(Duration::ZERO);
    lina(&sim)
        .send(Attachment::image(PNG).handed(expired))
        .unwrap();
    let image = &client.next().await["body"]["image"];
    assert_eq!(fetch(&sim, image).await.status, 403);
}

#[tokio::test]
async fn an_address_needs_its_sign() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    lina(&sim).send_image(PNG).unwrap();
    let image = client.next().await["body"]["image"].clone();
    let (path, _) = path_of(&image).split_once('?').unwrap();
    for (path, status) in [
        (path.to_owned(), 403),
        (format!("{path}?sign=0"), 403),
        ("/cos/0?sign=0".to_owned(), 404),
    ] {
        assert_eq!(
            call(&sim, "GET", &path, None).await.status,
            status,
            "{path}"
        );
    }
    assert_eq!(fetch(&sim, &image).await.status, 200);
}

#[tokio::test]
async fn who_fetched_what_is_written_down() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let said = lina(&sim).send_image(PNG).unwrap();
    let image = client.next().await["body"]["image"].clone();
    let before = sim.downloads();
    assert_eq!(
        (before.len(), before[0].fetched),
        (1, 0),
        "nobody asked for it yet"
    );
    let (waited, ()) = tokio::join!(
        sim.wait_download(DEADLINE, |download| download.fetched == 2),
        async {
            fetch(&sim, &image).await;
            fetch(&sim, &image).await;
        }
    );
    let download = waited.unwrap();
    assert_eq!(
        (&download.id, &download.msgid, download.kind, download.size),
        (
            &said.downloads[0],
            &said.msgid,
            AttachmentKind::Image,
            PNG.len() as u64
        )
    );
    assert_eq!(download.url, image["url"]);
    let statuses: Vec<u16> = download.fetches.iter().map(|fetch| fetch.status).collect();
    assert_eq!(statuses, [200, 200]);
    let told = get(&sim, "/sim/downloads").await;
    assert_eq!(told, json!([download]));
}

#[tokio::test]
async fn keys_and_hints_are_given_as_wanted() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let file = || Attachment::file("a.txt", b"alpha".as_slice());
    let mut object = async |attachment: Attachment| {
        lina(&sim).send(attachment).unwrap();
        let pushed = client.next().await["body"]["file"].clone();
        let body = fetch(&sim, &pushed).await.body;
        (pushed, body)
    };
    let (pushed, body) = object(file().with_key(KeyManner::Wrong)).await;
    assert_ne!(
        decrypted(&pushed, &body).ok().as_deref(),
        Some(b"alpha".as_slice())
    );
    let (pushed, body) = object(file().with_key(KeyManner::Missing)).await;
    assert!(pushed.get("aeskey").is_none() && body.len() == 32);
    let (pushed, body) = object(file().with_key(KeyManner::Plain)).await;
    assert!(pushed.get("aeskey").is_none() && body == b"alpha");
    let (pushed, _) = object(file().handed(Handover::default().with_hints(false))).await;
    assert_eq!(pushed.as_object().unwrap().len(), 2, "{pushed}");
}

#[tokio::test]
async fn a_person_sends_over_http() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let host = sim.addr().to_string();
    let body = json!("any bytes");
    let path = "/sim/uploads?type=file&name=%E6%97%A5%E6%8A%A5.txt";
    let answer = call_as(&sim, "POST", path, Some(&body), &[("host", &host)]).await;
    let upload = answer.json();
    assert_eq!(
        (&upload["name"], &upload["size"]),
        (&json!("日报.txt"), &json!(11))
    );
    let parts = json!([{ "text": "look" },
        { "file": { "upload": upload["id"], "handover": { "key": "plain", "hints": false,
            "faults": [{ "fault": { "status": 503 }, "times": 1 }] } } }]);
    let said = json!({ "bot": DEMO_BOT, "from": "LiNa", "parts": parts });
    let said = post(&sim, "/sim/say", said).await;
    assert_eq!(
        (&said["heard"], &said["delivered"]),
        (&json!(true), &json!(true))
    );
    let push = client.next().await;
    let file = &push["body"]["mixed"]["msg_item"][1]["file"];
    assert_eq!(fetch(&sim, file).await.status, 503);
    assert_eq!(fetch(&sim, file).await.body, b"\"any bytes\"");

    let quoting = json!({ "bot": DEMO_BOT, "from": "LiNa", "quote": said["entry"],
        "parts": [{ "voice": { "text": "that" } }] });
    post(&sim, "/sim/say", quoting).await;
    let push = client.next().await;
    assert_eq!(push["body"]["msgtype"], "voice");
    assert_eq!(push["body"]["quote"]["msgtype"], "mixed");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let sim = start().await;
    let me = lina(&sim);
    let voice = Attachment::new(AttachmentKind::Voice, "a.amr", b"#!AMR\n".as_slice());
    let long = "x".repeat(256);
    let refused = [
        me.send_mixed([]),
        me.send(voice),
        me.send_file("", b"x".as_slice()),
        me.send_file(&long, b"x".as_slice()),
        me.send_mixed(std::iter::repeat_n(MessagePart::from("x"), 33)),
        me.send(Attachment::image(PNG).handed(Handover::default().disposed("a\nb"))),
        me.clone().quoting(99).say("x"),
        sim.member(DEMO_BOT, "nobody").say("x"),
        sim.member("aibNONE", "LiNa").say("x"),
        sim.member(DEMO_BOT, "liuyang").in_group(GROUP).say("x"),
    ];
    for (at, refused) in refused.into_iter().enumerate() {
        assert!(refused.is_err(), "{at}: {refused:?}");
    }
    assert!(sim.downloads().is_empty(), "no address was made");
    assert!(sim.transcript(&direct("LiNa")).is_empty());

    for (path, status) in [
        ("/sim/uploads?type=file", 400),
        ("/sim/uploads?name=a", 400),
        ("/sim/uploads?type=page&name=a", 400),
        ("/sim/uploads?type=file&name=", 400),
    ] {
        let answer = call(&sim, "POST", path, Some(&json!("x"))).await;
        assert_eq!(answer.status, status, "{path}");
    }
    let parts = [
        json!([{ "file": { "upload": "nothing" } }]),
        json!([{ "text": "x", "voice": { "text": "y" } }]),
        json!([{ "sticker": "x" }]),
        json!([]),
    ];
    for parts in parts {
        let body = json!({ "bot": DEMO_BOT, "from": "LiNa", "parts": parts });
        let answer = call(&sim, "POST", "/sim/say", Some(&body)).await;
        assert!((400..500).contains(&answer.status), "{body}");
    }
}

#[tokio::test]
async fn foreign_pages_can_neither_send_nor_look() {
    let sim = start().await;
    let host = sim.addr().to_string();
    let headers = [("host", host.as_str()), ("origin", "http://evil.example")];
    for (method, path) in [
        ("POST", "/sim/uploads?type=file&name=a"),
        ("POST", "/sim/say"),
        ("POST", "/sim/press"),
        ("GET", "/sim/downloads"),
    ] {
        let answer = call_as(&sim, method, path, None, &headers).await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn what_was_uploaded_never_is_a_page() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let page = b"<script>alert(1)</script>".as_slice();
    let file = Attachment::file("a.html", page).with_key(KeyManner::Plain);
    lina(&sim).send(file).unwrap();
    let pushed = client.next().await["body"]["file"].clone();
    let media = sim
        .transcript(&direct("LiNa"))
        .pop()
        .unwrap()
        .media
        .unwrap();
    for path in [
        path_of(&pushed).to_owned(),
        format!("/sim/media/{}", media.id),
    ] {
        let head = call(&sim, "GET", &path, None).await.head;
        assert!(head.contains("application/octet-stream"), "{head}");
        assert!(head.contains("nosniff"), "{head}");
    }
}

#[tokio::test]
async fn the_oldest_files_make_room() {
    const SIZE: usize = 30 * 1_024 * 1_024;
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let mut pushed = Vec::new();
    for _ in 0..5 {
        lina(&sim).send_video(vec![0; SIZE]).unwrap();
        pushed.push(client.next().await["body"]["video"].clone());
    }
    assert_eq!(
        fetch(&sim, &pushed[0]).await.status,
        404,
        "five do not fit in 128 MiB"
    );
    let too_large = lina(&sim).send_video(vec![0; 101 * 1_024 * 1_024]);
    assert!(matches!(too_large, Err(SimError::Invalid(_))));
}
