//! A Python with the packages of `requirements.txt`, installed once into
//! `target/interop/python`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::node::{home, write_if_different};

/// The scripts that suites run.
const SCRIPTS: &[(&str, &str)] = &[
    ("clients.py", include_str!("clients.py")),
    ("callbacks.py", include_str!("callbacks.py")),
    ("openai_client.py", include_str!("openai_client.py")),
];

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Oldest minor version of Python 3 that the packages run on.
const PYTHON_MINOR_MIN: u32 = 11;

/// Where Python is and where the scripts are.
#[derive(Debug)]
pub(crate) struct Python {
    /// The environment's interpreter.
    pub(crate) program: PathBuf,
    /// Directory of the scripts.
    pub(crate) home: PathBuf,
}

/// Installs what is missing and says where it is. The first caller of all processes
/// works, the others wait.
pub(crate) fn python() -> &'static Python {
    static PYTHON: OnceLock<Python> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let home = home();
        let lock = File::create(home.join("python.lock")).unwrap();
        lock.lock().unwrap();
        let environment = home.join("python");
        install(&environment);
        for (name, text) in SCRIPTS {
            write_if_different(&home.join(name), text);
        }
        Python {
            program: environment.join("bin/python"),
            home,
        }
    })
}

fn install(environment: &Path) {
    let installed = environment.join("installed-requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == REQUIREMENTS) {
        return;
    }
    let (major, minor) = version();
    assert!(
        major == 3 && minor >= PYTHON_MINOR_MIN,
        "Python 3.{PYTHON_MINOR_MIN} or newer is needed, this is {major}.{minor}"
    );
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(environment));
    let wanted = environment.join("requirements.txt");
    fs::write(&wanted, REQUIREMENTS).unwrap();
    // Every package is listed: what is not, nobody chose.
    run(Command::new(environment.join("bin/python"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--requirement",
        ])
        .arg(wanted));
    fs::write(installed, REQUIREMENTS).unwrap();
}

/// Major and minor version of the interpreter on the `PATH`.
fn version() -> (u32, u32) {
    let said =
        run(Command::new("python3").args(["-c", "import sys; print(*sys.version_info[:2])"]));
    let mut numbers = said
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
