//! Which folders the files of one call may lie in.

use std::path::{Path, PathBuf};

use super::path::normalise;
use super::store::INBOUND;
use super::{FileGrant, MediaScope, MediaStore};
use crate::config::Config;
use crate::identity::{Identity, Source};

/// The folders that one call may name files in, and the folders that it never may.
///
/// The folders are looked up when a file is opened: one that was made since is found, one
/// that is gone is passed over.
#[derive(Debug, Clone)]
pub struct FileRoots {
    pub(super) workspace: Option<PathBuf>,
    pub(super) user_home: Option<PathBuf>,
    pub(super) roots: Vec<Root>,
    /// State and media of everybody: not to be entered from a root above them.
    pub(super) protected: Vec<PathBuf>,
    /// Not to be read wherever it lies.
    pub(super) config_file: PathBuf,
}

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) path: PathBuf,
    /// The program chose it, so that it may lie inside the state directory.
    pub(super) is_own: bool,
}

/// Folders of WeCom's other media below `media.tempDir`.
const OUTBOUND: &str = "outbound";

/// Folders of the state directory where agents keep what they make.
const AGENT_FOLDERS: [&str; 3] = ["workspace", "agents", "sandboxes"];

impl FileRoots {
    /// What `grant` allows, `mediaLocalRoots` of the account unless the caller is on
    /// another machine, and the caller's own shelf of the store.
    ///
    /// `user_home` is what `~/` stands for.
    pub fn of(
        config: &Config,
        store: &MediaStore,
        identity: &Identity,
        grant: &FileGrant,
        user_home: Option<PathBuf>,
    ) -> Self {
        let shelf = store.folder(&MediaScope::of(identity));
        let is_remote = matches!(identity.source(), Source::Credential { .. });
        let of_account = config
            .accounts
            .get(identity.account())
            .filter(|_| !is_remote)
            .map(|account| account.media.local_roots.as_slice())
            .unwrap_or_default();
        let own = grant.workspace.iter().chain(&shelf);
        let configured = grant.roots.iter().chain(of_account);
        Self::made_of(config, own, configured, grant.workspace.clone(), user_home)
    }

    /// What a file that an agent sends into a chat may lie in: its workspace, the folders of
    /// agents in the state directory, the shelf of that chat, and the account's
    /// `mediaLocalRoots`. Never the state directory itself, which has the configuration and
    /// everybody's conversations, nor another chat's shelf.
    ///
    /// `grant` is the agent's; `user_home` is what `~/` stands for.
    pub fn of_delivery(
        config: &Config,
        store: &MediaStore,
        shelf: &MediaScope,
        grant: &FileGrant,
        user_home: Option<PathBuf>,
    ) -> Self {
        let of_agents = AGENT_FOLDERS.map(|folder| config.home.join(folder));
        let shelf_folder = store.folder(shelf);
        let own = (grant.workspace.iter().chain(&shelf_folder)).chain(&of_agents);
        let of_account = config
            .accounts
            .get(shelf.account())
            .map(|account| account.media.local_roots.as_slice())
            .unwrap_or_default();
        let configured = grant.roots.iter().chain(of_account);
        Self::made_of(config, own, configured, grant.workspace.clone(), user_home)
    }

    fn made_of<'a>(
        config: &Config,
        own: impl Iterator<Item = &'a PathBuf>,
        configured: impl Iterator<Item = &'a PathBuf>,
        workspace: Option<PathBuf>,
        user_home: Option<PathBuf>,
    ) -> Self {
        let root = |path: &PathBuf, is_own| Root {
            path: normalise(path),
            is_own,
        };
        let roots = own
            .map(|path| root(path, true))
            .chain(configured.map(|path| root(path, false)))
            .filter(|root| root.path.is_absolute())
            .collect();
        let media = config.accounts.values().flat_map(|account| {
            [INBOUND, OUTBOUND].map(|folder| account.media.temp_dir.join(folder))
        });
        let mut protected: Vec<PathBuf> =
            std::iter::once(config.home.clone()).chain(media).collect();
        protected.sort();
        protected.dedup();
        Self {
            workspace,
            user_home,
            roots,
            protected,
            config_file: config.path.clone(),
        }
    }

    /// Where files may lie, in words: the workspace by its name, which the agent knows
    /// anyway, other folders not.
    pub(super) fn described(&self) -> String {
        let has_configured = self.roots.iter().any(|root| !root.is_own);
        match (&self.workspace, has_configured) {
            (Some(workspace), false) => format!("files must be under {}", workspace.display()),
            (Some(workspace), true) => format!(
                "files must be under {} or a configured media root",
                workspace.display()
            ),
            (None, true) => "files must be under a configured media root".to_owned(),
            (None, false) => "this caller has no folder to name files in".to_owned(),
        }
    }

    /// Roots that could hold `path`, with its rest below each, the closest root first; told
    /// by the letter.
    pub(super) fn by_letter<'a>(&'a self, path: &'a Path) -> Vec<(&'a Root, PathBuf)> {
        closest(self.roots.iter().filter_map(|root| {
            let rest = path.strip_prefix(&root.path).ok()?;
            Some((root, rest.to_path_buf()))
        }))
    }

    /// The same where `path` spells the roots' real places: `/private/tmp` for `/tmp`.
    pub(super) fn by_real_place<'a>(&'a self, path: &'a Path) -> Vec<(&'a Root, PathBuf)> {
        closest(self.roots.iter().filter_map(|root| {
            let real = std::fs::canonicalize(&root.path).ok()?;
            let rest = path.strip_prefix(real).ok()?;
            Some((root, rest.to_path_buf()))
        }))
    }
}

fn closest<'a>(found: impl Iterator<Item = (&'a Root, PathBuf)>) -> Vec<(&'a Root, PathBuf)> {
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(_, rest)| rest.components().count());
    found
}
