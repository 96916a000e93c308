//! `wecom openclaw status`: what is set up, and whether the gateway is linked.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::host::Host;
use super::plugin;
use super::record::Record;
use super::{HostArgs, Places, official, shown};
use crate::agent::openclaw::link::LinkStatus;
use crate::cli::{EXIT_UNAVAILABLE, print};
use crate::config::Environment;
use crate::daemon;
use crate::http::DaemonRecord;

/// How long the daemon may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Options of `wecom openclaw status`.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatusArgs {
    #[command(flatten)]
    host: HostArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The daemon as it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Daemon {
    /// Version of the program that runs.
    pub(super) version: String,
    /// What it says of the link; an older daemon says nothing.
    pub(super) link: Option<LinkStatus>,
}

/// Exit status 0 when it is set up and linked, 1 when not, 69 when no daemon runs.
pub(super) async fn run(
    args: &StatusArgs,
    places: &Places,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let host = Host::find(args.host.openclaw.as_deref(), environment)?;
    let config = host.document().map(|document| document.value());
    let is_set_up = Record::read(&places.record())?.is_some();
    let plugin_version = plugin::version_of(&places.plugin());
    let daemon = ask_daemon(places).await;
    let link = daemon.as_ref().and_then(|daemon| daemon.link.clone());
    let is_linked = link.as_ref().is_some_and(|link| link.connected);
    let competes = config
        .as_ref()
        .is_ok_and(|config| official::is_enabled(config, &host.state_dir(environment)));
    if args.json {
        let state = json!({
            "ok": is_set_up && is_linked,
            "setUp": is_set_up,
            "openclaw": host.program,
            "configPath": host.config_path,
            "configError": config.as_ref().err().map(|error| format!("{error:#}")),
            "plugin": {
                "path": places.plugin(),
                "version": plugin_version,
                "current": plugin::is_current(&places.plugin()),
            },
            "program": plugin::VERSION,
            "daemon": daemon.as_ref().map(|daemon| json!({"version": daemon.version})),
            "link": link,
            "officialEnabled": competes,
        });
        print::line(&serde_json::to_string_pretty(&state)?);
    } else {
        print::line(&match &host.program {
            Some(program) => format!("openclaw  {}", shown(program)),
            None => "openclaw  not on the PATH".to_owned(),
        });
        print::line(&format!("config    {}", shown(&host.config_path)));
        if let Err(error) = &config {
            print::line(&format!("          {error:#}"));
        }
        print::line(&plugin_line(places, plugin_version.as_deref(), is_set_up));
        if competes {
            print::line(&format!(
                "          {} is enabled too: two owners compete",
                official::ID
            ));
        }
        print::line(&daemon_line(daemon.as_ref()));
        print::line(&link_line(daemon.as_ref(), link.as_ref()));
    }
    Ok(if daemon.is_none() {
        ExitCode::from(EXIT_UNAVAILABLE)
    } else if is_set_up && is_linked {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn plugin_line(places: &Places, version: Option<&str>, is_set_up: bool) -> String {
    match version {
        None => "plugin    not set up: `wecom openclaw setup`".to_owned(),
        Some(version) if !is_set_up => {
            format!(
                "plugin    version {version} lies there, but OpenClaw was not told: `wecom openclaw setup`"
            )
        }
        Some(version) if plugin::is_current(&places.plugin()) => {
            format!("plugin    version {version}, {}", shown(&places.plugin()))
        }
        Some(version) => format!(
            "plugin    version {version}, this program has {}: `wecom openclaw setup`",
            plugin::VERSION
        ),
    }
}

fn daemon_line(daemon: Option<&Daemon>) -> String {
    match daemon {
        None => "daemon    down: `wecom run`".to_owned(),
        Some(daemon) => format!("daemon    up, version {}", daemon.version),
    }
}

fn link_line(daemon: Option<&Daemon>, link: Option<&LinkStatus>) -> String {
    match (daemon, link) {
        (None, _) => "link      down".to_owned(),
        (Some(_), None) => "link      the daemon says nothing of it".to_owned(),
        (Some(_), Some(link)) if link.connected => {
            let known = |version: &Option<String>| version.clone().unwrap_or("unknown".to_owned());
            format!(
                "link      up, OpenClaw {}, plugin {}",
                known(&link.openclaw),
                known(&link.plugin)
            )
        }
        (Some(_), Some(_)) => "link      down: is the gateway running?".to_owned(),
    }
}

/// Asks the daemon of this state directory; `None` when none answers.
pub(super) async fn ask_daemon(places: &Places) -> Option<Daemon> {
    let contact = daemon::find(&places.home).ok()?;
    let asked = async {
        let record: DaemonRecord = contact.get("/daemon").await.ok()?;
        let link = contact.get("/openclaw").await.ok();
        Some(Daemon {
            version: record.version,
            link,
        })
    };
    tokio::time::timeout(LIMIT, asked).await.ok()?
}
