//! `wecom channels`: the accounts of the running daemon.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{EXIT_UNAVAILABLE, print, tokio_runtime};
use crate::config::Location;
use crate::daemon::{self, Contact, ContactError};
use crate::http::ResumeReply;

/// Subcommands of `wecom channels`.
#[derive(Debug, Subcommand)]
pub(super) enum ChannelsCommand {
    /// Show what every account is doing
    Status(StatusArgs),
    /// Let an account that was kicked or refused connect again
    #[command(alias = "restart")]
    Resume(ResumeArgs),
}

/// Options of `wecom channels status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print the whole records as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `wecom channels resume`.
#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    /// Id of the account
    account: String,
}

pub(super) fn run(command: &ChannelsCommand, location: &Location) -> anyhow::Result<ExitCode> {
    let contact = match daemon::find(&location.home) {
        Ok(contact) => contact,
        Err(error @ ContactError::NotRunning { .. }) => {
            print::note(&format!("error: {error}"));
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
        Err(error) => return Err(error.into()),
    };
    tokio_runtime()?.block_on(async {
        match command {
            ChannelsCommand::Status(args) => status(args, &contact).await,
            ChannelsCommand::Resume(args) => resume(args, &contact).await,
        }
    })
}

async fn status(args: &StatusArgs, contact: &Contact) -> anyhow::Result<ExitCode> {
    let accounts: Vec<Value> = contact.get("/status").await?;
    if args.json {
        let all = json!({ "channelAccounts": { "wecom": accounts } });
        print::line(&serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    if accounts.is_empty() {
        print::line("no account is configured");
    }
    for account in &accounts {
        print::line(&status_line(account));
        if let Some(error) = text(account, "lastError") {
            print::line(&format!("  {error}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn status_line(account: &Value) -> String {
    let open = account
        .get("openMessages")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    format!(
        "wecom {}: {}, {}, {open} open message{}",
        text(account, "accountId").unwrap_or_default(),
        text(account, "name").unwrap_or_default(),
        text(account, "state").unwrap_or_default(),
        if open == 1 { "" } else { "s" },
    )
}

fn text<'a>(account: &'a Value, key: &str) -> Option<&'a str> {
    account.get(key).and_then(Value::as_str)
}

async fn resume(args: &ResumeArgs, contact: &Contact) -> anyhow::Result<ExitCode> {
    let account = args.account.trim().to_lowercase();
    let path = format!("/accounts/{}/resume", url_segment(&account));
    let reply: ResumeReply = contact.post(&path).await?;
    match reply.error {
        None => {
            print::line(&format!("Account {account} connects again."));
            Ok(ExitCode::SUCCESS)
        }
        Some(error) => {
            print::note(&format!("error: {error}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A text as one segment of a URL's path.
fn url_segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
