//! Which agent serves whom.

use std::collections::BTreeMap;

use super::access::listed;
use super::draft::non_empty;
use super::entry::CHANNEL_NAMES;
use crate::config::account::{DEFAULT_ACCOUNT, normalise_account_id, normalise_agent_id};
use crate::config::effective::{Account, AccountMatch, AgentsSettings, Binding, PeerMatch};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::schema::sections::{BindingKeys, PeerKeys, PeerKind};
use crate::ids::{AccountId, ChatKind};

/// Whether a name in `match.channel` means this channel.
pub(crate) fn is_this_channel(name: &str) -> bool {
    CHANNEL_NAMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name.trim()))
}

/// The effective bindings of this channel, in file order; `keys` come with their position.
pub(crate) fn bindings(
    keys: &[(usize, BindingKeys)],
    agents: &AgentsSettings,
    accounts: &BTreeMap<AccountId, Account>,
    findings: &mut Vec<Finding>,
) -> Vec<Binding> {
    keys.iter()
        .filter_map(|(index, keys)| {
            binding(
                keys,
                &Place::of("bindings").index(*index),
                agents,
                accounts,
                findings,
            )
        })
        .collect()
}

fn binding(
    keys: &BindingKeys,
    place: &Place,
    agents: &AgentsSettings,
    accounts: &BTreeMap<AccountId, Account>,
    findings: &mut Vec<Finding>,
) -> Option<Binding> {
    // Other kinds belong to the host program.
    if keys.kind.as_deref().is_some_and(|kind| kind != "route") {
        return None;
    }
    let matches = &keys.matches;
    if matches.guild_id.is_some() || matches.team_id.is_some() || matches.roles.is_some() {
        findings.push(Finding::warning(
            "binding_never_matches",
            place.key("match"),
            "WeCom sets no guildId, teamId or roles, so this binding never matches",
            format!("remove them from `{}`", place.key("match")),
        ));
        return None;
    }
    let Some(agent) = non_empty(keys.agent_id.as_ref()).map(|id| normalise_agent_id(&id)) else {
        let here = place.key("agentId");
        findings.push(Finding::error(
            "binding_incomplete",
            here.clone(),
            "a binding without an agent",
            format!("set `{here}`"),
        ));
        return None;
    };
    let known = agents.list.iter().any(|entry| entry.id == agent);
    if !known {
        let names: Vec<&str> = agents.list.iter().map(|entry| entry.id.as_str()).collect();
        findings.push(
            Finding::error(
                "binding_unknown_agent",
                place.key("agentId"),
                format!("there is no agent `{agent}`; messages that it should get are refused"),
                format!("use one of: {}", listed(&names)),
            )
            .stopping(Stops::Nothing),
        );
    }
    let account = account(matches.account_id.as_ref(), place, accounts, findings);
    let peer = match &matches.peer {
        Some(peer) => Some(self::peer(peer, place, findings)?),
        None => None,
    };
    Some(Binding {
        agent,
        known,
        account,
        peer,
        dm_scope: keys.session.dm_scope,
        group_scope: keys.session.group_scope,
    })
}

fn account(
    id: Option<&String>,
    place: &Place,
    accounts: &BTreeMap<AccountId, Account>,
    findings: &mut Vec<Finding>,
) -> AccountMatch {
    let id = match non_empty(id) {
        Some(any) if any.trim() == "*" => return AccountMatch::Any,
        Some(id) => AccountId::new(normalise_account_id(&id)),
        None => AccountId::new(DEFAULT_ACCOUNT),
    };
    if !accounts.contains_key(&id) {
        let here = place.key("match").key("accountId");
        let names: Vec<&str> = accounts.keys().map(AccountId::as_str).collect();
        findings.push(Finding::warning(
            "binding_unknown_account",
            here,
            format!("there is no account `{id}`, so this binding never matches"),
            format!("use one of: {}, or \"*\" for all", listed(&names)),
        ));
    }
    AccountMatch::Only(id)
}

fn peer(keys: &PeerKeys, place: &Place, findings: &mut Vec<Finding>) -> Option<PeerMatch> {
    let here = place.key("match").key("peer");
    let (Some(kind), Some(id)) = (keys.kind, non_empty(keys.id.as_ref())) else {
        findings.push(Finding::error(
            "binding_incomplete",
            here.clone(),
            "`peer` needs `kind` (direct or group) and `id` (or \"*\")",
            format!("complete `{here}`"),
        ));
        return None;
    };
    let kind = match kind {
        PeerKind::Direct | PeerKind::Dm => ChatKind::Direct,
        PeerKind::Group | PeerKind::Channel => ChatKind::Group,
    };
    if kind == ChatKind::Group && is_lower_case_chat(&id) {
        findings.push(Finding::warning(
            "binding_case",
            here.key("id"),
            "the id of a group with small letters only: ids are compared with their capitals, \
             and session keys show them without",
            format!("write the id as the log shows it at `{}`", here.key("id")),
        ));
    }
    Some(PeerMatch {
        kind,
        id: (id.trim() != "*").then(|| id.trim().to_owned()),
    })
}

/// Shape of a chat id, but without any capital.
fn is_lower_case_chat(id: &str) -> bool {
    let rest = id.strip_prefix("wr").or_else(|| id.strip_prefix("wc"));
    rest.is_some_and(|rest| {
        rest.bytes().any(|byte| byte.is_ascii_lowercase())
            && rest.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
            })
    })
}

/// What bindings mean for one account that runs.
pub(crate) fn check_accounts(
    account: &Account,
    place: &Place,
    bindings: &[Binding],
    multi: bool,
) -> Option<Finding> {
    let mine = |binding: &&Binding| match &binding.account {
        AccountMatch::Any => true,
        AccountMatch::Only(id) => *id == account.id,
    };
    // A binding to one member or group claims nobody else.
    let claims = |kind| {
        bindings
            .iter()
            .filter(mine)
            .any(|binding| match &binding.peer {
                None => true,
                Some(peer) => peer.kind == kind && peer.id.is_none(),
            })
    };
    let all = claims(ChatKind::Direct) && claims(ChatKind::Group);
    let unclaimed = if bindings.iter().any(|binding| mine(&binding)) {
        format!(
            "bindings claim only a part of the account `{}`: its other messages",
            account.id
        )
    } else {
        format!(
            "no binding claims the account `{}`: its messages",
            account.id
        )
    };
    if !account.enabled || !account.is_configured() {
        return None;
    }
    let id = &account.id;
    let to_paste = format!(
        "{{\"agentId\":\"<agent>\",\"match\":{{\"channel\":\"wecom\",\"accountId\":\"{id}\"}}}}"
    );
    match (all, account.dynamic_agents.enabled) {
        (false, false) if multi && account.fail_closed_on_default_route => Some(Finding::warning(
            "binding_missing",
            place.clone(),
            format!("{unclaimed} are refused"),
            format!("add to `bindings`: {to_paste}"),
        )),
        (false, false) if multi => Some(Finding::warning(
            "default_route_open",
            place.key("routing").key("failClosedOnDefaultRoute"),
            format!("{unclaimed} go to the default agent"),
            format!("add to `bindings`: {to_paste}"),
        )),
        (true, true) => Some(Finding::info(
            "dynamic_overridden",
            place.key("dynamicAgents"),
            format!("bindings win over dynamic agents, and one claims the account `{id}`"),
            "remove the binding in `bindings` if an agent is to be made for each conversation",
        )),
        _ => None,
    }
}
