//! `wecom openclaw`: the connector plugin of an OpenClaw gateway, set up, looked at and taken
//! away.

mod doctor;
mod finding;
mod host;
mod keys;
mod official;
mod plugin;
mod process;
mod record;
mod remove;
mod setup;
mod status;
mod version;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::tokio_runtime;
use crate::config::{Environment, Location};

/// Subcommands of `wecom openclaw`.
#[derive(Debug, Subcommand)]
pub(super) enum OpenclawCommand {
    /// Write the connector plugin and tell OpenClaw to load it
    Setup(setup::SetupArgs),
    /// Show what is set up, and whether the gateway is linked
    Status(status::StatusArgs),
    /// Find out why OpenClaw and this program do not work together, and what to do
    Doctor(doctor::DoctorArgs),
    /// Undo the set-up; the section `channels.wecom` stays
    Remove(remove::RemoveArgs),
}

/// Options that every subcommand has.
#[derive(Debug, Clone, Args)]
struct HostArgs {
    /// OpenClaw's program [default: `openclaw` on the PATH]
    #[arg(long, value_name = "PATH")]
    openclaw: Option<PathBuf>,
}

/// Where the set-up keeps its own things: the plugin, and what was there before.
#[derive(Debug, Clone)]
struct Places {
    /// `openclaw` in the state directory.
    root: PathBuf,
    /// The state directory.
    home: PathBuf,
}

impl Places {
    fn of(location: &Location) -> Self {
        Self {
            root: location.home.join("openclaw"),
            home: location.home.clone(),
        }
    }

    /// The plugin's folder, the same for every version.
    fn plugin(&self) -> PathBuf {
        self.root.join("wecom")
    }

    /// What the set-up did.
    fn record(&self) -> PathBuf {
        self.root.join("setup.json")
    }

    /// OpenClaw's file as it was before the set-up.
    fn before(&self) -> PathBuf {
        self.root.join("openclaw.json.before")
    }

    /// Where the daemon listens for the plugin.
    fn socket(&self) -> PathBuf {
        self.home.join("run").join("openclaw.sock")
    }
}

/// Runs a command; returns its exit status.
///
/// # Errors
/// OpenClaw's configuration can't be read or written, or the plugin's files can't be.
pub(super) fn run(
    command: OpenclawCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let places = Places::of(location);
    let runtime = tokio_runtime()?;
    match command {
        OpenclawCommand::Setup(args) => runtime.block_on(setup::run(&args, &places, environment)),
        OpenclawCommand::Status(args) => runtime.block_on(status::run(&args, &places, environment)),
        OpenclawCommand::Doctor(args) => runtime.block_on(doctor::run(&args, &places, environment)),
        OpenclawCommand::Remove(args) => remove::run(&args, &places, environment),
    }
}

/// A path for people, from the root.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
