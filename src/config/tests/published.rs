use serde_json::Value;

use super::*;
use crate::config::schema::{self, FieldKind, ReloadClass};

/// Where the published schema lies in the project.
fn published() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/config.schema.json")
}

/// The published schema is the one in the code. `UPDATE_SCHEMA=1 cargo test published`
/// writes it anew.
#[test]
fn the_published_schema_is_current() {
    let mut current = serde_json::to_string_pretty(&schema::json_schema()).unwrap();
    current.push('\n');
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(published(), &current).unwrap();
    }
    let text = std::fs::read_to_string(published()).unwrap_or_default();
    assert!(
        text == current,
        "docs/config.schema.json is stale: run UPDATE_SCHEMA=1 cargo test published"
    );
}

/// Every key of the channel with its kind, default and limits, as one reads them.
#[test]
fn every_key_of_the_channel_is_typed() {
    let schema = schema::json_schema();
    let mut untyped = Vec::new();
    let accounts = schema.pointer("/$defs/AccountKeys/properties").unwrap();
    for name in accounts.as_object().unwrap().keys() {
        let field = schema::field_at(&["channels", "wecom", "accounts", "x", name]).unwrap();
        let top = schema::field_at(&["channels", "wecom", name]).unwrap();
        assert_eq!(field, top, "{name}");
        assert!(field.description.is_some(), "{name}");
        if field.kind == FieldKind::Any {
            untyped.push(name.as_str());
        }
    }
    let of_the_host = ["capabilities", "responsePrefix", "configWrites", "commands"];
    assert_eq!(untyped, of_the_host);
}

#[test]
fn fields_tell_what_writers_need() {
    let at = |path: &str| schema::field_at(&path.split('.').collect::<Vec<_>>());
    let kinds = [
        ("channels.wecom.botId", FieldKind::Text),
        ("channels.wecom.accounts.Main.token", FieldKind::Text),
        ("channels.wecom.agent.agentId", FieldKind::Text),
        ("channels.wecom.allowFrom", FieldKind::TextList),
        ("channels.wecom.allowFrom.0", FieldKind::Text),
        ("channels.wecom.groups", FieldKind::Map),
        ("channels.wecom.groups.wrA", FieldKind::Object),
        ("channels.wecom.groups.wrA.allowFrom", FieldKind::TextList),
        ("channels.wecom.enabled", FieldKind::Bool),
        ("channels.wecom.websocket.heartbeatMs", FieldKind::Int),
        ("channels.wecom.media.retentionHours", FieldKind::Number),
        ("channels.wecom.mcp.servers.doc.headers.X", FieldKind::Text),
        ("channels.wecom.network", FieldKind::Object),
        ("bindings", FieldKind::Array),
        (
            "bindings.0.match.peer.kind",
            FieldKind::Enum(vec![
                "direct".into(),
                "dm".into(),
                "group".into(),
                "channel".into(),
            ]),
        ),
        (
            "agents.list.3.backend.type",
            FieldKind::Enum(vec![
                "echo".into(),
                "demo".into(),
                "acp".into(),
                "openai".into(),
                "openclaw".into(),
            ]),
        ),
        ("cron.minIntervalMs", FieldKind::Any),
        ("env.vars.ANY", FieldKind::Text),
    ];
    for (path, kind) in kinds {
        assert_eq!(at(path).map(|field| field.kind), Some(kind), "{path}");
    }
    for unknown in [
        "channels.wecom.botid",
        "nothing",
        "bindings.x",
        "channels.wecom.botId.x",
    ] {
        assert_eq!(at(unknown), None, "{unknown}");
    }
    let heartbeat = at("channels.wecom.websocket.heartbeatMs").unwrap();
    assert_eq!(heartbeat.default, Some(Value::from(30_000)));
    assert_eq!(
        (heartbeat.minimum, heartbeat.maximum),
        (Some(5_000.0), Some(120_000.0))
    );
    assert_eq!(heartbeat.reload, ReloadClass::Reconnect);
    assert_eq!(at("channels.wecom.name").unwrap().max_chars, Some(128));
    assert_eq!(
        at("channels.wecom.welcomeText").unwrap().max_bytes,
        Some(2_048)
    );
}

/// The fields that take a reference, and those that are masked.
#[test]
fn references_and_secrets_are_where_they_belong() {
    let at = |path: &str| schema::field_at(&path.split('.').collect::<Vec<_>>()).unwrap();
    for (path, secret) in [
        ("channels.wecom.secret", true),
        ("channels.wecom.token", true),
        ("channels.wecom.encodingAESKey", true),
        ("channels.wecom.agent.corpSecret", true),
        ("channels.wecom.agent.token", true),
        ("channels.wecom.agent.encodingAESKey", true),
        ("channels.wecom.network.egressProxyUrl", true),
        ("channels.wecom.mcp.servers.doc.url", true),
        ("channels.wecom.mcp.servers.doc.headers.X", true),
        ("channels.wecom.mcp.clients.0.token", true),
        ("gateway.auth.token", true),
        ("gateway.auth.password", true),
        ("cron.webhookToken", true),
        ("channels.wecom.botId", false),
        ("channels.wecom.agent.corpId", false),
        ("channels.wecom.agent.agentId", false),
    ] {
        let field = at(path);
        assert_eq!((field.reference, field.secret), (true, secret), "{path}");
    }
    assert!(!at("channels.wecom.name").reference);
    assert!(at("env.vars.X").secret);
}

#[test]
fn reload_classes_follow_the_keys() {
    let at = |path: &str| {
        schema::field_at(&path.split('.').collect::<Vec<_>>())
            .unwrap()
            .reload
    };
    for (path, class) in [
        ("channels.wecom.name", ReloadClass::Live),
        ("channels.wecom.dmPolicy", ReloadClass::Live),
        ("channels.wecom.tls.caFile", ReloadClass::Reconnect),
        ("channels.wecom.connectionMode", ReloadClass::Reconnect),
        ("channels.wecom.agent.token", ReloadClass::ReRegister),
        ("channels.wecom.agent.corpSecret", ReloadClass::Client),
        ("channels.wecom.network.apiBaseUrl", ReloadClass::Client),
        ("channels.wecom.enabled", ReloadClass::Lifecycle),
        ("channels.wecom.media.tempDir", ReloadClass::Restart),
        ("gateway.port", ReloadClass::Restart),
        ("bindings", ReloadClass::Live),
    ] {
        assert_eq!(at(path), class, "{path}");
    }
    // Adding an account starts it, but a key inside one keeps its own class.
    assert_eq!(at("channels.wecom.accounts"), ReloadClass::Lifecycle);
    assert_eq!(at("channels.wecom.accounts.hq.name"), ReloadClass::Live);
}
