//! `wecom status`: how everything is, on one screen.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use jiff::{SpanRound, Timestamp, Unit};
use serde_json::{Value, json};

use super::channels::{Records, configuration, needs_attention, records, text};
use super::print::{self, counted};
use super::{EXIT_UNAVAILABLE, tokio_runtime};
use crate::agent::openclaw::link::LinkStatus;
use crate::clock::{Clock, SystemClock};
use crate::config::{Environment, Issue, Location, Severity, all_issues};
use crate::daemon::{self, Contact};
use crate::http::{DaemonRecord, TokenLine};

/// How long the daemon may take for each answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Findings that are shown one by one.
const SHOWN_ISSUES: usize = 3;

/// A token that ends within this time is shown.
const EXPIRES_SOON: Duration = Duration::from_hours(14 * 24);

/// Options of `wecom status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything that is shown.
struct Picture {
    location: Location,
    now_ms: i64,
    address: Option<String>,
    daemon: Option<DaemonRecord>,
    openclaw: Option<LinkStatus>,
    /// Why no daemon answers.
    absent: Option<String>,
    accounts: Vec<Value>,
    tokens: Vec<TokenLine>,
    issues: Vec<Issue>,
}

/// Exit status 0 when all is up, 1 when something is down, 69 when no daemon runs.
pub(super) fn run(
    args: &StatusArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let picture = tokio_runtime()?.block_on(Picture::take(location, environment))?;
    if args.json {
        print::line(&serde_json::to_string_pretty(&picture.json())?);
    } else {
        for line in picture.lines() {
            print::line(&line);
        }
    }
    Ok(if picture.absent.is_some() {
        ExitCode::from(EXIT_UNAVAILABLE)
    } else if picture.is_up() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Picture {
    async fn take(location: &Location, environment: &Environment) -> anyhow::Result<Self> {
        let now_ms = SystemClock.now_ms();
        let issues = match configuration(location, environment) {
            Ok(config) => all_issues(&config).into_iter().cloned().collect(),
            Err(error) => error.issues(),
        };
        let (accounts, absent) = match records(location, environment, LIMIT).await? {
            Records::Live(accounts) => (accounts, None),
            Records::OfFile(accounts, why) => (accounts, Some(why)),
        };
        let contact = daemon::find(&location.home)
            .ok()
            .filter(|_| absent.is_none());
        let (daemon, tokens, openclaw) = match &contact {
            Some(contact) => tokio::join!(
                ask(contact, "/daemon"),
                ask(contact, "/tokens"),
                ask(contact, "/openclaw")
            ),
            None => (None, None, None),
        };
        let soon = now_ms.saturating_add(i64::try_from(EXPIRES_SOON.as_millis())?);
        let expires_soon = |line: &TokenLine| line.expires_at_ms.is_some_and(|at| at < soon);
        let tokens: Vec<TokenLine> = tokens.unwrap_or_default();
        Ok(Self {
            location: location.clone(),
            now_ms,
            address: contact.map(|contact| contact.address().to_string()),
            daemon,
            openclaw,
            absent,
            accounts,
            tokens: tokens.into_iter().filter(expires_soon).collect(),
            issues,
        })
    }

    fn is_up(&self) -> bool {
        let states = self
            .accounts
            .iter()
            .filter_map(|account| text(account, "state"));
        !states.into_iter().any(needs_attention)
    }

    fn json(&self) -> Value {
        json!({
            "ok": self.absent.is_none() && self.is_up(),
            "daemon": self.daemon.as_ref().map(|daemon| json!({
                "version": daemon.version,
                "pid": daemon.pid,
                "uptimeMs": daemon.uptime_ms,
                "address": self.address,
            })),
            "openclaw": self.openclaw,
            "notRunning": self.absent,
            "stateDir": self.location.home,
            "configPath": self.location.path,
            "accounts": self.accounts,
            "expiringTokens": self.tokens,
            "issues": self.issues,
        })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![match (&self.absent, &self.daemon) {
            (Some(why), _) => format!("daemon    down: {why}"),
            (None, Some(daemon)) => format!(
                "daemon    up for {}, version {}, {}, process {}",
                length(i64::try_from(daemon.uptime_ms).unwrap_or(i64::MAX)),
                daemon.version,
                self.address.as_deref().unwrap_or_default(),
                daemon.pid,
            ),
            (None, None) => "daemon    up; it is of another version than this command: restart \
                             it to see more"
                .to_owned(),
        }];
        lines.push(format!("state     {}", self.location.home.display()));
        lines.push(format!("config    {}", self.location.path.display()));
        lines.extend(self.openclaw());
        if self.accounts.is_empty() {
            lines.push("account   none: `wecom channels add` sets one up".to_owned());
        }
        for account in &self.accounts {
            self.account(account, &mut lines);
        }
        for token in &self.tokens {
            lines.push(self.token(token));
        }
        lines.push(self.findings());
        let shown = self
            .issues
            .iter()
            .filter(|issue| issue.severity != Severity::Info);
        for issue in shown.take(SHOWN_ISSUES) {
            lines.push(format!("          {issue}"));
        }
        lines
    }

    fn account(&self, account: &Value, lines: &mut Vec<String>) {
        let number = |key: &str| account.get(key).and_then(Value::as_i64);
        let state = text(account, "state").unwrap_or("unknown");
        let since = number("sinceAt").map(|at| format!(" for {}", length(self.now_ms - at)));
        lines.push(format!(
            "account   {}: {state}{}, {}",
            text(account, "accountId").unwrap_or_default(),
            since.unwrap_or_default(),
            text(account, "name").unwrap_or_default(),
        ));
        if self.absent.is_none() && number("lastStartAt").is_some() {
            let ago = |key: &str| match number(key) {
                Some(at) => format!("{} ago", length(self.now_ms - at)),
                None => "never".to_owned(),
            };
            lines.push(format!(
                "          in {}, out {}, {} open, {} running",
                ago("lastInboundAt"),
                ago("lastOutboundAt"),
                number("openMessages").unwrap_or_default(),
                number("runningTurns").unwrap_or_default(),
            ));
            if let Some(refused) = number("refused").filter(|refused| *refused > 0) {
                lines.push(format!("          {refused} turned away by the policies"));
            }
        }
        for path in account
            .get("webhookPaths")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let path = path.as_str().unwrap_or_default();
            lines.push(format!("          WeCom calls {path}"));
        }
        if let Some(error) = text(account, "lastError") {
            lines.push(format!("          {error}"));
        }
    }

    /// The gateway that is linked, or that turns wait for.
    fn openclaw(&self) -> Option<String> {
        let link = self.openclaw.as_ref()?;
        let turns = counted(link.running_turns, "turn");
        if !link.connected {
            return (link.running_turns > 0)
                .then(|| format!("openclaw  no gateway is linked, {turns} wait for one"));
        }
        let since = link.since_at.unwrap_or(self.now_ms);
        Some(format!(
            "openclaw  linked for {}, OpenClaw {}, plugin {}, {turns} running",
            length(self.now_ms - since),
            link.openclaw.as_deref().unwrap_or_default(),
            link.plugin.as_deref().unwrap_or_default(),
        ))
    }

    fn token(&self, token: &TokenLine) -> String {
        let left = token.expires_at_ms.map_or(0, |at| at - self.now_ms);
        let when = if left > 0 {
            format!("ends in {}", length(left))
        } else {
            "has ended".to_owned()
        };
        format!(
            "token     {} of an MCP client {when}: `wecom mcp token add` makes a new one",
            token.id
        )
    }

    fn findings(&self) -> String {
        let count = |severity| {
            let of = |issue: &&Issue| issue.severity == severity;
            self.issues.iter().filter(of).count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if errors + warnings == 0 {
            return "findings  none".to_owned();
        }
        format!(
            "findings  {}, {} (`wecom config validate` lists all)",
            counted(errors, "error"),
            counted(warnings, "warning")
        )
    }
}

/// An answer, or none: what a daemon of another version does not know is left out.
async fn ask<T: serde::de::DeserializeOwned>(contact: &Contact, path: &str) -> Option<T> {
    let answer = tokio::time::timeout(LIMIT, contact.get(path)).await;
    answer.ok()?.ok()
}

/// A length of time in its two largest units.
fn length(ms: i64) -> String {
    let (Ok(begin), Ok(end)) = (
        Timestamp::from_millisecond(0),
        Timestamp::from_millisecond(ms.max(0)),
    ) else {
        return "long".to_owned();
    };
    let round = |unit| {
        let options = SpanRound::new()
            .smallest(unit)
            .largest(Unit::Day)
            .days_are_24_hours()
            .mode(jiff::RoundMode::Trunc);
        end.since(begin).and_then(|span| span.round(options))
    };
    let unit = match ms {
        ..3_600_000 => Unit::Second,
        3_600_000..86_400_000 => Unit::Minute,
        _ => Unit::Hour,
    };
    round(unit).map_or_else(|_| "long".to_owned(), |span| format!("{span:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units() {
        for (ms, expected) in [
            (0, "0s"),
            (59_999, "59s"),
            (61_000, "1m 1s"),
            (3_660_000, "1h 1m"),
            (90_000_000, "1d 1h"),
            (-5, "0s"),
        ] {
            assert_eq!(length(ms), expected, "{ms}");
        }
    }
}
