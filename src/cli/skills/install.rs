//! `wecom skills install`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::host::Host;
use super::{FOUND, Session, named};
use crate::skills::{self, Outcome, Skill};

/// Options of `skills install`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true).args(["to", "host"]))]
pub struct InstallArgs {
    /// Names of the skills [default: all]
    pub names: Vec<String>,
    /// Folder to put them in; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Put them where this host looks, in your home directory
    #[arg(long, value_enum)]
    pub host: Option<Host>,
    /// With --host: in the working directory instead
    #[arg(long, conflicts_with = "to")]
    pub project: bool,
    /// Overwrite files that somebody changed since
    #[arg(long)]
    pub force: bool,
}

pub(super) fn run(args: &InstallArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let directory = match (&args.to, args.host) {
        (Some(to), _) => to.clone(),
        (None, Some(host)) => host.directory(args.project, session)?,
        (None, None) => anyhow::bail!("name a folder with --to, or a host with --host"),
    };
    let skills = session.usable()?;
    let chosen: Vec<&Skill> = if args.names.is_empty() {
        skills.iter().collect()
    } else {
        let find = |name: &String| named(&skills, name);
        args.names.iter().map(find).collect::<Result<_, _>>()?
    };
    let installed = skills::install(chosen, &directory, args.force)?;
    let mut done = 0;
    for one in &installed {
        let (is_done, what) = describe(&one.outcome);
        done += usize::from(is_done);
        writeln!(session.out, "{}: {what}", one.name)?;
    }
    let (all, place) = (installed.len(), directory.display());
    writeln!(session.out, "{done} of {all} skills are in {place}.")?;
    Ok(if done == all { 0 } else { FOUND })
}

/// Whether the skill is in place now, and what happened.
fn describe(outcome: &Outcome) -> (bool, String) {
    match outcome {
        Outcome::Added => (true, "added".to_owned()),
        Outcome::Unchanged => (true, "is there already".to_owned()),
        Outcome::Updated { overwritten } if overwritten.is_empty() => (true, "updated".to_owned()),
        Outcome::Updated { overwritten } => {
            let files = overwritten.join(", ");
            (true, format!("updated; changes lost in {files}"))
        }
        Outcome::Kept { changed } => {
            let files = changed.join(", ");
            let advice = "save them and repeat with --force";
            (
                false,
                format!("left as it is, for the changes in {files}; {advice}"),
            )
        }
        Outcome::NoDirectory => {
            let advice = "remove it and repeat";
            (
                false,
                format!("something that is no folder has this name; {advice}"),
            )
        }
    }
}
