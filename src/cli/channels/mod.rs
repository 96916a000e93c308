//! `wecom channels`: accounts, set up, looked at and taken away.

mod accounts;
mod add;
mod list;
mod remove;
mod resume;
mod status;

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::{EXIT_UNAVAILABLE, print, tokio_runtime};
use crate::config::{Config, Environment, LoadError, Location, load};
use crate::daemon::{self, Contact, ContactError};

pub(super) use add::TryOutcome;
pub(super) use status::{Records, needs_attention, records, text};

/// Subcommands of `wecom channels`.
#[derive(Debug, Subcommand)]
pub(super) enum ChannelsCommand {
    /// Set an account up: questions on a terminal, or options
    Add(Box<add::AddArgs>),
    /// List the accounts of the configuration
    List(list::ListArgs),
    /// Show what every account is doing
    Status(status::StatusArgs),
    /// Let an account that was kicked or refused connect again
    #[command(alias = "restart")]
    Resume(resume::ResumeArgs),
    /// Switch an account off, or delete it
    Remove(remove::RemoveArgs),
    /// Take an account's credentials out of the configuration
    Logout(remove::LogoutArgs),
    /// Say where credentials come from
    Login(LoginArgs),
}

/// Options of `wecom channels login`.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    channel: Channel,
}

/// The channel that commands of other hosts name; here there is one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Channel;

impl FromStr for Channel {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "wecom" | "qywx" | "wework" | "enterprise-wechat" => Ok(Self),
            other => Err(format!("there is no channel `{other}`; it is `wecom`")),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wecom")
    }
}

pub(super) fn run(
    command: ChannelsCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    match command {
        ChannelsCommand::Add(args) => add::run(&args, location, environment),
        ChannelsCommand::List(args) => list::run(&args, location, environment),
        ChannelsCommand::Status(args) => status::run(&args, location, environment),
        ChannelsCommand::Resume(args) => {
            let Some(contact) = needed(location)? else {
                return Ok(ExitCode::from(EXIT_UNAVAILABLE));
            };
            tokio_runtime()?.block_on(resume::run(&args, &contact))
        }
        ChannelsCommand::Remove(args) => remove::remove(&args, location, environment),
        ChannelsCommand::Logout(args) => remove::logout(&args, location, environment),
        ChannelsCommand::Login(args) => {
            print::line(&format!(
                "There is no login for {}: a bot's id and secret, and an app's, come from WeCom's \
                 admin console.\n`wecom channels add` asks for them, tries them and saves them.",
                args.channel
            ));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The running daemon; a note on standard error where none runs.
fn needed(location: &Location) -> anyhow::Result<Option<Contact>> {
    match daemon::find(&location.home) {
        Ok(contact) => Ok(Some(contact)),
        Err(error @ ContactError::NotRunning { .. }) => {
            print::note(&format!("error: {error}"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What a command reads from the configuration, errors inside of it notwithstanding.
///
/// # Errors
/// A file that cannot be read at all.
pub(super) fn configuration(
    location: &Location,
    environment: &Environment,
) -> Result<Config, LoadError> {
    load(location, environment)
        .map(|loaded| loaded.config)
        .or_else(|error| match error.loaded() {
            Some(loaded) => Ok(loaded.config.clone()),
            None => Err(error),
        })
}
