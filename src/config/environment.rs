//! The process environment as a value, read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the configuration takes from outside the file: variables, the user's home
/// directory, the language. Tests build it from values.
///
/// Its `Debug` shows the names of the variables only: values may be secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home_dir: Option<PathBuf>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home_dir", &self.home_dir)
            .finish()
    }
}

/// Language for texts that the operator reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            variables,
            home_dir: std::env::home_dir(),
        }
    }

    /// An environment of the given variables, without a home directory.
    pub fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            home_dir: None,
        }
    }

    /// The same environment with a home directory.
    #[must_use]
    pub fn with_home_dir(mut self, home_dir: impl Into<PathBuf>) -> Self {
        self.home_dir = Some(home_dir.into());
        self
    }

    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: set to anything but `0`, `false`, `no` or `off`.
    pub fn is_on(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| {
            !["0", "false", "no", "off"].contains(&value.trim().to_ascii_lowercase().as_str())
        })
    }

    /// The user's home directory, if there is one.
    pub fn home_dir(&self) -> Option<&Path> {
        self.home_dir.as_deref()
    }

    /// Language by `LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set.
    pub fn language(&self) -> Language {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| self.variable(name))
            .unwrap_or_default();
        if locale.to_ascii_lowercase().starts_with("zh") {
            Language::Chinese
        } else {
            Language::English
        }
    }

    /// Expands a leading `~` (alone or before `/`) to the home directory. Without a home
    /// directory the path stays as it is.
    pub fn expand_tilde(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), &self.home_dir) {
            (Some(""), Some(home)) => home.clone(),
            (Some(rest), Some(home)) if rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_directory() {
        let environment =
            Environment::from_variables::<&str, &str>([]).with_home_dir("/home/operator");
        for (path, expanded) in [
            ("~", "/home/operator"),
            ("~/x", "/home/operator/x"),
            ("~other/x", "~other/x"),
            ("/a/~", "/a/~"),
            ("a", "a"),
        ] {
            assert_eq!(
                environment.expand_tilde(path),
                PathBuf::from(expanded),
                "{path}"
            );
        }
    }

    #[test]
    fn switches_and_language() {
        let environment = Environment::from_variables([
            ("ON", "1"),
            ("OFF", "false"),
            ("EMPTY", ""),
            ("LC_ALL", ""),
            ("LANG", "zh_CN.UTF-8"),
        ]);
        assert!(environment.is_on("ON"));
        assert!(!environment.is_on("OFF"));
        assert!(!environment.is_on("EMPTY"));
        assert!(!environment.is_on("ABSENT"));
        assert_eq!(environment.language(), Language::Chinese);
    }
}
