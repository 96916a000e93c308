//! From a file to effective settings.

use std::path::PathBuf;

use super::document::DocumentError;
use super::effective::{Config, Issue, Severity, all_issues};
use super::sources::Sources;

/// A configuration that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it means.
    pub config: Config,
    /// Whether the file exists. Without it everything has its default.
    pub found: bool,
    /// Files whose change asks for another pass: the file itself, what it includes, secret
    /// files, `.env`. Absent ones too.
    pub watched: Vec<PathBuf>,
    /// Where effective values come from.
    pub sources: Sources,
}

/// A configuration that the program does not start with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file, or one that it includes, cannot be used at all.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// `$include` leads nowhere, outside, or in circles.
    #[error("{}: {}", .0.path, .0.message)]
    Include(Box<Issue>),
    /// The file says something that no part of the program could start with. What could be
    /// understood is there for commands that only look.
    #[error("{}", first_error(.0))]
    Invalid(Box<Loaded>),
}

impl LoadError {
    /// Every problem found, worst first.
    pub fn issues(&self) -> Vec<Issue> {
        match self {
            Self::Document(error) => vec![error.as_issue()],
            Self::Include(issue) => vec![Issue::clone(issue)],
            Self::Invalid(loaded) => all_issues(&loaded.config).into_iter().cloned().collect(),
        }
    }

    /// What could be understood of a file that parses.
    pub fn loaded(&self) -> Option<&Loaded> {
        match self {
            Self::Invalid(loaded) => Some(loaded),
            Self::Document(_) | Self::Include(_) => None,
        }
    }
}

fn first_error(loaded: &Loaded) -> String {
    let errors: Vec<&Issue> = all_issues(&loaded.config)
        .into_iter()
        .filter(|issue| issue.severity == Severity::Error)
        .collect();
    match errors.as_slice() {
        [] => "the configuration cannot be used".to_owned(),
        [only] => format!("{}: {}", only.path, only.message),
        [first, rest @ ..] => format!(
            "{}: {} (and {} more)",
            first.path,
            first.message,
            rest.len()
        ),
    }
}
