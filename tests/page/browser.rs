//! A person at a browser: a script that drives Chromium and tells how far it is.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::DEADLINE;

/// A running script of `tests/interop/`.
pub(crate) struct Browser {
    script: &'static str,
    child: Child,
    steps: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    /// Starts a script, which opens `url`.
    pub(crate) async fn run(script: &'static str, url: &str) -> Self {
        let modules = modules().await;
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/interop")
            .join(script);
        let mut child = Command::new("node")
            .arg(path)
            .arg(url)
            .env("CHROMIUM", chromium())
            .env("PLAYWRIGHT_CORE", modules.join("playwright-core/index.mjs"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js is missing: install the Debian package `nodejs` (18 or later)");
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

/// The folder of npm packages, with playwright-core in it.
async fn modules() -> &'static Path {
    static MODULES: OnceCell<PathBuf> = OnceCell::const_new();
    MODULES.get_or_init(install).await
}

async fn install() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("interop/page");
    let modules = folder.join("node_modules");
    let package = modules.join("playwright-core/package.json");
    let installed = std::fs::read_to_string(package).unwrap_or_default();
    if installed.contains(&format!("\"version\": \"{PLAYWRIGHT}\"")) {
        return modules;
    }
    std::fs::create_dir_all(&folder).unwrap();
    let status = Command::new("npm")
        .args(["install", "--no-save", "--no-audit", "--no-fund"])
        .args(["--ignore-scripts", "--loglevel=error", "--prefix"])
        .arg(&folder)
        .arg(format!("playwright-core@{PLAYWRIGHT}"))
        .stdout(Stdio::null())
        .status()
        .await
        .expect("npm is missing: install the Debian package `npm`");
    assert!(status.success(), "npm could not install playwright-core");
    modules
}

/// Drives a browser that is there; brings none.
const PLAYWRIGHT: &str = "1.65.1";
