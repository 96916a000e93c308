//! Pairing where OpenClaw has a list of its own: `openclaw pairing approve` lets people in
//! here as well.

use std::time::Duration;

use async_trait::async_trait;

use crate::agent::openclaw::link::{FromPlugin, Link, ToPlugin};
use crate::channel::pairing::{HostCode, PairingHost, Pairings};
use crate::channel::policy::plain_sender;
use crate::channel::routing;
use crate::config::{AgentBackend, Config, LiveConfig, OpenClawBackend};
use crate::ids::{AccountId, Chat, ChatId, ChatKind, UserId};

/// How long a code may take: a stranger waits for it.
const CODE_PATIENCE: Duration = Duration::from_secs(5);

/// Approved senders of one account; beyond it the list is no list of people.
const MAX_ALLOWED: usize = 100_000;

/// Gives strangers codes of OpenClaw's.
#[derive(Debug)]
pub(super) struct HostedPairing {
    link: Link,
    config: LiveConfig,
}

impl HostedPairing {
    pub(super) fn new(link: Link, config: LiveConfig) -> Self {
        Self { link, config }
    }
}

#[async_trait]
impl PairingHost for HostedPairing {
    async fn code(&self, account: &AccountId, user: &UserId) -> Option<HostCode> {
        if !answers(&self.config.get(), account, user) {
            return None;
        }
        let gateway = self.link.gateway(Duration::ZERO).await?;
        let asked = self
            .link
            .ask(&gateway, CODE_PATIENCE, |id| ToPlugin::PairingRequest {
                id,
                account: account.to_string(),
                user: user.to_string(),
            });
        match asked.await {
            Ok(FromPlugin::PairingCode {
                code: Some(code), ..
            }) => Some(HostCode {
                command: format!("openclaw pairing approve wecom {code}"),
                code,
            }),
            Ok(FromPlugin::PairingCode { error, .. }) => {
                tracing::warn!(error, "OpenClaw gave no pairing code; ours is used");
                None
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(%error, "OpenClaw gave no pairing code; ours is used");
                None
            }
        }
    }
}

/// Whether OpenClaw's plugin answers this person in this account.
fn answers(config: &Config, account: &AccountId, user: &UserId) -> bool {
    let Some(settings) = config.accounts.get(account) else {
        return false;
    };
    let chat = Chat {
        account: account.clone(),
        kind: ChatKind::Direct,
        id: ChatId::new(user.as_str()),
    };
    let Ok(route) = routing::route(config, settings, &chat, user) else {
        return false;
    };
    let listed = config.agents.list.iter();
    let listed = listed.clone().find(|entry| entry.id == route.agent);
    let backend = listed.map_or(&config.agents.default_backend, |entry| &entry.backend);
    matches!(backend, AgentBackend::OpenClaw(OpenClawBackend::Plugin(_)))
}

/// These, and nobody else, are approved in OpenClaw.
pub(super) async fn allowed(pairings: &Pairings, config: &Config, name: &str, users: &[String]) {
    let Ok(account) = config.account(name) else {
        return;
    };
    if users.len() > MAX_ALLOWED {
        tracing::error!(account = %account.id, "OpenClaw's list of approved senders is too long");
        return;
    }
    let users = users
        .iter()
        .map(|entry| plain_sender(entry))
        // A list of people can't let everybody in.
        .filter(|user| !user.is_empty() && *user != "*")
        .map(UserId::new)
        .collect();
    if let Err(error) = pairings.set_hosted(&account.id, users).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "who is approved in OpenClaw could not be kept"
        );
    }
}

/// Somebody was approved in OpenClaw.
pub(super) async fn approved(pairings: &Pairings, config: &Config, name: &str, user: &str) {
    let Ok(account) = config.account(name) else {
        return;
    };
    let mut users = pairings.hosted(&account.id);
    users.push(user.to_owned());
    allowed(pairings, config, name, &users).await;
}
