//! `wecom config import`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::edit::read_value;
use crate::config::import::{Import, ImportOptions, fix_in_place, import, openclaw_config_path};
use crate::config::path::ConfigPath;

use super::{Session, report};

/// Exit status: there was nothing to import, or the result would not work.
const FAILED: u8 = 1;

/// Exit status: some keys were left as they are because both files have a value.
const CONFLICTS: u8 = 2;

/// Options of `config import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file to import; OpenClaw's own one by default
    pub file: Option<PathBuf>,
    /// Rewrite the key names of other WeCom plugins
    #[arg(long)]
    pub fix: bool,
    /// Report what would be done, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where both files have a value, take the imported one
    #[arg(long)]
    pub overwrite: bool,
}

pub(super) fn run(args: &ImportArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let default = || openclaw_config_path(session.environment);
    let Some(source) = args.file.clone().or_else(default) else {
        anyhow::bail!("there is no home directory to look for OpenClaw's file in; name the file");
    };
    if !source.exists() {
        writeln!(
            session.err,
            "nothing to import: there is no {}",
            source.display()
        )?;
        return Ok(FAILED);
    }
    let current = session.editor().document()?.value();
    let is_own_file = is_same(&source, &session.location.path);
    let plan = if is_own_file {
        Some(fix_in_place(&current)?).filter(|_| args.fix)
    } else {
        let options = ImportOptions {
            fix: args.fix,
            overwrite: args.overwrite,
        };
        let theirs = read_value(&source, session.environment)?;
        import(&theirs, &current, options)?
    };
    let Some(plan) = plan else {
        let reason = if is_own_file {
            "it is the file in use (--fix rewrites it)"
        } else {
            "it says nothing about WeCom"
        };
        writeln!(
            session.err,
            "nothing to import from {}: {reason}",
            source.display()
        )?;
        return Ok(FAILED);
    };
    let outcome = if args.dry_run {
        session.editor().preview(&plan.operations)?
    } else {
        session.editor().apply(&plan.operations)?
    };
    let verb = if args.dry_run {
        "Would import"
    } else {
        "Imported"
    };
    writeln!(
        session.out,
        "{verb} {} into {}.",
        source.display(),
        session.location.path.display()
    )?;
    describe(&plan, args, session)?;
    if outcome.differences.is_empty() {
        writeln!(session.out, "No change.")?;
    }
    report::hint(&outcome, session)?;
    report::warn(&outcome, session)?;
    for issue in &outcome.refused {
        writeln!(session.err, "would be refused: {issue}")?;
    }
    if !is_own_file {
        advise(&source, session)?;
    }
    let is_undecided = !plan.conflicts.is_empty() && !args.overwrite;
    Ok(if !outcome.refused.is_empty() {
        FAILED
    } else if is_undecided {
        CONFLICTS
    } else {
        0
    })
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn describe(plan: &Import, args: &ImportArgs, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut list = |title: &str, lines: Vec<String>| -> std::io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(session.out, "{title}")?;
        lines
            .iter()
            .try_for_each(|l| writeln!(session.out, "  {l}"))
    };
    let texts = |paths: &[ConfigPath]| paths.iter().map(ToString::to_string).collect();
    list("Taken over:", texts(&plan.taken))?;
    let rewritten = plan.rewritten.iter().map(ToString::to_string).collect();
    list("Rewritten:", rewritten)?;
    list("Not supported, left out:", texts(&plan.unsupported))?;
    list("Not used by wecom, left out:", texts(&plan.left_out))?;
    let title = if args.overwrite {
        "Overwritten:"
    } else {
        "Different here, kept (--overwrite takes the imported value):"
    };
    list(title, texts(&plan.conflicts))?;
    Ok(())
}

/// What an import of the configuration does not do.
fn advise(source: &Path, session: &mut Session<'_>) -> anyhow::Result<()> {
    let state = source.parent().unwrap_or(Path::new("."));
    writeln!(
        session.out,
        "Not imported by this version: pairing data ({}) and cron jobs ({}).",
        state.join("credentials").display(),
        state.join("cron/jobs.json").display()
    )?;
    writeln!(
        session.out,
        "Before `wecom run`: disable OpenClaw's own WeCom plugin. WeCom allows one connection per \
         bot, so the two would kick each other."
    )?;
    Ok(())
}
