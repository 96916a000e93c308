//! `wecom pairing`: who asked for access gets it, with and without the daemon.

use serde_json::json;
use wecom::sim::{Entry, Injection, SimChat};
use wecom::texts;

use crate::house::{Answer, BOT, House, eventually};

const PAIRED: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      websocketUrl: 'URL',
      botId: 'aibTEST01',
      secret: 'canary-secret-5e1f',
      dmPolicy: 'pairing',
    },
  },
  gateway: { port: 0 },
}
";

/// With a daemon, and a stranger.
async fn house() -> House {
    let mut house = House::with(PAIRED).await;
    house.sim.add_user("LiNa", "李娜").unwrap();
    house.start_daemon();
    house.wait_state("default", "connected");
    house
}

fn chat() -> SimChat {
    SimChat::direct(BOT, "LiNa")
}

/// What the bot says, once it has said `count` things.
fn says(house: &House, count: usize) -> Vec<Entry> {
    let mut said = Vec::new();
    eventually("the bot says something", || {
        said = house.sim.transcript(&chat());
        said.retain(|entry| entry.from.id == BOT && entry.finished);
        said.len() >= count
    });
    said
}

fn write(house: &House, text: &str) {
    house
        .sim
        .inject(Injection::text(BOT, "LiNa", text))
        .unwrap();
}

fn requested(house: &House) -> String {
    let listed = house.run(&["pairing", "list", "wecom", "--json"]);
    let listed = listed.json();
    assert_eq!(listed["requests"][0]["id"], "LiNa", "{listed}");
    listed["requests"][0]["code"].as_str().unwrap().to_owned()
}

fn failed(answer: &Answer, part: &str) {
    assert_eq!(answer.status, 1, "{}", answer.all());
    assert!(answer.err.contains(part), "{part}: {}", answer.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_approved_told_and_put_out_again() {
    let house = house().await;
    write(&house, "let me in");
    let told = says(&house, 1);
    let code = requested(&house);
    assert!(told[0].text().contains(&code), "{}", told[0].text());
    let shown = house.run(&["pairing", "list"]);
    for part in ["LiNa", code.as_str()] {
        assert!(shown.out.contains(part), "{}", shown.out);
    }

    failed(
        &house.run(&["pairing", "approve", "wecom", "ZZZZZZZZ"]),
        "no",
    );
    failed(
        &house.run(&["pairing", "approve", &code, "slack"]),
        "there is no channel `slack`",
    );
    let other = ["pairing", "approve", &code, "--account", "hq"];
    assert_eq!(house.run(&other).status, 1, "a code is of its account");

    // The channel may come before the code or after it, the code in small letters.
    let small = code.to_lowercase();
    let approve = ["pairing", "approve", &small, "wecom", "--notify", "--owner"];
    let approved = house.run(&approve);
    assert_eq!(approved.status, 0, "{}", approved.all());
    assert!(approved.out.contains("LiNa"), "{}", approved.out);
    let told = says(&house, 2);
    assert_eq!(told[1].text(), texts::access::PAIRING_APPROVED);
    assert!(house.text().contains("wecom:LiNa"), "{}", house.text());
    assert_eq!(house.run(&approve).status, 1, "a code is good for once");
    write(&house, "hello");
    assert_eq!(says(&house, 3)[2].text(), "hello");

    let listed = house.run(&["pairing", "list", "--approved"]);
    assert!(listed.out.contains("LiNa"), "{}", listed.out);
    let explained = house.run(&["route", "explain", "--user", "lina", "--json"]);
    assert_eq!(explained.json()["outcome"], json!("admitted"));
    let revoked = house.run(&["pairing", "revoke", "LiNa"]);
    assert_eq!(revoked.status, 0, "{}", revoked.all());
    write(&house, "still?");
    let told = says(&house, 4);
    assert!(told[3].text().contains(&requested(&house)), "{told:?}");
    assert_eq!(house.sim.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_daemon_the_state_is_read_and_changed_as_it_lies() {
    let mut house = house().await;
    write(&house, "let me in");
    says(&house, 1);
    let code = requested(&house);
    house.stop_daemon();
    assert_eq!(requested(&house), code);
    let rejected = house.run(&["pairing", "reject", "wecom", &code]);
    assert_eq!(rejected.status, 0, "{}", rejected.all());
    assert_eq!(house.run(&["pairing", "approve", &code]).status, 1);
    let explained = house.run(&["route", "explain", "--user", "LiNa", "--json"]);
    assert_eq!(explained.json()["outcome"], json!("pairing"));
    failed(
        &house.run(&["pairing", "list", "--account", "nosuch"]),
        "default",
    );
    let none = house.run(&["pairing", "list", "--account", "default"]);
    assert_eq!(none.status, 0, "{}", none.all());

    house.start_daemon();
    house.wait_state("default", "connected");
    write(&house, "again");
    let told = says(&house, 2);
    assert!(!told[1].text().contains(&code), "a new one");
    assert!(told[1].text().contains(&requested(&house)));
}
