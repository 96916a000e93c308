//! `wecom channels add` with options, against the simulator.

use serde_json::{Value, json};

use crate::house::{BOT, House, SECOND, SECOND_SECRET, SECRET};

fn config(house: &House) -> Value {
    let shown = house.run(&["config", "get", "channels.wecom", "--json"]);
    serde_json::from_str(&shown.out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_secret_is_saved() {
    let house = House::fresh().await;
    let arguments = ["channels", "add", "--bot-id", BOT, "--secret-file", "-"];
    let saved = house.run_with(&arguments, &format!("{SECRET}\n"));
    assert_eq!(saved.status, 0, "{}", saved.all());
    assert!(
        saved.out.contains("bot: the credentials work."),
        "{}",
        saved.out
    );
    assert!(saved.out.contains("`wecom run`"), "{}", saved.out);
    assert!(house.text().contains(&format!("secret: '{SECRET}'")));
    assert_eq!(house.sim.violations(), []);
    let again = house.run_with(&arguments, SECRET);
    assert_eq!(again.status, 0);
    assert!(again.out.contains("No change"), "{}", again.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_secret_is_refused_with_the_way_out_and_nothing_written() {
    let house = House::fresh().await;
    let (before, names) = (house.text(), house.names());
    let arguments = ["channels", "add", "--bot-id", BOT, "--secret-file", "-"];
    let refused = house.run_with(&arguments, "canary-wrong");
    assert_eq!(refused.status, 1, "{}", refused.all());
    for part in [
        "853000",
        "fix: copy Bot ID and Secret again",
        "Nothing was written",
    ] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    assert_eq!((house.text(), house.names()), (before, names));

    let as_json = house.run_with(&[&arguments[..], &["--json"]].concat(), "canary-wrong");
    let answer = as_json.json();
    assert_eq!(
        (&answer["ok"], &answer["tests"][0]["result"]),
        (&json!(false), &json!("failed"))
    );

    let anyway = house.run_with(&[&arguments[..], &["--no-test"]].concat(), "canary-wrong");
    assert_eq!(anyway.status, 0, "{}", anyway.all());
    assert!(house.text().contains("canary-wrong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_written_as_references() {
    let house = House::fresh().await;
    house.write("secret.txt", &format!("{SECRET}\n"));
    let home = house.run(&["config", "file"]).out;
    let file = home.trim().replace("wecom.json", "secret.txt");
    let saved = house.run(&["channels", "add", "--bot-id", BOT, "--secret-file", &file]);
    assert_eq!(saved.status, 0, "{}", saved.all());
    assert!(saved.out.contains("the credentials work"), "{}", saved.out);
    assert_eq!(config(&house)["secret"], json!({ "file": file }));

    let saved = house.run(&["channels", "add", "--secret-env", "WECOM_BOT_SECRET"]);
    assert_eq!(saved.status, 0, "{}", saved.all());
    assert!(saved.err.contains("WECOM_BOT_SECRET"), "{}", saved.err);
    assert_eq!(config(&house)["secret"], "${WECOM_BOT_SECRET}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bot_needs_a_name_or_a_yes() {
    let house = House::fresh().await;
    let first = ["channels", "add", "--bot-id", BOT, "--secret-file", "-"];
    assert_eq!(house.run_with(&first, SECRET).status, 0);
    let second = ["channels", "add", "--bot-id", SECOND, "--secret-file", "-"];
    let refused = house.run_with(&second, SECOND_SECRET);
    assert_eq!(refused.status, 1);
    assert!(
        refused.err.contains("--account ID") && refused.err.contains("--yes"),
        "{}",
        refused.err
    );
    let named = [
        &second[..],
        &[
            "--account",
            "HQ",
            "--bind",
            "main",
            "--dm-policy",
            "allowlist",
        ],
    ]
    .concat();
    let named = [&named[..], &["--allow-from", "zhangsan,1001", "--json"]].concat();
    let added = house.run_with(&named, SECOND_SECRET);
    assert_eq!(added.status, 0, "{}", added.all());
    let answer = added.json();
    assert_eq!(
        (&answer["account"], &answer["converted"], &answer["ok"]),
        (&json!("hq"), &json!(true), &json!(true))
    );
    assert_eq!(
        config(&house)["accounts"],
        json!({
            "default": { "botId": BOT, "secret": "__REDACTED__" },
            "hq": {
                "botId": SECOND, "secret": "__REDACTED__",
                "dmPolicy": "allowlist", "allowFrom": ["zhangsan", "1001"],
            },
        })
    );
    // Both have a binding: the one that was there keeps the agent it had.
    let bindings = house.run(&["config", "get", "bindings", "--json"]).json();
    let bound: Vec<&Value> = bindings
        .as_array()
        .unwrap()
        .iter()
        .map(|b| &b["match"]["accountId"])
        .collect();
    assert_eq!(bound, ["default", "hq"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_daemon_takes_the_account_up_and_keeps_its_bot() {
    let mut house = House::fresh().await;
    house.start_daemon();
    let arguments = ["channels", "add", "--bot-id", BOT, "--secret-file", "-"];
    let saved = house.run_with(&arguments, SECRET);
    assert_eq!(saved.status, 0, "{}", saved.all());
    assert!(
        saved
            .out
            .contains("The running daemon has taken it up: connected."),
        "{}",
        saved.out
    );
    // Now the daemon holds the bot: it is not tried by a second connection.
    let subscribes = |house: &House| house.sim.connection(&BOT.into()).subscribes_total;
    let before = subscribes(&house);
    let renamed = house.run_with(&[&arguments[..], &["--name", "助手"]].concat(), SECRET);
    assert_eq!(renamed.status, 0, "{}", renamed.all());
    assert!(
        renamed.out.contains("the running daemon holds this bot"),
        "{}",
        renamed.out
    );
    assert_eq!(subscribes(&house), before);
    assert!(!house.log().contains("canary-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_and_shows_no_secret() {
    let house = House::fresh().await;
    let before = house.text();
    let arguments = [
        "channels",
        "add",
        "--bot-id",
        BOT,
        "--secret-file",
        "-",
        "--dry-run",
    ];
    let trial = house.run_with(&arguments, SECRET);
    assert_eq!(trial.status, 0, "{}", trial.all());
    assert!(
        trial
            .out
            .contains("channels.wecom.secret = \"__REDACTED__\""),
        "{}",
        trial.out
    );
    assert_eq!(house.text(), before);
    assert_eq!(house.sim.sockets_total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn command_lines_that_cannot_be_meant() {
    let house = House::bare().await;
    for (arguments, status, part) in [
        (["--token", "t"].as_slice(), 2, "that is --bot-id"),
        (&[], 2, "need a terminal"),
        (&["--yes"], 2, "nothing is said about the account"),
        (&["--channel", "slack"], 2, "it is `wecom`"),
        (
            &["--account", "客服", "--bot-id", "b"],
            1,
            "give the name people read with --name",
        ),
        (
            &["--bot-id", "b", "--secret-env", "lower"],
            2,
            "no name of a variable",
        ),
    ] {
        let answer = house.run(&[&["channels", "add"], arguments].concat());
        assert_eq!(answer.status, status, "{arguments:?}: {}", answer.all());
        assert!(answer.err.contains(part), "{arguments:?}: {}", answer.err);
    }
    assert_eq!(house.names(), Vec::<String>::new());
}
