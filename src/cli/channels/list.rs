//! `wecom channels list`: the accounts of the configuration.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Channel, configuration};
use crate::cli::print;
use crate::config::{Account, Environment, Location};
use crate::ids::AccountId;

/// Options of `wecom channels list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    channel: Channel,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    args: &ListArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let config = configuration(location, environment)?;
    if args.json {
        let ids: Vec<&str> = config.accounts.keys().map(AccountId::as_str).collect();
        let details: Map<String, Value> = config
            .accounts
            .values()
            .map(|account| {
                let is_default = account.id == config.default_account;
                (account.id.to_string(), details(account, is_default))
            })
            .collect();
        let all = json!({ "chat": { (args.channel.to_string()): {
            "accounts": ids,
            "label": "企业微信",
            "installed": true,
            "origin": "bundled",
            "accountDetails": details,
        } } });
        print::line(&serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    for account in config.accounts.values() {
        let is_default = account.id == config.default_account && config.multi_account;
        let mut parts = vec![account.name.clone(), state_words(account).to_owned()];
        let can = capabilities(account);
        parts.push(if can.is_empty() {
            "nothing to connect".to_owned()
        } else {
            can.join(", ")
        });
        let mark = if is_default { " (default)" } else { "" };
        print::line(&format!(
            "{} {}{mark}: {}",
            args.channel,
            account.id,
            parts.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn details(account: &Account, is_default: bool) -> Value {
    json!({
        "name": account.name,
        "authoredId": account.authored_id,
        "default": is_default,
        "enabled": account.enabled,
        "configured": account.is_configured(),
        "capabilities": capabilities(account),
        "dmPolicy": account.access.dm_policy,
        "groupPolicy": account.access.group_policy,
        "issues": account.issues,
    })
}

fn state_words(account: &Account) -> &'static str {
    match (
        account.enabled,
        account.has_errors(),
        account.is_configured(),
    ) {
        (false, _, _) => "disabled",
        (true, true, _) => "enabled, with errors (`wecom config validate`)",
        (true, false, true) => "enabled",
        (true, false, false) => "enabled, not configured",
    }
}

/// What an account can do, in the words of the configuration's documentation.
pub(in crate::cli) fn capabilities(account: &Account) -> Vec<&'static str> {
    let app = account.agent_app.as_ref();
    let has_mcp = account.bot_socket.is_some() || !account.mcp.servers.is_empty();
    [
        (account.bot_socket.is_some(), "bot_ws"),
        (account.bot_webhook.is_some(), "bot_webhook"),
        (
            app.is_some_and(|app| app.receive.is_some()),
            "agent_receive",
        ),
        (
            app.is_some_and(|app| app.corp_secret.is_some()),
            "agent_send",
        ),
        (has_mcp, "mcp"),
    ]
    .into_iter()
    .filter_map(|(has, name)| has.then_some(name))
    .collect()
}
