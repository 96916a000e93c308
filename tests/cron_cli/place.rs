//! A state directory, and the program run on it.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use wecom::sim::{Entry, EntryKind, Injection, Sim, SimOptions};

use crate::support::{BOT, PATIENCE, SECRET, USER, direct, eventually, settings, simulator};

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// A state directory.
pub(crate) struct Place {
    pub(crate) home: tempfile::TempDir,
}

impl Place {
    /// With a bot that is not connected anywhere, and more keys of `cron`.
    pub(crate) fn new(cron: &Value) -> Self {
        Self::with("ws://127.0.0.1:1", cron)
    }

    fn with(url: &str, cron: &Value) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut settings = settings(url, &json!({ "dmPolicy": "disabled" }));
        settings["gateway"] = json!({ "port": 0 });
        settings["cron"] = cron.clone();
        let file = home.path().join("wecom.json");
        std::fs::write(&file, settings.to_string()).unwrap();
        Self { home }
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.home.path().join(name)
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
        command
            .env_clear()
            .env("WECOM_HOME", self.home.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs `wecom cron` with these words.
    pub(crate) async fn cron<S: AsRef<std::ffi::OsStr>>(&self, words: &[S]) -> Said {
        let output = self.program().arg("cron").args(words).output();
        let output = tokio::time::timeout(4 * PATIENCE, output)
            .await
            .unwrap()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let said = Said {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET));
        said
    }

    /// The same, which must succeed and print JSON.
    pub(crate) async fn json<S: AsRef<std::ffi::OsStr> + std::fmt::Debug>(
        &self,
        words: &[S],
    ) -> Value {
        let said = self.cron(words).await;
        assert_eq!(said.code, 0, "{words:?}: {}", said.err);
        said.json()
    }

    pub(crate) fn mirror(&self) -> Value {
        let text = std::fs::read_to_string(self.path("cron/jobs.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// A place whose daemon runs, in a simulated WeCom.
pub(crate) struct House {
    pub(crate) place: Place,
    pub(crate) sim: Sim,
    pub(crate) daemon: Child,
    pub(crate) log: Lines<BufReader<ChildStderr>>,
}

impl House {
    pub(crate) async fn open(cron: &Value) -> Self {
        let sim = simulator(SimOptions::default()).await;
        let place = Place::with(&sim.bot_url(), cron);
        let (daemon, log) = start(&place, None).await;
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let house = Self {
            place,
            sim,
            daemon,
            log,
        };
        house.greet();
        house
    }

    /// With a daemon that stops for good at a fail point.
    pub(crate) async fn stopping_at(failpoint: &str, cron: &Value) -> Self {
        let sim = simulator(SimOptions::default()).await;
        let place = Place::with(&sim.bot_url(), cron);
        let (daemon, log) = start(&place, Some(failpoint)).await;
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        let house = Self {
            place,
            sim,
            daemon,
            log,
        };
        house.greet();
        house
    }

    /// The bot may write to whoever wrote to it; what it is told is not answered here.
    fn greet(&self) {
        self.sim.inject(Injection::text(BOT, USER, "hi")).unwrap();
    }

    /// Kills the daemon, and waits until WeCom has noticed.
    pub(crate) async fn kill(&mut self) {
        self.daemon.kill().await.unwrap();
        let gone = |info: &wecom::sim::ConnectionInfo| !info.subscribed;
        self.sim
            .wait_connection(&BOT.into(), PATIENCE, gone)
            .await
            .unwrap();
    }

    /// The same place with a new daemon, after the old one was killed.
    pub(crate) async fn again(&mut self) {
        (self.daemon, self.log) = start(&self.place, None).await;
        self.sim
            .wait_subscribed(&BOT.into(), PATIENCE)
            .await
            .unwrap();
    }

    pub(crate) async fn log_shows(&mut self, wanted: &str) {
        log_shows(&mut self.log, wanted).await;
    }

    /// What the bot sent of its own accord.
    pub(crate) fn messages(&self) -> Vec<String> {
        let entries = self.sim.transcript(&direct());
        let sent = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Markdown);
        sent.map(|entry| entry.text().to_owned()).collect()
    }

    pub(crate) async fn message(&self) -> String {
        let is_message = |entry: &Entry| entry.kind == EntryKind::Markdown;
        let entry = self.sim.wait_for(&direct(), PATIENCE, is_message).await;
        entry.unwrap().text().to_owned()
    }

    /// The records of a job's runs, the newest first, once there are so many.
    pub(crate) async fn runs(&self, job: &str, count: usize) -> Vec<Value> {
        eventually("runs that are over", || async {
            let said = self.place.cron(&["runs", "--id", job]).await;
            let page: Value = serde_json::from_str(&said.out).ok()?;
            let entries = page["entries"].as_array()?.clone();
            (entries.len() >= count).then_some(entries)
        })
        .await
    }

    pub(crate) async fn close(mut self) {
        self.daemon.kill().await.unwrap();
        assert_eq!(self.sim.violations(), []);
        self.sim.stop().await;
    }
}

async fn start(place: &Place, failpoint: Option<&str>) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut command = place.program();
    command.args(["run", "--drain", "1"]).stderr(Stdio::piped());
    if let Some(failpoint) = failpoint {
        command.env("WECOM_FAILPOINT", failpoint);
    }
    let mut daemon = command.spawn().unwrap();
    let mut log = BufReader::new(daemon.stderr.take().unwrap()).lines();
    log_shows(&mut log, "the daemon is up").await;
    (daemon, log)
}

async fn log_shows(log: &mut Lines<BufReader<ChildStderr>>, wanted: &str) {
    let found = async {
        while let Some(line) = log.next_line().await.unwrap() {
            assert!(!line.contains(SECRET), "a secret in the log: {line}");
            if line.contains(wanted) {
                return;
            }
        }
        panic!("the log ended without {wanted:?}");
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .unwrap_or_else(|_| panic!("{wanted:?} in the log"));
}

/// Writes a file into a folder that may be new.
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
