//! A home directory with a program `openclaw`, and the binary in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What OpenClaw says of a plugin that it loaded.
const LOADED: &str =
    r#"{"plugin": {"status": "loaded", "channelIds": ["wecom"], "toolNames": ["wecom_mcp"]}}"#;

pub(crate) struct Home {
    directory: tempfile::TempDir,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn succeeded(&self) -> &Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// The codes of the doctor's findings that are not as they should be.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().unwrap();
        let wrong = findings.iter().filter(|finding| finding["level"] != "ok");
        wrong
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Home {
    /// With OpenClaw's configuration; none without a text.
    pub(crate) fn new(config: Option<&str>) -> Self {
        let home = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(home.path("bin")).unwrap();
        fs::create_dir_all(home.path(".openclaw")).unwrap();
        if let Some(config) = config {
            fs::write(home.config_path(), config).unwrap();
        }
        home.openclaw("OpenClaw 2026.9.6 (abc1234)", LOADED);
        home
    }

    /// The program `openclaw` of this home, and a `node` that it runs on.
    pub(crate) fn openclaw(&self, version: &str, inspection: &str) {
        self.program("node", "echo v24.21.0");
        self.program(
            "openclaw",
            &format!(
                "case \"$1\" in\n  --version) echo '{version}' ;;\n  *) echo 'a remark'\ncat <<'END'\n\
                 {inspection}\nEND\n  ;;\nesac"
            ),
        );
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.path(".openclaw/openclaw.json")
    }

    pub(crate) fn config(&self) -> String {
        fs::read_to_string(self.config_path()).unwrap()
    }

    pub(crate) fn plugin(&self) -> PathBuf {
        self.path(".wecom/openclaw/wecom")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path(".wecom/run/openclaw.sock")
    }

    /// `plugins.entries.wecom` as the set-up writes it.
    pub(crate) fn entry(&self) -> Value {
        json!({"enabled": true, "config": {"socket": self.socket()}})
    }

    /// Names of what is in a directory.
    pub(crate) fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// `wecom openclaw …` in an environment of its own.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_wecom"))
            .arg("openclaw")
            .args(arguments)
            .env_clear()
            .env("HOME", self.directory.path())
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            )
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Answer {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
