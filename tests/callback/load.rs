//! Acknowledged in time, whatever is wrong behind it; and only what is kept.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wecom::texts;

use crate::house::{
    CORP, Caller, House, KEY, OTHER_KEY, OTHER_TOKEN, SECRET, TOKEN, document, said, text,
};
use crate::support::agents::Stuck;
use crate::support::eventually;

/// WeCom calls again, or gives up, after this.
const WECOM_WAITS: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_senders_at_once_and_an_agent_that_hangs() {
    let house = House::with(json!({}), Some(Arc::new(Stuck("…")))).await;
    let house = Arc::new(house);
    let calls = (0..200).map(|n| {
        let house = house.clone();
        async move {
            let began = Instant::now();
            let answer = if n % 2 == 0 {
                let message = json!({
                    "msgid": format!("m{n}"), "chattype": "single",
                    "from": { "userid": format!("user{n}") },
                    "msgtype": "text", "text": { "content": "hi" },
                });
                let answer = house.bot(&message).await;
                assert_eq!(answer["stream"]["finish"], false, "{answer}");
                format!("m{n}")
            } else {
                let answer = house.app(&text(&n.to_string(), "hi")).await;
                assert_eq!((answer.status, answer.body.as_str()), (200, "success"));
                n.to_string()
            };
            // Kept by the time that it was acknowledged.
            (began.elapsed(), answer)
        }
    });
    let answered = futures_util::future::join_all(calls).await;
    let open = house.store.open_messages(&"default".into()).await.unwrap();
    let mut kept: Vec<String> = (open.iter())
        .map(|message| message.message.message_id.to_string())
        .collect();
    kept.sort_unstable();
    let slowest = answered.iter().map(|(time, _)| *time).max().unwrap();
    assert!(slowest < WECOM_WAITS, "{slowest:?}");
    // Of one member's hundred messages to the app twenty-one fit; who was refused was told.
    let of_bots = (0..200).step_by(2).map(|n| format!("m{n}"));
    for id in of_bots {
        assert!(kept.binary_search(&id).is_ok(), "{id} is not kept");
    }
    let of_apps = kept.iter().filter(|id| !id.starts_with('m')).count();
    assert_eq!(of_apps, 21);
    house.app_says(texts::BUSY).await;
}

#[tokio::test]
async fn every_acknowledged_message_is_kept_at_once() {
    let (house, turns) = House::played(json!({})).await;
    for n in 0..20 {
        let message = json!({
            "msgid": format!("m{n}"), "chattype": "single", "from": { "userid": format!("u{n}") },
            "msgtype": "text", "text": { "content": "hi" },
        });
        house.bot(&message).await;
        let open = house.store.open_messages(&"default".into()).await.unwrap();
        assert_eq!(open.len(), n + 1);
    }
    drop(turns);
}

/// A daemon that can write files of so many blocks of 512 bytes, and the address that it
/// listens on.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_is_a_refusal_and_no_false_success() {
    let sim = crate::support::simulator(wecom::sim::SimOptions::default()).await;
    let home = tempfile::tempdir().unwrap();
    let mut channel = crate::house::channel(&sim, &json!({ "debounceMs": 10_000 }));
    channel["agent"]["corpId"] = CORP.into();
    let settings = json!({
        "channels": { "wecom": channel },
        "gateway": { "port": 0 },
    });
    std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
    // The limit meets the write-ahead log, as a full disk would.
    let script = "trap '' XFSZ; ulimit -f 1200; exec \"$0\" run";
    let mut daemon = tokio::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_wecom")])
        .env("WECOM_HOME", home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let contact = home.path().join("daemon.json");
    let address = eventually("the daemon is up", async || {
        let text = std::fs::read_to_string(&contact).ok()?;
        let contact: Value = serde_json::from_str(&text).ok()?;
        Some(format!("http://{}", contact["address"].as_str()?))
    })
    .await;
    let http = crate::house::http();
    let post = async |path: &str, query: &str, body: Vec<u8>| {
        let url = format!("{}{path}?{query}", address.trim_end_matches('/'));
        let answer = http.post(url).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    eventually("the addresses are open", async || {
        (post("/wecom/agent", "", Vec::new()).await.0 != 404).then_some(())
    })
    .await;

    let long = "企".repeat(20_000);
    let mut accepted = Vec::new();
    let mut refused = None;
    for n in 0..200 {
        let caller = Caller::with(OTHER_TOKEN, OTHER_KEY, CORP);
        let inner = document(&text(&n.to_string(), &long)).replace("zhangwei", &format!("u{n}"));
        let (query, body) = caller.xml(&inner);
        let (status, body) = post("/wecom/agent", &query, body).await;
        if status == 200 {
            assert_eq!(body, "success");
            accepted.push(n.to_string());
        } else {
            refused = Some((status, body));
            break;
        }
    }
    let (status, body) = refused.expect("the disk is full at some time");
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("not_recorded"), "{body}");

    let caller = Caller::with(TOKEN, KEY, "");
    let (query, body) = caller.json(&said("b1", &long));
    let (status, body) = post("/wecom/bot", &query, body).await;
    assert_eq!(status, 200);
    let answer = caller.open_json(&body);
    assert_eq!(answer["stream"]["finish"], true);
    assert_eq!(answer["stream"]["content"], texts::NOT_RECORDED);
    assert!(daemon.try_wait().unwrap().is_none(), "it goes on");
    daemon.kill().await.unwrap();

    // What was acknowledged is there.
    assert!(!accepted.is_empty());
    let database = rusqlite::Connection::open(home.path().join("state.db")).unwrap();
    for id in accepted {
        let found: i64 = database
            .query_row(
                "SELECT count(*) FROM inbox WHERE message_id = ?1",
                [&id],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(found, 1, "{id}");
    }
    assert!(!SECRET.is_empty());
}
