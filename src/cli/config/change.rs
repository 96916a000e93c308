//! `wecom config set`, `unset` and `patch`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Value, json};

use crate::config::edit::{
    Change, Expect, Operation, Outcome, from_argument, from_json5, read_batch, references_in,
};
use crate::config::path::ConfigPath;
use crate::config::schema::ReloadClass;

use super::{Session, validate};

/// So many keys are named one by one after a patch.
const NAMED_KEYS: usize = 20;

/// How a path is written.
pub(super) const WHERE: &str = "Where, for example channels.wecom.botId, bindings[0].agentId or \
                                channels.wecom.groups[\"wr.A\"]";

/// Options of `config set`.
#[derive(Debug, Args)]
#[command(override_usage = "wecom config set [OPTIONS] <PATH> <VALUE>
       wecom config set [OPTIONS] <PATH> --ref-source <SOURCE> --ref-id <ID>
       wecom config set [OPTIONS] --batch-json <JSON> | --batch-file <FILE>")]
#[command(group(ArgGroup::new("source").args(["value", "ref_source", "batch_json", "batch_file"]).required(true)))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub struct SetArgs {
    /// Where.
    #[arg(help = WHERE, required_unless_present_any = ["batch_json", "batch_file"])]
    pub path: Option<ConfigPath>,
    /// What: JSON5, or plain text
    #[arg(allow_negative_numbers = true, requires = "path")]
    pub value: Option<String>,
    /// Take JSON5 only, no plain text
    #[arg(long)]
    pub strict_json: bool,
    /// With --dry-run: print JSON. Alone: the same as --strict-json
    #[arg(long)]
    pub json: bool,
    /// Join objects and lists with what is there; null removes a key
    #[arg(long, conflicts_with = "replace")]
    pub merge: bool,
    /// Put the value in place of what is there (the default)
    #[arg(long)]
    pub replace: bool,
    /// Check and report, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write only if the present value is this one
    #[arg(
        long,
        value_name = "JSON",
        conflicts_with = "expect_absent",
        requires = "path"
    )]
    pub expect_current_json: Option<String>,
    /// Write only if nothing is there yet
    #[arg(long, alias = "expect-current-absent", requires = "path")]
    pub expect_absent: bool,
    /// Several changes at once.
    #[arg(
        long,
        help = "Several changes at once, all or none: [{path, value | ref | unset, merge}]",
        value_name = "JSON",
        conflicts_with = "path"
    )]
    pub batch_json: Option<String>,
    /// The same from a file
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    pub batch_file: Option<PathBuf>,
    /// Write a reference to a secret instead of a value: env, file or exec
    #[arg(
        long,
        value_name = "SOURCE",
        value_enum,
        hide_possible_values = true,
        requires = "ref_id"
    )]
    pub ref_source: Option<RefSource>,
    /// Provider of the reference
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub ref_provider: String,
    /// Name of the secret there: a variable, a JSON pointer, an id
    #[arg(long, value_name = "ID", requires = "ref_source")]
    pub ref_id: Option<String>,
}

/// Where a referenced secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RefSource {
    /// A variable of the environment
    Env,
    /// A file of a declared provider
    File,
    /// The program of a declared provider
    Exec,
}

/// Options of `config unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// Where.
    #[arg(help = WHERE)]
    pub path: ConfigPath,
    /// Check and report, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: print JSON
    #[arg(long, requires = "dry_run")]
    pub json: bool,
}

/// Options of `config patch`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("patch").args(["file", "stdin"]).required(true)))]
pub struct PatchArgs {
    /// File with the patch: objects are joined, null removes
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Read the patch from standard input
    #[arg(long)]
    pub stdin: bool,
    /// Check and report, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: print JSON
    #[arg(long, requires = "dry_run")]
    pub json: bool,
}

/// What is asked of the file, and how it was given.
struct Request {
    operations: Vec<Operation>,
    mode: &'static str,
    dry_run: bool,
    json: bool,
}

pub(super) fn set(args: &SetArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let (operations, mode) = operations(args, session)?;
    let request = Request {
        operations,
        mode,
        dry_run: args.dry_run,
        json: args.json,
    };
    perform(&request, session, report_operations)
}

pub(super) fn unset(args: &UnsetArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let request = Request {
        operations: vec![Operation::new(args.path.clone(), Change::Unset)],
        mode: "unset",
        dry_run: args.dry_run,
        json: args.json,
    };
    perform(&request, session, report_operations)
}

pub(super) fn patch(args: &PatchArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let text = if let Some(file) = &args.file {
        read_file(file)?
    } else {
        let mut text = String::new();
        session
            .input
            .read_to_string(&mut text)
            .context("cannot read the patch from standard input")?;
        text
    };
    let root = ConfigPath::default();
    let changes = from_json5(&root, &text).context("the patch is not usable")?;
    if !changes.is_object() {
        bail!("the patch must be an object, for example {{\"channels\":{{\"wecom\":{{…}}}}}}");
    }
    let request = Request {
        operations: vec![Operation::new(root, Change::Patch(changes))],
        mode: "patch",
        dry_run: args.dry_run,
        json: args.json,
    };
    perform(&request, session, report_keys)
}

fn read_file(file: &PathBuf) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// What `config set` was told, as operations, and the name of the way it was told.
fn operations(
    args: &SetArgs,
    session: &mut Session<'_>,
) -> anyhow::Result<(Vec<Operation>, &'static str)> {
    let batch = match (&args.batch_json, &args.batch_file) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(file)) => Some(read_file(file)?),
        (None, None) => None,
    };
    if let Some(text) = batch {
        let operations = read_batch(&text)?;
        return Ok((operations, "json"));
    }
    let Some(path) = args.path.clone() else {
        bail!("a path is needed");
    };
    let (value, mode) = if let (Some(source), Some(id)) = (args.ref_source, &args.ref_id) {
        (Some(reference(source, &args.ref_provider, id)), "builder")
    } else {
        let argument = args.value.as_deref().unwrap_or_default();
        let strict = args.strict_json || (args.json && !args.dry_run);
        let typed = from_argument(&path, argument, strict)?;
        if let Some(note) = typed.note {
            writeln!(session.err, "note: {path}: {note}")?;
        }
        (typed.value, if strict { "json" } else { "value" })
    };
    let change = match value {
        None => Change::Clear,
        Some(value) if args.merge => Change::Merge(value),
        Some(value) => Change::Set(value),
    };
    let expect = match &args.expect_current_json {
        Some(text) => {
            let value = from_json5(&path, text).context("--expect-current-json is not usable")?;
            Some(Expect::Value(value))
        }
        None => args.expect_absent.then_some(Expect::Absent),
    };
    let operation = Operation {
        path,
        change,
        expect,
    };
    Ok((vec![operation], mode))
}

fn reference(source: RefSource, provider: &str, id: &str) -> Value {
    let source = match source {
        RefSource::Env => "env",
        RefSource::File => "file",
        RefSource::Exec => "exec",
    };
    json!({ "source": source, "provider": provider, "id": id })
}

fn perform(
    request: &Request,
    session: &mut Session<'_>,
    report: fn(&Request, &Outcome, &mut Session<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<u8> {
    if request.dry_run {
        return preview(request, session);
    }
    let outcome = session.editor().apply(&request.operations)?;
    report(request, &outcome, session)?;
    warn(&outcome, session)?;
    Ok(0)
}

fn report_operations(
    request: &Request,
    outcome: &Outcome,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    for (operation, (path, has_changed)) in request.operations.iter().zip(&outcome.operations) {
        let is_removal = matches!(operation.change, Change::Unset | Change::Clear);
        match (has_changed, is_removal) {
            (true, true) => writeln!(session.out, "Removed {path}.")?,
            (true, false) => writeln!(session.out, "Updated {path}.")?,
            (false, true) => writeln!(session.out, "No change: {path} is not set.")?,
            (false, false) => writeln!(session.out, "No change: {path} has this value already.")?,
        }
    }
    hint(outcome, session)
}

pub(super) fn report_keys_of(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    for difference in outcome.differences.iter().take(NAMED_KEYS) {
        let verb = if difference.is_set {
            "Updated"
        } else {
            "Removed"
        };
        writeln!(session.out, "{verb} {}.", difference.path)?;
    }
    let more = outcome.differences.len().saturating_sub(NAMED_KEYS);
    if more > 0 {
        writeln!(session.out, "… and {more} more.")?;
    }
    if outcome.differences.is_empty() {
        writeln!(session.out, "No change.")?;
    }
    hint(outcome, session)
}

fn report_keys(_: &Request, outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    report_keys_of(outcome, session)
}

/// What happens next, in one line; nothing if nothing changed.
fn hint(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    if outcome.differences.is_empty() {
        return Ok(());
    }
    let text = match outcome.reload {
        None => "Nothing to do: wecom itself does not use this.",
        Some(ReloadClass::Restart) => "Needs a restart: `wecom run` reads this when it starts.",
        Some(_) if !outcome.is_watched => {
            "A running daemon does not watch the file (gateway.reload.mode is off): `wecom config \
             reload` applies it."
        }
        Some(ReloadClass::Live) => "Applies without restart, from the next message on.",
        Some(ReloadClass::Reconnect) => {
            "Applies without restart: the account reconnects after its running turns."
        }
        Some(ReloadClass::ReRegister) => {
            "Applies without restart: the previous token and key stay valid for 60 s."
        }
        Some(ReloadClass::Client) => "Applies without restart, from the next API call on.",
        Some(ReloadClass::Lifecycle) => "Applies without restart: accounts start and stop by it.",
    };
    writeln!(session.out, "{text}")?;
    Ok(())
}

/// What the person should know although the edit was made.
pub(super) fn warn(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    if outcome.lost_comments > 0 {
        writeln!(
            session.err,
            "warning: comments inside the replaced value are gone ({}); the previous text is in \
             the .bak file",
            outcome.lost_comments
        )?;
    }
    for issue in &outcome.incomplete {
        writeln!(session.err, "still missing: {}", validate::line(issue))?;
    }
    Ok(())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source())
        .fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn preview(request: &Request, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let result = session.editor().preview(&request.operations);
    let mut errors = Vec::new();
    match &result {
        Ok(outcome) => {
            for issue in &outcome.refused {
                let message = format!("{}: {} {}", issue.path, issue.message, issue.fix);
                errors.push(("schema", message));
            }
            for issue in &outcome.incomplete {
                let kind = if issue.code == "secret_unresolved" {
                    "resolvability"
                } else {
                    continue;
                };
                let message = format!("{}: {} {}", issue.path, issue.message, issue.fix);
                errors.push((kind, message));
            }
        }
        Err(error) => errors.push(("operation", chain(error))),
    }
    let is_ok = errors.is_empty();
    let file = session.file();
    if request.json {
        let values = request.operations.iter().filter_map(|o| match &o.change {
            Change::Set(value) | Change::Merge(value) | Change::Patch(value) => Some(value),
            Change::Unset | Change::Clear => None,
        });
        let references: usize = values.map(references_in).sum();
        let errors: Vec<Value> = errors
            .iter()
            .map(|(kind, message)| json!({ "kind": kind, "message": message }))
            .collect();
        session.print_json(&json!({
            "ok": is_ok,
            "operations": request.operations.len(),
            "configPath": file.display().to_string(),
            "inputModes": [request.mode],
            "checks": { "schema": true, "resolvability": true, "resolvabilityComplete": true },
            "refsChecked": references,
            "skippedExecRefs": 0,
            "errors": errors,
        }))?;
        return Ok(u8::from(!is_ok));
    }
    let outcome = result?;
    for (_, message) in &errors {
        writeln!(session.err, "error: {message}")?;
    }
    if is_ok {
        writeln!(session.out, "Dry run: {} would be written.", file.display())?;
        report_keys_of(&outcome, session)?;
        warn(&outcome, session)?;
    }
    Ok(u8::from(!is_ok))
}
