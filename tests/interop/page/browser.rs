//! A person at a browser: a script that drives Chromium and tells how far it is.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::DEADLINE;
use crate::node::node;

/// A running script of `tests/interop/`.
pub(crate) struct Browser {
    script: &'static str,
    child: Child,
    steps: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    /// Starts a script, which opens `url`.
    pub(crate) async fn run(script: &'static str, url: &str) -> Self {
        let node = tokio::task::spawn_blocking(node).await.unwrap();
        let mut child = Command::new(&node.program)
            .args([script, url])
            .env("CHROMIUM", chromium())
            .current_dir(&node.home)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        Self {
            script,
            child,
            steps: BufReader::new(stdout).lines(),
        }
    }

    /// Waits until the script says that it has reached a step, which must be its next.
    pub(crate) async fn reaches(&mut self, step: &str) {
        let line = timeout(DEADLINE, self.steps.next_line())
            .await
            .unwrap_or_else(|_| panic!("{} did not reach `{step}`", self.script))
            .unwrap();
        assert_eq!(
            line.as_deref(),
            Some(step),
            "{}: what went wrong stands above",
            self.script
        );
    }

    /// Waits for the script's end, which must be a good one.
    pub(crate) async fn leaves(mut self) {
        let status = timeout(DEADLINE, self.child.wait())
            .await
            .unwrap_or_else(|_| panic!("{} did not end", self.script))
            .unwrap();
        assert!(
            status.success(),
            "{}: {status}, what went wrong stands above",
            self.script
        );
    }
}

/// The browser: `$CHROMIUM`, or one that the system has.
fn chromium() -> PathBuf {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
        })
        .find(|candidate| candidate.is_file())
        .expect(
            "Chromium is missing: install the Debian package `chromium`, or set CHROMIUM to the \
             path of a Chromium or Chrome",
        )
}
