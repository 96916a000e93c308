//! One account on its way from keys to effective settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{access, agent_app, bot, mcp, network};
use crate::config::account;
use crate::config::effective::{Account, DynamicAgents, GroupPolicy, Severity};
use crate::config::environment::Environment;
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::schema::channel::AccountKeys;
use crate::config::schema::value::Supplied;
use crate::ids::AccountId;

/// What all accounts share.
pub(crate) struct Shared<'s> {
    pub(crate) home: &'s Path,
    pub(crate) env: &'s Environment,
    /// Whether `accounts` has entries.
    pub(crate) multi: bool,
    /// Keys of the top level, read.
    pub(crate) top: &'s Map<String, Value>,
    /// `channels.defaults.groupPolicy`.
    pub(crate) group_policy: Option<GroupPolicy>,
    pub(crate) access_groups: &'s BTreeMap<String, Vec<String>>,
    /// `agents.defaults.mediaMaxMb`.
    pub(crate) host_media_mb: Option<f64>,
}

/// One account: its own keys, what it inherits, what was found. No `Debug`: the keys hold
/// secrets.
pub(crate) struct Draft {
    pub(crate) id: AccountId,
    pub(crate) authored_id: String,
    /// Where its keys stand: its entry, or the channel itself without `accounts`.
    pub(crate) place: Place,
    /// Its own keys.
    pub(crate) own: Map<String, Value>,
    /// The same with what it inherits.
    pub(crate) merged: Map<String, Value>,
    pub(crate) keys: AccountKeys,
    pub(crate) findings: Vec<Finding>,
    pub(crate) enabled: bool,
}

impl Draft {
    pub(crate) fn new(
        id: AccountId,
        authored_id: String,
        own: Map<String, Value>,
        findings: Vec<Finding>,
        shared: &Shared<'_>,
    ) -> Self {
        let channel = Place::of("channels.wecom");
        let place = if shared.multi {
            channel.key("accounts").key(&authored_id)
        } else {
            channel
        };
        let merged = account::merge(shared.top, &own);
        let mut draft = Self {
            id,
            authored_id,
            place,
            own,
            keys: AccountKeys::default(),
            merged,
            findings,
            enabled: false,
        };
        draft.scope_findings();
        match serde_json::from_value(Value::Object(draft.merged.clone())) {
            Ok(keys) => draft.keys = keys,
            Err(error) => {
                let here = draft.place.clone();
                draft.report(Finding::error(
                    "type_mismatch",
                    here,
                    format!("cannot be understood: {error}"),
                    "check the keys of this account",
                ));
            }
        }
        draft.enabled = draft.is_enabled(shared);
        draft
    }

    /// Narrows errors of single keys to the capability that the key belongs to.
    fn scope_findings(&mut self) {
        let (place, top) = (self.place.clone(), Place::of("channels.wecom"));
        for finding in &mut self.findings {
            let relative = finding
                .place
                .below(&place)
                .or_else(|| finding.place.below(&top));
            if finding.severity == Severity::Error
                && let Some(relative) = relative
            {
                finding.stops = capability_of(&relative);
            }
        }
    }

    fn is_enabled(&self, shared: &Shared<'_>) -> bool {
        let top = shared.top.get("enabled").and_then(Value::as_bool);
        let own = if shared.multi {
            self.own.get("enabled").and_then(Value::as_bool)
        } else {
            None
        };
        match (top, own) {
            (Some(false), _) | (_, Some(false)) => false,
            // With nothing configured at all the channel is simply off.
            (None, None) if !shared.multi => self.has_credentials(),
            _ => true,
        }
    }

    /// Whether anything is set that could become a capability.
    pub(crate) fn has_credentials(&self) -> bool {
        self.has_bot() || self.has_agent_app() || !self.keys.mcp.servers.is_empty()
    }

    /// Whether credentials of a bot are set, complete or not.
    pub(crate) fn has_bot(&self) -> bool {
        let keys = &self.keys;
        is_any_present([
            &keys.bot_id,
            &keys.secret,
            &keys.token,
            &keys.encoding_aes_key,
        ])
    }

    /// Whether credentials of an agent app are set, complete or not.
    pub(crate) fn has_agent_app(&self) -> bool {
        let keys = &self.keys.agent;
        is_any_present([
            &keys.corp_id,
            &keys.corp_secret,
            &keys.token,
            &keys.encoding_aes_key,
        ])
    }

    /// Takes over a finding about the top level, unless the account says the key itself.
    pub(crate) fn inherit_finding(&mut self, finding: &Finding) -> bool {
        let Some(relative) = finding.place.below(&Place::of("channels.wecom")) else {
            return false;
        };
        if relative.find_in(&self.own).is_some() {
            return false;
        }
        let stops = capability_of(&relative);
        self.report(finding.clone().stopping(stops));
        true
    }

    /// Whether the account itself says the key at `dotted`, rather than inheriting it.
    pub(crate) fn says(&self, dotted: &str) -> bool {
        Place::of(dotted).find_in(&self.own).is_some()
    }

    /// Where the key at `dotted` stands, or would be written.
    pub(crate) fn at(&self, dotted: &str, shared: &Shared<'_>) -> Place {
        self.at_place(&Place::of(dotted), shared)
    }

    /// Where the key at `relative` stands, or would be written.
    pub(crate) fn at_place(&self, relative: &Place, shared: &Shared<'_>) -> Place {
        let inherited =
            relative.find_in(&self.own).is_none() && relative.find_in(shared.top).is_some();
        if inherited {
            Place::of("channels.wecom").join(relative)
        } else {
            self.place.join(relative)
        }
    }

    pub(crate) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether an error stops this part of the account.
    pub(crate) fn is_stopped(&self, part: Stops) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.stops == part || finding.stops == Stops::Account)
    }

    /// The effective account. Issues are added at the end, by the caller.
    pub(crate) fn build(&mut self, shared: &Shared<'_>) -> Account {
        self.check_presence(shared);
        let access = access::access(self, shared);
        let network = network::network(self, shared);
        let media = network::media(self, shared);
        let mcp = mcp::mcp(self, shared);
        let bot_socket = bot::socket(self, shared, &network);
        let bot_webhook = bot::webhook(self, shared);
        let agent_app = agent_app::agent_app(self, shared, &access, &network);
        let runs = !self.is_stopped(Stops::Account);
        let keys = &self.keys;
        Account {
            id: self.id.clone(),
            authored_id: self.authored_id.clone(),
            name: keys.name.clone(),
            enabled: self.enabled,
            bot_socket: bot_socket.filter(|_| runs && !self.is_stopped(Stops::BotSocket)),
            bot_webhook: bot_webhook.filter(|_| runs && !self.is_stopped(Stops::BotWebhook)),
            agent_app: agent_app.filter(|_| runs && !self.is_stopped(Stops::AgentApp)),
            access,
            send_thinking_message: keys.send_thinking_message,
            welcome_text: non_empty(keys.welcome_text.as_ref()),
            text_chunk_limit: usize::try_from(keys.text_chunk_limit).unwrap_or(usize::MAX),
            turn_timeout: Duration::from_millis(keys.turn_timeout_ms),
            stream_handover: Duration::from_millis(keys.websocket.stream_handover_ms),
            undelivered_ttl: Duration::from_millis(keys.websocket.undelivered_ttl_ms),
            markdown_tables: keys.markdown.tables,
            health_monitor: keys.health_monitor.enabled,
            fail_closed_on_default_route: keys
                .routing
                .fail_closed_on_default_route
                .unwrap_or(shared.multi),
            dynamic_agents: dynamic_agents(keys),
            network,
            media,
            mcp,
            issues: Vec::new(),
        }
    }

    fn check_presence(&mut self, shared: &Shared<'_>) {
        if self.enabled && !self.has_credentials() {
            let here = self.place.clone();
            self.report(Finding::warning(
                "not_configured",
                here.clone(),
                "the account is enabled, but nothing is configured that could start",
                format!(
                    "set botId and secret (bot over the long connection), or token and \
                     encodingAESKey with connectionMode \"webhook\" (bot over webhooks), or \
                     agent.corpId with agent.corpSecret (agent app) at `{here}`"
                ),
            ));
        }
        for (first, second) in [("botId", "secret"), ("token", "encodingAESKey")] {
            let inherited = |key: &str| !self.says(key) && shared.top.contains_key(key);
            let mixed =
                (self.says(first) && inherited(second)) || (self.says(second) && inherited(first));
            if shared.multi && mixed {
                let (own, other) = if self.says(first) {
                    (first, second)
                } else {
                    (second, first)
                };
                let here = self.place.key(own);
                self.report(Finding::warning(
                    "credentials_mixed",
                    here,
                    format!(
                        "`{own}` is the account's own, but `{other}` is inherited from the top \
                         level"
                    ),
                    format!("set `{}` too", self.place.key(other)),
                ));
            }
        }
    }
}

/// An account that is on and has every default, but nothing configured.
pub(crate) fn unconfigured_account(id: AccountId, home: &Path) -> Account {
    let shared = Shared {
        home,
        env: &Environment::default(),
        multi: false,
        top: &Map::new(),
        group_policy: None,
        access_groups: &BTreeMap::new(),
        host_media_mb: None,
    };
    let authored = id.as_str().to_owned();
    let mut draft = Draft::new(id, authored, Map::new(), Vec::new(), &shared);
    draft.enabled = true;
    draft.build(&shared)
}

fn is_any_present(keys: [&Option<Supplied>; 4]) -> bool {
    keys.into_iter().flatten().any(Supplied::is_present)
}

/// What an error in one key stops.
fn capability_of(relative: &Place) -> Stops {
    match relative.first_key() {
        Some("botId" | "secret" | "websocketUrl" | "tls" | "websocket") => Stops::BotSocket,
        Some(
            "token"
            | "encodingAESKey"
            | "receiveId"
            | "webhook"
            | "streamPlaceholderContent"
            | "debounceMs",
        ) => Stops::BotWebhook,
        Some("agent") => Stops::AgentApp,
        // A server that cannot be used is left out; the account works without it.
        Some("mcp") => Stops::Nothing,
        _ => Stops::Account,
    }
}

/// The text, unless it is blank.
pub(crate) fn non_empty(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).cloned()
}

fn dynamic_agents(keys: &AccountKeys) -> DynamicAgents {
    let keys = &keys.dynamic_agents;
    DynamicAgents {
        enabled: keys.enabled,
        direct: keys.dm_create_agent,
        group: keys.group_enabled,
        admin_users: keys.admin_users.list(),
        max_agents: keys.max_agents,
        id_style: keys.id_style,
    }
}
