//! The whole way from a text to effective settings and issues.

mod access;
mod accounts;
mod backend_acp;
mod backend_openai;
mod backend_openclaw;
mod capabilities;
mod codes;
mod files;
mod published;
mod references;
mod sections;
mod values;

use std::path::PathBuf;

use super::*;

/// The official console's example of a key: bytes 0 to 31.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A place that holds nothing.
fn nowhere() -> Location {
    Location {
        home: PathBuf::from("/nonexistent/state"),
        path: PathBuf::from("/nonexistent/state/wecom.json"),
        read_only: false,
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::from_variables(variables.iter().copied()).with_home_dir("/nonexistent/operator")
}

/// Loads a text, whether the program would start with it or not.
fn look_in(text: &str, env: &Environment) -> Loaded {
    match load_text(text, &nowhere(), env) {
        Ok(loaded) => loaded,
        Err(LoadError::Invalid(loaded)) => *loaded,
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn look(text: &str) -> Loaded {
    look_in(text, &environment(&[]))
}

/// Loads the inside of `channels.wecom`, switched on.
fn channel(inside: &str) -> Loaded {
    look(&format!(
        "{{ channels: {{ wecom: {{ enabled: true, {inside} }} }} }}"
    ))
}

/// The one account of a file without `accounts`.
fn single(inside: &str) -> Account {
    account(&channel(inside), "default")
}

/// The account `hq` of a file with `accounts`; `top` is inherited.
fn inheriting(top: &str, own: &str) -> Account {
    account(
        &channel(&format!("{top} accounts: {{ hq: {{ {own} }} }}")),
        "hq",
    )
}

fn account(loaded: &Loaded, id: &str) -> Account {
    loaded.config.accounts[&crate::ids::AccountId::new(id)].clone()
}

/// Code and path of every finding, worst first.
fn found(loaded: &Loaded) -> Vec<String> {
    all_issues(&loaded.config)
        .into_iter()
        .map(|issue| format!("{:?} {} {}", issue.severity, issue.code, issue.path))
        .collect()
}

/// Paths at which a code was found.
fn places(loaded: &Loaded, code: &str) -> Vec<String> {
    all_issues(&loaded.config)
        .into_iter()
        .filter(|issue| issue.code == code)
        .map(|issue| issue.path.clone())
        .collect()
}

fn is_fatal(text: &str) -> bool {
    matches!(
        load_text(text, &nowhere(), &environment(&[])),
        Err(LoadError::Invalid(_))
    )
}
