//! `wecom config set`, `unset` and `patch`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, ValueEnum};
use serde_json::{Value, json};

use crate::config::edit::{Change, Expect, Operation, from_argument, from_json5, read_batch};
use crate::config::path::ConfigPath;

use super::Session;
use super::report::{self, Request, Trial};

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
    /// Check everything, secrets included, and report; write nothing
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
    /// Check everything, secrets included, and report; write nothing
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
    /// Check everything, secrets included, and report; write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: print JSON
    #[arg(long, requires = "dry_run")]
    pub json: bool,
}

pub(super) fn set(args: &SetArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let request = operations(args, session).map(|(operations, mode)| Request {
        operations,
        mode,
        by_key: false,
    });
    report::perform(request, Trial::of(args.dry_run, args.json), session)
}

pub(super) fn unset(args: &UnsetArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let request = Request {
        operations: vec![Operation::new(args.path.clone(), Change::Unset)],
        mode: "unset",
        by_key: false,
    };
    report::perform(Ok(request), Trial::of(args.dry_run, args.json), session)
}

pub(super) fn patch(args: &PatchArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let request = read_patch(args, session).map(|changes| Request {
        operations: vec![Operation::new(
            ConfigPath::default(),
            Change::Patch(changes),
        )],
        mode: "patch",
        by_key: true,
    });
    report::perform(request, Trial::of(args.dry_run, args.json), session)
}

fn read_patch(args: &PatchArgs, session: &mut Session<'_>) -> anyhow::Result<Value> {
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
    let changes = from_json5(&ConfigPath::default(), &text).context("the patch is not usable")?;
    if !changes.is_object() {
        bail!("the patch must be an object, for example {{\"channels\":{{\"wecom\":{{…}}}}}}");
    }
    Ok(changes)
}

fn read_file(file: &Path) -> anyhow::Result<String> {
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
