//! What a command finds around it: the configuration, the account, files it may name.

use std::path::{Path, PathBuf};

use crate::cli::print;
use crate::config::{self, Config, Environment, Location, UnknownAccount};
use crate::files::FileGrant;
use crate::identity::{self, Identity};
use crate::ids::{AccountId, UserId};

/// The configuration; where it can't be used, what everything has by default. The daemon
/// has the last word on accounts, and skills need no configuration.
pub(in crate::cli) fn configuration(location: &Location, environment: &Environment) -> Config {
    match config::load(location, environment) {
        Ok(loaded) => loaded.config,
        Err(error) => {
            print::note(&format!(
                "warning: the configuration can't be used: {error}"
            ));
            match error.loaded() {
                Some(loaded) => loaded.config.clone(),
                None => Config::unconfigured(&location.home),
            }
        }
    }
}

/// The account that was named, or the default one.
///
/// # Errors
/// There is none of that name.
pub(in crate::cli) fn account(
    config: &Config,
    named: Option<&str>,
) -> Result<AccountId, UnknownAccount> {
    match named {
        None => Ok(config.default_account.clone()),
        Some(name) => Ok(config.account(name)?.id.clone()),
    }
}

/// The operator, acting for a member if one is named.
///
/// # Errors
/// The member's id can't be put in a header.
pub(in crate::cli) fn operator(account: AccountId, user: Option<&str>) -> anyhow::Result<Identity> {
    let user = user.map(str::trim).filter(|user| !user.is_empty());
    let user = user.map(UserId::new);
    if let Some(user) = user.as_ref().filter(|user| !identity::fits_header(user)) {
        anyhow::bail!("the member's id must be 1 to 64 visible ASCII characters, not {user:?}");
    }
    Ok(Identity::of_operator(account, user))
}

/// The files that a program on this machine may name: below the configured folders, or else
/// below the working directory.
pub(in crate::cli) fn files(
    config: &Config,
    account: &AccountId,
    environment: &Environment,
) -> FileGrant {
    let configured = config
        .accounts
        .get(account)
        .and_then(|account| account.mcp.file_roots.as_ref());
    let here = std::env::current_dir().ok();
    match configured {
        Some(roots) => FileGrant {
            workspace: None,
            roots: roots
                .iter()
                .map(|root| match root.to_str() {
                    Some(text) => environment.expand_tilde(text),
                    None => root.clone(),
                })
                .collect(),
        },
        None => FileGrant {
            workspace: here.filter(|here| is_narrow(here, environment.home_dir())),
            roots: Vec::new(),
        },
    }
}

/// Whether a working directory says what is meant: a client that was started in `/` or in
/// somebody's home did not choose it.
fn is_narrow(directory: &Path, home: Option<&Path>) -> bool {
    let directory: PathBuf = directory.components().collect();
    directory.parent().is_some() && !home.is_some_and(|home| home.starts_with(&directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_directory_counts_unless_it_is_everything() {
        let home = Some(Path::new("/home/operator"));
        for (directory, narrow) in [
            ("/home/operator/project", true),
            ("/srv/project", true),
            ("/home/operator", false),
            ("/home", false),
            ("/", false),
        ] {
            assert_eq!(is_narrow(Path::new(directory), home), narrow, "{directory}");
        }
    }
}
