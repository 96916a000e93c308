//! `wecom skills`: look at the skills, check some, give them to a host.

mod check;
mod host;
mod install;
mod show;

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use crate::config::{self, Environment, Location};
use crate::skills::{SkillSources, Skills};

pub use check::CheckArgs;
pub use install::InstallArgs;
pub use show::{ListArgs, ShowArgs};

/// Exit status when a problem was found, or something was left undone.
const FOUND: u8 = 1;

/// Look at the skills that teach an agent to use WeCom, and install them
#[derive(Debug, Subcommand)]
pub enum SkillsCommand {
    /// List the skills in use
    List(ListArgs),
    /// Print a skill, or one of its files
    Show(ShowArgs),
    /// Report every problem of the skills in use, or of those in a folder
    Check(CheckArgs),
    /// Copy skills to where an agent's host looks for them
    Install(InstallArgs),
}

/// What a command works with, so that tests can hand in their own.
pub struct Session<'a> {
    /// Where the configuration is.
    pub location: &'a Location,
    /// What it is resolved with, and where home is.
    pub environment: &'a Environment,
    /// The working directory, for hosts that look there.
    pub project: PathBuf,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Remarks.
    pub err: &'a mut dyn Write,
}

impl Session<'_> {
    /// The skills that the configuration makes, and what is wrong with its folders. A
    /// configuration that can't be used is reported, and leaves the program's own skills.
    fn skills(&mut self) -> anyhow::Result<(Skills, Vec<String>)> {
        match config::load(self.location, self.environment) {
            Ok(loaded) => {
                let reading = SkillSources::new(&loaded.config.mcp_server).read();
                Ok((reading.skills, reading.remarks))
            }
            Err(error) => {
                writeln!(self.err, "warning: {error}")?;
                writeln!(
                    self.err,
                    "warning: these are the skills of the program alone"
                )?;
                Ok((Skills::built_in(), Vec::new()))
            }
        }
    }

    /// The same, with what is wrong told as a warning.
    fn usable(&mut self) -> anyhow::Result<Skills> {
        let (skills, remarks) = self.skills()?;
        for remark in remarks {
            writeln!(self.err, "warning: {remark}")?;
        }
        Ok(skills)
    }
}

/// Runs a command; returns its exit status.
///
/// # Errors
/// The skill or file does not exist, a folder can't be read or written.
pub fn run(command: SkillsCommand, session: &mut Session<'_>) -> anyhow::Result<u8> {
    match command {
        SkillsCommand::List(args) => show::list(&args, session),
        SkillsCommand::Show(args) => show::show(&args, session),
        SkillsCommand::Check(args) => check::run(&args, session),
        SkillsCommand::Install(args) => install::run(&args, session),
    }
}

/// The skill of that name, or an error that names the nearest one.
fn named<'a>(skills: &'a Skills, name: &str) -> anyhow::Result<&'a crate::skills::Skill> {
    skills.get(name).ok_or_else(|| {
        let known = skills.iter().map(crate::skills::Skill::name);
        match config::nearest(name, known) {
            Some(nearest) => anyhow::anyhow!("there is no skill {name}: did you mean {nearest}?"),
            None => anyhow::anyhow!("there is no skill {name}: `wecom skills list` shows all"),
        }
    })
}

#[cfg(test)]
mod tests;
