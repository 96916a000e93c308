//! `wecom channels status`: what every account is doing.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Channel, TryOutcome, configuration};
use crate::channel::AccountStatus;
use crate::cli::{EXIT_UNAVAILABLE, api_check, print, tokio_runtime};
use crate::config::{Environment, Location};
use crate::daemon::{self, ContactError};

/// Options of `wecom channels status`.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatusArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    channel: Channel,
    /// Ask WeCom's API too whether it accepts each agent app
    #[arg(long)]
    probe: bool,
    /// How long the daemon, and each probe, may take
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=300_000))]
    timeout: u64,
    /// Print the whole records as JSON
    #[arg(long)]
    json: bool,
}

/// The accounts' records, as the local API has them.
pub(in crate::cli) enum Records {
    /// Of the running daemon.
    Live(Vec<Value>),
    /// Of the configuration, because no daemon answers; why not.
    OfFile(Vec<Value>, String),
}

/// Asks the daemon; reads the configuration where none answers.
pub(in crate::cli) async fn records(
    location: &Location,
    environment: &Environment,
    limit: Duration,
) -> Result<Records, ContactError> {
    let asked = async { daemon::find(&location.home)?.get("/status").await };
    let why = match timeout(limit, asked).await {
        Ok(Ok(records)) => return Ok(Records::Live(records)),
        Ok(Err(ContactError::Request(error))) if error.is_connect() => ContactError::NotRunning {
            home: location.home.clone(),
        }
        .to_string(),
        Ok(Err(error @ ContactError::NotRunning { .. })) => error.to_string(),
        Ok(Err(error)) => return Err(error),
        Err(_) => format!("the daemon did not answer within {} ms", limit.as_millis()),
    };
    let of_file = configuration(location, environment)
        .iter()
        .flat_map(|config| config.accounts.values())
        .filter_map(|account| serde_json::to_value(AccountStatus::of_configured(account)).ok())
        .collect();
    Ok(Records::OfFile(of_file, why))
}

/// Exit status 0, or 69 where the file had to be read because no daemon answers.
pub(super) fn run(
    args: &StatusArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    tokio_runtime()?.block_on(async {
        let limit = Duration::from_millis(args.timeout);
        let (mut accounts, code) = match records(location, environment, limit).await? {
            Records::Live(records) => (records, ExitCode::SUCCESS),
            Records::OfFile(records, why) => {
                print::note(&format!("error: {why}"));
                print::note(&format!("as configured in {}:", location.path.display()));
                (records, ExitCode::from(EXIT_UNAVAILABLE))
            }
        };
        if args.probe {
            add_probes(&mut accounts, location, environment, limit).await;
        }
        if args.json {
            let all = json!({ "channelAccounts": { (args.channel.to_string()): accounts } });
            print::line(&serde_json::to_string_pretty(&all)?);
            return Ok(code);
        }
        if accounts.is_empty() {
            print::line("no account is configured");
        }
        for account in &accounts {
            print::line(&status_line(args.channel, account));
            if let Some(error) = text(account, "lastError") {
                print::line(&format!("  {error}"));
            }
            if let Some(probe) = account.get("probe") {
                print_probe(probe);
            }
        }
        Ok(code)
    })
}

/// Adds what the service says about each account. The socket is the daemon's to judge: a
/// second one would end it.
async fn add_probes(
    accounts: &mut [Value],
    location: &Location,
    environment: &Environment,
    limit: Duration,
) {
    let Ok(config) = configuration(location, environment) else {
        return;
    };
    let probes = accounts.iter().map(|record| async {
        let id = text(record, "accountId").unwrap_or_default();
        let account = config.accounts.get(&id.into())?;
        let api = match timeout(limit, api_check::check(account)).await {
            Ok(result) => result,
            Err(_) => Some(TryOutcome::Failed {
                seen: format!("no answer within {} ms", limit.as_millis()),
                fix: "`wecom doctor` looks at the network and the proxy".to_owned(),
            }),
        };
        Some(json!({
            "socket": account.bot_socket.is_some().then(|| text(record, "state")),
            "api": api.map(|api| match api {
                TryOutcome::Failed { seen, fix } => json!({ "ok": false, "seen": seen, "fix": fix }),
                TryOutcome::Accepted | TryOutcome::Skipped(_) => json!({ "ok": true }),
            }),
        }))
    });
    let probes = join_all(probes).await;
    for (record, probe) in accounts.iter_mut().zip(probes) {
        if let (Some(record), Some(probe)) = (record.as_object_mut(), probe) {
            record.insert("probe".to_owned(), probe);
        }
    }
}

fn print_probe(probe: &Value) {
    match probe.get("api") {
        Some(api) if api.get("ok") == Some(&Value::Bool(true)) => {
            print::line("  probe: WeCom's API accepts the agent app");
        }
        Some(api) if api.is_object() => {
            let seen = text(api, "seen").unwrap_or_default();
            let fix = text(api, "fix").unwrap_or_default();
            print::line(&format!("  probe: {seen}\n    fix: {fix}"));
        }
        _ => print::line("  probe: no agent app that sends; the socket's state is the daemon's"),
    }
}

fn status_line(channel: Channel, account: &Value) -> String {
    let open = account
        .get("openMessages")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    format!(
        "{channel} {}: {}, {}, {open} open message{}",
        text(account, "accountId").unwrap_or_default(),
        text(account, "name").unwrap_or_default(),
        text(account, "state").unwrap_or_default(),
        if open == 1 { "" } else { "s" },
    )
}

/// A text of a record.
pub(in crate::cli) fn text<'a>(record: &'a Value, key: &str) -> Option<&'a str> {
    record.get(key).and_then(Value::as_str)
}

/// Whether an account in this state should answer and does not.
pub(in crate::cli) fn needs_attention(state: &str) -> bool {
    !matches!(
        state,
        "connected" | "listening" | "disabled" | "not_configured"
    )
}
