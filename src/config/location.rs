//! Where the state directory and the configuration file are.

use std::path::{Path, PathBuf};

use super::environment::Environment;

/// The state directory and the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// State directory: `WECOM_HOME`, else `~/.wecom`.
    pub home: PathBuf,
    /// Configuration file: named on the command line, else `WECOM_CONFIG`, else
    /// `wecom.json` in the state directory.
    pub path: PathBuf,
    /// Every writer refuses (`WECOM_CONFIG_READONLY`, `OPENCLAW_CONFIG_READONLY` or
    /// `OPENCLAW_NIX_MODE`).
    pub read_only: bool,
}

impl Location {
    /// Environment files with secrets, one `NAME=value` a line, lie here.
    pub fn dotenv_path(&self) -> PathBuf {
        self.home.join(".env")
    }

    /// The directory that relative paths of the file start from.
    pub fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

/// Decides where state and configuration are. Nothing is looked up on disk; relative paths
/// are taken from the working directory.
pub fn locate(explicit: Option<&Path>, env: &Environment) -> Location {
    let home = absolute(match env.variable("WECOM_HOME") {
        Some(home) => env.expand_tilde(home),
        None => env.expand_tilde("~/.wecom"),
    });
    let path = match (explicit, env.variable("WECOM_CONFIG")) {
        (Some(path), _) => absolute(
            path.to_str()
                .map_or_else(|| path.to_path_buf(), |text| env.expand_tilde(text)),
        ),
        (None, Some(path)) => absolute(env.expand_tilde(path)),
        (None, None) => home.join("wecom.json"),
    };
    let read_only = [
        "WECOM_CONFIG_READONLY",
        "OPENCLAW_CONFIG_READONLY",
        "OPENCLAW_NIX_MODE",
    ]
    .iter()
    .any(|name| env.is_on(name));
    Location {
        home,
        path,
        read_only,
    }
}

/// The path from the root. An empty path has no such form and stays as it is.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::from_variables(variables.iter().copied()).with_home_dir("/home/operator")
    }

    #[test]
    fn the_first_place_that_is_named_wins() {
        let home = |env: &Environment| locate(None, env).home;
        let path =
            |explicit: Option<&str>, env: &Environment| locate(explicit.map(Path::new), env).path;
        let bare = environment(&[]);
        assert_eq!(home(&bare), Path::new("/home/operator/.wecom"));
        assert_eq!(
            path(None, &bare),
            Path::new("/home/operator/.wecom/wecom.json")
        );
        let named = environment(&[
            ("WECOM_HOME", "~/state"),
            ("WECOM_CONFIG", "/etc/wecom.json5"),
        ]);
        assert_eq!(home(&named), Path::new("/home/operator/state"));
        assert_eq!(path(None, &named), Path::new("/etc/wecom.json5"));
        assert_eq!(
            path(Some("~/mine.json"), &named),
            Path::new("/home/operator/mine.json")
        );
        let relative = path(Some("mine.json"), &named);
        assert!(relative.is_absolute() && relative.ends_with("mine.json"));
    }

    #[test]
    fn any_of_three_switches_forbids_writing() {
        for name in [
            "WECOM_CONFIG_READONLY",
            "OPENCLAW_CONFIG_READONLY",
            "OPENCLAW_NIX_MODE",
        ] {
            assert!(
                locate(None, &environment(&[(name, "1")])).read_only,
                "{name}"
            );
        }
        assert!(!locate(None, &environment(&[])).read_only);
    }
}
