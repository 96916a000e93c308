//! From a file to effective settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::assemble;
use super::document::{self, DocumentError};
use super::effective::{Config, Issue, Severity, all_issues};
use super::environment::Environment;
use super::findings::Finding;
use super::include;
use super::location::Location;
use super::place::Place;
use super::reader::shape;
use super::sources::Sources;
use super::variables::{self, Variables};

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

/// Reads the configuration. Without a file everything has its default and
/// [`Loaded::found`] is false.
///
/// Blocks: reads files, and runs the programs of declared `exec` providers (10 s each at
/// most).
///
/// # Errors
/// A file that cannot be used at all, and settings that no part of the program could start
/// with. A problem inside one account of several, or in one capability of several, is an
/// issue of that account instead.
pub fn load(location: &Location, env: &Environment) -> Result<Loaded, LoadError> {
    match document::read(&location.path)? {
        Some(file) => understand(&file.text, location, env, true, file.open_to_others),
        None => understand("{}", location, env, false, false),
    }
}

/// Reads a text as if it were the file, for checking an edit before it is written.
///
/// # Errors
/// As [`load`].
pub fn load_text(text: &str, location: &Location, env: &Environment) -> Result<Loaded, LoadError> {
    let text = document::decode(&location.path, text.as_bytes().to_vec())?;
    understand(&text, location, env, true, false)
}

fn understand(
    text: &str,
    location: &Location,
    env: &Environment,
    found: bool,
    open_to_others: bool,
) -> Result<Loaded, LoadError> {
    let root = document::parse(&location.path, text)?;
    let mut included = include::expand(&location.path, root, env)?;
    if open_to_others {
        included.open_files.push(location.path.clone());
    }
    let mut findings = Vec::new();
    let dotenv = dotenv(location, &mut findings)?;
    let vars = file_variables(&included.root, &mut findings);
    let variables = Variables::new(env, dotenv, vars);
    let assembled = assemble::assemble(&included, &variables, location, env, findings);
    let mut watched = vec![location.path.clone(), location.dotenv_path()];
    watched.extend(included.files.iter().cloned());
    watched.extend(assembled.secret_files);
    let loaded = Loaded {
        config: assembled.config,
        found,
        watched,
        sources: Sources {
            included: included.as_keys(),
            accounts: assembled.origins,
        },
    };
    if assembled.fatal {
        Err(LoadError::Invalid(Box::new(loaded)))
    } else {
        Ok(loaded)
    }
}

/// Variables of `.env` in the state directory.
fn dotenv(
    location: &Location,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<String, String>, LoadError> {
    let path = location.dotenv_path();
    let Some(file) = document::read(&path)? else {
        return Ok(BTreeMap::new());
    };
    if file.open_to_others {
        findings.push(Finding::warning(
            "secret_literal_world_readable",
            Place::of("env"),
            format!("others may read or write {}", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    let (variables, bad) = variables::parse_dotenv(&file.text);
    findings.extend(bad.into_iter().map(|bad| {
        Finding::warning(
            "dotenv_line",
            Place::of("env"),
            format!("line {} of {} {}", bad.line, path.display(), bad.why),
            "write NAME=value",
        )
    }));
    Ok(variables)
}

/// `env.vars`, taken as it stands: what is put in is not looked at again.
fn file_variables(
    root: &Map<String, Value>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, String> {
    let place = Place::of("env.vars");
    let Some(Value::Object(members)) = place.find_in(root) else {
        return BTreeMap::new();
    };
    let mut variables = BTreeMap::new();
    for (name, value) in members {
        let here = place.key(name);
        match value {
            Value::String(text) => {
                variables.insert(name.clone(), text.clone());
            }
            Value::Number(number) => {
                variables.insert(name.clone(), number.to_string());
                findings.push(Finding::warning(
                    "string_from_number",
                    here.clone(),
                    "a text is written as a number: leading zeros or large numbers may be \
                     damaged already",
                    format!("put the value of `{here}` in quotes"),
                ));
            }
            other => findings.push(Finding::warning(
                "type_mismatch",
                here.clone(),
                format!(
                    "`{name}` must be a text, not {}; it is ignored",
                    shape(other)
                ),
                format!("change `{here}` to a text"),
            )),
        }
    }
    variables
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
