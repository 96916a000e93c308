//! `wecom skills check`.

use std::path::PathBuf;

use clap::Args;

use super::{FOUND, Session};
use crate::skills::{Severity, load_dir};

/// Options of `skills check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A skill's folder, or a folder of skills [default: the skills in use]
    pub dir: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let Some(dir) = &args.dir else {
        return in_use(session);
    };
    let loaded = load_dir(dir)?;
    for problem in &loaded.problems {
        let kind = match problem.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(session.out, "{kind}: {problem}")?;
    }
    let broken = loaded.folders.len() - loaded.skills.len();
    writeln!(
        session.out,
        "{} of {} skills can be used, {} problems.",
        loaded.skills.len(),
        loaded.folders.len(),
        loaded.problems.len()
    )?;
    if loaded.folders.is_empty() {
        anyhow::bail!("{} holds no skill", dir.display());
    }
    Ok(if broken == 0 { 0 } else { FOUND })
}

/// What the configuration makes of the program's skills and of its folders.
fn in_use(session: &mut Session<'_>) -> anyhow::Result<u8> {
    let (skills, remarks) = session.skills()?;
    for remark in &remarks {
        writeln!(session.out, "{remark}")?;
    }
    let (count, problems) = (skills.len(), remarks.len());
    writeln!(session.out, "{count} skills in use, {problems} problems.")?;
    Ok(if remarks.is_empty() { 0 } else { FOUND })
}
