//! `wecom channels remove` and `logout`: an account switched off, deleted, or without its
//! credentials.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use inquire::{Confirm, InquireError};
use serde_json::Value;

use super::accounts::{Section, section_path};
use super::{Channel, configuration, tokio_runtime};
use crate::cli::print;
use crate::clock::SystemClock;
use crate::config::edit::{Change, Editor, Operation, read_value};
use crate::config::path::ConfigPath;
use crate::config::{Environment, Location, normalise_account_id};
use crate::daemon;
use crate::http::ReloadReport;

/// Options of `wecom channels remove`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RemoveArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    channel: Channel,
    /// Id of the account [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Delete its settings instead of switching it off
    #[arg(long)]
    delete: bool,
    /// Delete the bindings that name it too
    #[arg(long, requires = "delete")]
    cascade: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Options of `wecom channels logout`.
#[derive(Debug, Args)]
pub(in crate::cli) struct LogoutArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    channel: Channel,
    /// Id of the account [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// An account in the file.
struct Found {
    id: String,
    place: ConfigPath,
}

pub(super) fn remove(
    args: &RemoveArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let file = read_value(&location.path, environment)?;
    let section = Section::of(&file);
    let found = find(args.account.as_deref(), &section, location, environment)?;
    let Found { id, place } = &found;
    if !args.delete {
        let operations = [Operation::new(
            place.key("enabled"),
            Change::Set(false.into()),
        )];
        apply(&operations, location, environment)?;
        print::line(&format!(
            "{} {id} is switched off ({place}.enabled). `wecom channels remove --delete` deletes it.",
            args.channel
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!("Delete the settings of {} {id} ({place})?", args.channel);
    if !is_sure(&question, args.yes)? {
        return Ok(unchanged());
    }
    let (operations, notes) = deletion(&found, &section, args.cascade);
    apply(&operations, location, environment)?;
    print::line(&format!(
        "{} {id} is deleted: {place} is gone.",
        args.channel
    ));
    for note in notes {
        print::line(&note);
    }
    Ok(ExitCode::SUCCESS)
}

/// What deleting an account changes, and what the person should know.
fn deletion(
    Found { id, place }: &Found,
    section: &Section<'_>,
    cascade: bool,
) -> (Vec<Operation>, Vec<String>) {
    let unset = |path| Operation::new(path, Change::Unset);
    let mut operations = vec![unset(place.clone())];
    let mut notes = Vec::new();
    if section.is_multi() {
        let top = section_path();
        if section.keys().count() == 1 {
            operations.push(unset(top.key("accounts")));
            operations.push(Operation::new(
                top.key("enabled"),
                Change::Set(false.into()),
            ));
            notes.push(format!(
                "It was the last account: {top}.enabled is false now, so that the keys of the top \
                 level do not become an account of their own."
            ));
        }
        let default = top.key("defaultAccount");
        let names_it = |value: &Value| {
            value
                .as_str()
                .is_some_and(|name| normalise_account_id(name) == *id)
        };
        if section.get(&default).is_some_and(names_it) {
            notes.push(format!("{default} named it and is removed."));
            operations.push(unset(default));
        }
    }
    let bindings = section.bindings_of(id);
    let at = |position: &usize| ConfigPath::from_keys(["bindings"]).index(*position);
    if cascade {
        // From behind, so that the positions of the others hold.
        operations.extend(bindings.iter().rev().map(|position| unset(at(position))));
        notes.extend(
            bindings
                .iter()
                .map(|position| format!("{} is removed.", at(position))),
        );
    } else if !bindings.is_empty() {
        let list: Vec<String> = bindings
            .iter()
            .map(|position| at(position).to_string())
            .collect();
        notes.push(format!(
            "Still naming it: {}. --cascade removes such bindings along with the account; \
             `wecom config unset` does it now.",
            list.join(", ")
        ));
    }
    (operations, notes)
}

pub(super) fn logout(
    args: &LogoutArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let file = read_value(&location.path, environment)?;
    let section = Section::of(&file);
    let Found { id, place } = find(args.account.as_deref(), &section, location, environment)?;
    let held = section.credentials_at(&place);
    let inherited = if section.is_multi() {
        section.credentials_at(&section_path())
    } else {
        Vec::new()
    };
    if held.is_empty() {
        print::line(&format!(
            "{} {id} has no credentials of its own.",
            args.channel
        ));
    } else {
        let names: Vec<String> = held.iter().map(ToString::to_string).collect();
        let question = format!("Take out {}?", names.join(", "));
        if !is_sure(&question, args.yes)? {
            return Ok(unchanged());
        }
        let operations: Vec<Operation> = held
            .into_iter()
            .map(|path| Operation::new(path, Change::Unset))
            .collect();
        apply(&operations, location, environment)?;
        print::line(&format!(
            "{} {id} is logged out: {} removed. Its policies and its entry stay.",
            args.channel,
            names.join(", ")
        ));
    }
    if !inherited.is_empty() {
        let names: Vec<String> = inherited.iter().map(ToString::to_string).collect();
        print::line(&format!(
            "Still inherited from the top level: {}.",
            names.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The account that was named, or the default one.
fn find(
    name: Option<&str>,
    section: &Section<'_>,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<Found> {
    let id = match name {
        Some(name) => normalise_account_id(name),
        None => configuration(location, environment)?
            .default_account
            .to_string(),
    };
    let place = section
        .place(&id)
        .filter(|place| section.get(place).is_some_and(Value::is_object));
    match place {
        Some(place) => Ok(Found { id, place }),
        None if section.get(&section_path()).is_none() => {
            bail!("no account is configured in {}", location.path.display())
        }
        None => bail!(
            "there is no account `{id}`; known: {}",
            section.ids().join(", ")
        ),
    }
}

/// Writes, and has a running daemon take it over.
fn apply(
    operations: &[Operation],
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<()> {
    let editor = Editor {
        location,
        environment,
        clock: &SystemClock,
    };
    let outcome = editor.apply(operations)?;
    if outcome.lost_comments > 0 {
        print::note(&format!(
            "note: comments went with what was removed ({}); the previous text is in the .bak file",
            outcome.lost_comments
        ));
    }
    if let Ok(contact) = daemon::find(&location.home)
        && outcome.is_watched
    {
        let reloaded = tokio_runtime()?.block_on(contact.post::<ReloadReport>("/reload"));
        match reloaded {
            Ok(report) if report.applied => {}
            Ok(report) => print::note(&format!(
                "warning: the running daemon keeps its settings: {}",
                report.problems.join("; ")
            )),
            Err(error) => tracing::debug!(%error, "no daemon took the change over"),
        }
    }
    Ok(())
}

/// Asks, unless the person said so already.
fn is_sure(question: &str, said_so: bool) -> anyhow::Result<bool> {
    if said_so {
        return Ok(true);
    }
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        bail!("this needs a yes, and there is no terminal to ask on: add --yes");
    }
    match Confirm::new(question).with_default(false).prompt() {
        Ok(answer) => Ok(answer),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn unchanged() -> ExitCode {
    print::note("Nothing was changed.");
    ExitCode::FAILURE
}
