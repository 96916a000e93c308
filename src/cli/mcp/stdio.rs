//! `wecom mcp`: the server for one client, over standard input and output.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::surroundings;
use crate::cli::run::asked_to_stop;
use crate::cli::{print, tokio_runtime};
use crate::clock::SystemClock;
use crate::config::{Config, Environment, LiveConfig, Location};
use crate::daemon::Standalone;
use crate::ids::AccountId;
use crate::mcp::credentials::Credential;
use crate::mcp::server::{
    DaemonRunner, SESSION_TOKEN_VARIABLE, ServerParts, ToolRunner, serve_stdio,
};
use crate::secret::Secret;
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

    /// Connect the account's bot from this process, without a daemon. WeCom ends a
    /// connection of the same bot elsewhere
    #[arg(long)]
    standalone: bool,
}

/// Serves until the client goes away. Exit status 0 then.
pub(super) fn run(
    args: &ServeArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let mut config = surroundings::configuration(location, environment);
    let account = surroundings::account(&config, args.account.as_deref())?;
    if args.standalone {
        print::note(&format!(
            "warning: this process connects the bot of account {account}; a daemon elsewhere \
             that has the same bot loses its connection"
        ));
        keep_only(&account, &mut config);
    }
    let files = surroundings::files(&config, &account, environment);
    let identity = surroundings::operator(account, args.user.as_deref())?;
    let credential = Credential::of_operator(identity, files);
    let session = environment
        .variable(SESSION_TOKEN_VARIABLE)
        .map(Secret::new);
    let runtime = tokio_runtime()?;
    let served = runtime.block_on(async {
        let config = LiveConfig::new(config);
        if !args.standalone {
            let runner = DaemonRunner::new(location.home.clone()).of_session(session);
            return serve(credential, config, Arc::new(runner)).await;
        }
        let clock = SystemClock::shared();
        let accounts = Standalone::start(location, environment, &config, clock).await?;
        let served = serve(credential, config, Arc::new(accounts.runner())).await;
        accounts.shutdown().await;
        served
    });
    // A read of standard input that waits must not hold the end up.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Leaves the account, and the one whose bot it uses: no other bot is connected.
fn keep_only(account: &AccountId, config: &mut Config) {
    let via = config
        .accounts
        .get(account)
        .and_then(|account| account.mcp.via_account.clone());
    config
        .accounts
        .retain(|id, _| id == account || Some(id) == via.as_ref());
}

async fn serve(
    credential: Credential,
    config: LiveConfig,
    runner: Arc<dyn ToolRunner>,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let tracker = TaskTracker::new();
    let signal = stop.clone();
    task::spawn(&tracker, "signal", async move {
        match asked_to_stop().await {
            Ok(()) => signal.cancel(),
            Err(error) => tracing::warn!(%error, "signals are not noticed"),
        }
    });
    let sources = SkillSources::new(&config.get().mcp_server);
    let parts = ServerParts {
        runner,
        skills: LiveSkills::start(sources, &tracker, stop.clone()),
        media: None,
        config,
    };
    serve_stdio(parts, credential, stop).await?;
    Ok(())
}
