//! MCP: static servers of an account, and the server that this program is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use url::Url;

use super::access::listed;
use super::draft::{Draft, Shared, non_empty};
use crate::config::account::normalise_account_id;
use crate::config::effective::{
    Account, McpAuth, McpClient, McpServer, McpServerSettings, McpSettings,
};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::proxy;
use crate::config::schema::mcp::{McpClientKeys, McpKeys};
use crate::config::schema::value::{Supplied, TextList};
use crate::ids::{AccountId, UserId};
use crate::secret::Secret;

/// The interceptor that cannot be switched off.
const ALWAYS_ON: [&str; 2] = ["bizError", "biz-error"];

/// MCP of one account.
pub(super) fn mcp(draft: &mut Draft, shared: &Shared<'_>) -> McpSettings {
    let servers = servers(draft, shared);
    check_interceptors(draft, shared);
    let keys = &draft.keys.mcp;
    let switch = |name: &str, default: bool| *keys.interceptors.get(name).unwrap_or(&default);
    McpSettings {
        servers,
        via_account: non_empty(keys.via_account.as_ref())
            .map(|id| AccountId::new(normalise_account_id(&id))),
        local_files: keys.local_files,
        confirm_files: keys.confirm_files,
        file_roots: keys.file_roots.as_ref().map(paths),
        confirm: keys.confirm,
        protocol_version: keys.protocol_version.clone(),
        compat_user_agent: keys.compat_user_agent,
        doc_auth_card: switch("docAuthCard", false),
        spill: switch("spill", true),
        disabled_interceptors: keys
            .interceptors
            .iter()
            .filter(|(name, on)| {
                !**on && !ALWAYS_ON.contains(&name.as_str()) && name.as_str() != "docAuthCard"
            })
            .map(|(name, _)| name.clone())
            .collect(),
    }
}

fn paths(list: &TextList) -> Vec<PathBuf> {
    list.list().into_iter().map(PathBuf::from).collect()
}

fn servers(draft: &mut Draft, shared: &Shared<'_>) -> BTreeMap<String, McpServer> {
    let mut servers = BTreeMap::new();
    for (category, keys) in draft.keys.mcp.servers.clone() {
        let server = Place::of("mcp.servers").key(&category);
        let here = draft.at_place(&server, shared).key("url");
        let Some(url) = keys.url.as_ref().and_then(Supplied::text) else {
            if !keys.url.as_ref().is_some_and(Supplied::is_present) {
                draft.report(
                    Finding::error(
                        "mcp_server_url",
                        here.clone(),
                        format!("the server for `{category}` has no address"),
                        format!("set `{here}`"),
                    )
                    .stopping(Stops::Nothing),
                );
            }
            continue;
        };
        if !is_usable(url) {
            draft.report(
                Finding::error(
                    "url_invalid",
                    here.clone(),
                    "`url` must be an https address, or http on this machine",
                    format!("copy the address from the console to `{here}` again"),
                )
                .stopping(Stops::Nothing),
            );
            continue;
        }
        let headers: Option<BTreeMap<String, Secret>> = keys
            .headers
            .iter()
            .map(|(name, value)| Some((name.clone(), Secret::new(value.text()?))))
            .collect();
        // A header that did not resolve was reported; calls without it would be refused.
        if let Some(headers) = headers {
            let url = Secret::new(url);
            servers.insert(category, McpServer { url, headers });
        }
    }
    servers
}

fn is_usable(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        url.host().is_some()
            && (url.scheme() == "https" || (url.scheme() == "http" && proxy::is_loopback(&url)))
    })
}

fn check_interceptors(draft: &mut Draft, shared: &Shared<'_>) {
    for name in ALWAYS_ON {
        if draft.keys.mcp.interceptors.get(name) == Some(&false) {
            let here = draft.at("mcp.interceptors", shared).key(name);
            draft.report(Finding::warning(
                "interceptor_always_on",
                here.clone(),
                "this interceptor cannot be switched off",
                format!("remove `{here}`"),
            ));
        }
    }
}

/// The server that this program is; its keys stand at the top level only.
pub(crate) fn mcp_server(keys: &McpKeys, findings: &mut Vec<Finding>) -> McpServerSettings {
    let place = Place::of("channels.wecom.mcp");
    if keys.http.auth == McpAuth::None && keys.http.public {
        let here = place.key("http").key("auth");
        findings.push(Finding::error(
            "mcp_auth_public",
            here.clone(),
            "an MCP server without authentication must stay on this machine",
            format!("set `{here}` to \"token\", or http.public to false"),
        ));
    }
    let clients = keys
        .clients
        .iter()
        .enumerate()
        .filter_map(|(index, client)| {
            self::client(client, &place.key("clients").index(index), findings)
        })
        .collect();
    McpServerSettings {
        auth: keys.http.auth,
        public: keys.http.public,
        allowed_origins: keys.http.allowed_origins.list(),
        allowed_hosts: keys.http.allowed_hosts.list(),
        clients,
        expand: keys.expand.list(),
        skills_dirs: paths(&keys.skills.dir),
        built_in_skills: keys.skills.built_in,
        skill_tool: keys.skill_tool,
    }
}

fn client(keys: &McpClientKeys, place: &Place, findings: &mut Vec<Finding>) -> Option<McpClient> {
    let token = keys.token.as_ref().and_then(Supplied::text);
    let missing = if keys.id.trim().is_empty() {
        Some("id")
    } else if !keys.token.as_ref().is_some_and(Supplied::is_present) {
        Some("token")
    } else {
        None
    };
    if let Some(missing) = missing {
        let here = place.key(missing);
        findings.push(Finding::error(
            "mcp_client",
            here.clone(),
            format!("an MCP client needs `{missing}`"),
            format!("set `{here}`"),
        ));
        return None;
    }
    let account = |id: &String| AccountId::new(normalise_account_id(id));
    Some(McpClient {
        id: keys.id.trim().to_owned(),
        token: Secret::new(token?),
        account: non_empty(keys.account.as_ref()).as_ref().map(account),
        accounts: keys.accounts.list().iter().map(account).collect(),
        user: non_empty(keys.user.as_ref()).map(UserId::new),
        delegate: keys.delegate,
        categories: keys.categories.list(),
        allow_methods: keys.methods.allow.list(),
        deny_methods: keys.methods.deny.list(),
        read_only: keys.read_only,
        file_roots: paths(&keys.file_roots),
        delivery: keys.delivery,
        calls_per_minute: keys.rate,
    })
}

/// Whether an account that is named elsewhere exists; says so if not.
pub(crate) fn reports_known_account(
    id: &AccountId,
    accounts: &BTreeMap<AccountId, Account>,
    place: &Place,
) -> Option<Finding> {
    if accounts.contains_key(id) {
        return None;
    }
    let known: Vec<&str> = accounts.keys().map(AccountId::as_str).collect();
    Some(Finding::warning(
        "account_unknown",
        place.clone(),
        format!("there is no account `{id}`"),
        format!("set `{place}` to one of: {}", listed(&known)),
    ))
}
