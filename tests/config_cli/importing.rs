//! `import`: from an `openclaw.json`.

use serde_json::json;

use crate::home::Home;

const OPENCLAW: &str = r#"{
  // theirs
  "meta": { "lastTouchedVersion": "2026.9.6" },
  "channels": { "qywx": { "enabled": true, "bot": { "botId": "aib", "secret": "${S}" }, "dmPolicy": "open" } },
  "bindings": [{ "agentId": "main", "match": { "channel": "qywx" } }],
  "agents": { "list": [{ "id": "main", "model": "m" }] },
  "models": { "providers": {} }
}"#;

#[test]
fn an_import_takes_over_what_is_ours_and_can_be_repeated() {
    let home = Home::new();
    home.write(".openclaw/openclaw.json", OPENCLAW);
    let answer = home.run(&["import", "--fix", "--dry-run"]);
    assert_eq!(answer.status, 0, "{}", answer.err);
    insta::assert_snapshot!("import_dry_run", answer.out);
    assert!(!home.path("wecom.json").exists());
    home.ok(&["import", "--fix"]);
    assert_eq!(
        home.json(),
        json!({
            "channels": { "wecom": { "enabled": true, "dmPolicy": "open", "botId": "aib", "secret": "${S}" } },
            "bindings": [{ "agentId": "main", "match": { "channel": "wecom" } }],
            "agents": { "list": [{ "id": "main" }] }
        })
    );
    let text = home.text();
    assert!(home.ok(&["import", "--fix"]).contains("\nNo change.\n"));
    assert_eq!(home.text(), text);
    assert_eq!(home.read(".openclaw/openclaw.json"), OPENCLAW);
}

#[test]
fn an_import_tells_nothing_found_and_conflicts_apart() {
    let home =
        Home::with("{ channels: { wecom: { enabled: true, botId: 'ours', dmPolicy: 'open' } } }");
    let answer = home.run(&["import"]);
    assert_eq!((answer.status, answer.out.as_str()), (1, ""));
    assert_eq!(
        answer.err,
        "nothing to import: there is no HOME/.openclaw/openclaw.json\n"
    );
    home.write("other.json", "{ channels: { telegram: {} } }");
    let other = home.path("other.json");
    let answer = home.run(&["import", other.to_str().unwrap()]);
    assert_eq!(answer.status, 1);
    home.write(
        "theirs.json",
        "{ channels: { wecom: { botId: 'theirs', secret: 's' } } }",
    );
    let theirs = home.path("theirs.json");
    let answer = home.run(&["import", theirs.to_str().unwrap()]);
    assert_eq!(answer.status, 2, "{}", answer.err);
    assert!(
        answer.out.contains("\n  channels.wecom.botId\n"),
        "{}",
        answer.out
    );
    assert_eq!(
        home.text(),
        "{ channels: { wecom: { enabled: true, botId: 'ours', dmPolicy: 'open', secret: 's' } } }"
    );
    home.ok(&["import", theirs.to_str().unwrap(), "--overwrite"]);
    assert!(home.text().contains("botId: 'theirs'"));
}

#[test]
fn the_file_in_use_is_rewritten_in_place() {
    let home = Home::with(
        "{\n  // mine\n  channels: { wecom: { enabled: true, dmPolicy: 'open', aibotid: 'b', botSecret: 's' } },\n}\n",
    );
    let own = home.path("wecom.json");
    let answer = home.run(&["import", own.to_str().unwrap()]);
    assert_eq!(answer.status, 1);
    home.ok(&["import", own.to_str().unwrap(), "--fix"]);
    assert_eq!(
        home.text(),
        "{\n  // mine\n  channels: { wecom: { enabled: true, dmPolicy: 'open', botId: 'b', secret: 's' } },\n}\n"
    );
}
