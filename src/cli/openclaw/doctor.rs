//! `wecom openclaw doctor`: why the two programs do not work together, and what to do.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tokio::net::{TcpStream, UnixStream};

use super::finding::{Finding, Level};
use super::host::{Host, gateway_port, on_path};
use super::plugin::{self, ID};
use super::process::{self, LIMIT};
use super::setup::{is_loaded, reason};
use super::status::{Daemon, ask_daemon};
use super::version::{OLDEST, Version, wanted_node};
use super::{HostArgs, Places, official, shown};
use crate::cli::print;
use crate::config::Environment;

/// How long a connection on this machine may take.
const CONNECT: Duration = Duration::from_secs(2);

/// Longest path of a socket that Linux takes.
const MAX_SOCKET_PATH: usize = 107;

/// Options of `wecom openclaw doctor`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorArgs {
    #[command(flatten)]
    host: HostArgs,

    /// Do not start OpenClaw to ask it, which takes up to a minute
    #[arg(long)]
    quick: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Exit status 0 when nothing is wrong; warnings are not.
pub(super) async fn run(
    args: &DoctorArgs,
    places: &Places,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let host = Host::find(args.host.openclaw.as_deref(), environment)?;
    let mut findings = Vec::new();
    program(&host, environment, args.quick, &mut findings).await;
    files(places, &mut findings);
    let config = configuration(&host, places, environment, &mut findings);
    if !args.quick {
        loading(&host, &mut findings).await;
    }
    let socket = config.as_ref().and_then(socket_of);
    reach(socket.as_deref(), &mut findings).await;
    gateway(config.as_ref(), environment, &mut findings).await;
    link(ask_daemon(places).await.as_ref(), &mut findings);
    let is_well = findings.iter().all(|finding| finding.level != Level::Error);
    if args.json {
        let report = json!({"ok": is_well, "findings": findings});
        print::line(&serde_json::to_string_pretty(&report)?);
    } else {
        for finding in &findings {
            finding.lines().iter().for_each(|line| print::line(line));
        }
    }
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// OpenClaw's program, its version, and the Node that runs it.
async fn program(host: &Host, environment: &Environment, quick: bool, findings: &mut Vec<Finding>) {
    let Some(program) = &host.program else {
        findings.push(Finding::error(
            "openclaw_missing",
            "there is no `openclaw` on the PATH",
            "install OpenClaw, or name its program with --openclaw",
        ));
        return;
    };
    if quick {
        findings.push(Finding::ok(
            "openclaw",
            format!("OpenClaw is {}", shown(program)),
        ));
        return;
    }
    let version = match host.version().await {
        Ok(Some(version)) => version,
        Ok(None) => {
            findings.push(Finding::error(
                "openclaw_silent",
                format!("{} --version prints no version", shown(program)),
                "run it by hand; OpenClaw's own `openclaw doctor` may help",
            ));
            return;
        }
        Err(error) => {
            findings.push(Finding::error(
                "openclaw_silent",
                error.to_string(),
                "run it by hand; OpenClaw's own `openclaw doctor` may help",
            ));
            return;
        }
    };
    findings.push(if version < OLDEST {
        Finding::error(
            "openclaw_old",
            format!("OpenClaw {version} is older than {OLDEST}"),
            "update OpenClaw: `openclaw update`",
        )
    } else {
        Finding::ok(
            "openclaw",
            format!("OpenClaw {version}, {}", shown(program)),
        )
    });
    node(version, environment, findings).await;
}

async fn node(openclaw: Version, environment: &Environment, findings: &mut Vec<Finding>) {
    let Some(node) = on_path("node", environment) else {
        // OpenClaw may bring its own.
        return;
    };
    let printed = process::run(&node, &["--version"], LIMIT).await;
    let Some(version) = printed.ok().and_then(|printed| printed.out.parse().ok()) else {
        return;
    };
    findings.push(match wanted_node(openclaw, version) {
        Ok(()) => Finding::ok("node", format!("Node {version}")),
        Err(wanted) => Finding::warning(
            "node_version",
            format!("the `node` on the PATH is {version}; OpenClaw {openclaw} wants {wanted}"),
            "update Node, unless OpenClaw runs on another one",
        ),
    });
}

/// The plugin's folder.
fn files(places: &Places, findings: &mut Vec<Finding>) {
    let folder = places.plugin();
    findings.push(match plugin::version_of(&folder) {
        None => Finding::error(
            "plugin_missing",
            format!("there is no plugin in {}", shown(&folder)),
            "`wecom openclaw setup`",
        ),
        Some(_) if plugin::is_current(&folder) => Finding::ok(
            "plugin_files",
            format!("plugin {}, {}", plugin::VERSION, shown(&folder)),
        ),
        Some(version) => Finding::error(
            "plugin_stale",
            format!(
                "the plugin is {version}, this program has {}, or its files were changed",
                plugin::VERSION
            ),
            "`wecom openclaw setup`, then restart the gateway",
        ),
    });
}

/// OpenClaw's configuration; `None` when it can't be read.
fn configuration(
    host: &Host,
    places: &Places,
    environment: &Environment,
    findings: &mut Vec<Finding>,
) -> Option<Value> {
    let config = match host.document() {
        Ok(document) => document.value(),
        Err(error) => {
            findings.push(Finding::error(
                "config_unreadable",
                format!("{error:#}"),
                "correct the file by hand",
            ));
            return None;
        }
    };
    plugin_keys(&config, &places.plugin(), findings);
    if official::is_enabled(&config, &host.state_dir(environment)) {
        findings.push(Finding::error(
            "two_owners",
            format!("{} is enabled too and owns the same channel", official::ID),
            "`wecom openclaw setup --replace-official`",
        ));
    }
    section(&config, findings);
    Some(config)
}

fn plugin_keys(config: &Value, folder: &Path, findings: &mut Vec<Finding>) {
    let list = |pointer: &str| config.pointer(pointer).and_then(Value::as_array);
    let folder = shown(folder);
    let is_listed =
        list("/plugins/load/paths").is_some_and(|paths| paths.iter().any(|p| *p == folder));
    let entry = config.pointer("/plugins/entries/wecom");
    let is_on = entry.is_some_and(|entry| entry.get("enabled") == Some(&Value::Bool(true)));
    let is_allowed = list("/plugins/allow").is_none_or(|ids| ids.iter().any(|id| id == ID));
    let is_denied = list("/plugins/deny").is_some_and(|ids| ids.iter().any(|id| id == ID));
    let are_off = config.pointer("/plugins/enabled") == Some(&Value::Bool(false));
    let wrong = if !is_listed {
        Some("plugins.load.paths does not name the plugin's folder")
    } else if !is_on {
        Some("plugins.entries.wecom.enabled is not true")
    } else if !is_allowed {
        Some("plugins.allow does not name wecom")
    } else if is_denied {
        Some("plugins.deny names wecom")
    } else if are_off {
        Some("plugins.enabled is false")
    } else {
        None
    };
    findings.push(match wrong {
        Some(wrong) if is_denied || are_off => {
            Finding::error("plugin_off", wrong, "change it in OpenClaw's configuration")
        }
        Some(wrong) => Finding::error("plugin_off", wrong, "`wecom openclaw setup`"),
        None => Finding::ok("plugin_keys", "OpenClaw is told to load the plugin"),
    });
}

/// `channels.wecom` and what surrounds it.
fn section(config: &Value, findings: &mut Vec<Finding>) {
    let Some(section) = config.pointer("/channels/wecom") else {
        findings.push(Finding::error(
            "section_missing",
            "OpenClaw's configuration has no channels.wecom, so it does not start the channel",
            "copy the section of the daemon's configuration",
        ));
        return;
    };
    let is_open = section.get("dmPolicy").and_then(Value::as_str) == Some("open");
    let admits_all = section
        .get("allowFrom")
        .and_then(Value::as_array)
        .is_some_and(|allowed| allowed.iter().any(|id| id == "*"));
    if is_open && !admits_all {
        findings.push(Finding::warning(
            "dm_policy",
            "channels.wecom.dmPolicy is open, but allowFrom has no \"*\": OpenClaw warns of it with \
             every command",
            "`openclaw config set channels.wecom.allowFrom '[\"*\"]'`",
        ));
    }
    if config.pointer("/session/dmScope").and_then(Value::as_str) == Some("main") {
        findings.push(Finding::warning(
            "shared_session",
            "session.dmScope is main: all members share one conversation in direct chats",
            "`openclaw config set session.dmScope per-account-channel-peer`",
        ));
    }
}

/// Whether OpenClaw loads the plugin.
async fn loading(host: &Host, findings: &mut Vec<Finding>) {
    let printed = match host.inspection().await {
        Ok(Some(printed)) => printed,
        Ok(None) => return,
        Err(error) => {
            findings.push(Finding::error(
                "plugin_not_loaded",
                error.to_string(),
                "`openclaw doctor`",
            ));
            return;
        }
    };
    let found = printed.object().unwrap_or_default();
    findings.push(if is_loaded(&found) {
        Finding::ok(
            "plugin_loaded",
            "OpenClaw loads the plugin: channel wecom, tool wecom_mcp",
        )
    } else {
        let why = reason(&found).unwrap_or_else(|| printed.complaint());
        Finding::error(
            "plugin_not_loaded",
            format!("OpenClaw does not load the plugin: {why}"),
            "`openclaw plugins inspect wecom --runtime` says more",
        )
    });
}

/// Where the plugin dials.
fn socket_of(config: &Value) -> Option<String> {
    let socket = config.pointer("/plugins/entries/wecom/config/socket")?;
    Some(socket.as_str()?.to_owned())
}

/// Whether the daemon listens where the plugin dials, and who else could dial.
async fn reach(socket: Option<&str>, findings: &mut Vec<Finding>) {
    let Some(socket) = socket else {
        findings.push(Finding::error(
            "socket_unset",
            "plugins.entries.wecom.config.socket is not set: the plugin does not know where the \
             daemon is",
            "`wecom openclaw setup`",
        ));
        return;
    };
    let silent = |why: std::io::Error| {
        Finding::error(
            "socket_silent",
            format!("nobody answers at {socket}: {why}"),
            "start the daemon: `wecom run`",
        )
    };
    let timed_out = || std::io::Error::from(std::io::ErrorKind::TimedOut);
    if let Some(address) = socket.strip_prefix("tcp://") {
        let dialled = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        findings.push(match dialled.unwrap_or_else(|_| Err(timed_out())) {
            Ok(_) => Finding::ok("socket", format!("the daemon listens at {socket}")),
            Err(why) => silent(why),
        });
        return;
    }
    if socket.len() > MAX_SOCKET_PATH {
        findings.push(Finding::error(
            "socket_path_long",
            format!("the path {socket} has more than {MAX_SOCKET_PATH} bytes, which no socket may"),
            "set WECOM_HOME to a shorter path",
        ));
        return;
    }
    let path = Path::new(socket);
    modes(path, findings);
    let dialled = tokio::time::timeout(CONNECT, UnixStream::connect(path)).await;
    findings.push(match dialled.unwrap_or_else(|_| Err(timed_out())) {
        Ok(_) => Finding::ok("socket", format!("the daemon listens at {socket}")),
        Err(why) => silent(why),
    });
}

/// The socket is its owner's alone: who can dial, speaks for every member.
fn modes(socket: &Path, findings: &mut Vec<Finding>) {
    let Ok(kind) = fs::metadata(socket) else {
        return;
    };
    if !kind.file_type().is_socket() {
        findings.push(Finding::error(
            "socket_kind",
            format!("{} is no socket", socket.display()),
            "remove it and restart the daemon",
        ));
    }
    let directory = socket.parent().map(fs::metadata);
    let is_open = |mode: u32| mode & 0o077 != 0;
    let directory_is_open =
        matches!(directory, Some(Ok(directory)) if is_open(directory.permissions().mode()));
    if directory_is_open && is_open(kind.permissions().mode()) {
        findings.push(Finding::warning(
            "socket_open",
            format!("others on this machine can dial {}", socket.display()),
            "restart the daemon, which makes it with mode 0600 in a directory with mode 0700",
        ));
    }
}

async fn gateway(config: Option<&Value>, environment: &Environment, findings: &mut Vec<Finding>) {
    let port = gateway_port(config.unwrap_or(&Value::Null), environment);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let dialled = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
    findings.push(if matches!(dialled, Ok(Ok(_))) {
        Finding::ok("gateway", format!("a gateway listens on port {port}"))
    } else {
        Finding::warning(
            "gateway_down",
            format!("no gateway listens on port {port} of this machine"),
            "`openclaw gateway start`, or `openclaw gateway run`",
        )
    });
}

fn link(daemon: Option<&Daemon>, findings: &mut Vec<Finding>) {
    let Some(daemon) = daemon else {
        findings.push(Finding::error(
            "daemon_down",
            "the daemon does not run",
            "`wecom run`",
        ));
        return;
    };
    if daemon.version != plugin::VERSION {
        findings.push(Finding::warning(
            "daemon_version",
            format!(
                "the daemon that runs is {}, this program is {}",
                daemon.version,
                plugin::VERSION
            ),
            "restart the daemon, then `wecom openclaw setup`",
        ));
    }
    // A daemon that says nothing of the link is not one that has none.
    if let Some(link) = &daemon.link {
        findings.push(if link.connected {
            Finding::ok("link", "the gateway is linked with the daemon")
        } else {
            Finding::warning(
                "link_down",
                "no gateway is linked with the daemon",
                "start the gateway; its log says why the plugin does not dial",
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_keeps_openclaw_from_loading_is_named() {
        let folder = "/o/wecom";
        let with = |more: Value| {
            let mut config = json!({"plugins": {
                "load": {"paths": [folder]},
                "entries": {"wecom": {"enabled": true}},
            }});
            for (key, value) in more.as_object().unwrap() {
                config["plugins"][key] = value.clone();
            }
            config
        };
        for (config, expected) in [
            (with(json!({})), "plugin_keys"),
            (with(json!({"allow": ["wecom"]})), "plugin_keys"),
            (with(json!({"allow": ["other"]})), "plugin_off"),
            (with(json!({"deny": ["wecom"]})), "plugin_off"),
            (with(json!({"enabled": false})), "plugin_off"),
            (
                with(json!({"load": {"paths": ["/elsewhere"]}})),
                "plugin_off",
            ),
            (
                with(json!({"entries": {"wecom": {"enabled": false}}})),
                "plugin_off",
            ),
            (json!({}), "plugin_off"),
        ] {
            let mut findings = Vec::new();
            plugin_keys(&config, Path::new(folder), &mut findings);
            assert_eq!(codes(&findings), [expected], "{config}");
        }
    }

    #[test]
    fn an_open_policy_without_a_star_is_a_warning() {
        let section_of = |wecom: Value| json!({"channels": {"wecom": wecom}});
        let shared = json!({"channels": {"wecom": {}}, "session": {"dmScope": "main"}});
        for (config, expected) in [
            (
                section_of(json!({"dmPolicy": "open", "allowFrom": ["*"]})),
                &[][..],
            ),
            (section_of(json!({"dmPolicy": "open"})), &["dm_policy"]),
            (section_of(json!({"dmPolicy": "pairing"})), &[]),
            (shared, &["shared_session"]),
            (json!({}), &["section_missing"]),
        ] {
            let mut findings = Vec::new();
            section(&config, &mut findings);
            assert_eq!(codes(&findings), expected, "{config}");
        }
    }
}
