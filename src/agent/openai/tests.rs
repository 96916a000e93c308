//! What the tests of the parts share.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Map;

use super::*;
use crate::agent::NoTools;
use crate::agent::openclaw::link::Link;
use crate::clock::ManualClock;
use crate::config::proxy::EgressProxy;
use crate::config::{Environment, LiveConfig, Location, SystemPrompt, ToolPolicy, load_text};
use crate::identity::{Identity, TurnChat};
use crate::ids::{Chat, ChatKind};
use crate::store::{RouteVia, SqliteStore};

/// 2026-11-23 09:00 in Shanghai.
const NOW_MS: i64 = 1_795_395_600_000;

pub(super) fn settings(url: &str) -> OpenAiBackend {
    OpenAiBackend {
        endpoint: Some(url.parse().unwrap()),
        api_key: None,
        model: "m".to_owned(),
        temperature: None,
        max_tokens: None,
        system_prompt: SystemPrompt::BuiltIn,
        images: false,
        history_tokens: 32_000,
        max_tool_rounds: 16,
        idle_timeout: Duration::from_mins(1),
        concurrency: 8,
        headers: BTreeMap::new(),
        tools: ToolPolicy::default(),
        extra_body: Map::new(),
        proxy: EgressProxy::default(),
        ca_file: None,
    }
}

/// What a back end works with, on a store in memory and a clock that stands.
pub(super) fn services() -> (tempfile::TempDir, AgentServices) {
    let (home, services, _) = services_of("");
    (home, services)
}

/// The same with more in the configuration, and the clock to be moved.
pub(super) fn services_of(more: &str) -> (tempfile::TempDir, AgentServices, Arc<ManualClock>) {
    let home = tempfile::tempdir().unwrap();
    let location = Location {
        home: home.path().to_owned(),
        path: home.path().join("wecom.json"),
        read_only: true,
    };
    let text = format!("{{ cron: {{ defaultTimeZone: 'Asia/Shanghai' }}, {more} }}");
    let clock = ManualClock::at(NOW_MS);
    let environment = Environment::from_variables(Vec::<(String, String)>::new());
    let loaded = load_text(&text, &location, &environment).unwrap();
    let services = AgentServices {
        config: LiveConfig::new(loaded.config),
        store: Arc::new(SqliteStore::in_memory().unwrap()),
        clock: clock.clone(),
        tools: Arc::new(NoTools),
        mcp: None,
        openclaw: Link::default(),
    };
    (home, services, clock)
}

pub(super) fn turn(kind: ChatKind, text: &str) -> TurnRequest {
    let id = match kind {
        ChatKind::Direct => "lisi",
        ChatKind::Group => "wr1",
    };
    let chat = Chat {
        account: "hq".into(),
        kind,
        id: id.into(),
    };
    let identity = Identity::of_turn("hq".into(), Some("lisi".into()), TurnChat::from(&chat));
    TurnRequest {
        session: SessionKey::of_chat("main", &chat),
        identity: Arc::new(identity),
        chat,
        via: RouteVia::Bot,
        message_id: "m1".into(),
        text: text.to_owned(),
        quote: None,
        attachments: Vec::new(),
        may_command: false,
        earlier_attempts: 0,
    }
}
