//! The daemon as a process, killed at every durable step: one answer each time.

use std::path::Path;
use std::process::Stdio;

use crate::support::{PATIENCE, direct, settings, simulator};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use wecom::sim::{Entry, EntryKind, Injected, Injection, Sim, SimOptions};

use crate::support::{BOT, SECRET, USER};

/// Starts `wecom run` on `home`; with a fail point, it stops there for good.
fn daemon(home: &Path, failpoint: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .args(["run", "--drain", "5"])
        .env_clear()
        .env("WECOM_HOME", home);
    if let Some(failpoint) = failpoint {
        command.env("WECOM_FAILPOINT", failpoint);
    }
    command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// Reads the process's log until a line contains `wanted`. Keep what is returned for as long
/// as the process shall be able to write.
async fn log_shows(child: &mut Child, wanted: &str) -> Lines<BufReader<ChildStderr>> {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let found = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            assert!(!line.contains(SECRET), "a secret in the log: {line}");
            if line.contains(wanted) {
                return true;
            }
        }
        false
    };
    let found = tokio::time::timeout(PATIENCE, found).await;
    assert!(found.is_ok_and(|found| found), "{wanted:?} in the log");
    lines
}

fn write_settings(home: &Path, sim: &Sim) {
    let mut settings = settings(&sim.bot_url(), &serde_json::json!({}));
    settings["gateway"] = serde_json::json!({ "port": 0 });
    let path = home.join("wecom.json");
    std::fs::write(&path, settings.to_string()).unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(&mut path.metadata().unwrap().permissions(), 0o600);
}

fn answers(sim: &Sim, to: &Injected) -> Vec<Entry> {
    let mut entries = sim.transcript(&direct());
    entries.retain(|entry| {
        entry.from.id == BOT
            && entry.finished
            && (entry.req_id.as_ref() == Some(&to.req_id) || entry.kind == EntryKind::Markdown)
    });
    entries
}

async fn killed_at(step: &str) {
    let sim = simulator(SimOptions::default()).await;
    let home = tempfile::tempdir().unwrap();
    write_settings(home.path(), &sim);
    let bot = BOT.into();

    let mut first = daemon(home.path(), Some(step));
    sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
    let asked = sim
        .inject(Injection::text(BOT, USER, "answer me once"))
        .unwrap();
    let _log = log_shows(&mut first, &format!("failpoint reached: {step}")).await;
    first.kill().await.unwrap();
    sim.wait_connection(&bot, PATIENCE, |info| !info.subscribed)
        .await
        .unwrap();

    let mut second = daemon(home.path(), None);
    sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
    // WeCom may push a message again that it thinks was not taken. What was never recorded
    // lives only by that; what was must not be answered a second time.
    assert!(sim.redeliver(&asked.msgid).unwrap());
    let marker = sim.inject(Injection::text(BOT, USER, "marker")).unwrap();
    for injected in [&asked, &marker] {
        let answered = |entry: &Entry| {
            entry.finished
                && entry.kind == EntryKind::Stream
                && entry.req_id.as_ref() == Some(&injected.req_id)
        };
        sim.wait_for(&direct(), PATIENCE, answered).await.unwrap();
    }
    let _log = log_shows(&mut second, "message closed").await;
    let answers = answers(&sim, &asked);
    assert_eq!(answers.len(), 1, "killed at {step}: {answers:?}");
    assert_eq!(answers[0].text(), "answer me once");
    assert_eq!(sim.violations(), []);
    second.kill().await.unwrap();
}

#[tokio::test]
async fn killed_when_received() {
    killed_at("received").await;
}

#[tokio::test]
async fn killed_when_recorded() {
    killed_at("recorded").await;
}

#[tokio::test]
async fn killed_when_the_turn_started() {
    killed_at("started").await;
}

#[tokio::test]
async fn killed_when_the_answer_was_decided() {
    killed_at("answered").await;
}

#[tokio::test]
async fn killed_when_the_reply_was_sent() {
    killed_at("replied").await;
}

#[tokio::test]
async fn killed_when_closed() {
    killed_at("closed").await;
}

#[tokio::test]
async fn a_message_that_kills_the_process_is_given_up_with_a_notice() {
    let sim = simulator(SimOptions::default()).await;
    let home = tempfile::tempdir().unwrap();
    write_settings(home.path(), &sim);
    let bot = BOT.into();
    let mut asked = None;
    for _ in 0..2 {
        let mut child = daemon(home.path(), Some("started"));
        sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
        asked.get_or_insert_with(|| sim.inject(Injection::text(BOT, USER, "poison")).unwrap());
        let _log = log_shows(&mut child, "failpoint reached").await;
        child.kill().await.unwrap();
        sim.wait_connection(&bot, PATIENCE, |info| !info.subscribed)
            .await
            .unwrap();
    }
    let _third = daemon(home.path(), None);
    let asked = asked.unwrap();
    let answered = |entry: &Entry| {
        entry.finished
            && entry.kind == EntryKind::Stream
            && entry.req_id.as_ref() == Some(&asked.req_id)
    };
    let answer = sim.wait_for(&direct(), PATIENCE, answered).await.unwrap();
    assert_eq!(answer.text(), wecom::texts::INTERRUPTED);
}

#[tokio::test]
async fn a_terminated_daemon_finishes_and_exits_with_success() {
    let sim = simulator(SimOptions::default()).await;
    let home = tempfile::tempdir().unwrap();
    write_settings(home.path(), &sim);
    let mut child = daemon(home.path(), None);
    sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
    // A second daemon on the same state is refused, and says what to do.
    let second = daemon(home.path(), None).wait_with_output().await.unwrap();
    assert_eq!(second.status.code(), Some(69));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(
        said.contains("another daemon uses the state directory"),
        "{said}"
    );

    let pid = child.id().unwrap().to_string();
    let killed = Command::new("kill")
        .args(["-TERM", &pid])
        .status()
        .await
        .unwrap();
    assert!(killed.success());
    let _log = log_shows(&mut child, "stopped").await;
    let status = tokio::time::timeout(PATIENCE, child.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(!home.path().join("daemon.json").exists());
}
