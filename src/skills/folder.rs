//! Reads skills from a directory.
//!
//! What is read is served to clients, so nothing outside of a skill's folder gets in:
//! the folder is opened once, and everything is opened below that handle without
//! following links.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

use super::problem::{Problem, Report, Rule};
use super::skill::{SKILL_FILE, Skill, SkillFile};

/// Most files of a skill that hosts have to load; directories count too.
const MAX_FILES: usize = 512;
/// Most bytes of a skill that hosts have to load.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Deepest nesting of directories; the format itself has one level.
const MAX_DEPTH: usize = 8;
/// Most skills of a directory; each costs every conversation its description.
const MAX_SKILLS: usize = 128;
/// Most bytes of a directory's skills together: they are kept in memory.
const MAX_TOTAL: u64 = 64 * 1024 * 1024;

/// The skills of a directory.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Those that can be used, in the order of their folders' names.
    pub skills: Vec<Arc<Skill>>,
    /// What is wrong, of these and of the others.
    pub problems: Vec<Problem>,
    /// Folders that hold something, whether it can be used or not.
    pub folders: BTreeSet<String>,
}

/// The directory can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the skills directory {} can't be read", path.display())]
pub struct DirError {
    path: PathBuf,
    source: io::Error,
}

/// Reads the skills below `path`: each folder is one, files beside them and names that
/// begin with a dot are passed over. A `path` that has a `SKILL.md` itself is one skill.
///
/// # Errors
/// The directory itself can't be read. What is wrong inside it is in the result.
pub fn load_dir(path: &Path) -> Result<Loaded, DirError> {
    let failed = |source| DirError {
        path: path.to_path_buf(),
        source,
    };
    let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
    let mut loaded = Loaded::default();
    if root.exists(SKILL_FILE) {
        let real = std::fs::canonicalize(path).map_err(failed)?;
        let name = real.file_name().unwrap_or_default().to_string_lossy();
        let mut left = MAX_TOTAL;
        loaded.add(&name, Ok(root), &mut left);
        return Ok(loaded);
    }
    let mut names = BTreeSet::new();
    for entry in root.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().map_err(failed)?.is_file();
        if !is_file && !name.starts_with('.') {
            names.insert(name);
        }
    }
    let mut left = MAX_TOTAL;
    for (index, name) in names.iter().enumerate() {
        if index < MAX_SKILLS {
            loaded.add(name, open_folder(&root, name), &mut left);
        } else {
            let message = format!("a directory may hold {MAX_SKILLS} skills");
            loaded.refuse(name, Rule::TooManyFiles, message);
        }
    }
    Ok(loaded)
}

/// Why a directory is not opened.
type Refusal = (Rule, String);

fn open_folder(parent: &Dir, name: &str) -> Result<Dir, Refusal> {
    let kind = parent
        .symlink_metadata(name)
        .map_err(unreadable)?
        .file_type();
    if kind.is_symlink() {
        return Err((Rule::Symlink, LINKED.to_owned()));
    }
    if !kind.is_dir() {
        return Err((
            Rule::SpecialFile,
            "it is no file and no directory".to_owned(),
        ));
    }
    parent.open_dir_nofollow(name).map_err(unreadable)
}

const LINKED: &str = "symbolic links are not followed: put a copy in its place";

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands it over")]
fn unreadable(error: io::Error) -> Refusal {
    (Rule::Readable, format!("it can't be read: {error}"))
}

impl Loaded {
    fn add(&mut self, name: &str, folder: Result<Dir, Refusal>, left: &mut u64) {
        let folder = match folder {
            Ok(folder) => folder,
            Err((rule, message)) => return self.refuse(name, rule, message),
        };
        self.folders.insert(name.to_owned());
        let mut report = Report::new(name);
        let mut walk = Walk {
            files: Vec::new(),
            seen: 0,
            room: MAX_BYTES,
            report: &mut report,
        };
        walk.directory(&folder, "", 0);
        let (files, used) = (walk.files, MAX_BYTES - walk.room);
        if used > *left {
            let message = format!("the skills of a directory may have {MAX_TOTAL} bytes together");
            report.add("", Rule::TooLarge, message);
        }
        *left = left.saturating_sub(used);
        if !report.has_errors() {
            let skill = Skill::new(name, files, &mut report);
            self.skills.extend(skill.map(Arc::new));
        }
        self.problems.extend(report.into_problems());
    }

    fn refuse(&mut self, name: &str, rule: Rule, message: String) {
        self.folders.insert(name.to_owned());
        let mut report = Report::new(name);
        report.add("", rule, message);
        self.problems.extend(report.into_problems());
    }
}

/// A walk through one skill's folder.
struct Walk<'a> {
    files: Vec<SkillFile>,
    seen: usize,
    room: u64,
    report: &'a mut Report,
}

impl Walk<'_> {
    fn directory(&mut self, directory: &Dir, path: &str, depth: usize) {
        let names = match names(directory) {
            Ok(names) => names,
            Err(error) => return self.refuse(path, unreadable(error)),
        };
        for name in names {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}/{name}")
            };
            self.seen += 1;
            if self.seen > MAX_FILES {
                if self.seen == MAX_FILES + 1 {
                    let message = format!("a skill may have {MAX_FILES} files and directories");
                    self.report.add("", Rule::TooManyFiles, message);
                }
                return;
            }
            if let Err(refusal) = self.entry(directory, &name, &path, depth) {
                self.refuse(&path, refusal);
            }
        }
    }

    fn entry(
        &mut self,
        directory: &Dir,
        name: &str,
        path: &str,
        depth: usize,
    ) -> Result<(), Refusal> {
        if name.starts_with('.') {
            let message = "names that begin with a dot are not served: remove it";
            return Err((Rule::HiddenFile, message.to_owned()));
        }
        if name.contains(|letter: char| {
            letter.is_control() || letter == '\\' || letter == char::REPLACEMENT_CHARACTER
        }) {
            let message = "a name must be UTF-8 without control characters and backslashes";
            return Err((Rule::FileName, message.to_owned()));
        }
        let kind = directory
            .symlink_metadata(name)
            .map_err(unreadable)?
            .file_type();
        if !kind.is_file() {
            let inside = open_folder(directory, name)?;
            if depth + 1 > MAX_DEPTH {
                let message = format!("directories may be nested {MAX_DEPTH} deep");
                return Err((Rule::TooDeep, message));
            }
            self.directory(&inside, path, depth + 1);
            return Ok(());
        }
        let bytes = self.read(directory, name)?;
        self.files.push(SkillFile::new(path, bytes));
        Ok(())
    }

    fn read(&mut self, directory: &Dir, name: &str) -> Result<Bytes, Refusal> {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        let file = directory.open_with(name, &options).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(self.room + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > self.room {
            let message = format!("with it the skill has more than {MAX_BYTES} bytes");
            return Err((Rule::TooLarge, message));
        }
        self.room -= size;
        Ok(bytes.into())
    }

    fn refuse(&mut self, path: &str, (rule, message): Refusal) {
        self.report.add(path, rule, message);
    }
}

/// Names in a directory, in order. What is no UTF-8 shows as such in its name.
fn names(directory: &Dir) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in directory.entries()? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
        if names.len() > MAX_FILES {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
