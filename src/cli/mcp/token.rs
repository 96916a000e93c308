//! `wecom mcp token`: tokens of MCP clients.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::EXIT_CONFIG;
use super::surroundings;
use crate::cli::{print, tokio_runtime};
use crate::clock::SystemClock;
use crate::config::{self, Environment, LiveConfig, Location};
use crate::daemon::{self, Contact, ContactError};
use crate::http::{RevokeReply, RevokeRequest, TokenLine, TokenReply};
use crate::ids::UserId;
use crate::mcp::credentials::{Credentials, MintRequest, SessionCredentials};
use crate::store::SqliteStore;

/// Subcommands of `wecom mcp token`.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and show it once
    Add(AddArgs),
    /// List the tokens
    List(ListArgs),
    /// Take a token back
    Revoke(RevokeArgs),
}

/// Options of `wecom mcp token add`.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Name of the token, for logs and for revoking it
    #[arg(long, value_name = "NAME")]
    id: String,

    /// Account whose bot acts [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Member that its calls act for [default: none, only what the bot may do by itself]
    #[arg(long, value_name = "USERID")]
    user: Option<String>,

    /// Only methods that read
    #[arg(long)]
    read_only: bool,

    /// Category it may use; may be given several times [default: all]
    #[arg(long = "category", value_name = "NAME")]
    categories: Vec<String>,

    /// How long it is valid, such as 90d, 12h or 30m [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    ttl: Option<Duration>,
}

/// Options of `wecom mcp token list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print the records as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `wecom mcp token revoke`.
#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// Name of the token
    id: String,
}

pub(super) fn run(
    command: TokenCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    tokio_runtime()?.block_on(async {
        let keeper = match Keeper::find(location, environment).await? {
            Ok(keeper) => keeper,
            Err(code) => return Ok(code),
        };
        match command {
            TokenCommand::Add(args) => add(args, &keeper, location, environment).await,
            TokenCommand::List(args) => list(&args, &keeper).await,
            TokenCommand::Revoke(args) => revoke(args, &keeper).await,
        }
    })
}

async fn add(
    args: AddArgs,
    keeper: &Keeper,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let config = surroundings::configuration(location, environment);
    let request = MintRequest {
        id: args.id,
        account: surroundings::account(&config, args.account.as_deref())?,
        user: args.user.map(UserId::new),
        read_only: args.read_only,
        categories: args.categories,
        ttl_s: args.ttl.map(|ttl| ttl.as_secs()),
    };
    let made = keeper.add(request).await?;
    print::note("This token is shown once; whoever has it acts as below:");
    print::note(&format!("  {}", described(&made.line)));
    print::line(&made.token);
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &ListArgs, keeper: &Keeper) -> anyhow::Result<ExitCode> {
    let lines = keeper.list().await?;
    if args.json {
        print::line(&serde_json::to_string_pretty(&lines)?);
        return Ok(ExitCode::SUCCESS);
    }
    if lines.is_empty() {
        print::line("no token; `wecom mcp token add` makes one");
    }
    for line in &lines {
        print::line(&format!("{}: {}", line.id, described(line)));
    }
    Ok(ExitCode::SUCCESS)
}

async fn revoke(args: RevokeArgs, keeper: &Keeper) -> anyhow::Result<ExitCode> {
    let id = args.id;
    if keeper.revoke(&id).await? {
        print::line(&format!("Token {id} is no longer valid."));
        Ok(ExitCode::SUCCESS)
    } else {
        print::note(&format!(
            "error: there is no token `{id}`; clients of the configuration are taken out there"
        ));
        Ok(ExitCode::FAILURE)
    }
}

fn described(line: &TokenLine) -> String {
    let member = line.user.as_deref().unwrap_or("no member");
    let mut parts = vec![format!("account {}", line.account), format!("for {member}")];
    if line.read_only {
        parts.push("reading only".to_owned());
    }
    if !line.categories.is_empty() {
        parts.push(format!("only {}", line.categories.join(", ")));
    }
    let until = line.expires_at_ms.map(jiff::Timestamp::from_millisecond);
    if let Some(Ok(until)) = until {
        parts.push(format!("until {until:.0}"));
    }
    parts.join(", ")
}

/// Who keeps the tokens: the daemon, which knows them by heart, or where none runs the
/// state itself.
pub(super) enum Keeper {
    Daemon(Contact),
    Store(Box<Credentials>),
}

impl Keeper {
    /// Finds out; the inner error is an exit status that was explained already.
    pub(super) async fn find(
        location: &Location,
        environment: &Environment,
    ) -> anyhow::Result<Result<Self, ExitCode>> {
        match daemon::find(&location.home) {
            Ok(contact) => return Ok(Ok(Self::Daemon(contact))),
            Err(ContactError::NotRunning { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let loaded = match config::load(location, environment) {
            Ok(loaded) => loaded,
            Err(error) => {
                print::note(&format!("error: the configuration can't be used: {error}"));
                return Ok(Err(ExitCode::from(EXIT_CONFIG)));
            }
        };
        let path = location.home.join("state.db");
        let store = SqliteStore::open(&path)
            .with_context(|| format!("cannot open the state in {}", path.display()))?;
        let credentials = Credentials::load(
            LiveConfig::new(loaded.config),
            Arc::new(store),
            SystemClock::shared(),
            SessionCredentials::new(),
        )
        .await?;
        Ok(Ok(Self::Store(Box::new(credentials))))
    }

    pub(super) async fn add(&self, request: MintRequest) -> anyhow::Result<TokenReply> {
        Ok(match self {
            Self::Daemon(contact) => contact.send("/tokens", &request).await?,
            Self::Store(credentials) => credentials.mint(request).await?.into(),
        })
    }

    async fn list(&self) -> anyhow::Result<Vec<TokenLine>> {
        Ok(match self {
            Self::Daemon(contact) => contact.get("/tokens").await?,
            Self::Store(credentials) => credentials.minted().into_iter().map(Into::into).collect(),
        })
    }

    async fn revoke(&self, id: &str) -> anyhow::Result<bool> {
        Ok(match self {
            Self::Daemon(contact) => {
                let request = RevokeRequest { id: id.to_owned() };
                let reply: RevokeReply = contact.send("/tokens/revoke", &request).await?;
                reply.revoked
            }
            Self::Store(credentials) => credentials.revoke(id).await?,
        })
    }
}

/// A time as people write it: a number and `s`, `m`, `h` or `d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write a number and s, m, h or d, such as 90d");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let day = 24 * 60 * 60;
        for (text, seconds) in [
            ("90d", Some(90 * day)),
            ("12h", Some(day / 2)),
            ("30m", Some(1_800)),
            ("1s", Some(1)),
            ("0d", None),
            ("", None),
            ("d", None),
            ("1.5h", None),
            ("10", None),
            ("1周", None),
            ("18446744073709551615d", None),
        ] {
            let read = duration(text).ok();
            assert_eq!(read, seconds.map(Duration::from_secs), "{text}");
        }
    }
}
