//! Where skills come from, and which of two of a name counts.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::folder::{Loaded, load_dir};
use super::problem::{Problem, Severity};
use super::set::Skills;
use super::skill::Skill;
use crate::config::McpServerSettings;

/// The skills of the program and those of directories. Read again, a skill that broke
/// meanwhile keeps its last good state.
#[derive(Debug)]
pub struct SkillSources {
    built_in: Skills,
    directories: Vec<Directory>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    /// By folder.
    good: BTreeMap<String, Arc<Skill>>,
}

/// What a look at the sources brought.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The skills that count now.
    pub skills: Skills,
    /// What is wrong, one sentence each, with the directory that it is wrong in.
    pub remarks: Vec<String>,
}

impl SkillSources {
    /// The sources that the configuration names. A skill of a later directory takes the
    /// place of one of its name in an earlier one, and any that of a built-in one.
    pub fn new(settings: &McpServerSettings) -> Self {
        Self {
            built_in: if settings.built_in_skills {
                Skills::built_in()
            } else {
                Skills::default()
            },
            directories: settings
                .skills_dirs
                .iter()
                .map(|path| Directory {
                    path: path.clone(),
                    good: BTreeMap::new(),
                })
                .collect(),
        }
    }

    /// The directories, in their order.
    pub fn directories(&self) -> Vec<PathBuf> {
        self.directories
            .iter()
            .map(|directory| directory.path.clone())
            .collect()
    }

    /// Reads all of them. It waits for the disk.
    pub fn read(&mut self) -> Reading {
        let mut remarks = Vec::new();
        for directory in &mut self.directories {
            directory.read(&mut remarks);
        }
        let from_directories = self.directories.iter().flat_map(|it| it.good.values());
        let skills = self.built_in.shared().chain(from_directories.cloned());
        Reading {
            skills: Skills::new(skills),
            remarks,
        }
    }
}

impl Directory {
    fn read(&mut self, remarks: &mut Vec<String>) {
        let Loaded {
            skills,
            problems,
            folders,
        } = match load_dir(&self.path) {
            Ok(loaded) => loaded,
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                let then = match self.good.len() {
                    0 => "create it, or name another in channels.wecom.mcp.skills.dir",
                    _ => "its skills stay as they were",
                };
                remarks.push(format!("{error}: {cause}; {then}"));
                return;
            }
        };
        self.good.retain(|folder, _| folders.contains(folder));
        let before = std::mem::take(&mut self.good);
        self.good = skills
            .into_iter()
            .map(|skill| (skill.name().to_owned(), skill))
            .collect();
        for (folder, skill) in before {
            self.good.entry(folder).or_insert(skill);
        }
        remarks.extend(problems.iter().map(|problem| self.remark(problem)));
    }

    fn remark(&self, problem: &Problem) -> String {
        let what_then = match problem.severity() {
            Severity::Warning => "",
            Severity::Error if self.good.contains_key(&problem.skill) => {
                "; the skill stays as it was"
            }
            Severity::Error => "; this edition of the skill is left out",
        };
        format!("{}/{problem}{what_then}", self.path.display())
    }
}

#[cfg(test)]
mod tests;
