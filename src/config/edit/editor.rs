//! Writers of the configuration: edit, validate the whole, write or refuse.

use std::path::PathBuf;

use serde_json::Value;

use crate::clock::Clock;
use crate::config::path::{ConfigPath, Segment};
use crate::config::schema::ReloadClass;
use crate::config::{
    Environment, Issue, LoadError, Loaded, Location, Severity, load_text, normalize_account_id,
};

use super::document::{Document, EditError, SyntaxError};
use super::files::WriteError;
use super::operation::{self, Change, Difference, Expect, Operation};
use super::value::{self, ValueError};
use super::write::{self, Decision, Refusal, UpdateError};
use super::{files, tree};

/// Findings that say that something is still missing rather than wrong. They do not stop a
/// write: an account is set up one key after the other, and the variables of the daemon
/// need not be set where the command runs.
const INCOMPLETE: [&str; 5] = [
    "half_bot_ws",
    "half_bot_webhook",
    "half_agent",
    "mode_mismatch",
    "secret_unresolved",
];

/// The only keys below which the program chooses the spelling of an id.
const ACCOUNTS: [&str; 3] = ["channels", "wecom", "accounts"];

/// Edits the configuration file of one location.
#[derive(Debug, Clone, Copy)]
pub struct Editor<'a> {
    /// Where the file is.
    pub location: &'a Location,
    /// What its references are resolved with.
    pub environment: &'a Environment,
    /// For the names of refused texts and the file's own stamp.
    pub clock: &'a dyn Clock,
}

/// What an edit does, or did.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// For each operation, its path in the file's spelling and whether it changed anything.
    pub operations: Vec<(ConfigPath, bool)>,
    /// Every key that is different.
    pub differences: Vec<Difference>,
    /// Comments inside values that were replaced or removed.
    pub lost_comments: usize,
    /// What a running daemon has to do; `None` if it does not know the keys.
    pub reload: Option<ReloadClass>,
    /// Whether the daemon watches the file.
    pub is_watched: bool,
    /// Errors that the edit adds and that forbid it.
    pub refused: Vec<Issue>,
    /// Errors that the edit adds because something is still missing.
    pub incomplete: Vec<Issue>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditorError {
    /// The environment forbids writing.
    #[error(
        "the configuration is read-only here (WECOM_CONFIG_READONLY, OPENCLAW_CONFIG_READONLY or \
         OPENCLAW_NIX_MODE is set): change {path} where it is made",
        path = path.display()
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The present file cannot be edited.
    #[error("{path}, {source}; correct it first", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: SyntaxError,
    },
    /// The value comes from a file that this one includes.
    #[error("`{path}` comes from {file}: change it there", file = file.display())]
    Included {
        /// What was to be changed.
        path: ConfigPath,
        /// The included file.
        file: PathBuf,
    },
    /// Something else is there than was expected.
    #[error("`{path}` is not as expected ({found}); nothing changed")]
    Unexpected {
        /// What was to be changed.
        path: ConfigPath,
        /// In a few words, without the value.
        found: &'static str,
    },
    /// The result would not work.
    #[error("the change is refused, because {} would not work any more:{}", subject(.issues), list(.issues))]
    Invalid {
        /// The errors that the edit adds.
        issues: Vec<Issue>,
        /// Where the refused text is kept.
        saved: Option<PathBuf>,
    },
    /// The edit itself is impossible.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A value must not be written.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The file was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn subject(issues: &[Issue]) -> &'static str {
    if issues.len() == 1 { "this" } else { "these" }
}

fn list(issues: &[Issue]) -> String {
    issues
        .iter()
        .map(|issue| format!("\n  {}: {} {}", issue.path, issue.message, issue.fix))
        .collect()
}

/// An edit that was worked out but not written.
struct Plan {
    text: String,
    outcome: Outcome,
}

impl Editor<'_> {
    /// Makes all changes, or none.
    pub fn apply(&self, operations: &[Operation]) -> Result<Outcome, EditorError> {
        if self.location.read_only {
            return Err(EditorError::ReadOnly {
                path: self.location.path.clone(),
            });
        }
        let mut outcome = None;
        let decide = |old: Option<&str>| {
            let plan = self.plan(old, operations)?;
            if !plan.outcome.refused.is_empty() {
                return Err(Refusal {
                    error: EditorError::Invalid {
                        issues: plan.outcome.refused,
                        saved: None,
                    },
                    text: Some(plan.text),
                });
            }
            let is_same = plan.outcome.differences.is_empty();
            outcome = Some(plan.outcome);
            Ok(if is_same {
                Decision::Keep
            } else {
                Decision::Write(plan.text)
            })
        };
        match write::update(&self.location.path, self.clock, decide) {
            Ok(_) => Ok(outcome.unwrap_or_default()),
            Err(UpdateError::Write(error)) => Err(error.into()),
            Err(UpdateError::Refused { error, saved }) => Err(match error {
                EditorError::Invalid { issues, .. } => EditorError::Invalid { issues, saved },
                other => other,
            }),
        }
    }

    /// Says what [`Editor::apply`] would do, without writing or locking anything.
    pub fn preview(&self, operations: &[Operation]) -> Result<Outcome, EditorError> {
        let target = files::target(&self.location.path)?;
        let text = files::read(&target)?;
        Ok(self.plan(text.as_deref(), operations)?.outcome)
    }

    /// The file as it is; an empty object if there is none.
    pub fn document(&self) -> Result<Document, EditorError> {
        let target = files::target(&self.location.path)?;
        self.parse(files::read(&target)?.as_deref().unwrap_or_default())
    }

    fn parse(&self, text: &str) -> Result<Document, EditorError> {
        Document::parse(text).map_err(|source| EditorError::Syntax {
            path: self.location.path.clone(),
            source,
        })
    }

    fn plan(&self, old: Option<&str>, operations: &[Operation]) -> Result<Plan, EditorError> {
        let mut document = self.parse(old.unwrap_or_default())?;
        let original = document.clone();
        let before = self.load(old.unwrap_or("{}"));
        let mut done = Vec::with_capacity(operations.len());
        for operation in operations {
            let root = document.value();
            let operation = in_authored_spelling(operation, &root);
            if let Change::Set(value) | Change::Merge(value) | Change::Patch(value) =
                &operation.change
            {
                value::refuse_masks(&operation.path, value)?;
            }
            require_own(&before, &operation)?;
            require_expected(&operation, tree::get(&root, &operation.path))?;
            perform(&mut document, &operation)?;
            let differences = operation::differences(&root, &document.value());
            for difference in &differences {
                require_written_here(&before, &difference.path)?;
            }
            done.push((operation.path, !differences.is_empty()));
        }
        let differences = operation::differences(&original.value(), &document.value());
        if !differences.is_empty() {
            self.stamp(&mut document)?;
        }
        let text = document.text();
        let after = self.load(&text);
        let (refused, incomplete) = added_errors(&before, &after, &done, &differences);
        let lost_comments = original
            .comments()
            .len()
            .saturating_sub(document.comments().len());
        Ok(Plan {
            outcome: Outcome {
                operations: done,
                lost_comments,
                reload: operation::reload_class(&differences),
                differences,
                is_watched: loaded(&after).is_none_or(|l| l.config.gateway.reload),
                refused,
                incomplete,
            },
            text,
        })
    }

    fn load(&self, text: &str) -> Result<Loaded, LoadError> {
        load_text(text, self.location, self.environment)
    }

    /// Renews the time of the last change where a host program keeps one.
    fn stamp(&self, document: &mut Document) -> Result<(), EditorError> {
        let path = ConfigPath::from_keys(["meta", "lastTouchedAt"]);
        if document.get(&path).is_some_and(|v| v.is_string())
            && let Ok(now) = jiff::Timestamp::from_millisecond(self.clock.now_ms())
        {
            let now = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            document.set(&path, &Value::from(now))?;
        }
        Ok(())
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            differences: Vec::new(),
            lost_comments: 0,
            reload: None,
            is_watched: true,
            refused: Vec::new(),
            incomplete: Vec::new(),
        }
    }
}

fn loaded(result: &Result<Loaded, LoadError>) -> Option<&Loaded> {
    match result {
        Ok(loaded) => Some(loaded),
        Err(error) => error.loaded(),
    }
}

fn errors(result: &Result<Loaded, LoadError>) -> Vec<Issue> {
    let mut issues = match result {
        Ok(loaded) => crate::config::all_issues(&loaded.config)
            .into_iter()
            .cloned()
            .collect(),
        Err(error) => error.issues(),
    };
    issues.retain(|issue| issue.severity == Severity::Error);
    issues
}

/// What an edit makes worse: errors that forbid it, and what is merely missing still. An
/// error that was there before counts only if the edit wrote that very key.
fn added_errors(
    before: &Result<Loaded, LoadError>,
    after: &Result<Loaded, LoadError>,
    operations: &[(ConfigPath, bool)],
    differences: &[Difference],
) -> (Vec<Issue>, Vec<Issue>) {
    let old = errors(before);
    let written = |issue: &Issue| {
        let operations = operations.iter().map(|(path, _)| path);
        let keys = differences.iter().map(|d| &d.path);
        operations.chain(keys).any(|p| p.to_string() == issue.path)
    };
    let is_added = |issue: &Issue| {
        !old.iter()
            .any(|o| (o.code, &o.path) == (issue.code, &issue.path))
    };
    if differences.is_empty() {
        return (Vec::new(), Vec::new());
    }
    errors(after)
        .into_iter()
        .filter(|issue| is_added(issue) || written(issue))
        .partition(|issue| !INCOMPLETE.contains(&issue.code))
}

fn perform(document: &mut Document, operation: &Operation) -> Result<(), EditError> {
    let path = &operation.path;
    match &operation.change {
        Change::Set(value) => document.set(path, value),
        Change::Merge(value) => document.merge(path, value),
        Change::Patch(value) => document.patch(path, value),
        Change::Unset => document.unset(path),
        Change::Clear => match document.unset(path) {
            Err(EditError::Absent { .. }) => Ok(()),
            other => other,
        },
    }
}

/// Refuses to replace or remove a value that an included file supplies.
fn require_own(
    before: &Result<Loaded, LoadError>,
    operation: &Operation,
) -> Result<(), EditorError> {
    match operation.change {
        Change::Set(_) | Change::Unset | Change::Clear => {
            require_written_here(before, &operation.path)
        }
        Change::Merge(_) | Change::Patch(_) => Ok(()),
    }
}

fn require_written_here(
    before: &Result<Loaded, LoadError>,
    path: &ConfigPath,
) -> Result<(), EditorError> {
    let names = path.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match loaded(before).and_then(|l| l.sources.included_from(&names)) {
        Some(file) => Err(EditorError::Included {
            path: path.clone(),
            file: file.to_path_buf(),
        }),
        None => Ok(()),
    }
}

fn require_expected(operation: &Operation, found: Option<&Value>) -> Result<(), EditorError> {
    let complaint = match (&operation.expect, found) {
        (None, _) | (Some(Expect::Absent), None) => None,
        (Some(Expect::Absent), Some(_)) => Some("it is set"),
        (Some(Expect::Value(_)), None) => Some("it is not set"),
        (Some(Expect::Value(expected)), Some(found)) => {
            (!tree::equivalent(expected, found)).then_some("it has another value")
        }
    };
    match complaint {
        None => Ok(()),
        Some(found) => Err(EditorError::Unexpected {
            path: operation.path.clone(),
            found,
        }),
    }
}

/// The operation with account ids spelt as the file spells them.
fn in_authored_spelling(operation: &Operation, root: &Value) -> Operation {
    let mut operation = operation.clone();
    operation.path = authored_path(&operation.path, root);
    if let Change::Merge(value) | Change::Patch(value) = &mut operation.change {
        let names = operation.path.names();
        if let Some(rest) = ACCOUNTS.get(names.len()..)
            && names.iter().zip(ACCOUNTS).all(|(a, b)| a == b)
        {
            respell(value, rest, root);
        }
    }
    operation
}

/// `path` with its account id spelt as the file spells it. An id that the file does not
/// have stays as it is.
pub fn authored_path(path: &ConfigPath, root: &Value) -> ConfigPath {
    let is_account = |segments: &[Segment]| {
        segments
            .iter()
            .zip(ACCOUNTS)
            .all(|(segment, key)| *segment == Segment::Key(key.to_owned()))
    };
    let respelt = |(position, segment): (usize, &Segment)| match segment {
        Segment::Key(id) if position == ACCOUNTS.len() && is_account(path.segments()) => {
            Segment::Key(authored_id(id, root).unwrap_or_else(|| id.clone()))
        }
        other => other.clone(),
    };
    path.segments().iter().enumerate().map(respelt).collect()
}

/// The file's spelling of an account id.
fn authored_id(id: &str, root: &Value) -> Option<String> {
    let accounts = tree::get(root, &ConfigPath::from_keys(ACCOUNTS))?.as_object()?;
    if accounts.contains_key(id) {
        return Some(id.to_owned());
    }
    let normal = normalize_account_id(id);
    accounts
        .keys()
        .find(|key| normalize_account_id(key) == normal)
        .cloned()
}

/// Renames the accounts inside a value that reaches from above down to them.
fn respell(value: &mut Value, rest: &[&str], root: &Value) {
    let accounts = rest
        .iter()
        .try_fold(value, |value, key| value.get_mut(*key));
    if let Some(Value::Object(accounts)) = accounts {
        *accounts = std::mem::take(accounts)
            .into_iter()
            .map(|(id, account)| (authored_id(&id, root).unwrap_or(id), account))
            .collect();
    }
}
