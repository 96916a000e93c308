//! Runs the suite as a program and reads its verdict.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use crate::node::node;

/// A whole revision takes under a minute on an idle machine.
const DEADLINE: Duration = Duration::from_mins(5);

/// The program, inside the packages' folder.
const PROGRAM: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

/// The suite, pointed at a server.
pub(super) struct Suite {
    url: String,
    expected_failures: Option<PathBuf>,
}

impl Suite {
    /// Against a server that asks for no token.
    pub(super) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            expected_failures: None,
        }
    }

    /// With a list of what may fail; an entry that passes fails the run.
    pub(super) fn expecting(mut self, list: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/interop/conformance")
            .join(list);
        assert!(path.is_file(), "{list} is missing");
        self.expected_failures = Some(path);
        self
    }

    /// Runs what a revision requires of a server.
    pub(super) async fn requirements(&self, revision: &str) {
        self.run(&["--requirements", revision]).await;
    }

    /// Runs one scenario, whatever its revision.
    pub(super) async fn scenario(&self, name: &str) {
        self.run(&["--scenario", name]).await;
    }

    #[expect(
        clippy::print_stdout,
        reason = "its summary is for whoever asks to see it"
    )]
    async fn run(&self, args: &[&str]) {
        let node = tokio::task::spawn_blocking(node).await.unwrap();
        let results = tempfile::tempdir().unwrap();
        let mut command = Command::new(&node.program);
        command
            .args([PROGRAM, "server", "--url", &self.url])
            .args(args)
            .arg("--output-dir")
            .arg(results.path())
            .current_dir(&node.home)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(list) = &self.expected_failures {
            command.arg("--expected-failures").arg(list);
        }
        let output = timeout(DEADLINE, command.output())
            .await
            .expect("the suite ends in time")
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let (_, summary) = said.split_once("=== SUMMARY ===").unwrap_or(("", &said));
        println!("{args:?}{summary}");
        assert!(
            output.status.success(),
            "the suite is not content: {}\n{}",
            failures(results.path()).join("\n"),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// What it says of each check that failed, from the folder of its results.
fn failures(results: &Path) -> Vec<String> {
    let mut said = Vec::new();
    for scenario in fs::read_dir(results).unwrap() {
        let scenario = scenario.unwrap();
        let Ok(checks) = fs::read(scenario.path().join("checks.json")) else {
            continue;
        };
        let checks: Vec<Value> = serde_json::from_slice(&checks).unwrap();
        for check in checks.iter().filter(|check| check["status"] == "FAILURE") {
            let (id, why) = (&check["id"], &check["errorMessage"]);
            said.push(format!("{}: {id}: {why}", scenario.path().display()));
        }
    }
    said.sort();
    said
}
