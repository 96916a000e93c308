//! `wecom cron`: jobs that run by themselves.

mod add;
mod edit;
mod files;
mod history;
mod list;
mod options;
mod reach;
mod remote;
mod run;
mod show;
mod table;
mod words;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::json;

use super::{print, tokio_runtime};
use crate::config::{Environment, Location};
use crate::cron::service::{CronService, Removed, ServiceError};
use reach::{Jobs, Reach, Unreached};

/// Exit status for options that don't go together, as for those that don't exist.
const EXIT_USAGE: u8 = 2;

/// Options of `wecom cron`.
#[derive(Debug, Args)]
pub(super) struct CronArgs {
    #[command(flatten)]
    reach: Reach,

    #[command(subcommand)]
    command: CronCommand,
}

/// Subcommands of `wecom cron`.
#[derive(Debug, Subcommand)]
enum CronCommand {
    /// Show whether jobs run, how many there are, and when the next is due
    Status,
    /// Show the jobs
    List(list::ListArgs),
    /// Make a job
    ///
    /// It takes effect at once. Say when (--cron, --every or --at), what (--message for an
    /// agent, or --text as it is) and where the result goes (--to).
    #[command(alias = "create", after_long_help = add::EXAMPLES)]
    Add(Box<add::AddArgs>),
    /// Show a job in words
    Show(show::ShowArgs),
    /// Print a job as JSON
    Get(JobArg),
    /// Let a job run by itself again; its failures are forgotten
    Enable(JobArg),
    /// Keep a job from running by itself
    Disable(JobArg),
    /// Change a job; what is not named stays
    ///
    /// Another schedule makes the job due anew; another message does not.
    #[command(after_long_help = edit::EXAMPLES)]
    Edit(Box<edit::EditArgs>),
    /// Remove a job; its history stays for seven days
    #[command(alias = "remove", alias = "delete")]
    Rm(JobArg),
    /// Run a job now, disabled ones too; when it is due by itself stays as it is
    Run(run::RunArgs),
    /// Show what became of runs, the newest first
    Runs(history::RunsArgs),
    /// Take over jobs from a job file, such as OpenClaw's
    ///
    /// FILE is a jobs.json of version 1, or what `openclaw cron list --all --json` prints.
    /// jobs-state.json and runs/*.jsonl beside it are taken over too. It adds and changes
    /// jobs and removes none; doing it twice is doing it once. The files stay as they are.
    Import(files::ImportArgs),
    /// Write the jobs as a job file; into a directory also the history
    Export(files::ExportArgs),
    /// Take over edits of the job file, and write it
    Reload,
}

/// A job.
#[derive(Debug, Args)]
struct JobArg {
    /// Its id, its name, or the beginning of the id (8 characters)
    #[arg(value_name = "ID")]
    job: String,
    /// The output is JSON anyway
    #[arg(long, hide = true)]
    json: bool,
}

/// Options that don't go together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

impl Usage {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

pub(super) fn run(
    args: CronArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    args.reach.note();
    let as_json = args.command.prints_json();
    let result = tokio_runtime()?.block_on(async {
        let jobs = match Jobs::open(location, environment) {
            // Only a daemon runs jobs.
            Ok(jobs) if args.command.needs_daemon() => jobs.of_daemon(location)?,
            Ok(jobs) => jobs,
            Err(error) => return Err(error),
        };
        perform(args.command, &jobs).await
    });
    let error = match result {
        Ok(code) => return Ok(code),
        Err(error) => error,
    };
    if as_json {
        let shown = json!({
            "ok": false,
            "error": { "type": "cli_error", "message": format!("{error:#}") },
        });
        print::line(&shown.to_string());
    }
    if error.is::<Usage>() {
        print::error(&error);
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    if error.is::<Unreached>() {
        print::error(&error);
        return Ok(ExitCode::from(super::EXIT_UNAVAILABLE));
    }
    Err(error)
}

async fn perform(command: CronCommand, jobs: &Jobs) -> anyhow::Result<ExitCode> {
    match command {
        CronCommand::Status => json_line(&jobs.service().status().await?)?,
        CronCommand::List(args) => list::run(&args, jobs).await?,
        CronCommand::Add(args) => add::run(*args, jobs).await?,
        CronCommand::Show(args) => show::run(&args, jobs).await?,
        CronCommand::Get(wanted) => json_line(&jobs.service().get(&wanted.job).await?.job)?,
        CronCommand::Enable(wanted) => enable(jobs, &wanted.job, true).await?,
        CronCommand::Disable(wanted) => enable(jobs, &wanted.job, false).await?,
        CronCommand::Edit(args) => edit::run(*args, jobs).await?,
        CronCommand::Rm(wanted) => remove(jobs, &wanted.job).await?,
        CronCommand::Run(args) => return run::run(&args, jobs).await,
        CronCommand::Runs(args) => history::run(args, jobs).await?,
        CronCommand::Import(args) => return files::import(&args, jobs).await,
        CronCommand::Export(args) => files::export(&args, jobs).await?,
        CronCommand::Reload => {
            let imported = jobs.service().reload().await?;
            json_line(&imported)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl CronCommand {
    /// Whether its result is JSON, so that a failure is too.
    fn prints_json(&self) -> bool {
        match self {
            Self::List(args) => args.json,
            Self::Show(args) => args.json,
            Self::Export(args) => args.path.is_some(),
            _ => true,
        }
    }

    fn needs_daemon(&self) -> bool {
        matches!(self, Self::Run(_))
    }
}

async fn enable(jobs: &Jobs, wanted: &str, enabled: bool) -> anyhow::Result<()> {
    let job = jobs.service().enable(wanted, enabled).await?;
    json_line(&job)?;
    jobs.settle().await;
    Ok(())
}

async fn remove(jobs: &Jobs, wanted: &str) -> anyhow::Result<()> {
    let removed = jobs.service().remove(wanted).await?;
    if let Removed::Invalid { id } = &removed {
        print::note(&format!("note: `{id}` was no job; its row is forgotten"));
    }
    json_line(&json!({ "ok": true, "removed": true }))?;
    jobs.settle().await;
    Ok(())
}

fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    print::line(&serde_json::to_string_pretty(value)?);
    Ok(())
}

#[cfg(test)]
mod tests;
