//! Which agent answers, and which conversation a message belongs to: pure functions of the
//! configuration and the message.

mod bindings;
mod dynamic;
mod session;

use std::fmt;

use crate::channel::policy::lists_sender;
use crate::config::{Account, Config};
use crate::ids::{AccountId, Chat, UserId};
use crate::session::SessionKey;

pub use dynamic::agent_id as dynamic_agent_id;

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Normalised id of the agent.
    pub agent: String,
    /// The conversation with it.
    pub session: SessionKey,
    /// What decided.
    pub matched_by: MatchedBy,
    /// Whether the agent is made on demand.
    pub dynamic: bool,
    /// The conversation in OpenClaw's form, for back ends that want it. Its ids are in small
    /// letters (those of a dynamic agent are not), so nothing is to be read back from it.
    pub openclaw_key: String,
}

/// What decided a route. A binding comes with its position among the bindings of this
/// channel ([`Config::bindings`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// A binding for exactly this member or group.
    Peer(usize),
    /// A binding for every member, or every group.
    PeerWildcard(usize),
    /// A binding for the account.
    Account(usize),
    /// A binding for every account.
    Channel(usize),
    /// No binding.
    Default,
}

impl fmt::Display for MatchedBy {
    /// OpenClaw's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer(_) => "binding.peer",
            Self::PeerWildcard(_) => "binding.peer.wildcard",
            Self::Account(_) => "binding.account",
            Self::Channel(_) => "binding.channel",
            Self::Default => "default",
        })
    }
}

/// Why a message goes nowhere. It never goes to another agent instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteRefusal {
    /// Several accounts, and nothing says which agent serves this one.
    #[error(
        "no binding claims the account `{account}`: add {} to `bindings`",
        binding_to_paste(account)
    )]
    BindingMissing {
        /// The account.
        account: AccountId,
    },
    /// The binding's agent does not exist.
    #[error("the binding ({matched_by}) names the agent `{agent}`, which `agents.list` has not")]
    UnknownAgent {
        /// Its id.
        agent: String,
        /// The binding.
        matched_by: MatchedBy,
    },
    /// Several agents, and none is the default one.
    #[error("several agents and no default one: set `default: true` on one of `agents.list`")]
    NoDefaultAgent,
}

/// The binding that gives an account an agent, as JSON for the configuration.
pub fn binding_to_paste(account: &AccountId) -> String {
    format!(
        "{{\"agentId\":\"<agent>\",\"match\":{{\"channel\":\"wecom\",\"accountId\":\"{account}\"}}}}"
    )
}

/// Finds the agent and the conversation of a message.
///
/// Bindings come first, the most particular one; then dynamic agents; then, unless several
/// accounts must not share it, the default agent.
///
/// # Errors
/// [`RouteRefusal`]: the chat gets a notice (at most once an hour), the message goes nowhere.
pub fn route(
    config: &Config,
    account: &Account,
    chat: &Chat,
    sender: &UserId,
) -> Result<Route, RouteRefusal> {
    if let Some((matched_by, binding)) = bindings::find(&config.bindings, chat) {
        if !binding.known {
            return Err(RouteRefusal::UnknownAgent {
                agent: binding.agent.clone(),
                matched_by,
            });
        }
        let rules = session::Rules::of(config, Some(binding));
        return Ok(ordinary(config, &rules, &binding.agent, chat, matched_by));
    }
    if is_dynamic(account, chat, sender) {
        let agent = dynamic::agent_id(chat, account.dynamic_agents.id_style);
        return Ok(Route {
            session: dynamic::session(&agent, chat),
            openclaw_key: dynamic::openclaw_key(&agent, chat),
            agent,
            matched_by: MatchedBy::Default,
            dynamic: true,
        });
    }
    if config.multi_account && account.fail_closed_on_default_route {
        return Err(RouteRefusal::BindingMissing {
            account: account.id.clone(),
        });
    }
    let Some(agent) = &config.agents.default_agent else {
        return Err(RouteRefusal::NoDefaultAgent);
    };
    let rules = session::Rules::of(config, None);
    Ok(ordinary(config, &rules, agent, chat, MatchedBy::Default))
}

fn ordinary(
    config: &Config,
    rules: &session::Rules<'_>,
    agent: &str,
    chat: &Chat,
    matched_by: MatchedBy,
) -> Route {
    let shared = || is_shared(config, agent, chat);
    Route {
        agent: agent.to_owned(),
        session: rules.session(agent, chat),
        matched_by,
        dynamic: false,
        openclaw_key: rules.openclaw_key(agent, chat, shared),
    }
}

fn is_dynamic(account: &Account, chat: &Chat, sender: &UserId) -> bool {
    let settings = &account.dynamic_agents;
    let for_kind = match chat.kind {
        crate::ids::ChatKind::Direct => settings.direct,
        crate::ids::ChatKind::Group => settings.group,
    };
    settings.enabled
        && for_kind
        && !lists_sender(&settings.admin_users, &account.access.access_groups, sender)
}

/// Whether another account's bot in the same group would reach the same agent, and with
/// OpenClaw's form the same conversation.
fn is_shared(config: &Config, agent: &str, chat: &Chat) -> bool {
    let others = config
        .accounts
        .values()
        .filter(|other| other.id != chat.account && other.enabled && other.is_configured());
    others.into_iter().any(|other| {
        let there = Chat {
            account: other.id.clone(),
            ..chat.clone()
        };
        match bindings::find(&config.bindings, &there) {
            Some((_, binding)) => binding.agent == agent,
            None => config.agents.default_agent.as_deref() == Some(agent),
        }
    })
}

#[cfg(test)]
mod tests;
