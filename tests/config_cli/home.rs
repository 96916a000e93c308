//! The binary, a directory, files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A state directory of its own.
pub(crate) struct Home {
    directory: tempfile::TempDir,
}

/// What a run of the program left.
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn with(text: &str) -> Self {
        let home = Self::new();
        home.write("wecom.json", text);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.read("wecom.json")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
        command
            .env_clear()
            .env("HOME", self.directory.path())
            .env("WECOM_HOME", self.directory.path())
            .arg("config")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        self.answer(self.command(arguments).output().unwrap())
    }

    /// The output, with the directory's name out of it.
    pub(crate) fn answer(&self, output: Output) -> Answer {
        let name = self.directory.path().to_str().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(name, "HOME");
        Answer {
            status: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.status, 0, "{arguments:?}: {}", answer.err);
        answer.out
    }

    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.status, 1, "{arguments:?}: {}", answer.out);
        assert_eq!(answer.out, "");
        answer.err
    }
}

/// A file as people keep it.
pub(crate) const COMMENTED: &str = "\
// Our bots.
{
  channels: {
    wecom: {
      enabled: true, // since May
      botId: 'aib-1',
      secret: '${WECOM_SECRET}', // never in clear
      dmPolicy: 'open',
    },
  },
}
";
