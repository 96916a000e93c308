//! `wecom doctor`: why something does not work, and what to do.
//!
//! Every check is limited in time and they run side by side. None of them subscribes a bot:
//! that would end the connection of whoever holds it.

mod callback;
mod configuration;
mod daemon;
mod files;
mod finding;
mod network;
mod proxy;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;
use url::Url;

use super::print::{self, counted};
use super::tokio_runtime;
use crate::config::{Account, Environment, Loaded, Location, load};
use finding::{Finding, Level};

/// How long one check may take.
const LIMIT: Duration = Duration::from_secs(12);

/// Options of `wecom doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Look at this account only
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Call this address as WeCom would: the one that the admin console has for a bot or an
    /// agent app
    #[arg(long, value_name = "URL", value_parser = callback_address)]
    callback: Option<Url>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn callback_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" if url.username().is_empty() && url.password().is_none() => Ok(url),
        "http" | "https" => Err("WeCom calls an address without a login in it".to_owned()),
        other => Err(format!("the scheme is `{other}`; it must be https or http")),
    }
}

/// Exit status 0 without errors, 1 with.
pub(super) fn run(
    args: &DoctorArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let (mut findings, loaded) = match load(location, environment) {
        Ok(loaded) => (configuration::of_loaded(&loaded, location), Some(loaded)),
        Err(error) => (configuration::of_error(&error), error.loaded().cloned()),
    };
    let accounts = chosen(args, loaded.as_ref())?;
    let runtime = tokio_runtime()?;
    match (&args.callback, &loaded) {
        (Some(url), Some(loaded)) => {
            // Whatever else may be wrong, the question was about this address.
            findings.retain(|one| one.level == Level::Error);
            let is_named = args.account.is_some();
            let called = callback::check(url, &loaded.config, &accounts, is_named);
            findings.extend(runtime.block_on(called));
        }
        (Some(_), None) => {}
        (None, loaded) => {
            let examined = examine(location, environment, loaded.as_ref(), &accounts);
            findings.extend(runtime.block_on(examined));
        }
    }
    report(&findings, args.json)?;
    Ok(if findings.iter().any(|one| one.level == Level::Error) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The accounts that are looked at: those that are on, or the one that was named.
fn chosen<'a>(args: &DoctorArgs, loaded: Option<&'a Loaded>) -> anyhow::Result<Vec<&'a Account>> {
    let Some(loaded) = loaded else {
        return Ok(Vec::new());
    };
    if let Some(name) = &args.account {
        return Ok(vec![loaded.config.account(name)?]);
    }
    let accounts = loaded.config.accounts.values();
    Ok(accounts.filter(|account| account.enabled).collect())
}

async fn examine(
    location: &Location,
    environment: &Environment,
    loaded: Option<&Loaded>,
    accounts: &[&Account],
) -> Vec<Finding> {
    let files = files::check(location, loaded);
    let daemon = limited("daemon", daemon::check(location)).await;
    let mut findings = files;
    if let Some(loaded) = loaded {
        findings.extend(
            accounts
                .iter()
                .map(|account| proxy::check(account, loaded, environment)),
        );
    }
    let states = &daemon.1;
    let mut network: Vec<Finding> = join_all(accounts.iter().map(|account| async {
        let socket = network::socket(account, states.get(account.id.as_str()));
        let api = network::api(account);
        let (socket, api) = tokio::join!(
            within(&account.id, "the bot's socket", socket),
            within(&account.id, "the API", api)
        );
        [socket, api].concat()
    }))
    .await
    .concat();
    // Accounts that call the same host would tell the same about the clock.
    network.dedup_by(|a, b| a.area == "clock" && a == b);
    findings.extend(network);
    let is_chosen = |one: &Finding| {
        !states.contains_key(&one.subject)
            || accounts
                .iter()
                .any(|account| account.id.as_str() == one.subject)
    };
    findings.extend(daemon.0.into_iter().filter(is_chosen));
    findings
}

async fn within(
    account: &crate::ids::AccountId,
    what: &str,
    check: impl Future<Output = Vec<Finding>>,
) -> Vec<Finding> {
    timeout(LIMIT, check).await.unwrap_or_else(|_| {
        vec![Finding::error(
            "network",
            account.as_str(),
            format!("{what} did not answer within {} s", LIMIT.as_secs()),
            network::FIREWALL,
        )]
    })
}

async fn limited(area: &'static str, check: impl Future<Output = daemon::Seen>) -> daemon::Seen {
    timeout(daemon::LIMIT, check).await.unwrap_or_else(|_| {
        let finding = Finding::error(
            area,
            "local API",
            "the daemon runs and does not answer",
            "look at its log, then restart it",
        );
        (vec![finding], daemon::States::default())
    })
}

fn report(findings: &[Finding], as_json: bool) -> anyhow::Result<()> {
    let count = |level| findings.iter().filter(|one| one.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if as_json {
        let all = json!({
            "ok": errors == 0,
            "errors": errors,
            "warnings": warnings,
            "findings": findings,
        });
        print::line(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    for one in findings {
        print::line(&format!(
            "{:<8}{:<9}{}: {}",
            one.level.as_str(),
            one.area,
            one.subject,
            one.seen
        ));
        if let Some(fix) = &one.fix {
            print::line(&format!("{:17}fix: {fix}", ""));
        }
    }
    print::line(&format!(
        "{}, {}",
        counted(errors, "error"),
        counted(warnings, "warning")
    ));
    Ok(())
}
