//! Takes a changed configuration over while the daemon runs.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::Runtime;
use crate::config::{self, Config, Environment, Issue, Loaded, Location, Severity, watch};
use crate::cron::service::CronService;
use crate::http::{ReloadReport, Reloader};
use crate::ids::AccountId;
use crate::task;

/// Reads the file again and applies what changed.
///
/// What does not validate changes nothing: a file with errors outside of accounts is
/// refused whole, an account with errors keeps the settings it had.
pub(super) struct FileReloader {
    location: Location,
    environment: Environment,
    runtime: Arc<Runtime>,
    /// Their file is read again with the configuration.
    jobs: Arc<dyn CronService>,
    /// What is in use. Held while a reload runs, so that reloads come one after another.
    current: Mutex<Loaded>,
}

impl FileReloader {
    pub(super) fn new(
        location: Location,
        environment: Environment,
        loaded: Loaded,
        runtime: Arc<Runtime>,
        jobs: Arc<dyn CronService>,
    ) -> Self {
        Self {
            location,
            environment,
            runtime,
            jobs,
            current: Mutex::new(loaded),
        }
    }

    async fn watched(&self) -> Vec<std::path::PathBuf> {
        self.current.lock().await.watched.clone()
    }
}

impl FileReloader {
    /// Reads the job file, if it was edited; what came of it, or why nothing did.
    async fn reload_jobs(&self) -> Vec<String> {
        match self.jobs.reload().await {
            Ok(imported) if imported.is_empty() => Vec::new(),
            Ok(imported) => {
                tracing::info!("the job file was edited: {imported}");
                let refused = imported.refused.iter().map(ToString::to_string);
                let mut lines = vec![imported.to_string()];
                lines.extend(refused.take(SHOWN_PROBLEMS));
                lines
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the job file is not read; the jobs are as they were"
                );
                vec![error.to_string()]
            }
        }
    }
}

#[async_trait]
impl Reloader for FileReloader {
    async fn reload(&self) -> ReloadReport {
        let mut current = self.current.lock().await;
        let read = || config::load(&self.location, &self.environment);
        let mut loaded = match tokio::task::block_in_place(read) {
            Ok(loaded) => loaded,
            Err(error) => {
                let problems = first_problems(error.issues().iter());
                tracing::error!(
                    ?problems,
                    "the new configuration is refused; the old one stays in use"
                );
                return ReloadReport {
                    problems,
                    jobs: self.reload_jobs().await,
                    ..ReloadReport::default()
                };
            }
        };
        let problems = keep_broken_accounts(&current.config, &mut loaded.config);
        let needs_restart = keep_what_needs_a_restart(&current.config, &mut loaded.config);
        let applied = self.runtime.apply(&loaded.config).await;
        let jobs = self.reload_jobs().await;
        *current = loaded;
        let report = ReloadReport {
            applied: true,
            unchanged: names(&applied.unchanged),
            updated: names(&applied.updated),
            reconnected: names(&applied.reconnected),
            started: names(&applied.started),
            stopped: names(&applied.stopped),
            needs_restart,
            problems,
            jobs,
        };
        tracing::info!(
            unchanged = ?report.unchanged,
            updated = ?report.updated,
            reconnected = ?report.reconnected,
            started = ?report.started,
            stopped = ?report.stopped,
            needs_restart = ?report.needs_restart,
            "configuration reloaded"
        );
        report
    }
}

/// An account that worked and has errors now keeps its old settings and shows the errors.
fn keep_broken_accounts(old: &Config, new: &mut Config) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, account) in &mut new.accounts {
        let is_error = |issue: &&Issue| issue.severity == Severity::Error;
        let broken = account.issues.iter().any(|issue| is_error(&issue));
        let Some(before) = old
            .accounts
            .get(id)
            .filter(|before| broken && before.bot_socket.is_some())
        else {
            continue;
        };
        problems.extend(first_problems(account.issues.iter().filter(is_error)));
        let issues = std::mem::take(&mut account.issues);
        *account = before.clone();
        account.issues = issues;
        tracing::error!(account = %id, "the account's new settings have errors; it keeps the old ones");
    }
    problems
}

/// What the process was started with stays, and is reported again until it is restarted.
fn keep_what_needs_a_restart(old: &Config, new: &mut Config) -> Vec<String> {
    let keys = config::reload::diff(old, new).restart;
    new.gateway.bind = old.gateway.bind;
    new.gateway.port = old.gateway.port;
    keys.into_iter().map(str::to_owned).collect()
}

/// Problems worth showing at once; the rest is in `wecom config validate`.
const SHOWN_PROBLEMS: usize = 3;

fn first_problems<'a>(issues: impl Iterator<Item = &'a Issue>) -> Vec<String> {
    issues
        .take(SHOWN_PROBLEMS)
        .map(ToString::to_string)
        .collect()
}

fn names(ids: &[AccountId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Reads the configuration again when its file changes, if `files` are to be followed, and
/// when a hangup asks for it.
pub(super) fn follow(
    reloader: &Arc<FileReloader>,
    files: bool,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) {
    if files {
        let watch = watch_files(reloader.clone(), stop.clone());
        task::spawn(tracker, "configuration watch", watch);
    }
    let hangups = reload_on_hangup(reloader.clone(), stop.clone());
    task::spawn(tracker, "hangup", hangups);
}

/// Applies every change of the files until `stop` is cancelled.
async fn watch_files(reloader: Arc<FileReloader>, stop: CancellationToken) {
    loop {
        let files = reloader.watched().await;
        let mut watching = match watch::watch(&files) {
            Ok(watching) => watching,
            Err(error) => {
                tracing::warn!(%error, "changes of the configuration are not noticed");
                return;
            }
        };
        // A reload may name other files than the one before.
        while reloader.watched().await == files {
            let changed = tokio::select! {
                () = stop.cancelled() => return,
                changed = watching.changed() => changed,
            };
            if changed.is_none() {
                tracing::warn!("changes of the configuration are no longer noticed");
                return;
            }
            reloader.reload().await;
        }
    }
}

#[cfg(unix)]
async fn reload_on_hangup(reloader: Arc<FileReloader>, stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => {
            tracing::warn!(%error, "SIGHUP will not reload the configuration");
            return;
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            received = hangups.recv() => if received.is_none() { return },
        }
        reloader.reload().await;
    }
}

#[cfg(not(unix))]
async fn reload_on_hangup(_reloader: Arc<FileReloader>, _stop: CancellationToken) {}
