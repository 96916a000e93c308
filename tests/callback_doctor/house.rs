//! A state directory with callback keys, and the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wecom::config::{AesKey, CallbackKeys};
use wecom::wecom::callback::CallbackCipher;

pub(crate) const CORP: &str = "ww00112233445566aa";
const TOKEN: &str = "canaryTOKEN1";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A directory with one account that has a webhook bot and an agent app, with the same keys.
pub(crate) struct House {
    directory: tempfile::TempDir,
}

/// What the doctor found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) status: i32,
    findings: Vec<Value>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(&format!(
            "{{ channels: {{ wecom: {{ enabled: true, dmPolicy: 'pairing', \
             connectionMode: 'webhook', token: '{TOKEN}', encodingAESKey: '{KEY}', \
             tls: {{ caFile: 'ca.pem' }}, \
             agent: {{ corpId: '{CORP}', agentId: 1000002, token: '{TOKEN}', \
             encodingAESKey: '{KEY}' }} }} }} }}"
        ))
    }

    /// With this configuration.
    pub(crate) fn with(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("wecom.json");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let house = Self { directory };
        // An authority that has issued nothing.
        house.trust(&super::server::Authority::new().pem());
        house
    }

    /// Makes an authority the one of `tls.caFile`.
    pub(crate) fn trust(&self, pem: &str) {
        fs::write(self.path().join("ca.pem"), pem).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Asks the doctor about an address.
    pub(crate) async fn doctor(&self, url: &str) -> Report {
        self.doctor_with(&["--callback", url]).await
    }

    /// Asks with these options, at the loudest log level.
    pub(crate) async fn doctor_with(&self, options: &[&str]) -> Report {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
        command
            .env_clear()
            .env("HOME", self.path())
            .env("WECOM_HOME", self.path())
            .env("WECOM_LOG", "trace")
            // Nobody goes this way: WeCom would not either.
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .args(["doctor", "--json"])
            .args(options);
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap()
            .unwrap();
        let (out, err) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        for secret in [TOKEN, KEY, "echostr="] {
            assert!(!format!("{out}{err}").contains(secret), "{out}{err}");
        }
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let findings = report["findings"].as_array().unwrap().clone();
        for one in &findings {
            assert_eq!(one["level"] != "ok", one["fix"].is_string(), "{one}");
        }
        Report {
            status: output.status.code().unwrap(),
            findings,
        }
    }
}

impl Report {
    /// All findings, one a line: `level subject: seen`.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let line = |one| {
            let [level, subject, seen] = ["level", "subject", "seen"].map(|name| text(one, name));
            format!("{level} {subject}: {seen}")
        };
        self.findings.iter().map(line).collect()
    }

    /// The only finding of a level that says this; its remedy, empty where all is well.
    pub(crate) fn fix(&self, level: &str, seen: &str) -> String {
        let mut found = self
            .findings
            .iter()
            .filter(|one| one["level"] == level && one["seen"].as_str().unwrap().contains(seen));
        let one = found.next();
        let one = one.unwrap_or_else(|| panic!("no {level} `{seen}`: {:#?}", self.lines()));
        assert!(found.next().is_none(), "twice: {:#?}", self.lines());
        one["fix"].as_str().unwrap_or_default().to_owned()
    }

    /// How many findings of a level there are.
    pub(crate) fn count(&self, level: &str) -> usize {
        let of_level = |one: &&Value| one["level"] == level;
        self.findings.iter().filter(of_level).count()
    }
}

/// What the bot's callbacks are sealed with.
pub(crate) fn bot_cipher() -> CallbackCipher {
    cipher(TOKEN, 0, None)
}

/// What the app's callbacks are sealed with.
pub(crate) fn app_cipher() -> CallbackCipher {
    cipher(TOKEN, 0, Some(CORP))
}

/// The keys of somebody else.
pub(crate) fn other_cipher(token: Option<&str>, first_byte: u8) -> CallbackCipher {
    cipher(token.unwrap_or(TOKEN), first_byte, None)
}

fn cipher(token: &str, first_byte: u8, receiver: Option<&str>) -> CallbackCipher {
    let mut key: [u8; AesKey::LENGTH] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    key[0] = first_byte;
    let keys = CallbackKeys {
        token: token.into(),
        aes_key: AesKey::new(key),
    };
    CallbackCipher::new(&keys, receiver)
}
