//! `get`, `validate`, `schema`, `file`, and dry runs: nothing is changed, nothing is given away.

use serde_json::{Value, json};

use crate::home::{COMMENTED, Home};

#[test]
fn get_prints_values_as_they_stand() {
    let home = Home::with(COMMENTED);
    assert_eq!(home.ok(&["get", "channels.wecom.botId"]), "aib-1\n");
    assert_eq!(
        home.ok(&["get", "channels.wecom.botId", "--json"]),
        "\"aib-1\"\n"
    );
    assert_eq!(home.ok(&["get", "channels.wecom.enabled"]), "true\n");
    assert_eq!(
        home.ok(&["get", "channels.wecom.secret"]),
        "${WECOM_SECRET}\n"
    );
    assert_eq!(
        home.ok(&["get", "channels"]),
        "{\n  \"wecom\": {\n    \"enabled\": true,\n    \"botId\": \"aib-1\",\n    \"secret\": \
         \"${WECOM_SECRET}\",\n    \"dmPolicy\": \"open\"\n  }\n}\n"
    );
}

#[test]
fn what_is_not_there_is_unknown_or_unset() {
    let home = Home::with(COMMENTED);
    let unset = home.refused(&["get", "channels.wecom.textChunkLimit"]);
    assert_eq!(
        unset,
        "error: channels.wecom.textChunkLimit is known but not set (default: 4000)\n"
    );
    let unknown = home.refused(&["get", "channels.wecom.botID2"]);
    assert_eq!(
        unknown,
        "error: channels.wecom.botID2 is no known key; did you mean channels.wecom.botId?\n"
    );
    let unknown = home.refused(&["get", "plugins.x"]);
    assert_eq!(
        unknown,
        "error: plugins.x is no known key, and the file has none of that name\n"
    );
    let answer = home.run(&["get", "plugins.x", "--json"]);
    assert_eq!(answer.status, 1);
    assert_eq!(
        serde_json::from_str::<Value>(&answer.out).unwrap(),
        json!({ "ok": false, "error": {
            "type": "cli_error",
            "message": "plugins.x is no known key, and the file has none of that name"
        } })
    );
}

#[test]
fn no_way_to_look_shows_a_secret() {
    let secret = |name: &str| format!("MARKED{name}");
    let file = json!({
        "channels": {
            "wecom": {
                "enabled": true, "botId": "aib", "secret": secret("a"), "token": secret("b"),
                "encodingAESKey": secret("c"), "dmPolicy": "open",
                "agent": { "corpId": "ww00112233445566aa", "corpSecret": secret("d"), "agentId": 7,
                           "token": secret("e"), "encodingAESKey": secret("f") },
                "network": { "egressProxyUrl": "http://u:MARKEDg@proxy.example:1" },
                "mcp": { "servers": { "doc": { "url": "https://x.example/?apikey=MARKEDh",
                                               "headers": { "X-Key": secret("i") } } } },
                "accounts": { "hq": { "secret": secret("j"), "bot": { "secret": secret("k") } } }
            },
            "telegram": { "botToken": secret("l") }
        },
        "gateway": { "auth": { "mode": "token", "token": secret("m"), "password": secret("n") } },
        "env": { "vars": { "WECOM_X": secret("o") } },
        "models": { "providers": { "p": { "apiKey": secret("p") } } }
    });
    let home = Home::with(&file.to_string());
    let paths = [
        "channels",
        "channels.wecom",
        "channels.wecom.secret",
        "channels.wecom.token",
        "channels.wecom.encodingAESKey",
        "channels.wecom.agent",
        "channels.wecom.agent.corpSecret",
        "channels.wecom.network",
        "channels.wecom.network.egressProxyUrl",
        "channels.wecom.mcp",
        "channels.wecom.mcp.servers.doc.url",
        "channels.wecom.mcp.servers.doc.headers.X-Key",
        "channels.wecom.accounts",
        "channels.wecom.accounts.hq.secret",
        "channels.wecom.accounts.hq.bot",
        "channels.wecom.accounts.hq.bot.secret",
        "channels.telegram.botToken",
        "gateway",
        "env",
        "gateway.auth.token",
        "env.vars.WECOM_X",
        "models",
    ];
    let mut calls: Vec<Vec<&str>> = vec![
        vec!["get"],
        vec!["get", "--json"],
        vec!["get", "--effective"],
        vec!["get", "--effective", "--json"],
        vec!["get", "--account", "hq"],
        vec!["get", "--account", "hq", "--json"],
        vec!["validate"],
        vec!["validate", "--json"],
        vec!["set", "channels.wecom.dmPolicy", "nobody"],
        vec![
            "set",
            "channels.wecom.dmPolicy",
            "nobody",
            "--dry-run",
            "--json",
        ],
        vec![
            "set",
            "channels.wecom.secret",
            "x",
            "--expect-current-json",
            "'y'",
        ],
        vec!["set", "channels.wecom.name", "n", "--dry-run"],
        vec!["unset", "channels.wecom.accounts.hq.bot"],
    ];
    for path in paths {
        calls.push(vec!["get", path]);
        calls.push(vec!["get", path, "--json"]);
    }
    for call in calls {
        let answer = home.run(&call);
        assert!(!answer.out.is_empty() || !answer.err.is_empty(), "{call:?}");
        let seen = format!("{}{}", answer.out, answer.err);
        assert!(!seen.contains("MARKED"), "{call:?}: {seen}");
    }
    assert_eq!(home.ok(&["get", "channels.wecom.secret"]), "__REDACTED__\n");
}

#[test]
fn validate_lists_every_problem() {
    let home = Home::with(
        "{ channels: { wecom: { enabled: true, botId: 'b', dmPolicy: 'nobody', nmae: 'x' } } }",
    );
    let answer = home.run(&["validate"]);
    assert_eq!(answer.status, 1);
    insta::assert_snapshot!("validate_invalid", answer.out);
    let answer = home.run(&["validate", "--json"]);
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(report["valid"], json!(false));
    assert_eq!(report["path"], json!("HOME/wecom.json"));
    let codes = |key: &str| -> Vec<String> {
        let issues = report[key].as_array().unwrap();
        issues
            .iter()
            .map(|i| i["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(
        codes("errors").contains(&"half_bot_ws".to_owned()),
        "{report}"
    );
    assert!(
        codes("warnings").contains(&"unknown_key".to_owned()),
        "{report}"
    );
    let home = Home::with(
        "{ channels: { wecom: { enabled: true, botId: 'b', secret: 's', dmPolicy: 'pairing' } } }",
    );
    let out = home.ok(&["validate"]);
    assert!(out.starts_with("Config valid: HOME/wecom.json\n"), "{out}");
    let home = Home::with("{ a: 1 b: 2 }");
    let answer = home.run(&["validate"]);
    assert_eq!(answer.status, 1);
    assert!(
        answer
            .out
            .starts_with("Config invalid: HOME/wecom.json\nerror"),
        "{}",
        answer.out
    );
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_it_would_do() {
    let home = Home::with(COMMENTED);
    let answer = home.run(&[
        "set",
        "channels.wecom.token",
        "${TOKEN}",
        "--dry-run",
        "--json",
    ]);
    insta::assert_snapshot!("dry_run_json", answer.out);
    let answer = home.run(&[
        "set",
        "channels.wecom.dmPolicy",
        "nobody",
        "--dry-run",
        "--json",
    ]);
    assert_eq!(answer.status, 1);
    let report: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(
        (&report["ok"], &report["errors"][0]["kind"]),
        (&json!(false), &json!("schema"))
    );
    let report = home.ok(&["unset", "channels.wecom.dmPolicy", "--dry-run", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (&report["ok"], &report["errors"]),
        (&json!(true), &json!([]))
    );
    for (arguments, kind) in [
        (["channels.wecom.allowFrom", "[a"].as_slice(), "value"),
        (&["channels.wecom.secret", "__REDACTED__"], "value"),
        (&["channels.wecom.botId.x", "1"], "operation"),
        (
            &["channels.wecom.botId", "x", "--expect-absent"],
            "conflict",
        ),
    ] {
        let call = [&["set"], arguments, &["--dry-run", "--json"]].concat();
        let answer = home.run(&call);
        assert_eq!((answer.status, answer.err.as_str()), (1, ""), "{call:?}");
        let report: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(report["errors"][0]["kind"], json!(kind), "{report}");
    }
    assert_eq!(
        home.ok(&["set", "channels.wecom.name", "n", "--dry-run"]),
        "Dry run, nothing written. Otherwise:\nUpdated channels.wecom.name.\n\
         Applies without restart, from the next message on.\n"
    );
    assert_eq!(home.names(), ["wecom.json"]);
    assert_eq!(home.text(), COMMENTED);
}

#[test]
fn file_schema_and_reload() {
    let home = Home::new();
    assert_eq!(home.ok(&["file"]), "HOME/wecom.json\n");
    let schema: Value = serde_json::from_str(&home.ok(&["schema"])).unwrap();
    assert_eq!(schema["title"], json!("wecom configuration"));
    assert!(home.refused(&["reload"]).contains("no daemon runs"));
}
