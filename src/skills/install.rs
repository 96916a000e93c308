//! Copies skills into a host's directory.
//!
//! A file beside the copies says what was written there, so that the next time a person's
//! own changes can be told from ours.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::skill::{Skill, digest};

/// Says what was installed. It begins with a dot and lies beside the skills, so that no
/// host takes it for one and each skill is the same as its source.
const MARKER: &str = ".wecom-skills.json";
/// More entries in a folder than any skill has: somebody else's.
const MAX_ENTRIES: usize = 4_096;

/// What became of one skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// What was done.
    pub outcome: Outcome,
}

/// What was done with a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was not there before.
    Added,
    /// It took the place of another edition.
    Updated {
        /// Files with changes of somebody else that are lost; with force only.
        overwritten: Vec<String>,
    },
    /// It was there already.
    Unchanged,
    /// It was left as it is, because these files have changes of somebody else.
    Kept {
        /// Their paths in the skill.
        changed: Vec<String>,
    },
    /// It was left as it is, because its place is taken by something that is no directory.
    NoDirectory,
}

/// Installing stopped. Skills before the one that failed are in place, and no skill is
/// there in part.
#[derive(Debug, thiserror::Error)]
#[error("cannot install into {}: {source}", path.display())]
pub struct InstallError {
    path: PathBuf,
    source: io::Error,
}

/// Copies skills into `directory`, which is made if it is missing. A skill with changes of
/// somebody else is left alone, unless `force`.
///
/// Each skill is written beside its place and then moved into it: a host that looks finds
/// the old one, for an instant none, or the new one.
///
/// # Errors
/// The disk refuses; [`InstallError`] says where.
pub fn install<'a>(
    skills: impl IntoIterator<Item = &'a Skill>,
    directory: &Path,
    force: bool,
) -> Result<Vec<Installed>, InstallError> {
    let failed_at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| InstallError { path, source }
    };
    std::fs::create_dir_all(directory).map_err(failed_at(directory))?;
    let marker = directory.join(MARKER);
    let mut record = Record::read(&marker).map_err(failed_at(&marker))?;
    let mut done = Vec::new();
    for skill in skills {
        let place = directory.join(skill.name());
        let outcome = install_one(skill, &place, &record, force).map_err(failed_at(&place))?;
        if !matches!(outcome, Outcome::Kept { .. } | Outcome::NoDirectory) {
            record.note(skill);
            record.write(directory).map_err(failed_at(&marker))?;
        }
        done.push(Installed {
            name: skill.name().to_owned(),
            outcome,
        });
    }
    Ok(done)
}

/// Digests by path.
type Digests = BTreeMap<String, String>;

fn install_one(skill: &Skill, place: &Path, record: &Record, force: bool) -> io::Result<Outcome> {
    let new = digests(skill);
    let (outcome, replaces) = match std::fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Outcome::Added, false),
        Err(error) => return Err(error),
        Ok(kind) if !kind.is_dir() => return Ok(Outcome::NoDirectory),
        Ok(_) => {
            let there = look(place)?;
            if there == new {
                return Ok(Outcome::Unchanged);
            }
            let changed = record.changed_by_others(skill.name(), &there, &new);
            if !changed.is_empty() && !force {
                return Ok(Outcome::Kept { changed });
            }
            let overwritten = changed;
            (Outcome::Updated { overwritten }, true)
        }
    };
    put(skill, place, replaces)?;
    Ok(outcome)
}

/// Writes the skill beside its place and moves it there.
fn put(skill: &Skill, place: &Path, replaces: bool) -> io::Result<()> {
    let directory = place.parent().unwrap_or(Path::new("."));
    let aside = tempfile::Builder::new()
        .prefix(".wecom-skills-")
        .tempdir_in(directory)?;
    let (fresh, old) = (aside.path().join("new"), aside.path().join("old"));
    std::fs::create_dir(&fresh)?;
    for file in skill.files() {
        let path = fresh.join(file.path());
        std::fs::create_dir_all(path.parent().unwrap_or(&fresh))?;
        std::fs::write(path, file.bytes())?;
    }
    if replaces {
        std::fs::rename(place, &old)?;
    }
    std::fs::rename(&fresh, place).inspect_err(|_| {
        if replaces {
            // The error that is reported is the first one.
            let _ = std::fs::rename(&old, place);
        }
    })
}

fn digests(skill: &Skill) -> Digests {
    let entry = |file: &super::SkillFile| (file.path().to_owned(), file.digest().to_owned());
    skill.files().iter().map(entry).collect()
}

/// What a folder holds. What is no file has no digest, so it counts as changed.
fn look(folder: &Path) -> io::Result<Digests> {
    let mut found = Digests::new();
    let mut open = vec![(folder.to_path_buf(), String::new())];
    while let Some((directory, path)) = open.pop() {
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if path.is_empty() {
                name
            } else {
                format!("{path}/{name}")
            };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push((entry.path(), path));
            } else if kind.is_file() {
                found.insert(path, digest(&std::fs::read(entry.path())?));
            } else {
                found.insert(path, String::new());
            }
            if found.len() + open.len() > MAX_ENTRIES {
                return Err(io::Error::other("the folder holds more than a skill"));
            }
        }
    }
    Ok(found)
}

/// The marker file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    /// The program that wrote last.
    version: String,
    /// By skill.
    skills: BTreeMap<String, Digests>,
}

impl Record {
    /// A missing or foreign file says that nothing was installed.
    fn read(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    fn note(&mut self, skill: &Skill) {
        env!("CARGO_PKG_VERSION").clone_into(&mut self.version);
        self.skills.insert(skill.name().to_owned(), digests(skill));
    }

    fn write(&self, directory: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.persist(directory.join(MARKER))?;
        Ok(())
    }

    /// Files that are neither what we wrote last nor what we would write now, and files of
    /// ours that somebody removed do not count: they come back.
    fn changed_by_others(&self, name: &str, there: &Digests, new: &Digests) -> Vec<String> {
        let ours = self.skills.get(name);
        let is_foreign = |path: &String, digest: &String| {
            new.get(path) != Some(digest) && ours.and_then(|ours| ours.get(path)) != Some(digest)
        };
        there
            .iter()
            .filter(|(path, digest)| is_foreign(path, digest))
            .map(|(path, _)| path.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests;
