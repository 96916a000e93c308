//! `wecom openclaw remove`: what the set-up did, undone.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use super::host::Host;
use super::keys;
use super::record::Record;
use super::setup::require_writable;
use super::{HostArgs, Places, shown};
use crate::cli::print;
use crate::config::Environment;
use crate::config::edit::{Document, update_foreign};

/// Options of `wecom openclaw remove`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RemoveArgs {
    #[command(flatten)]
    host: HostArgs,
}

/// Exit status 0, also when there was nothing to undo.
pub(super) fn run(
    args: &RemoveArgs,
    places: &Places,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let Some(record) = Record::read(&places.record())? else {
        print::line("nothing is set up");
        return Ok(ExitCode::SUCCESS);
    };
    require_writable(environment)?;
    restore(&record, places)
        .with_context(|| format!("cannot change {}", shown(&record.config_path)))?;
    // The record goes last: until then the command can be repeated.
    gone(fs::remove_dir_all(places.plugin()), &places.plugin())?;
    gone(fs::remove_file(places.before()), &places.before())?;
    gone(fs::remove_file(places.record()), &places.record())?;
    fs::remove_dir(&places.root).ok();
    print::line(&format!("config    {}", shown(&record.config_path)));
    print::line("plugin    removed");
    if record.before.official.is_some() {
        print::line("          wecom-openclaw-plugin is as it was");
    } else {
        warn_of_orphan(&Host::find(args.host.openclaw.as_deref(), environment)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts OpenClaw's file back: byte for byte if nobody changed it since, else without our keys.
fn restore(record: &Record, places: &Places) -> anyhow::Result<()> {
    let path = &record.config_path;
    let present = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_untouched = record.is_untouched(&present);
    if is_untouched && !record.existed {
        return gone(fs::remove_file(path), path);
    }
    update_foreign(path, |old| -> anyhow::Result<Option<String>> {
        let old = old.unwrap_or_default();
        if record.is_untouched(old) {
            return Ok(Some(fs::read_to_string(places.before())?));
        }
        let mut document = Document::parse(old)?;
        keys::take_out(&mut document, &record.before)?;
        Ok(Some(document.text()))
    })?;
    Ok(())
}

/// What is gone already is gone.
fn gone(result: io::Result<()>, path: &Path) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// OpenClaw does not start with a section that no plugin owns.
fn warn_of_orphan(host: &Host) -> anyhow::Result<()> {
    let config: Value = host.document()?.value();
    if config.pointer("/channels/wecom").is_some() {
        print::note(
            "note: channels.wecom stays in OpenClaw's configuration. OpenClaw refuses it while no \
             plugin owns the channel: install one, or take the section out",
        );
    }
    Ok(())
}
