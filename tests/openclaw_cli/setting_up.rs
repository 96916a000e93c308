//! Set up, set up again, taken away.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use wecom::config::edit::Document;

use super::home::Home;

/// As a person writes it.
const CONFIG: &str = "{
  // the office gateway
  gateway: { mode: 'local', port: 41001 }, // not the default
  channels: {
    wecom: { enabled: true, botId: 'bot-1', secret: 's3cret', dmPolicy: 'pairing' },
  },
  plugins: {
    // loaded first
    load: { paths: ['/opt/other'] },
  },
}
";

fn meaning(text: &str) -> Value {
    Document::parse(text).unwrap().value()
}

#[test]
fn one_command_writes_the_plugin_and_two_keys() {
    let home = Home::new(Some(CONFIG));
    home.run(&["setup"]).succeeded();
    let config = meaning(&home.config());
    assert_eq!(config["plugins"]["entries"], json!({"wecom": home.entry()}));
    assert_eq!(
        config["plugins"]["load"]["paths"],
        json!(["/opt/other", home.plugin()])
    );
    assert_eq!(config["channels"], meaning(CONFIG)["channels"]);
    for comment in [
        "// the office gateway",
        "// not the default",
        "// loaded first",
    ] {
        assert!(
            home.config().contains(comment),
            "{comment} in {}",
            home.config()
        );
    }
    let plugin = Home::names(&home.plugin());
    for name in [
        "index.js",
        "openclaw.plugin.json",
        "package.json",
        "skills",
        "spec.js",
    ] {
        assert!(
            plugin.iter().any(|there| there == name),
            "{name} in {plugin:?}"
        );
    }
    assert_eq!(
        Home::names(&home.path(".openclaw")),
        ["openclaw.json"],
        "nothing beside it"
    );
    let saved = fs::metadata(home.path(".wecom/openclaw/openclaw.json.before")).unwrap();
    assert_eq!(
        saved.permissions().mode() & 0o777,
        0o600,
        "it has the secret"
    );
}

#[test]
fn again_changes_nothing() {
    let home = Home::new(Some(CONFIG));
    home.run(&["setup"]).succeeded();
    let first = home.config();
    let again = home.run(&["setup"]);
    assert!(again.succeeded().out.contains("is current"), "{again:?}");
    assert_eq!(home.config(), first);
}

#[test]
fn removed_it_is_byte_for_byte_as_before() {
    for config in [Some(CONFIG), Some("{}"), None] {
        let home = Home::new(config);
        home.run(&["setup"]).succeeded();
        home.run(&["setup"]).succeeded();
        home.run(&["remove"]).succeeded();
        let after = fs::read_to_string(home.config_path()).ok();
        assert_eq!(after.as_deref(), config);
        assert!(!home.path(".wecom/openclaw").exists());
        assert!(home.run(&["remove"]).succeeded().out.contains("nothing"));
    }
}

#[test]
fn what_somebody_changed_since_stays() {
    let home = Home::new(Some(CONFIG));
    home.run(&["setup"]).succeeded();
    let changed = home.config().replace("41001", "41002");
    fs::write(home.config_path(), &changed).unwrap();
    home.run(&["remove"]).succeeded();
    assert_eq!(
        meaning(&home.config()),
        meaning(&CONFIG.replace("41001", "41002"))
    );
    assert!(home.config().contains("// the office gateway"));
}

#[test]
fn another_socket_replaces_the_first_and_remove_still_knows_the_beginning() {
    let home = Home::new(Some(CONFIG));
    home.run(&["setup"]).succeeded();
    home.run(&["setup", "--socket", "tcp://127.0.0.1:7001", "--token", "t"])
        .succeeded();
    let config = meaning(&home.config());
    let expected = json!({"socket": "tcp://127.0.0.1:7001", "token": "t"});
    assert_eq!(config["plugins"]["entries"]["wecom"]["config"], expected);
    home.run(&["remove"]).succeeded();
    assert_eq!(home.config(), CONFIG);
}

#[test]
fn an_allow_list_learns_the_name() {
    let config = "{plugins: {allow: ['memory']}}";
    let home = Home::new(Some(config));
    home.run(&["setup"]).succeeded();
    assert_eq!(
        meaning(&home.config())["plugins"]["allow"],
        json!(["memory", "wecom"])
    );
    home.run(&["remove"]).succeeded();
    assert_eq!(home.config(), config);
}

#[test]
fn two_owners_of_the_channel_need_a_decision() {
    let config = "{\n  plugins: { entries: { 'wecom-openclaw-plugin': { enabled: true, config: { a: 1 } } } },\n}\n";
    let home = Home::new(Some(config));
    let refused = home.run(&["setup"]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("--replace-official"), "{refused:?}");
    assert_eq!(home.config(), config);
    assert!(!home.plugin().exists());
    home.run(&["setup", "--replace-official"]).succeeded();
    let entries = &meaning(&home.config())["plugins"]["entries"];
    let official = json!({"enabled": false, "config": {"a": 1}});
    assert_eq!(entries["wecom-openclaw-plugin"], official);
    // A later set-up, after an update for example, keeps the decision.
    home.run(&["setup", "--socket", "/run/other.sock"])
        .succeeded();
    assert_eq!(
        meaning(&home.config())["plugins"]["entries"]["wecom-openclaw-plugin"],
        official
    );
    home.run(&["remove"]).succeeded();
    assert_eq!(home.config(), config);
}

#[test]
fn print_writes_nothing() {
    let home = Home::new(Some(CONFIG));
    let printed = home.run(&["setup", "--print"]);
    let expected = json!({"plugins": {
        "load": {"paths": [home.plugin()]},
        "entries": {"wecom": home.entry()},
    }});
    assert_eq!(printed.succeeded().json(), expected);
    assert_eq!(home.config(), CONFIG);
    assert!(!home.path(".wecom").exists());
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let home = Home::new(Some("{ channels: "));
    let refused = home.run(&["setup"]);
    assert_eq!(refused.status, 1);
    assert!(
        refused.err.contains("must be corrected first"),
        "{refused:?}"
    );
    assert_eq!(home.config(), "{ channels: ");
}

#[test]
fn what_openclaw_does_not_load_is_no_success() {
    let home = Home::new(Some(CONFIG));
    home.openclaw(
        "OpenClaw 2026.9.6",
        r#"{"plugin": {"status": "error", "error": "it is too old"}}"#,
    );
    let failed = home.run(&["setup"]);
    assert_eq!(failed.status, 1);
    assert!(failed.err.contains("it is too old"), "{failed:?}");
}
