//! Imports, from the two files to the plan.

use serde_json::json;

use super::*;
use crate::config::edit::Document;

/// The file after an import, as the editor would leave it.
fn after(current: &Value, import: &Import) -> Value {
    use crate::config::edit::Change;
    let mut document = Document::parse(&current.to_string()).unwrap();
    for operation in &import.operations {
        match &operation.change {
            Change::Set(value) => document.set(&operation.path, value).unwrap(),
            Change::Merge(value) => document.merge(&operation.path, value).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    document.value()
}

fn imported(source: &Value, current: &Value, options: ImportOptions) -> (Value, Import) {
    let import = import(source, current, options).unwrap().unwrap();
    (after(current, &import), import)
}

fn texts(paths: &[ConfigPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

const FIX: ImportOptions = ImportOptions {
    fix: true,
    overwrite: false,
};

/// The channel after an import with rewriting.
fn fixed(channel: &Value) -> Value {
    let (file, _) = imported(
        &json!({ "channels": { "wecom": channel } }),
        &json!({}),
        FIX,
    );
    file["channels"]["wecom"].clone()
}

#[test]
fn what_is_ours_is_taken_over_and_the_rest_is_not() {
    let source = json!({
        "meta": { "lastTouchedVersion": "2026.9.6" },
        "channels": {
            "qywx": { "botId": "aib", "secret": "${S}", "token": 12345 },
            "telegram": { "botToken": "t" },
            "defaults": { "groupPolicy": "allowlist", "contextVisibility": "all" }
        },
        "bindings": [
            { "agentId": "main", "match": { "channel": "telegram" } },
            { "agentId": "desk", "match": { "channel": "wework", "accountId": "hq" } }
        ],
        "session": { "dmScope": "main", "store": "x", "identityLinks": { "boss": ["qywx:zhangsan"] } },
        "commands": { "text": true, "native": "auto", "ownerAllowFrom": ["qywx:zhangsan"] },
        "accessGroups": { "staff": { "type": "message.senders", "members": { "wework": ["a"] } } },
        "agents": {
            "defaults": { "model": { "primary": "m" } },
            "list": [{ "id": "desk", "default": true, "model": "m", "workspace": "~/w" }]
        },
        "env": { "vars": { "S": "v" }, "shellEnv": { "enabled": true } },
        "secrets": { "providers": {
            "vault": { "source": "exec", "command": "/bin/x" },
            "files": { "source": "file", "path": "/etc/s.json" }
        } },
        "gateway": { "port": 18789 },
        "models": { "providers": {} }
    });
    let (file, import) = imported(&source, &json!({}), ImportOptions::default());
    assert_eq!(
        file,
        json!({
            "channels": {
                "wecom": { "botId": "aib", "secret": "${S}", "token": "12345" },
                "defaults": { "groupPolicy": "allowlist" }
            },
            "bindings": [{ "agentId": "desk", "match": { "channel": "wecom", "accountId": "hq" } }],
            "session": { "dmScope": "main", "identityLinks": { "boss": ["wecom:zhangsan"] } },
            "commands": { "text": true, "ownerAllowFrom": ["wecom:zhangsan"] },
            "accessGroups": { "staff": { "type": "message.senders", "members": { "wecom": ["a"] } } },
            "agents": { "list": [{ "id": "desk", "default": true, "workspace": "~/w" }] },
            "env": { "vars": { "S": "v" } },
            "secrets": { "providers": { "files": { "source": "file", "path": "/etc/s.json" } } }
        })
    );
    assert_eq!(
        texts(&import.left_out),
        [
            "channels.defaults.contextVisibility",
            "session.store",
            "commands.native",
            "secrets.providers.vault"
        ]
    );
    assert_eq!(import.conflicts, []);
    let (again, second) = imported(&source, &file, ImportOptions::default());
    assert_eq!(again, file);
    assert_eq!((second.operations, second.conflicts), (vec![], vec![]));
}

#[test]
fn nothing_about_the_channel_is_nothing_to_import() {
    for source in [
        json!({}),
        json!({ "channels": { "telegram": {} }, "session": { "dmScope": "main" } }),
        json!({ "channels": { "wecom": null } }),
        json!({ "bindings": [{ "agentId": "a", "match": { "channel": "telegram" } }] }),
    ] {
        assert_eq!(import(&source, &json!({}), FIX), Ok(None), "{source}");
    }
}

#[test]
fn what_is_there_stays_unless_overwritten() {
    let source = json!({
        "channels": { "wecom": { "botId": "theirs", "secret": "s", "accounts": { "main": { "name": "n", "botId": "b" } } } },
        "bindings": [{ "agentId": "a", "match": { "channel": "wecom" } }, { "agentId": "b", "match": { "channel": "wecom" } }],
        "agents": { "list": [{ "id": "desk", "name": "Desk" }, { "id": "new" }] }
    });
    let current = json!({
        "channels": { "wecom": { "botId": "ours", "accounts": { "Main": { "name": "m" } } } },
        "bindings": [{ "agentId": "a", "match": { "channel": "wecom" } }],
        "agents": { "list": [{ "id": "desk" }] }
    });
    let (file, plan) = imported(&source, &current, ImportOptions::default());
    let expected = |bot: &str, name: &str| {
        json!({
            "channels": { "wecom": { "botId": bot, "secret": "s", "accounts": { "Main": { "name": name, "botId": "b" } } } },
            "bindings": [{ "agentId": "a", "match": { "channel": "wecom" } }, { "agentId": "b", "match": { "channel": "wecom" } }],
            "agents": { "list": [{ "id": "desk", "name": "Desk" }, { "id": "new" }] }
        })
    };
    assert_eq!(file, expected("ours", "m"));
    let conflicts = ["channels.wecom.botId", "channels.wecom.accounts.Main.name"];
    assert_eq!(texts(&plan.conflicts), conflicts);
    let overwrite = ImportOptions {
        fix: false,
        overwrite: true,
    };
    let (file, plan) = imported(&source, &current, overwrite);
    assert_eq!(file, expected("theirs", "n"));
    assert_eq!(texts(&plan.conflicts), conflicts);
}

#[test]
fn each_foreign_shape_becomes_ours() {
    for (theirs, ours) in [
        (
            json!({ "bot": { "botId": "b", "secret": "s" } }),
            json!({ "botId": "b", "secret": "s" }),
        ),
        (
            json!({ "bot": { "token": "t", "encodingAESKey": "k", "receiveId": "r", "welcomeText": "w",
                             "streamPlaceholderContent": "p", "dm": { "policy": "open", "allowFrom": ["a"] } } }),
            json!({ "token": "t", "encodingAESKey": "k", "receiveId": "r", "welcomeText": "w",
                    "streamPlaceholderContent": "p", "dmPolicy": "open", "allowFrom": ["a"],
                    "connectionMode": "webhook" }),
        ),
        (
            json!({ "dm": { "policy": "allowlist", "allowFrom": [7] },
                    "agent": { "corpId": "ww", "dm": { "policy": "open", "allowFrom": ["b"] } } }),
            json!({ "agent": { "corpId": "ww", "dmPolicy": "open", "allowFrom": ["b"] },
                    "dmPolicy": "allowlist", "allowFrom": ["7"] }),
        ),
        (
            json!({ "bot": { "primaryTransport": "ws", "ws": { "botId": "b", "secret": "s" }, "token": "t" } }),
            json!({ "connectionMode": "websocket", "botId": "b", "secret": "s", "token": "t" }),
        ),
        (
            json!({ "aibotid": "b", "botSecret": "s" }),
            json!({ "botId": "b", "secret": "s" }),
        ),
        (
            json!({ "corpId": "ww", "corpSecret": "c", "agentId": "1000002", "callbackToken": "t", "callbackAesKey": "k" }),
            json!({ "agent": { "corpId": "ww", "agentId": "1000002", "token": "t", "encodingAESKey": "k", "corpSecret": "c" } }),
        ),
        (
            json!({ "corpId": "ww", "token": "t", "encodingAesKey": "k" }),
            json!({ "agent": { "token": "t", "corpId": "ww", "encodingAESKey": "k" } }),
        ),
        (
            json!({ "connectionMode": "webhook", "token": "t", "encodingAesKey": "k" }),
            json!({ "connectionMode": "webhook", "token": "t", "encodingAESKey": "k" }),
        ),
        (
            json!({ "agent": { "encodingAesKey": "k" } }),
            json!({ "agent": { "encodingAESKey": "k" } }),
        ),
        (
            json!({ "commandAllowlist": ["x"], "groupChat": {}, "adminUsers": [] }),
            json!({}),
        ),
        (
            json!({ "accounts": { "hq": { "bot": { "botId": "b", "secret": "s" } } } }),
            json!({ "accounts": { "hq": { "botId": "b", "secret": "s" } } }),
        ),
    ] {
        let mut result = fixed(&theirs);
        let mut expected = ours.clone();
        result.sort_all_objects();
        expected.sort_all_objects();
        assert_eq!(result, expected, "{theirs}");
        assert_eq!(fixed(&ours), ours, "ours stays as it is");
    }
}

#[test]
fn rewriting_says_what_it_did() {
    let channel = json!({ "botId": "b", "aibotid": "c", "botSecret": "s", "adminUsers": ["x"], "bot": { "speed": 1 } });
    let source = json!({ "channels": { "wecom": channel } });
    let import = import(&source, &json!({}), FIX).unwrap().unwrap();
    let rewritten: Vec<_> = import.rewritten.iter().map(ToString::to_string).collect();
    assert_eq!(
        rewritten,
        ["channels.wecom.botSecret -> channels.wecom.secret"]
    );
    assert_eq!(texts(&import.conflicts), ["channels.wecom.aibotid"]);
    assert_eq!(
        texts(&import.unsupported),
        ["channels.wecom.adminUsers", "channels.wecom.bot"]
    );
    let mut own = source.clone();
    own["gateway"] = json!({ "port": 1 });
    let plan = fix_in_place(&own).unwrap();
    assert_eq!(
        after(&own, &plan),
        json!({ "channels": { "wecom": { "botId": "b", "bot": { "speed": 1 }, "secret": "s" } }, "gateway": { "port": 1 } })
    );
}

#[test]
fn a_printout_is_not_imported() {
    let source = json!({ "channels": { "wecom": { "secret": "__OPENCLAW_REDACTED__" } } });
    let error = import(&source, &json!({}), FIX).unwrap_err();
    assert_eq!(
        error,
        ValueError::Mask {
            path: "channels.wecom.secret".parse().unwrap()
        }
    );
}

#[test]
fn where_openclaw_keeps_its_file() {
    for (variables, path) in [
        (vec![], Some("/home/a/.openclaw/openclaw.json")),
        (
            vec![("OPENCLAW_HOME", "/srv")],
            Some("/srv/.openclaw/openclaw.json"),
        ),
        (
            vec![("CLAWDBOT_STATE_DIR", "/old")],
            Some("/old/openclaw.json"),
        ),
        (
            vec![
                ("CLAWDBOT_STATE_DIR", "/old"),
                ("OPENCLAW_STATE_DIR", "~/st"),
            ],
            Some("/home/a/st/openclaw.json"),
        ),
        (
            vec![
                ("OPENCLAW_STATE_DIR", "/st"),
                ("OPENCLAW_CONFIG_PATH", "/etc/o.json5"),
            ],
            Some("/etc/o.json5"),
        ),
    ] {
        let environment = Environment::from_variables(variables).with_home_dir("/home/a");
        assert_eq!(openclaw_config_path(&environment), path.map(PathBuf::from));
    }
    assert_eq!(openclaw_config_path(&Environment::default()), None);
}
