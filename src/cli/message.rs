//! `wecom message`: sending by hand, by way of the running daemon.

use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::mcp::surroundings;
use super::{EXIT_UNAVAILABLE, print, tokio_runtime};
use crate::channel::outbound::{self, DeliveryReport, RequestVia, Resolved, SendRequest};
use crate::config::{Environment, Location};
use crate::daemon::{self, Contact, ContactError};
use crate::http::{MESSAGES_PATH, MessageRequest};
use crate::store::NoRoutes;

/// Subcommands of `wecom message`.
#[derive(Debug, Subcommand)]
pub(super) enum MessageCommand {
    /// Send to one target
    Send(SendArgs),
    /// Send the same to several targets, one after another
    Broadcast(BroadcastArgs),
}

/// Options of `wecom message send`.
#[derive(Debug, Args)]
pub(super) struct SendArgs {
    /// Whom: user:<userid>, group:<chat id>, party:<number>, tag:<number or name>, @all
    #[arg(short, long)]
    target: String,

    #[command(flatten)]
    message: MessageArgs,
}

/// Options of `wecom message broadcast`.
#[derive(Debug, Args)]
pub(super) struct BroadcastArgs {
    /// Whom, each as in `wecom message send`
    #[arg(long, num_args = 1.., required = true, value_name = "TARGET")]
    targets: Vec<String>,

    #[command(flatten)]
    message: MessageArgs,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct MessageArgs {
    /// The text, Markdown; with --media it is the caption
    #[arg(short = 'm', long = "message", value_name = "TEXT")]
    text: Option<String>,

    /// A file below the working directory, or an address; may be repeated
    #[arg(long, value_name = "PATH_OR_URL")]
    media: Vec<String>,

    /// Account that sends [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// The only way that may be taken [default: whichever serves the target]
    #[arg(long, value_enum)]
    via: Option<ViaArg>,

    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,

    /// Don't ask before a message to very many
    #[arg(long)]
    yes: bool,

    /// Channel; there is only wecom
    #[arg(long, value_parser = ["wecom"], hide = true)]
    channel: Option<String>,

    /// Has no meaning in WeCom
    #[arg(long, hide = true)]
    silent: bool,

    /// Has no meaning in WeCom
    #[arg(long, hide = true)]
    reply_to: Option<String>,

    /// Has no meaning in WeCom
    #[arg(long, hide = true)]
    thread_id: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ViaArg {
    Bot,
    Agent,
}

pub(super) fn run(
    command: MessageCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let (targets, args) = match command {
        MessageCommand::Send(args) => (vec![args.target], args.message),
        MessageCommand::Broadcast(args) => (args.targets, args.message),
    };
    for (given, option) in [
        (args.silent, "--silent"),
        (args.reply_to.is_some(), "--reply-to"),
        (args.thread_id.is_some(), "--thread-id"),
    ] {
        if given {
            print::note(&format!("note: {option} has no meaning in WeCom"));
        }
    }
    let contact = match daemon::find(&location.home) {
        Ok(contact) => Some(contact),
        Err(ContactError::NotRunning { .. }) if args.dry_run => None,
        Err(error @ ContactError::NotRunning { .. }) => {
            print::note(&format!("error: {error}"));
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
        Err(error) => return Err(error.into()),
    };
    let config = surroundings::configuration(location, environment);
    let account = surroundings::account(&config, args.account.as_deref())?;
    let grant = surroundings::files(&config, &account, environment);
    if grant.workspace.is_none()
        && let Some(path) = args.media.iter().find(|media| is_relative(media))
    {
        bail!(
            "`{path}` is not sent: relative paths are for a working directory below the home \
             folder, and not for the home folder itself or where `mcp.fileRoots` is set; change \
             into the file's folder, or give the whole path of a file in `mediaLocalRoots`"
        );
    }
    let request = |target: &str, dry_run| MessageRequest {
        account: args.account.clone(),
        target: target.to_owned(),
        text: args.text.clone(),
        media: args.media.clone(),
        via: match args.via {
            None => RequestVia::Any,
            Some(ViaArg::Bot) => RequestVia::Bot,
            Some(ViaArg::Agent) => RequestVia::Agent,
        },
        workspace: grant.workspace.clone(),
        roots: grant.roots.clone(),
        dry_run,
    };
    tokio_runtime()?.block_on(async {
        let mut all_delivered = true;
        for target in &targets {
            let resolved: anyhow::Result<Resolved> = if let Some(contact) = &contact {
                ask(contact, &request(target, true)).await
            } else {
                print::note("note: no daemon runs, so it is not known who wrote before");
                let request = SendRequest::from(request(target, true));
                let resolved = outbound::resolve(&config, &NoRoutes, &request).await;
                resolved.map_err(Into::into)
            };
            let one = async {
                let resolved = resolved?;
                match &contact {
                    Some(contact) if !args.dry_run => {
                        confirm(&resolved, args.yes)?;
                        let report: DeliveryReport = ask(contact, &request(target, false)).await?;
                        show_report(&report, args.json)?;
                        Ok::<_, anyhow::Error>(report.ok)
                    }
                    _ => {
                        show_resolved(&resolved, args.media.first(), args.json)?;
                        Ok(true)
                    }
                }
            };
            match one.await {
                Ok(delivered) => all_delivered &= delivered,
                Err(error) => {
                    print::error(&error.context(format!("{target:?} is not sent")));
                    all_delivered = false;
                }
            }
        }
        Ok(if all_delivered {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

/// The daemon's answer, which may take as long as a quota is waited for.
async fn ask<T: DeserializeOwned>(
    contact: &Contact,
    request: &MessageRequest,
) -> anyhow::Result<T> {
    let answer = contact.open(MESSAGES_PATH, request).await?;
    let lost = "the daemon's answer broke off: the message may have been sent";
    let body: Vec<u8> = answer
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
        .context(lost)?;
    let value: Value = serde_json::from_slice(&body).context(lost)?;
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        bail!("{error}");
    }
    serde_json::from_value(value).context("the daemon's answer is not understood")
}

/// Asks before a message to very many, where somebody can answer.
fn confirm(resolved: &Resolved, yes: bool) -> anyhow::Result<()> {
    let Some(reason) = resolved.broadcast.as_ref().filter(|_| !yes) else {
        return Ok(());
    };
    if !std::io::stdin().is_terminal() {
        return Ok(());
    }
    print::note(&format!(
        "{} by {}: {reason}. Send it? [y/N]",
        resolved.target,
        resolved.via.as_str()
    ));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        bail!("not confirmed")
    }
}

fn show_resolved(resolved: &Resolved, media: Option<&String>, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let shown = json!({
            "action": "send", "channel": "wecom", "dryRun": true, "handledBy": "core",
            "payload": {
                "channel": "wecom", "to": resolved.target, "via": "gateway",
                "mediaUrl": media, "dryRun": true, "resolved": resolved,
            },
        });
        print::line(&serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let otherwise = resolved
        .fallback
        .map_or_else(String::new, |door| format!(", else by {}", door.as_str()));
    print::line(&format!(
        "would send to {} by {}{otherwise} (account {}): {} of text, {} of media",
        resolved.target,
        resolved.via.as_str(),
        resolved.account,
        resolved.pieces,
        resolved.media,
    ));
    for warning in resolved.broadcast.iter().chain(&resolved.warnings) {
        print::note(&format!("warning: {warning}"));
    }
    Ok(())
}

fn show_report(report: &DeliveryReport, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        print::line(&serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    print::line(&report_line(report));
    if let Some(error) = &report.error {
        print::note(&format!("error: {} ({})", error.message, error.code));
    }
    for warning in &report.warnings {
        print::note(&format!("warning: {warning}"));
    }
    Ok(())
}

fn report_line(report: &DeliveryReport) -> String {
    let via = report.via.map_or("no way", outbound::Door::as_str);
    let instead = report.fallback.as_ref().map_or_else(String::new, |from| {
        format!(" instead of {} ({})", from.from.as_str(), from.reason)
    });
    format!(
        "{}: {} by {via}{instead} (account {}), {} message{}",
        report.status.as_str(),
        report.to,
        report.account,
        report.parts,
        if report.parts == 1 { "" } else { "s" },
    )
}

/// Whether it is a path from the working directory on, and no address.
fn is_relative(media: &str) -> bool {
    !media.contains("://") && !media.starts_with('~') && Path::new(media).is_relative()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_options_fit_together() {
        Cli::command().debug_assert();
        for line in [
            "wecom message send -t user:a -m hi --dry-run --json --via agent --silent",
            "wecom message send --channel wecom --target group:wrA --media a.png --media b.png",
            "wecom message broadcast --targets a b party:1 -m hi --yes",
        ] {
            assert!(
                Cli::command().try_get_matches_from(line.split(' ')).is_ok(),
                "{line}"
            );
        }
        let unknown = "wecom message send -t a -m hi --presentation x";
        assert!(
            Cli::command()
                .try_get_matches_from(unknown.split(' '))
                .is_err()
        );
    }

    #[test]
    fn the_line_says_how_it_went() {
        let report: DeliveryReport = serde_json::from_value(json!({
            "ok": true, "status": "delivered", "channel": "wecom", "account": "hq",
            "to": "user:lina", "via": "agent", "messageIds": ["m"], "parts": 1,
            "fallback": { "from": "bot", "reason": "not_connected" }, "warnings": [],
            "invalid": { "users": [], "parties": [], "tags": [] },
        }))
        .unwrap();
        assert_eq!(
            report_line(&report),
            "delivered: user:lina by agent instead of bot (not_connected) (account hq), 1 message"
        );
    }
}
