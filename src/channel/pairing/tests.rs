use std::time::Duration;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::store::SqliteStore;

const NOON_MS: i64 = 1_772_413_323_000;

async fn pairings() -> (Pairings, Arc<ManualClock>) {
    let clock = ManualClock::at(NOON_MS);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let pairings = Pairings::load(store, clock.clone()).await.unwrap();
    (pairings, clock)
}

async fn told(pairings: &Pairings, sender: &str) -> Option<String> {
    let introduction = pairings
        .knock(&"hq".into(), &sender.into(), true)
        .await
        .unwrap()?;
    let text = introduction.text.clone();
    introduction.delivered().await.unwrap();
    Some(text)
}

async fn code_of(pairings: &Pairings, sender: &str) -> String {
    let pending = pairings.pending().await.unwrap();
    let request = pending.iter().find(|r| r.sender.as_str() == sender);
    request.unwrap().code.clone()
}

#[tokio::test]
async fn a_stranger_is_told_once_and_gets_in_when_approved() {
    let (pairings, clock) = pairings().await;
    let text = told(&pairings, "Zhang").await.unwrap();
    let code = code_of(&pairings, "Zhang").await;
    assert!(looks_like_code(&code), "{code}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines.contains(&"Zhang") && lines.contains(&code.as_str()),
        "{text}"
    );
    let command = format!("wecom pairing approve {code} --account hq");
    assert!(lines.contains(&command.as_str()), "{text}");

    clock.advance(1000);
    assert_eq!(told(&pairings, "zhang").await, None);
    assert_eq!(code_of(&pairings, "Zhang").await, code);

    let (hq, plant) = ("hq".into(), "plant".into());
    let elsewhere = pairings.approve(&code, Some(&plant)).await;
    assert!(matches!(elsewhere, Err(PairingError::NoSuchRequest)));
    assert!(!pairings.is_approved(&hq, &"zhang".into()));
    let typed = format!(" {} ", code.to_lowercase());
    let approved = pairings.approve(&typed, None).await.unwrap();
    assert_eq!(approved.sender.as_str(), "Zhang");
    assert!(pairings.is_approved(&hq, &"ZHANG".into()));
    assert!(!pairings.is_approved(&plant, &"zhang".into()));
    let again = pairings.approve(&code, None).await;
    assert!(matches!(again, Err(PairingError::NoSuchRequest)));

    let loaded = Pairings::load(pairings.store.clone(), clock).await.unwrap();
    assert!(loaded.is_approved(&hq, &"zhang".into()));
    pairings.revoke(&hq, &"zhANG".into()).await.unwrap();
    assert!(!pairings.is_approved(&hq, &"zhang".into()));
    let twice = pairings.revoke(&hq, &"zhang".into()).await;
    assert!(matches!(twice, Err(PairingError::NotApproved { .. })));
}

#[tokio::test]
async fn a_reply_that_never_arrived_is_sent_again() {
    let (pairings, _clock) = pairings().await;
    let (hq, x) = ("hq".into(), "x".into());
    let first = pairings.knock(&hq, &x, false).await.unwrap().unwrap();
    assert!(!first.text.contains("--account"));
    let meanwhile = pairings.knock(&hq, &x, false).await.unwrap();
    assert!(meanwhile.is_none(), "the first is on its way");
    let text = first.text.clone();
    drop(first);
    let second = pairings.knock(&hq, &x, false).await.unwrap().unwrap();
    assert_eq!(second.text, text);
    second.delivered().await.unwrap();
    assert!(pairings.knock(&hq, &x, false).await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_lasts_an_hour_whatever_its_sender_writes() {
    let (pairings, clock) = pairings().await;
    told(&pairings, "x").await.unwrap();
    let code = code_of(&pairings, "x").await;
    clock.advance(REQUEST_LIFE_MS - 1);
    assert_eq!(told(&pairings, "x").await, None);
    clock.advance(1);
    let late = pairings.approve(&code, None).await;
    assert!(matches!(late, Err(PairingError::NoSuchRequest)));
    assert!(told(&pairings, "x").await.is_some());
    assert_ne!(code_of(&pairings, "x").await, code);
}

#[tokio::test]
async fn a_flood_locks_nobody_out_for_long() {
    let (pairings, clock) = pairings().await;
    for sender in ["a", "b", "c"] {
        assert!(told(&pairings, sender).await.is_some());
    }
    assert_eq!(
        told(&pairings, "d").await,
        None,
        "the account has its three"
    );
    clock.advance(60_000);
    assert_eq!(told(&pairings, "a").await, None, "a wrote again: it stays");
    clock.advance(DISPLACE_AFTER_MS);
    assert!(told(&pairings, "d").await.is_some());
    let mut senders: Vec<String> = Vec::new();
    for request in pairings.pending().await.unwrap() {
        senders.push(request.sender.as_str().to_owned());
    }
    assert_eq!(senders, ["a", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_tells_ten_strangers_a_minute() {
    let (pairings, _clock) = pairings().await;
    for n in 0..10 {
        let sender = format!("s{n}");
        assert!(told(&pairings, &sender).await.is_some(), "{n}");
        let code = code_of(&pairings, &sender).await;
        pairings.reject(&code, None).await.unwrap();
    }
    assert_eq!(told(&pairings, "late").await, None);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert!(told(&pairings, "late").await.is_some());
}

#[tokio::test]
async fn files_go_out_and_come_in_again() {
    let (here, _clock) = pairings().await;
    told(&here, "x").await.unwrap();
    told(&here, "y").await.unwrap();
    here.approve(&code_of(&here, "x").await, None)
        .await
        .unwrap();
    let (pending, approved) = (
        here.pending().await.unwrap(),
        here.approved().await.unwrap(),
    );
    let files = exported(&pending, &approved);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["wecom-pairing.json", "wecom-hq-allowFrom.json"]);

    let (there, clock) = pairings().await;
    for (name, value) in &files {
        let file = read_file(name, &value.to_string()).unwrap();
        there.import(file).await.unwrap();
    }
    assert_eq!(there.pending().await.unwrap(), pending);
    assert!(there.is_approved(&"hq".into(), &"X".into()));

    let bare = read_file("wecom-allowFrom.json", r#"["wecom:user:Z", "*", " "]"#).unwrap();
    assert_eq!(there.import(bare).await.unwrap(), (0, 1));
    assert!(there.is_approved(&"default".into(), &"z".into()));
    assert!(matches!(read_file("a", "{}"), Err(FileError::Neither)));
    assert!(matches!(read_file("a", "{"), Err(FileError::NotJson(_))));
    assert_eq!(iso_time(clock.now_ms()), "2026-03-02T01:02:03.000Z");
}
