//! `set`, `unset`, `patch`: what they write and what they say.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use crate::home::{COMMENTED, Home};

#[test]
fn the_commands_of_the_readme_make_the_expected_file() {
    let home = Home::new();
    assert_eq!(
        home.ok(&["set", "channels.wecom.botId", "aib-1"]),
        "Updated channels.wecom.botId.\n\
         Applies without restart: the account reconnects after its running turns.\n"
    );
    home.ok(&["set", "channels.wecom.secret", "0123"]);
    home.ok(&["set", "channels.wecom.enabled", "true"]);
    home.ok(&["set", "channels.wecom.agent.agentId", "1000002"]);
    home.ok(&["set", "channels.wecom.allowFrom", "zhangsan,lisi"]);
    home.ok(&["set", "gateway.port", "19790"]);
    assert_eq!(
        home.text(),
        r#"{
  "channels": {
    "wecom": {
      "botId": "aib-1",
      "secret": "0123",
      "enabled": true,
      "agent": {
        "agentId": 1000002
      },
      "allowFrom": ["zhangsan", "lisi"]
    }
  },
  "gateway": {
    "port": 19790
  }
}
"#
    );
    let mode = fs::metadata(home.path("wecom.json")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn comments_survive_every_writer() {
    let home = Home::with(COMMENTED);
    home.ok(&["set", "channels.wecom.botId", "aib-2"]);
    home.ok(&["unset", "channels.wecom.dmPolicy"]);
    home.write("patch.json", "{ channels: { wecom: { name: '前台' } } }");
    let patch = home.path("patch.json");
    home.ok(&["patch", "--file", patch.to_str().unwrap()]);
    let expected = COMMENTED
        .replace("aib-1", "aib-2")
        .replace("      dmPolicy: 'open',\n", "      name: '前台',\n");
    assert_eq!(home.text(), expected);
    assert_eq!(home.read("wecom.json.bak.2"), COMMENTED);
}

#[test]
fn the_same_value_again_writes_nothing() {
    let home = Home::with(COMMENTED);
    assert_eq!(
        home.ok(&["set", "channels.wecom.botId", "aib-1"]),
        "No change: channels.wecom.botId has this value already.\n"
    );
    assert_eq!(
        home.ok(&["set", "channels.wecom.name", "null"]),
        "No change: channels.wecom.name is not set.\n"
    );
    assert_eq!(home.text(), COMMENTED);
    assert_eq!(home.names(), ["wecom.json", "wecom.json.lock"]);
}

#[test]
fn unset_says_what_it_did() {
    let home = Home::with(COMMENTED);
    assert_eq!(
        home.ok(&["unset", "channels.wecom.dmPolicy"]),
        "Removed channels.wecom.dmPolicy.\nApplies without restart, from the next message on.\n"
    );
    assert_eq!(
        home.refused(&["unset", "channels.wecom.dmPolicy"]),
        "error: `channels.wecom.dmPolicy` is not set in this file; nothing changed\n"
    );
    home.ok(&["set", "channels.wecom.name", "n"]);
    home.ok(&["set", "channels.wecom.name", "null"]);
    assert!(!home.text().contains("name"));
}

#[test]
fn an_account_is_written_under_the_key_that_the_file_has() {
    let home =
        Home::with(r#"{ "channels": { "wecom": { "accounts": { "Main": { "name": "m" } } } } }"#);
    assert_eq!(
        home.ok(&["set", "channels.wecom.accounts.main.name", "n"])
            .lines()
            .next(),
        Some("Updated channels.wecom.accounts.Main.name.")
    );
    home.write(
        "patch.json",
        r#"{ "channels": { "wecom": { "accounts": { "MAIN": { "welcomeText": "w" } } } } }"#,
    );
    home.ok(&["patch", "--file", home.path("patch.json").to_str().unwrap()]);
    assert_eq!(
        home.json()["channels"]["wecom"]["accounts"],
        json!({ "Main": { "name": "n", "welcomeText": "w" } })
    );
    assert_eq!(
        home.ok(&["get", "channels.wecom.accounts.main.name"]),
        "n\n"
    );
}

#[test]
fn a_batch_is_done_as_a_whole_or_not_at_all() {
    let home = Home::with(COMMENTED);
    let error = home.refused(&[
        "set",
        "--batch-json",
        "[{ path: 'channels.wecom.name', value: 'n' }, { path: 'channels.wecom.botId.x', value: 1 }]",
    ]);
    assert_eq!(
        error,
        "error: `channels.wecom.botId` is not an object; set the whole value, or unset it first\n"
    );
    assert_eq!(home.text(), COMMENTED);
    home.write(
        "batch.json5",
        "[{ path: 'channels.wecom.name', value: 7 }, { path: 'channels.wecom.dmPolicy', unset: true },
          { path: 'channels.wecom.token', ref: { source: 'env', provider: 'default', id: 'T' } }]",
    );
    let batch = home.path("batch.json5");
    let out = home.ok(&["set", "--batch-file", batch.to_str().unwrap()]);
    assert_eq!(
        out,
        "Updated channels.wecom.name.\nRemoved channels.wecom.dmPolicy.\nUpdated channels.wecom.token.\n\
         Applies without restart: the previous token and key stay valid for 60 s.\n"
    );
    assert!(home.text().contains("name: '7'"));
}

#[test]
fn conditions_are_checked_before_anything_is_written() {
    let home = Home::with(COMMENTED);
    let bot = "channels.wecom.botId";
    for (arguments, complaint) in [
        (vec![bot, "x", "--expect-absent"], "(it is set)"),
        (vec![bot, "x", "--expect-current-absent"], "(it is set)"),
        (
            vec![bot, "x", "--expect-current-json", "'other'"],
            "(it has another value)",
        ),
        (
            vec!["channels.wecom.name", "x", "--expect-current-json", "'n'"],
            "(it is not set)",
        ),
    ] {
        let error = home.refused(&[["set"].as_slice(), &arguments].concat());
        assert!(error.contains(complaint), "{error}");
    }
    assert_eq!(home.text(), COMMENTED);
    home.ok(&["set", bot, "x", "--expect-current-json", "'aib-1'"]);
    home.ok(&["set", "channels.wecom.name", "n", "--expect-absent"]);
}

#[test]
fn merging_joins_objects_and_lists() {
    let home = Home::with(
        r#"{ "channels": { "wecom": { "allowFrom": ["a"], "network": { "retries": 1 } } } }"#,
    );
    home.ok(&[
        "set",
        "channels.wecom.allowFrom",
        "[\"a\",\"b\"]",
        "--merge",
    ]);
    home.ok(&[
        "set",
        "channels.wecom.network",
        "{ timeoutMs: 5000 }",
        "--merge",
    ]);
    let wecom = |home: &Home| home.json()["channels"]["wecom"].clone();
    assert_eq!(
        wecom(&home),
        json!({ "allowFrom": ["a", "b"], "network": { "retries": 1, "timeoutMs": 5000 } })
    );
    home.ok(&[
        "set",
        "channels.wecom.network",
        "{ timeoutMs: 6000 }",
        "--replace",
    ]);
    assert_eq!(wecom(&home)["network"], json!({ "timeoutMs": 6000 }));
}

#[test]
fn references_are_built_from_options() {
    let home = Home::new();
    home.ok(&[
        "set",
        "channels.wecom.secret",
        "--ref-source",
        "env",
        "--ref-id",
        "WECOM_SECRET",
    ]);
    assert_eq!(
        home.json()["channels"]["wecom"]["secret"],
        json!({ "source": "env", "provider": "default", "id": "WECOM_SECRET" })
    );
}

#[test]
fn a_mask_is_never_written() {
    let home = Home::with(COMMENTED);
    for mask in ["__REDACTED__", "__OPENCLAW_REDACTED__"] {
        let error = home.refused(&["set", "channels.wecom.secret", mask]);
        assert!(
            error.contains("this is the mask that stands for a secret"),
            "{error}"
        );
        home.write(
            "patch.json",
            &format!("{{ channels: {{ wecom: {{ secret: '{mask}' }} }} }}"),
        );
        home.refused(&["patch", "--file", home.path("patch.json").to_str().unwrap()]);
    }
    assert_eq!(home.text(), COMMENTED);
}

#[test]
fn a_patch_comes_from_a_file_or_from_standard_input() {
    let home = Home::with(COMMENTED);
    let mut command = home.command(&["patch", "--stdin"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let patch = b"{ channels: { wecom: { dmPolicy: null, name: 'n' } } }";
    child.stdin.take().unwrap().write_all(patch).unwrap();
    let answer = home.answer(child.wait_with_output().unwrap());
    assert_eq!(
        answer.out,
        "Removed channels.wecom.dmPolicy.\nUpdated channels.wecom.name.\n\
         Applies without restart, from the next message on.\n"
    );
    assert_eq!(answer.status, 0);
}

#[test]
fn paths_that_are_none_are_explained() {
    let home = Home::new();
    let answer = home.run(&["set", "channels..wecom", "x"]);
    assert_eq!(answer.status, 2);
    assert!(
        answer
            .err
            .contains("bad path at character 10: a key is missing"),
        "{}",
        answer.err
    );
    assert_eq!(home.names(), [""; 0]);
}
