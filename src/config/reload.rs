//! What changed between two configurations, and what it takes to apply it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::effective::{Account, AgentApp, BotSocket, BotWebhook, Config, McpServerSettings};
use super::schema::ReloadClass;
use crate::ids::AccountId;

/// What changed between two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Accounts that differ, were added or removed. Unchanged ones are not listed.
    pub accounts: BTreeMap<AccountId, AccountChange>,
    /// Accounts that are the same in both.
    pub unchanged: Vec<AccountId>,
    /// Sections beside the accounts that differ; all apply live.
    pub sections: Vec<&'static str>,
    /// Keys whose change waits for a restart of the daemon; their old value stays.
    pub restart: Vec<&'static str>,
}

/// How one account differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It was switched on (`true`) or off.
    Switched(bool),
    /// Its settings differ.
    Changed {
        /// What applying them takes.
        classes: BTreeSet<ReloadClass>,
        /// Which ones, for the log; no values.
        keys: Vec<&'static str>,
    },
}

impl Changes {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.sections.is_empty() && self.restart.is_empty()
    }
}

/// Compares two configurations by what they mean, not by their text. Issues do not count.
pub fn diff(old: &Config, new: &Config) -> Changes {
    let mut changes = Changes {
        sections: sections(old, new),
        restart: restart(old, new),
        ..Changes::default()
    };
    for (id, account) in &new.accounts {
        let change = match old.accounts.get(id) {
            None => Some(AccountChange::Added),
            Some(before) if before.enabled != account.enabled => {
                Some(AccountChange::Switched(account.enabled))
            }
            Some(before) => account_change(before, account),
        };
        match change {
            Some(change) => {
                changes.accounts.insert(id.clone(), change);
            }
            None => changes.unchanged.push(id.clone()),
        }
    }
    for id in old.accounts.keys() {
        if !new.accounts.contains_key(id) {
            changes.accounts.insert(id.clone(), AccountChange::Removed);
        }
    }
    changes
}

fn sections(old: &Config, new: &Config) -> Vec<&'static str> {
    let listener = |config: &Config| {
        let gateway = &config.gateway;
        (
            gateway.reload,
            gateway.auth.clone(),
            gateway.public_origin.clone(),
            gateway.trusted_proxies.clone(),
        )
    };
    named([
        ("agents", old.agents != new.agents),
        ("bindings", old.bindings != new.bindings),
        ("session", old.session != new.session),
        ("commands", old.commands != new.commands),
        ("cron", old.cron != new.cron),
        ("channels.wecom.mcp", old.mcp_server != new.mcp_server),
        ("gateway", listener(old) != listener(new)),
        (
            "channels.wecom.defaultAccount",
            old.default_account != new.default_account,
        ),
        (
            "channels.wecom.accounts",
            old.multi_account != new.multi_account,
        ),
    ])
}

fn restart(old: &Config, new: &Config) -> Vec<&'static str> {
    let moved = new.accounts.iter().any(|(id, account)| {
        old.accounts
            .get(id)
            .is_some_and(|before| before.media.temp_dir != account.media.temp_dir)
    });
    named([
        ("gateway.port", old.gateway.port != new.gateway.port),
        ("gateway.bind", old.gateway.bind != new.gateway.bind),
        ("openclaw", old.openclaw != new.openclaw),
        ("media.tempDir", moved),
        (
            "channels.wecom.mcp.skills",
            skills(&old.mcp_server) != skills(&new.mcp_server),
        ),
        ("WECOM_HOME", old.home != new.home),
    ])
}

/// What decides which skills there are; their folders are watched from the start on.
fn skills(settings: &McpServerSettings) -> (&[PathBuf], bool) {
    (&settings.skills_dirs, settings.built_in_skills)
}

fn named<const N: usize>(compared: [(&'static str, bool); N]) -> Vec<&'static str> {
    compared
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name)
        .collect()
}

fn account_change(old: &Account, new: &Account) -> Option<AccountChange> {
    let mut found = Found::default();
    socket(old.bot_socket.as_ref(), new.bot_socket.as_ref(), &mut found);
    webhook(
        old.bot_webhook.as_ref(),
        new.bot_webhook.as_ref(),
        &mut found,
    );
    agent(old.agent_app.as_ref(), new.agent_app.as_ref(), &mut found);
    let (a, b) = (old, new);
    found.add(
        ReloadClass::Client,
        "network.apiBaseUrl",
        a.network.api_base_url != b.network.api_base_url,
    );
    found.add(
        ReloadClass::Client,
        "network.egressProxyUrl",
        a.network.proxy != b.network.proxy,
    );
    for (name, differs) in [
        ("name", a.name != b.name || a.authored_id != b.authored_id),
        ("access", a.access != b.access),
        (
            "sendThinkingMessage",
            a.send_thinking_message != b.send_thinking_message,
        ),
        ("welcomeText", a.welcome_text != b.welcome_text),
        ("textChunkLimit", a.text_chunk_limit != b.text_chunk_limit),
        ("turnTimeoutMs", a.turn_timeout != b.turn_timeout),
        (
            "websocket.streamHandoverMs",
            a.stream_handover != b.stream_handover,
        ),
        (
            "websocket.undeliveredTtlMs",
            a.undelivered_ttl != b.undelivered_ttl,
        ),
        ("markdown.tables", a.markdown_tables != b.markdown_tables),
        (
            "healthMonitor.enabled",
            a.health_monitor != b.health_monitor,
        ),
        (
            "routing.failClosedOnDefaultRoute",
            a.fail_closed_on_default_route != b.fail_closed_on_default_route,
        ),
        ("dynamicAgents", a.dynamic_agents != b.dynamic_agents),
        ("network.timeoutMs", a.network.timeout != b.network.timeout),
        ("network.retries", a.network.retries != b.network.retries),
        (
            "network.retryDelayMs",
            a.network.retry_delay != b.network.retry_delay,
        ),
        (
            "mediaLocalRoots",
            a.media.local_roots != b.media.local_roots,
        ),
        ("media.maxBytes", a.media.max_bytes != b.media.max_bytes),
        (
            "media.retentionHours",
            a.media.retention != b.media.retention,
        ),
        (
            "media.allowedHosts",
            a.media.allowed_hosts != b.media.allowed_hosts,
        ),
        ("media.allowHttp", a.media.allow_http != b.media.allow_http),
        ("mcp", a.mcp != b.mcp),
    ] {
        found.add(ReloadClass::Live, name, differs);
    }
    found.into_change()
}

#[derive(Default)]
struct Found {
    classes: BTreeSet<ReloadClass>,
    keys: Vec<&'static str>,
}

impl Found {
    fn add(&mut self, class: ReloadClass, key: &'static str, differs: bool) {
        if differs {
            self.classes.insert(class);
            self.keys.push(key);
        }
    }

    fn into_change(mut self) -> Option<AccountChange> {
        self.keys.sort_unstable();
        self.keys.dedup();
        (!self.keys.is_empty()).then_some(AccountChange::Changed {
            classes: self.classes,
            keys: self.keys,
        })
    }
}

fn socket(old: Option<&BotSocket>, new: Option<&BotSocket>, found: &mut Found) {
    let class = ReloadClass::Reconnect;
    let (Some(a), Some(b)) = (old, new) else {
        found.add(class, "connectionMode", old.is_some() != new.is_some());
        return;
    };
    found.add(class, "botId", a.bot_id != b.bot_id);
    found.add(class, "secret", a.secret != b.secret);
    found.add(class, "websocketUrl", a.url != b.url);
    found.add(class, "tls", a.tls != b.tls);
    found.add(class, "network.egressProxyUrl", a.proxy != b.proxy);
    found.add(
        class,
        "websocket",
        a.timing != b.timing || a.compat_version != b.compat_version || a.reclaim != b.reclaim,
    );
}

fn webhook(old: Option<&BotWebhook>, new: Option<&BotWebhook>, found: &mut Found) {
    let class = ReloadClass::ReRegister;
    let (Some(a), Some(b)) = (old, new) else {
        found.add(class, "connectionMode", old.is_some() != new.is_some());
        return;
    };
    found.add(class, "token", a.callback.token != b.callback.token);
    found.add(
        class,
        "encodingAESKey",
        a.callback.aes_key != b.callback.aes_key,
    );
    found.add(class, "receiveId", a.receive_id != b.receive_id);
    let live = ReloadClass::Live;
    found.add(
        live,
        "streamPlaceholderContent",
        a.stream_placeholder != b.stream_placeholder,
    );
    found.add(live, "debounceMs", a.debounce != b.debounce);
    found.add(
        live,
        "webhook.maxClockSkewSec",
        a.max_clock_skew != b.max_clock_skew,
    );
}

fn agent(old: Option<&AgentApp>, new: Option<&AgentApp>, found: &mut Found) {
    let (Some(a), Some(b)) = (old, new) else {
        let differs = old.is_some() != new.is_some();
        found.add(ReloadClass::ReRegister, "agent", differs);
        found.add(ReloadClass::Client, "agent", differs);
        return;
    };
    let register = ReloadClass::ReRegister;
    found.add(register, "agent.corpId", a.corp_id != b.corp_id);
    let token = |app: &AgentApp| app.receive.as_ref().map(|keys| keys.token.clone());
    let key = |app: &AgentApp| app.receive.as_ref().map(|keys| keys.aes_key.clone());
    found.add(register, "agent.token", token(a) != token(b));
    found.add(register, "agent.encodingAESKey", key(a) != key(b));
    let client = ReloadClass::Client;
    found.add(client, "agent.corpId", a.corp_id != b.corp_id);
    found.add(client, "agent.corpSecret", a.corp_secret != b.corp_secret);
    found.add(client, "agent.agentId", a.agent_id != b.agent_id);
    let live = ReloadClass::Live;
    found.add(live, "agent.welcomeText", a.welcome_text != b.welcome_text);
    found.add(live, "agent.dmPolicy", a.dm_policy != b.dm_policy);
    found.add(live, "agent.allowFrom", a.allow_from != b.allow_from);
}

#[cfg(test)]
mod tests;
