//! What is wrong with a skill: where, which rule, and how to put it right.

use std::fmt;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The skill's folder.
    pub skill: String,
    /// The file inside it; empty for the folder itself.
    pub file: String,
    /// The line, counted from 1, where one is to blame.
    pub line: Option<usize>,
    /// The rule that is broken.
    pub rule: Rule,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a problem means for the skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The skill is not used.
    Error,
    /// It is used all the same.
    Warning,
}

/// The rules of a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// Files can be read.
    Readable,
    /// The folder has a `SKILL.md`.
    SkillFileMissing,
    /// No name begins with a dot.
    HiddenFile,
    /// No symbolic links: what is served lies in the folder.
    Symlink,
    /// Files and directories only.
    SpecialFile,
    /// Names are UTF-8 without control characters and backslashes.
    FileName,
    /// Directories are nested eight deep at most.
    TooDeep,
    /// At most 512 files.
    TooManyFiles,
    /// At most 16 MiB.
    TooLarge,
    /// `SKILL.md` is UTF-8.
    NotText,
    /// `SKILL.md` begins with front matter.
    FrontMatter,
    /// The front matter is YAML.
    Yaml,
    /// The front matter is the same in JSON and for every reader of YAML.
    Lossless,
    /// Only the format's own fields.
    UnknownField,
    /// A field has its type.
    FieldType,
    /// The name's letters and length.
    Name,
    /// The name is that of the folder.
    NameIsFolder,
    /// The description's length.
    Description,
    /// The compatibility note's length.
    Compatibility,
    /// Keys of `metadata` that MCP keeps for itself.
    ReservedKey,
    /// There are instructions below the front matter.
    EmptyBody,
    /// `SKILL.md` has at most 500 lines.
    LongBody,
    /// A link leads to a file of the skill.
    BrokenLink,
    /// A file is linked from `SKILL.md`.
    Unlinked,
}

impl Rule {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::SkillFileMissing => "skill-file",
            Self::HiddenFile => "hidden-file",
            Self::Symlink => "symlink",
            Self::SpecialFile => "special-file",
            Self::FileName => "file-name",
            Self::TooDeep => "too-deep",
            Self::TooManyFiles => "too-many-files",
            Self::TooLarge => "too-large",
            Self::NotText => "not-text",
            Self::FrontMatter => "front-matter",
            Self::Yaml => "yaml",
            Self::Lossless => "lossless",
            Self::UnknownField => "unknown-field",
            Self::FieldType => "field-type",
            Self::Name => "name",
            Self::NameIsFolder => "name-is-folder",
            Self::Description => "description",
            Self::Compatibility => "compatibility",
            Self::ReservedKey => "reserved-key",
            Self::EmptyBody => "empty-body",
            Self::LongBody => "long-body",
            Self::BrokenLink => "broken-link",
            Self::Unlinked => "unlinked",
        }
    }

    /// Whether a skill that breaks it is used.
    pub fn severity(self) -> Severity {
        match self {
            Self::LongBody | Self::BrokenLink | Self::Unlinked => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl Problem {
    /// What it means for the skill.
    pub fn severity(&self) -> Severity {
        self.rule.severity()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.skill)?;
        if !self.file.is_empty() {
            write!(f, "/{}", self.file)?;
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} [{}]", self.message, self.rule.as_str())
    }
}

/// Collects the problems of one skill.
#[derive(Debug)]
pub(super) struct Report {
    skill: String,
    problems: Vec<Problem>,
}

/// A folder with a thousand mistakes is broken after this many.
const MAX_PROBLEMS: usize = 50;

impl Report {
    pub(super) fn new(skill: impl Into<String>) -> Self {
        Self {
            skill: skill.into(),
            problems: Vec::new(),
        }
    }

    /// A problem of a file, or with an empty `file` of the folder.
    pub(super) fn add(&mut self, file: &str, rule: Rule, message: impl Into<String>) {
        self.add_at(file, None, rule, message);
    }

    /// A problem in a line of a file.
    pub(super) fn add_at(
        &mut self,
        file: &str,
        line: Option<usize>,
        rule: Rule,
        message: impl Into<String>,
    ) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                skill: self.skill.clone(),
                file: file.to_owned(),
                line,
                rule,
                message: message.into(),
            });
        }
    }

    /// Whether the skill can't be used.
    pub(super) fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity() == Severity::Error)
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}
