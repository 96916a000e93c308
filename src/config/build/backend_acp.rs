//! The back end for programs that speak the Agent Client Protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::draft::non_empty;
use crate::config::Environment;
use crate::config::effective::AcpBackend;
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::sections::BackendKeys;
use crate::secret::Secret;

/// Variables that a program gets from this process: what it needs to find programs, its
/// own configuration and the network. Tokens and keys stand elsewhere.
const PASSED_ON: [&str; 17] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
];

const START_TIMEOUT_MS: u64 = 60_000;
const PERMISSION_TIMEOUT_MS: u64 = 600_000;
const IDLE_MINUTES: u64 = 30;

/// The effective settings. `here` is where they stand.
pub(super) fn acp(
    keys: &BackendKeys,
    here: &Place,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> AcpBackend {
    let command = non_empty(keys.command.as_ref());
    if command.is_none() {
        let here = here.key("command");
        findings.push(Finding::error(
            "acp_command_missing",
            here.clone(),
            "a back end of type acp without the program that it starts",
            format!("set `{here}`, such as \"gemini\", with its arguments in `args`"),
        ));
    }
    AcpBackend {
        command: command.unwrap_or_default(),
        args: keys.args.clone(),
        surroundings: PASSED_ON
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), env.variable(name)?.to_owned())))
            .collect(),
        env: variables(keys, here, findings),
        cwd: non_empty(keys.cwd.as_ref()).map(PathBuf::from),
        permissions: keys.permissions,
        permission_timeout: Duration::from_millis(
            keys.permission_timeout_ms.unwrap_or(PERMISSION_TIMEOUT_MS),
        ),
        start_timeout: Duration::from_millis(keys.start_timeout_ms.unwrap_or(START_TIMEOUT_MS)),
        idle: Duration::from_mins(keys.idle_minutes.unwrap_or(IDLE_MINUTES)),
        mcp: keys.mcp.unwrap_or(true),
    }
}

fn variables(
    keys: &BackendKeys,
    here: &Place,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Secret> {
    let mut variables = BTreeMap::new();
    for (name, value) in &keys.env {
        if name.is_empty() || name.contains(['=', '\0']) {
            let here = here.key("env");
            findings.push(Finding::error(
                "acp_env_name",
                here.clone(),
                "a variable's name is empty, or has `=` in it",
                format!("correct the name at `{here}`"),
            ));
            continue;
        }
        // A reference that did not resolve was reported.
        if let Some(value) = value.text() {
            variables.insert(name.clone(), Secret::new(value));
        }
    }
    variables
}
