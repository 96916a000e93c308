//! `wecom config`: look at the configuration file and change it.

mod change;
mod get;
mod import;
mod report;
mod validate;

use std::io::{Read, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::clock::Clock;
use crate::config::edit::Editor;
use crate::config::{Environment, Location, schema};

pub use change::{PatchArgs, SetArgs, UnsetArgs};
pub use get::GetArgs;
pub use import::ImportArgs;

/// Look at the configuration and change it
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a value of the file, or the effective configuration; secrets are masked
    Get(GetArgs),
    /// Put a value into the file
    Set(SetArgs),
    /// Take a value out of the file
    Unset(UnsetArgs),
    /// Apply a JSON merge patch to the file
    Patch(PatchArgs),
    /// Report every problem of the file
    Validate(ValidateArgs),
    /// Print the path of the file in use
    File,
    /// Print the JSON schema of the file
    Schema,
    /// Take over the WeCom part of an openclaw.json
    Import(ImportArgs),
    /// Ask the running daemon to read the file again
    Reload,
}

/// Options of `config validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a command works with, so that tests can hand in their own.
pub struct Session<'a> {
    /// Where the file is.
    pub location: &'a Location,
    /// What its references are resolved with.
    pub environment: &'a Environment,
    /// The time, for stamps.
    pub clock: &'a dyn Clock,
    /// What `--stdin` reads.
    pub input: &'a mut dyn Read,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Warnings.
    pub err: &'a mut dyn Write,
    /// Asks the daemon to reload, and returns its answer.
    pub reload: &'a dyn Fn() -> anyhow::Result<String>,
}

impl Session<'_> {
    fn editor(&self) -> Editor<'_> {
        Editor {
            location: self.location,
            environment: self.environment,
            clock: self.clock,
        }
    }

    fn file(&self) -> PathBuf {
        self.location.path.clone()
    }

    fn print_json(&mut self, value: &serde_json::Value) -> std::io::Result<()> {
        writeln!(self.out, "{value:#}")
    }
}

/// Runs a command and returns the exit status of the process. Problems that end a command
/// early are returned as errors, for the caller to print; their exit status is 1.
pub fn run(command: ConfigCommand, session: &mut Session<'_>) -> anyhow::Result<u8> {
    match command {
        ConfigCommand::Get(args) => get::run(&args, session),
        ConfigCommand::Set(args) => change::set(&args, session),
        ConfigCommand::Unset(args) => change::unset(&args, session),
        ConfigCommand::Patch(args) => change::patch(&args, session),
        ConfigCommand::Validate(args) => validate::run(&args, session),
        ConfigCommand::File => {
            let file = session.file();
            writeln!(session.out, "{}", file.display())?;
            Ok(0)
        }
        ConfigCommand::Schema => {
            session.print_json(&schema::json_schema())?;
            Ok(0)
        }
        ConfigCommand::Import(args) => import::run(&args, session),
        ConfigCommand::Reload => {
            let answer = (session.reload)()?;
            writeln!(session.out, "{answer}")?;
            Ok(0)
        }
    }
}

#[cfg(test)]
mod tests;
