//! `wecom route explain`: who would answer, and why.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{pairing, print, tokio_runtime};
use crate::channel::policy::{Decision, Facts, Outcome, decide};
use crate::config::{Environment, Location, load};
use crate::ids::{Chat, ChatId, ChatKind, UserId};

/// Subcommands of `wecom route`.
#[derive(Debug, Subcommand)]
pub(super) enum RouteCommand {
    /// Say what would become of a message, check by check
    Explain(ExplainArgs),
}

/// Options of `wecom route explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The account [default: the default account]
    #[arg(long)]
    account: Option<String>,
    /// Who writes
    #[arg(long)]
    user: String,
    /// The group they write in; without it they write directly
    #[arg(long)]
    group: Option<String>,
    /// What they write
    #[arg(long, default_value = "")]
    text: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(
    command: &RouteCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let RouteCommand::Explain(args) = command;
    let config = load(location, environment)?.config;
    let account = config.account(
        args.account
            .as_deref()
            .unwrap_or(config.default_account.as_str()),
    )?;
    let sender = UserId::new(args.user.trim());
    let (kind, id) = match &args.group {
        Some(group) => (ChatKind::Group, group.trim()),
        None => (ChatKind::Direct, sender.as_str()),
    };
    let chat = Chat {
        account: account.id.clone(),
        kind,
        id: ChatId::new(id),
    };
    let paired = tokio_runtime()?.block_on(pairing::is_approved(location, &account.id, &sender))?;
    let decision = decide(&Facts {
        config: &config,
        account,
        chat: &chat,
        sender: &sender,
        text: &args.text,
        paired,
        backend: &[],
    });
    if args.json {
        print::line(&format!("{:#}", as_json(&decision)));
    } else {
        tell(&decision);
    }
    Ok(ExitCode::SUCCESS)
}

/// The outcome in one word.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Admitted(_) => "admitted",
        Outcome::Dropped => "dropped",
        Outcome::Pairing => "pairing",
        Outcome::NoRoute(_) => "noRoute",
        Outcome::CommandRefused { .. } => "commandRefused",
    }
}

fn as_json(decision: &Decision) -> serde_json::Value {
    let route = match &decision.outcome {
        Outcome::Admitted(route) => json!({
            "agentId": route.agent,
            "matchedBy": route.matched_by.to_string(),
            "dynamic": route.dynamic,
            "session": route.session.to_string(),
            "openclawKey": route.openclaw_key,
        }),
        _ => json!(null),
    };
    json!({ "outcome": word(&decision.outcome), "steps": decision.steps, "route": route })
}

fn tell(decision: &Decision) {
    for step in &decision.steps {
        let mark = if step.passed { "pass" } else { "stop" };
        let check = format!("{:?}", step.check).to_lowercase();
        let key = step.key.as_ref().map(|key| format!("  [{key}]"));
        print::line(&format!(
            "{mark}  {check:<8}  {}{}",
            step.reason,
            key.unwrap_or_default()
        ));
    }
    print::line(&format!("=> {}", word(&decision.outcome)));
    if let Outcome::Admitted(route) = &decision.outcome {
        print::line(&format!("agent     {}", route.agent));
        print::line(&format!("session   {}", route.session));
        print::line(&format!("openclaw  {}", route.openclaw_key));
    }
}
