//! `wecom openclaw setup`: the plugin on disk, and two keys in OpenClaw's configuration.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::Value;

use super::host::Host;
use super::keys::{self, Keys};
use super::plugin::{self, TOOL};
use super::record::{self, Record};
use super::version::OLDEST;
use super::{HostArgs, Places, official, shown};
use crate::cli::print;
use crate::config::Environment;
use crate::config::edit::{Document, EditError, update_foreign};
use crate::secret::Secret;

/// Options of `wecom openclaw setup`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SetupArgs {
    #[command(flatten)]
    host: HostArgs,

    /// Where the daemon listens: a path, or tcp://127.0.0.1:PORT [default: its socket]
    #[arg(long, value_name = "ADDRESS")]
    socket: Option<String>,

    /// Token of the link, for tcp://
    #[arg(long, value_name = "TOKEN")]
    token: Option<Secret>,

    /// Switch the plugin `wecom-openclaw-plugin` off, which owns the same channel
    #[arg(long)]
    replace_official: bool,

    /// Print what would be written into OpenClaw's configuration, and write nothing
    #[arg(long)]
    print: bool,

    /// Do not ask OpenClaw whether it can load the plugin, which takes up to a minute
    #[arg(long)]
    no_check: bool,
}

/// Exit status 0 when OpenClaw loads the plugin, 1 when it does not.
pub(super) async fn run(
    args: &SetupArgs,
    places: &Places,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let host = Host::find(args.host.openclaw.as_deref(), environment)?;
    let socket = args.socket.clone();
    let keys = Keys {
        folder: shown(&places.plugin()),
        socket: socket.unwrap_or_else(|| shown(&places.socket())),
        token: args.token.clone(),
        replace_official: args.replace_official,
    };
    if args.print {
        print::line(&serde_json::to_string_pretty(&keys.members())?);
        return Ok(ExitCode::SUCCESS);
    }
    require_writable(environment)?;
    let config = host.document()?.value();
    let competes = official::is_enabled(&config, &host.state_dir(environment));
    if competes && !args.replace_official {
        bail!(
            "the plugin {id} is enabled in this OpenClaw and owns the same channel; two owners \
             compete. Repeat with --replace-official to switch it off: its entry and the section \
             channels.wecom stay, and `wecom openclaw remove` switches it on again",
            id = official::ID
        );
    }
    let keys = Keys {
        replace_official: competes,
        ..keys
    };
    let is_new = plugin::write(&places.plugin())?;
    print::line(&format!(
        "plugin    {} {}, version {}",
        if is_new {
            "written to"
        } else {
            "is current in"
        },
        shown(&places.plugin()),
        plugin::VERSION,
    ));
    let is_changed = configure(&host, &keys, places)?;
    print::line(&format!(
        "config    {} {}",
        if is_changed {
            "changed:"
        } else {
            "is current:"
        },
        shown(&host.config_path),
    ));
    if competes {
        print::line(&format!("          {} is switched off", official::ID));
    }
    advise(&config);
    if args.no_check {
        return Ok(ExitCode::SUCCESS);
    }
    check(&host, is_new || is_changed).await
}

/// A configuration that is made elsewhere is not written to.
pub(super) fn require_writable(environment: &Environment) -> anyhow::Result<()> {
    for name in ["OPENCLAW_NIX_MODE", "OPENCLAW_CONFIG_READONLY"] {
        if environment.is_on(name) {
            bail!(
                "OpenClaw's configuration is read-only here ({name} is set): \
                 `wecom openclaw setup --print` shows what it needs"
            );
        }
    }
    Ok(())
}

/// Writes the keys; says whether anything changed. The text as it was is kept first.
fn configure(host: &Host, keys: &Keys, places: &Places) -> anyhow::Result<bool> {
    let earlier = Record::read(&places.record())?;
    if let Some(earlier) = &earlier
        && earlier.config_path != host.config_path
    {
        bail!(
            "the set-up of {} is still there: `wecom openclaw remove` first, with the environment \
             of that OpenClaw",
            shown(&earlier.config_path)
        );
    }
    update_foreign(&host.config_path, |old| {
        change(old, keys, earlier.as_ref(), host, places)
    })
    .with_context(|| format!("cannot change {}", shown(&host.config_path)))
}

/// The new text of the file, with its record written; none when nothing has to change.
fn change(
    old: Option<&str>,
    keys: &Keys,
    earlier: Option<&Record>,
    host: &Host,
    places: &Places,
) -> anyhow::Result<Option<String>> {
    let text = old.unwrap_or_default();
    let mut document = Document::parse(text)?;
    let mut original = old.map(str::to_owned);
    if let Some(earlier) = earlier {
        if unchanged(&document, keys)? {
            return Ok(None);
        }
        // What was before the first set-up is what `remove` puts back.
        keys::take_out(&mut document, &earlier.before)?;
        original = if earlier.is_untouched(text) {
            earlier
                .existed
                .then(|| std::fs::read_to_string(places.before()))
                .transpose()?
        } else {
            Some(document.text())
        };
        document = Document::parse(original.as_deref().unwrap_or_default())?;
    }
    let keys = Keys {
        replace_official: keys.replace_official
            || earlier.is_some_and(|earlier| earlier.before.official.is_some()),
        ..keys.clone()
    };
    let before = keys.write(&mut document)?;
    let after = document.text();
    if let Some(original) = &original {
        record::private(&places.before(), original)?;
    }
    let record = Record {
        version: plugin::VERSION.to_owned(),
        config_path: host.config_path.clone(),
        existed: original.is_some(),
        after: record::digest(&after),
        before,
    };
    record.write(&places.record())?;
    Ok(Some(after))
}

fn unchanged(document: &Document, keys: &Keys) -> Result<bool, EditError> {
    let mut again = document.clone();
    keys.write(&mut again)?;
    Ok(again.value() == document.value())
}

/// What the section itself may need.
fn advise(config: &Value) {
    if config.pointer("/channels/wecom").is_none() {
        print::note(
            "note: OpenClaw's configuration has no channels.wecom; the gateway starts the channel \
             only with one: `openclaw config set channels.wecom.enabled true`, and the bot's id \
             and secret as in the daemon's configuration",
        );
    }
}

/// Asks OpenClaw whether it loads the plugin.
async fn check(host: &Host, is_changed: bool) -> anyhow::Result<ExitCode> {
    if host.program.is_none() {
        print::note(
            "note: there is no `openclaw` on the PATH, so nothing was checked; name it with \
             --openclaw, or leave the check out with --no-check",
        );
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(version) = host.version().await?
        && version < OLDEST
    {
        print::note(&format!(
            "note: OpenClaw {version} is older than {OLDEST}, the oldest that the plugin works with"
        ));
    }
    let Some(printed) = host.inspection().await? else {
        return Ok(ExitCode::SUCCESS);
    };
    let found = printed.object().unwrap_or_default();
    if !is_loaded(&found) {
        print::note(&format!(
            "error: OpenClaw does not load the plugin: {}; `wecom openclaw doctor` looks closer",
            reason(&found).unwrap_or_else(|| printed.complaint())
        ));
        return Ok(ExitCode::FAILURE);
    }
    print::line("openclaw  loads it: channel wecom, tool wecom_mcp");
    if is_changed {
        print::line(
            "          a running gateway takes it up by itself, or with `openclaw gateway restart`",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether an inspection shows the plugin at work.
pub(super) fn is_loaded(inspection: &Value) -> bool {
    let has = |list: &str, name: &str| {
        let list = inspection.pointer(&format!("/plugin/{list}"));
        list.and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|entry| entry == name))
    };
    inspection.pointer("/plugin/status").and_then(Value::as_str) == Some("loaded")
        && has("channelIds", plugin::ID)
        && has("toolNames", TOOL)
}

/// Why it is not, in OpenClaw's words.
pub(super) fn reason(inspection: &Value) -> Option<&str> {
    let places = ["/plugin/error", "/error/message", "/plugin/status"];
    places
        .iter()
        .find_map(|place| inspection.pointer(place).and_then(Value::as_str))
}
