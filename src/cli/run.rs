//! `wecom run`: the daemon.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[cfg(unix)]
use super::supervisor;
use super::{EXIT_CONFIG, EXIT_UNAVAILABLE, print, tokio_runtime};
use crate::clock::SystemClock;
use crate::config::{self, Environment, Loaded, Location, Severity, all_issues};
use crate::daemon::{Daemon, DaemonOptions};
use crate::task;

/// Options of `wecom run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Seconds that running turns get to finish after a first SIGTERM or Ctrl-C; a second
    /// one skips the wait
    #[arg(long, default_value_t = 25, value_name = "SECONDS")]
    drain: u64,
}

/// Exit status 0 after a clean shutdown, 78 for a configuration that can't be used, 69 for a
/// taken port or state directory.
pub(super) fn run(
    args: &RunArgs,
    location: Location,
    environment: Environment,
) -> anyhow::Result<ExitCode> {
    let loaded = match config::load(&location, &environment) {
        Ok(loaded) => loaded,
        Err(error) => {
            let path = location.path.display();
            print::note(&format!(
                "error: the configuration in {path} can't be used:"
            ));
            for issue in error.issues() {
                print::note(&format!("  {issue}"));
            }
            return Ok(ExitCode::from(EXIT_CONFIG));
        }
    };
    report(&loaded);
    let drain = Duration::from_secs(args.drain);
    tokio_runtime()?.block_on(serve(drain, location, environment, loaded))
}

async fn serve(
    drain: Duration,
    location: Location,
    environment: Environment,
    loaded: Loaded,
) -> anyhow::Result<ExitCode> {
    let options = DaemonOptions {
        location,
        environment,
        loaded,
        clock: SystemClock::shared(),
    };
    let daemon = match Daemon::start(options).await {
        Ok(daemon) => daemon,
        Err(error) => {
            print::error(&error.into());
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
    };
    serve_until_asked(&daemon).await?;
    tracing::info!(drain_secs = drain.as_secs(), "shutting down");
    let hurry = CancellationToken::new();
    let tracker = TaskTracker::new();
    let second = hurry.clone();
    task::spawn(&tracker, "second signal", async move {
        if asked_to_stop().await.is_ok() {
            second.cancel();
        }
    });
    let left = daemon.shutdown(drain, &hurry).await;
    tracing::info!(messages_left = left, "stopped");
    Ok(ExitCode::SUCCESS)
}

/// Resolves when the process is asked to stop. Until then a service manager is told how it is.
#[cfg(unix)]
async fn serve_until_asked(daemon: &Daemon) -> std::io::Result<()> {
    supervisor::ready();
    let asked = tokio::select! {
        asked = asked_to_stop() => asked,
        never = supervisor::watched(|| async { daemon.check().await.is_ok() }) => match never {},
    };
    supervisor::stopping();
    asked
}

/// Resolves when the process is asked to stop.
#[cfg(not(unix))]
async fn serve_until_asked(_: &Daemon) -> std::io::Result<()> {
    asked_to_stop().await
}

/// Logs what validation found. Errors inside an account stop only that account.
fn report(loaded: &Loaded) {
    let path = loaded.config.path.display();
    if !loaded.found {
        tracing::warn!(
            "no configuration at {path}: nothing to connect. Write one with `wecom config set`, \
             or take over an OpenClaw file with `wecom config import`"
        );
    }
    for issue in all_issues(&loaded.config) {
        let (code, key, fix) = (issue.code, &issue.path, &issue.fix);
        match issue.severity {
            Severity::Error => tracing::error!(code, key, fix, "{}", issue.message),
            Severity::Warning => tracing::warn!(code, key, fix, "{}", issue.message),
            Severity::Info => tracing::info!(code, key, fix, "{}", issue.message),
        }
    }
}

/// Resolves at SIGINT (Ctrl-C) or SIGTERM.
#[cfg(unix)]
pub(super) async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
