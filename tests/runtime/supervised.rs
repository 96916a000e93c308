//! The daemon under a service manager, which listens as systemd does.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::support::PATIENCE;

/// What the manager was told within its patience, as far as `enough` wants.
fn told(socket: &UnixDatagram, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    let mut told = Vec::new();
    let mut buffer = [0; 256];
    let until = Instant::now() + PATIENCE;
    while !enough(&told) {
        assert!(Instant::now() < until, "told only {told:?}");
        let read = socket.recv(&mut buffer).expect("a word in time");
        let words = std::str::from_utf8(&buffer[..read]).unwrap();
        told.extend(words.lines().map(ToOwned::to_owned));
    }
    told
}

struct Managed {
    child: Child,
    socket: UnixDatagram,
    _home: tempfile::TempDir,
}

fn managed(watchdog: Option<&str>) -> Managed {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("wecom.json"), "{ gateway: { port: 0 } }").unwrap();
    let path = home.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .arg("run")
        .env_clear()
        .env("WECOM_HOME", home.path())
        .env("NOTIFY_SOCKET", &path)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    if let Some(microseconds) = watchdog {
        command.env("WATCHDOG_USEC", microseconds);
    }
    Managed {
        child: command.spawn().unwrap(),
        socket,
        _home: home,
    }
}

impl Managed {
    /// Asks it to end, as a manager does, and waits until it did.
    fn end(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        let told = told(&self.socket, |told| {
            told.last().is_some_and(|last| last == "STOPPING=1")
        });
        assert!(self.child.wait().unwrap().success());
        told
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        self.child.kill().ok();
    }
}

#[test]
fn a_manager_hears_that_it_is_up_alive_and_going() {
    let daemon = managed(Some("200000"));
    let signs = told(&daemon.socket, |told| told.len() >= 4);
    assert_eq!(signs[0], "READY=1");
    assert!(
        signs[1..].iter().all(|sign| sign == "WATCHDOG=1"),
        "{signs:?}"
    );
    daemon.end();
}

#[test]
fn a_manager_that_waits_for_no_signs_gets_none() {
    let daemon = managed(None);
    assert_eq!(told(&daemon.socket, |told| !told.is_empty()), ["READY=1"]);
    assert_eq!(daemon.end(), ["STOPPING=1"]);
}
