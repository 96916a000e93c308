//! A state directory, the program, and the WeCom that it talks to.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use wecom::sim::{Seed, Sim, SimOptions};

pub(crate) const BOT: &str = "aibTEST01";
pub(crate) const SECRET: &str = "canary-secret-5e1f";
pub(crate) const SECOND: &str = "aibTEST02";
pub(crate) const SECOND_SECRET: &str = "canary-second-77aa";

/// How long a thing that takes milliseconds may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked at meanwhile.
const INTERVAL: Duration = Duration::from_millis(100);

/// A state directory of its own, and a simulator with two bots.
pub(crate) struct House {
    pub(crate) sim: Sim,
    directory: tempfile::TempDir,
    daemon: Option<Child>,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// Both outputs; no secret of the tests is in either.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl House {
    /// Without a configuration.
    pub(crate) async fn bare() -> Self {
        let sim = Sim::start(SimOptions {
            seed: Seed::empty(),
            ..SimOptions::default()
        })
        .await
        .unwrap();
        sim.add_bot(BOT, SECRET, "Helper").unwrap();
        sim.add_bot(SECOND, SECOND_SECRET, "Second").unwrap();
        Self {
            sim,
            directory: tempfile::tempdir().unwrap(),
            daemon: None,
        }
    }

    /// With this text as its configuration, `URL` replaced by the simulator's.
    pub(crate) async fn with(text: &str) -> Self {
        let house = Self::bare().await;
        house.write("wecom.json", &text.replace("URL", &house.sim.bot_url()));
        house
    }

    /// With a file that says nothing but where WeCom is.
    pub(crate) async fn fresh() -> Self {
        Self::with("{\n  // Ours.\n  channels: { wecom: { websocketUrl: 'URL' } },\n  gateway: { port: 0 },\n}\n").await
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The configuration as it stands, with `URL` for the simulator's.
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.directory.path().join("wecom.json"))
            .unwrap()
            .replace(&self.sim.bot_url(), "URL")
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
        command
            .env_clear()
            .env("HOME", self.directory.path())
            .env("WECOM_HOME", self.directory.path())
            .env("WECOM_LOG", "trace")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        answered(self.command(arguments).output().unwrap())
    }

    /// The same in a folder with one file: the home folder itself is no place to send from.
    pub(crate) fn run_beside(&self, name: &str, text: &str, arguments: &[&str]) -> Answer {
        let folder = self.directory.path().join("reports");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
        let mut command = self.command(arguments);
        answered(command.current_dir(folder).output().unwrap())
    }

    /// The same in the home folder.
    pub(crate) fn run_at_home(&self, arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        answered(command.current_dir(self.directory.path()).output().unwrap())
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Answer {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        answered(child.wait_with_output().unwrap())
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) fn start_daemon(&mut self) {
        let log = fs::File::create(self.directory.path().join("log")).unwrap();
        let mut command = self.command(&["run"]);
        command.stdout(Stdio::null()).stderr(log);
        self.daemon = Some(command.spawn().unwrap());
        let contact = self.directory.path().join("daemon.json");
        eventually("the daemon is up", || contact.exists());
    }

    /// Ends the daemon as an operator does, and waits for it.
    pub(crate) fn stop_daemon(&mut self) {
        let mut daemon = self.daemon.take().unwrap();
        let pid = daemon.id().to_string();
        let ended = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(ended.unwrap().success());
        assert!(daemon.wait().unwrap().success());
    }

    /// What the daemon has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap()
    }

    /// Waits until the daemon says that an account is in a state.
    pub(crate) fn wait_state(&self, account: &str, state: &str) {
        eventually(&format!("{account} is {state}"), || {
            let records = self.run(&["channels", "status", "--json"]).json();
            let records = records["channelAccounts"]["wecom"]
                .as_array()
                .unwrap()
                .clone();
            records
                .iter()
                .any(|record| record["accountId"] == account && record["state"] == state)
        });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().ok();
            daemon.wait().ok();
        }
    }
}

/// Waits for a condition, looking again and again until the patience is used up.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(INTERVAL);
    }
}

fn answered(output: Output) -> Answer {
    let answer = Answer {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    // Whatever is tested: at the loudest log level no marked secret shows.
    assert!(!answer.all().contains("canary-"), "{answer:?}");
    answer
}
