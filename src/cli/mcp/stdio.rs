//! `wecom mcp`: the server for one client, over standard input and output.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::surroundings;
use crate::cli::run::asked_to_stop;
use crate::cli::tokio_runtime;
use crate::config::{Config, Environment, LiveConfig, Location};
use crate::mcp::credentials::Credential;
use crate::mcp::server::{DaemonRunner, ServerParts, serve_stdio};
use crate::skills::{LiveSkills, SkillSources};
use crate::task;

/// Options of `wecom mcp` without a subcommand.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Account whose bot acts [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// Member that every call acts for [default: none, only what the bot may do by itself]
    #[arg(long, value_name = "USERID")]
    user: Option<String>,
}

/// Serves until the client goes away. Exit status 0 then.
pub(super) fn run(
    args: &ServeArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let config = surroundings::configuration(location, environment);
    let account = surroundings::account(&config, args.account.as_deref())?;
    let files = surroundings::files(&config, &account, environment);
    let identity = surroundings::operator(account, args.user.as_deref())?;
    let credential = Credential::of_operator(identity, files);
    let runtime = tokio_runtime()?;
    let served = runtime.block_on(serve(credential, config, location));
    // A read of standard input that waits must not hold the end up.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(credential: Credential, config: Config, location: &Location) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tracker = TaskTracker::new();
    let signal = stop.clone();
    task::spawn(&tracker, "signal", async move {
        match asked_to_stop().await {
            Ok(()) => signal.cancel(),
            Err(error) => tracing::warn!(%error, "signals are not noticed"),
        }
    });
    let sources = SkillSources::new(&config.mcp_server);
    let parts = ServerParts {
        runner: Arc::new(DaemonRunner::new(location.home.clone())),
        skills: LiveSkills::start(sources, &tracker, stop.clone()),
        media: None,
        config: LiveConfig::new(config),
    };
    serve_stdio(parts, credential, stop).await?;
    Ok(())
}
