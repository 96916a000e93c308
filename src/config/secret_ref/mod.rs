//! References to secrets: a variable, a file, a program.

mod exec;
mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::environment::Environment;
use super::schema::sections::{ProviderKeys, ProviderMode, ProviderSource};
use super::variables::Variables;

/// A reference that does not lead to a text.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum RefError {
    #[error("the reference has none of the known forms")]
    Form,
    #[error("`env` does not hold the name of an environment variable")]
    VariableName,
    #[error("the variable {0} is missing or empty")]
    Variable(String),
    #[error("the source `store` belongs to OpenClaw's own store, which is not shared")]
    Store,
    #[error("`source` is not one of env, file, exec")]
    Source,
    #[error("the provider `{0}` is not declared under secrets.providers")]
    Provider(String),
    #[error("the provider `{name}` is not of the source `{wanted}`")]
    ProviderSource { name: String, wanted: &'static str },
    #[error("the provider `{name}` has no `{key}`")]
    ProviderKey { name: String, key: &'static str },
    #[error("`id` does not have the form that its source asks for")]
    Id,
    #[error(transparent)]
    File(#[from] file::FileError),
    #[error(transparent)]
    Exec(#[from] exec::ExecError),
}

impl RefError {
    /// What to do about it.
    pub(crate) fn fix(&self) -> &'static str {
        match self {
            Self::Form | Self::Source => {
                "write { env: \"NAME\" }, { file: \"/path\" } or { source, provider, id }"
            }
            Self::VariableName => "use capital letters, digits and _",
            Self::Variable(_) => "set it in the environment or in .env of the state directory",
            Self::Store => "use { env: \"NAME\" } or { file: \"/path\" } instead",
            Self::Provider(_) | Self::ProviderSource { .. } | Self::ProviderKey { .. } => {
                "declare the provider with its source under secrets.providers"
            }
            Self::Id => {
                "env: a variable's name; file: /pointer or value; exec: letters, digits and ._:/#-"
            }
            Self::File(error) => error.fix(),
            Self::Exec(_) => "run the program by hand and check what it prints",
        }
    }
}

/// A resolved reference. No `Debug`: it holds a secret.
pub(crate) struct Resolved {
    pub(crate) text: String,
    /// A file that others may read.
    pub(crate) open_file: Option<PathBuf>,
}

/// Resolves references, each file and program once.
pub(crate) struct Secrets<'v> {
    variables: &'v Variables<'v>,
    environment: &'v Environment,
    providers: BTreeMap<String, ProviderKeys>,
    /// Files that were looked at, for watching.
    pub(crate) files: BTreeSet<PathBuf>,
    programs: BTreeMap<(String, String), Result<String, exec::ExecError>>,
}

impl<'v> Secrets<'v> {
    pub(crate) fn new(variables: &'v Variables<'v>, environment: &'v Environment) -> Self {
        Self {
            variables,
            environment,
            providers: BTreeMap::new(),
            files: BTreeSet::new(),
            programs: BTreeMap::new(),
        }
    }

    /// Declares the providers of `secrets.providers`.
    pub(crate) fn declare(&mut self, providers: BTreeMap<String, ProviderKeys>) {
        self.providers = providers;
    }

    /// Resolves an object that stands where a text is wanted. Relative paths start from
    /// `base`.
    pub(crate) fn resolve(
        &mut self,
        reference: &Map<String, Value>,
        base: &Path,
    ) -> Result<Resolved, RefError> {
        let text = |key: &str| reference.get(key).and_then(Value::as_str);
        match (text("env"), text("file"), text("source"), reference.len()) {
            (Some(name), None, None, 1) => self.variable(name),
            (None, Some(path), None, 1) => {
                let path = base.join(self.environment.expand_tilde(path));
                self.files.insert(path.clone());
                let secret = file::read_whole(&path)?;
                Ok(Resolved {
                    open_file: secret.open_to_others.then_some(path),
                    text: secret.text,
                })
            }
            (None, None, Some(source), _) => {
                let provider = text("provider").unwrap_or("default");
                self.provided(source, provider, text("id").ok_or(RefError::Form)?)
            }
            _ => Err(RefError::Form),
        }
    }

    fn provided(&mut self, source: &str, provider: &str, id: &str) -> Result<Resolved, RefError> {
        match source {
            "env" => {
                if provider != "default" {
                    self.provider(provider, ProviderSource::Env, "env")?;
                }
                self.variable(id)
            }
            "file" => {
                let keys = self.provider(provider, ProviderSource::File, "file")?;
                let mode = keys.mode.unwrap_or(ProviderMode::Json);
                let path = keys.path.clone().ok_or_else(|| RefError::ProviderKey {
                    name: provider.to_owned(),
                    key: "path",
                })?;
                let path = PathBuf::from(path);
                self.files.insert(path.clone());
                let text = match mode {
                    ProviderMode::SingleValue if id == "value" => file::read_private(&path)?,
                    ProviderMode::Json if id.starts_with('/') => file::read_pointer(&path, id)?,
                    _ => return Err(RefError::Id),
                };
                Ok(Resolved {
                    text,
                    open_file: None,
                })
            }
            "exec" => {
                if !is_exec_id(id) {
                    return Err(RefError::Id);
                }
                let keys = self.provider(provider, ProviderSource::Exec, "exec")?;
                let command = keys.command.clone().ok_or_else(|| RefError::ProviderKey {
                    name: provider.to_owned(),
                    key: "command",
                })?;
                let arguments = keys.args.list();
                let answer = self
                    .programs
                    .entry((provider.to_owned(), id.to_owned()))
                    .or_insert_with(|| exec::ask(Path::new(&command), &arguments, provider, id));
                Ok(Resolved {
                    text: answer.clone()?,
                    open_file: None,
                })
            }
            "store" => Err(RefError::Store),
            _ => Err(RefError::Source),
        }
    }

    fn provider(
        &self,
        name: &str,
        source: ProviderSource,
        wanted: &'static str,
    ) -> Result<&ProviderKeys, RefError> {
        let keys = self
            .providers
            .get(name)
            .ok_or_else(|| RefError::Provider(name.to_owned()))?;
        if keys.source == Some(source) {
            Ok(keys)
        } else {
            Err(RefError::ProviderSource {
                name: name.to_owned(),
                wanted,
            })
        }
    }

    fn variable(&self, name: &str) -> Result<Resolved, RefError> {
        if !is_env_id(name) {
            return Err(RefError::VariableName);
        }
        match self.variables.get(name) {
            Some(value) => Ok(Resolved {
                text: value.to_owned(),
                open_file: None,
            }),
            None => Err(RefError::Variable(name.to_owned())),
        }
    }
}

/// `[A-Z][A-Z0-9_]{0,127}`.
fn is_env_id(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && super::schema::is_variable_name(name)
}

/// `[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}` without the path segments `.` and `..`.
fn is_exec_id(id: &str) -> bool {
    id.len() <= 256
        && id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._:/#-".contains(&byte))
        && id.split('/').all(|segment| !matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests;
