//! Writers of the configuration: edit, validate the whole, write or refuse.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::clock::Clock;
use crate::config::path::{ConfigPath, Segment};
use crate::config::schema::ReloadClass;
use crate::config::{
    Environment, Issue, LoadError, Loaded, Location, Severity, Sources, load_text,
    normalise_account_id,
};

use super::document::{Document, EditError, SyntaxError};
use super::files::WriteError;
use super::operation::{self, Change, Difference, Expect, Operation};
use super::value::{self, ValueError};
use super::write::{self, Decision, Refusal, UpdateError};
use super::{files, tree, whole};

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
    /// Warnings about the very keys that were written, an unknown name among them.
    pub doubtful: Vec<Issue>,
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
    #[error("{path} must be corrected first", path = path.display())]
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
    #[error(
        "the change is refused, because {these} would not work any more:{list}{kept}",
        these = if .issues.len() == 1 { "this" } else { "these" },
        list = list(.issues),
        kept = kept(.saved.as_deref())
    )]
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

fn list(issues: &[Issue]) -> String {
    let mut list = String::new();
    for issue in issues {
        list.extend(["\n  ", &issue.to_string()]);
    }
    list
}

fn kept(saved: Option<&Path>) -> String {
    saved.map_or_else(String::new, |path| {
        format!("\nThe refused text is kept in {}.", path.display())
    })
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

    /// As [`Editor::preview`], with the configuration that it would give; none where the
    /// program would not start with it.
    pub fn trial(
        &self,
        operations: &[Operation],
    ) -> Result<(Outcome, Option<Loaded>), EditorError> {
        let target = files::target(&self.location.path)?;
        let text = files::read(&target)?;
        let plan = self.plan(text.as_deref(), operations)?;
        let after = self.load(&plan.text);
        Ok((plan.outcome, loaded(&after).cloned()))
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
        let owned = Ownership {
            sources: loaded(&before).map(|l| &l.sources),
            whole: self.whole(old),
        };
        let mut done = Vec::with_capacity(operations.len());
        for operation in operations {
            let root = document.value();
            let operation = in_authored_spelling(operation, &root);
            if let Change::Set(value) | Change::Merge(value) | Change::Patch(value) =
                &operation.change
            {
                value::refuse_masks(&operation.path, value)?;
            }
            if matches!(
                operation.change,
                Change::Set(_) | Change::Unset | Change::Clear
            ) {
                owned.require(&operation.path, &root)?;
            }
            require_expected(&operation, tree::get(&root, &operation.path))?;
            perform(&mut document, &operation)?;
            let differences = operation::differences(&root, &document.value());
            for difference in &differences {
                owned.require(&difference.path, &root)?;
            }
            done.push((operation.path, !differences.is_empty()));
        }
        let differences = operation::differences(&original.value(), &document.value());
        if !differences.is_empty() {
            self.stamp(&mut document)?;
        }
        let text = document.text();
        let after = self.load(&text);
        let written = Written {
            operations: &done,
            differences: &differences,
        };
        let (refused, incomplete) = added_errors(&before, &after, &written);
        let doubtful = written.warnings(&after);
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
                doubtful,
            },
            text,
        })
    }

    /// The file with its includes; nothing where they cannot be read.
    fn whole(&self, text: Option<&str>) -> Value {
        let text = text.unwrap_or("{}");
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        whole::value_of(&self.location.path, text, self.environment).unwrap_or_default()
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
            doubtful: Vec::new(),
        }
    }
}

fn loaded(result: &Result<Loaded, LoadError>) -> Option<&Loaded> {
    match result {
        Ok(loaded) => Some(loaded),
        Err(error) => error.loaded(),
    }
}

fn issues(result: &Result<Loaded, LoadError>, severity: Severity) -> Vec<Issue> {
    let mut issues = match result {
        Ok(loaded) => crate::config::all_issues(&loaded.config)
            .into_iter()
            .cloned()
            .collect(),
        Err(error) => error.issues(),
    };
    issues.retain(|issue| issue.severity == severity);
    issues
}

/// What an edit makes worse: errors that forbid it, and what is merely missing still. An
/// error that was there before counts only if the edit wrote that very key.
fn added_errors(
    before: &Result<Loaded, LoadError>,
    after: &Result<Loaded, LoadError>,
    written: &Written<'_>,
) -> (Vec<Issue>, Vec<Issue>) {
    let old = issues(before, Severity::Error);
    let is_added = |issue: &Issue| {
        !old.iter()
            .any(|o| (o.code, &o.path) == (issue.code, &issue.path))
    };
    if written.differences.is_empty() {
        return (Vec::new(), Vec::new());
    }
    issues(after, Severity::Error)
        .into_iter()
        .filter(|issue| is_added(issue) || written.concerns(issue))
        .partition(|issue| !INCOMPLETE.contains(&issue.code))
}

/// What an edit wrote.
struct Written<'a> {
    operations: &'a [(ConfigPath, bool)],
    differences: &'a [Difference],
}

impl Written<'_> {
    fn concerns(&self, issue: &Issue) -> bool {
        let operations = self.operations.iter().map(|(path, _)| path);
        let keys = self.differences.iter().map(|d| &d.path);
        operations.chain(keys).any(|p| p.to_string() == issue.path)
    }

    fn warnings(&self, after: &Result<Loaded, LoadError>) -> Vec<Issue> {
        let mut warnings = issues(after, Severity::Warning);
        warnings.retain(|issue| self.concerns(issue));
        warnings
    }
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
        Change::Gather { from, keys } => document.gather(path, from, keys),
    }
}

/// Which values the file supplies itself.
struct Ownership<'a> {
    sources: Option<&'a Sources>,
    /// The file with its includes.
    whole: Value,
}

impl Ownership<'_> {
    /// Refuses a write to a value that an included file supplies: it would not reach it.
    /// `own` is the file without its includes.
    fn require(&self, path: &ConfigPath, own: &Value) -> Result<(), EditorError> {
        let names = path.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(file) = self.sources.and_then(|s| s.included_from(&names)) else {
            return Ok(());
        };
        // What stands beside an include wins over it, and so does what neither has yet.
        let is_own_leaf = tree::get(own, path).is_some_and(|value| !value.is_object());
        let is_new = tree::get(&self.whole, path).is_none();
        if is_own_leaf || is_new {
            return Ok(());
        }
        Err(EditorError::Included {
            path: path.clone(),
            file: file.to_path_buf(),
        })
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
    let normal = normalise_account_id(id);
    accounts
        .keys()
        .find(|key| normalise_account_id(key) == normal)
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
