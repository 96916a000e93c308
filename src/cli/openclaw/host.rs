//! The OpenClaw on this machine: its program, its configuration.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use super::process::{self, Printed, RunError};
use super::version::Version;
use crate::config::Environment;
use crate::config::edit::Document;
use crate::config::import::openclaw_config_path;
use crate::config::path::ConfigPath;

/// Where a gateway listens when its configuration does not say.
const DEFAULT_PORT: u16 = 18_789;

/// An OpenClaw installation as far as it is found.
#[derive(Debug)]
pub(super) struct Host {
    /// Its program; absent when it is not installed here.
    pub(super) program: Option<PathBuf>,
    /// Its configuration file, which need not exist.
    pub(super) config_path: PathBuf,
}

impl Host {
    /// Looks for it. An explicit `program` counts as found.
    ///
    /// # Errors
    /// There is no home directory to look for the configuration in.
    pub(super) fn find(program: Option<&Path>, environment: &Environment) -> anyhow::Result<Self> {
        let config_path = openclaw_config_path(environment)
            .context("there is no home directory: set OPENCLAW_CONFIG_PATH")?;
        let program = program.map(Path::to_path_buf);
        Ok(Self {
            program: program.or_else(|| on_path("openclaw", environment)),
            config_path,
        })
    }

    /// The state directory, beside the configuration unless the environment says otherwise.
    pub(super) fn state_dir(&self, environment: &Environment) -> PathBuf {
        environment.variable("OPENCLAW_STATE_DIR").map_or_else(
            || self.config_path.with_file_name(""),
            |path| environment.expand_tilde(path),
        )
    }

    /// The configuration; an empty one if there is no file.
    ///
    /// # Errors
    /// It can't be read, or is no JSON5.
    pub(super) fn document(&self) -> anyhow::Result<Document> {
        let text = match std::fs::read_to_string(&self.config_path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot read {}", self.config_path.display()));
            }
        };
        Document::parse(&text)
            .with_context(|| format!("{} must be corrected first", self.config_path.display()))
    }

    /// Its version, which takes seconds to ask for.
    pub(super) async fn version(&self) -> Result<Option<Version>, RunError> {
        let Some(program) = &self.program else {
            return Ok(None);
        };
        let printed = process::run(program, &["--version"], process::LIMIT).await?;
        Ok(printed.out.parse().ok())
    }

    /// What OpenClaw says of our plugin when it loads it.
    pub(super) async fn inspection(&self) -> Result<Option<Printed>, RunError> {
        let Some(program) = &self.program else {
            return Ok(None);
        };
        let arguments = ["plugins", "inspect", "wecom", "--runtime", "--json"];
        process::run(program, &arguments, process::LIMIT)
            .await
            .map(Some)
    }
}

/// The port of the gateway that a configuration describes.
pub(super) fn gateway_port(config: &Value, environment: &Environment) -> u16 {
    let named = environment.variable("OPENCLAW_GATEWAY_PORT");
    let named = named.and_then(|port| port.parse().ok());
    let written = config.pointer("/gateway/port").and_then(Value::as_u64);
    named
        .or_else(|| written.and_then(|port| u16::try_from(port).ok()))
        .unwrap_or(DEFAULT_PORT)
}

/// A path in OpenClaw's configuration.
pub(super) fn key<const N: usize>(keys: [&str; N]) -> ConfigPath {
    ConfigPath::from_keys(keys)
}

/// A program in the directories of `PATH`.
pub(super) fn on_path(name: &str, environment: &Environment) -> Option<PathBuf> {
    let path = environment.variable("PATH")?;
    std::env::split_paths(path)
        .map(|directory| directory.join(name))
        .find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|kind| kind.is_file() && kind.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_environment_names_the_port_before_the_file() {
        let bare = Environment::from_variables::<&str, &str>([]);
        let named = Environment::from_variables([("OPENCLAW_GATEWAY_PORT", "41001")]);
        let written = json!({"gateway": {"port": 41002}});
        assert_eq!(gateway_port(&json!({}), &bare), 18_789);
        assert_eq!(gateway_port(&written, &bare), 41_002);
        assert_eq!(gateway_port(&written, &named), 41_001);
    }
}
