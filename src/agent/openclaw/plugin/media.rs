//! Files that OpenClaw hands over.
//!
//! OpenClaw copies what its agents send into a folder of its own, under names like
//! `report---4f0c….pdf`. Here they are copied once more, under the name that people are to
//! see, to a place that the agent's answers may send from.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::config::Config;
use crate::files::sanitise;

/// The folder below a workspace where copies lie.
const FOLDER: &str = "from-openclaw";

/// How long a copy is kept: an answer that waits for its connection is sent within a day.
const KEPT: Duration = Duration::from_hours(24);

/// Bytes of a file; WeCom takes far less.
const MAX_BYTES: u64 = 100 * 1024 * 1024;

/// Why a file is not taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaRefused {
    /// A path that does not begin at the root.
    #[error("its path is not absolute")]
    NotAbsolute,
    /// It can't be read.
    #[error("it can't be read")]
    Unreadable(#[source] io::Error),
    /// A folder, or something stranger.
    #[error("it is no ordinary file")]
    NotAFile,
    /// Too large.
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// The state of this program, which has secrets.
    #[error("it lies in the state directory, outside of the agents' workspaces")]
    InState,
    /// The copy can't be made.
    #[error("it can't be copied")]
    NotCopied(#[source] io::Error),
}

/// Copies a file to below `workspace` and returns where it is. `name` is its name for people;
/// without one the name that OpenClaw gave it is taken back to what it was.
///
/// # Errors
/// [`MediaRefused`].
pub async fn take_over(
    config: &Config,
    workspace: &Path,
    path: &str,
    name: Option<&str>,
) -> Result<PathBuf, MediaRefused> {
    let path = Path::new(path.strip_prefix("file://").unwrap_or(path));
    if !path.is_absolute() {
        return Err(MediaRefused::NotAbsolute);
    }
    let unreadable = MediaRefused::Unreadable;
    // Links are followed first, so that what is looked at is what is copied.
    let real = tokio::fs::canonicalize(path).await.map_err(unreadable)?;
    if is_of_state(config, &real).await {
        return Err(MediaRefused::InState);
    }
    let about = tokio::fs::metadata(&real).await.map_err(unreadable)?;
    if !about.is_file() {
        return Err(MediaRefused::NotAFile);
    }
    if about.len() > MAX_BYTES {
        return Err(MediaRefused::TooLarge);
    }
    let shelf = workspace.join(FOLDER);
    clean(&shelf).await;
    let folder = shelf.join(format!("{:016x}", rand::random::<u64>()));
    let copy = folder.join(name_of(&real, name));
    let copying = async {
        tokio::fs::create_dir_all(&folder).await?;
        tokio::fs::copy(&real, &copy).await
    };
    copying.await.map_err(MediaRefused::NotCopied)?;
    Ok(copy)
}

/// Whether a file belongs to this program's own state. What agents make may lie in there.
async fn is_of_state(config: &Config, real: &Path) -> bool {
    let place = |path: PathBuf| async move {
        let found = tokio::fs::canonicalize(&path).await;
        found.unwrap_or(path)
    };
    if real == place(config.path.clone()).await {
        return true;
    }
    if !real.starts_with(place(config.home.clone()).await) {
        return false;
    }
    if real.starts_with(place(config.agents.workspace.clone()).await) {
        return false;
    }
    for agent in &config.agents.list {
        if real.starts_with(place(config.agents.workspace_of(&agent.id)).await) {
            return false;
        }
    }
    true
}

fn name_of(real: &Path, name: Option<&str>) -> String {
    let given = name.map(sanitise).filter(|name| !name.is_empty());
    given.unwrap_or_else(|| {
        let name = real.file_name().unwrap_or_default().to_string_lossy();
        sanitise(&original(&name))
    })
}

/// `report---4f0c….pdf` was `report.pdf`.
fn original(name: &str) -> String {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    match stem.rsplit_once("---") {
        Some((before, id)) if !before.is_empty() && is_uuid(id) => format!("{before}{extension}"),
        _ => name.to_owned(),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Removes copies that are past their time. What can't be removed now is looked at again.
async fn clean(shelf: &Path) {
    let Ok(mut entries) = tokio::fs::read_dir(shelf).await else {
        return;
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let modified = entry.metadata().await.and_then(|about| about.modified());
        let age = |modified: SystemTime| modified.elapsed().unwrap_or_default();
        if modified.is_ok_and(|modified| age(modified) > KEPT) {
            tokio::fs::remove_dir_all(entry.path()).await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_copied_under_its_own_name() {
        let home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let config = Config::unconfigured(home.path());
        let workspace = config.agents.workspace_of("main");
        let stored = elsewhere
            .path()
            .join("report---01234567-89ab-cdef-0123-456789abcdef.pdf");
        std::fs::write(&stored, b"%PDF").unwrap();
        let path = stored.to_str().unwrap();
        let plain = take_over(&config, &workspace, path, None).await.unwrap();
        assert_eq!(plain.file_name().unwrap(), "report.pdf");
        assert!(plain.starts_with(&workspace));
        let named = take_over(&config, &workspace, path, Some("../季报.pdf"))
            .await
            .unwrap();
        assert!(
            named
                .file_name()
                .unwrap()
                .to_string_lossy()
                .ends_with("季报.pdf")
        );
        assert_eq!(std::fs::read(named).unwrap(), b"%PDF");
    }

    #[tokio::test]
    async fn what_is_ours_stays_ours() {
        let home = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let config = Config::unconfigured(home.path());
        let workspace = config.agents.workspace_of("main");
        let state = home.path().join("state.db");
        std::fs::write(&state, b"secret").unwrap();
        let link = elsewhere.path().join("link.db");
        std::os::unix::fs::symlink(&state, &link).unwrap();
        for path in [&state, &link] {
            let taken = take_over(&config, &workspace, path.to_str().unwrap(), None).await;
            assert!(matches!(taken, Err(MediaRefused::InState)), "{path:?}");
        }
        let folder = elsewhere.path().to_str().unwrap();
        let taken = take_over(&config, &workspace, folder, None).await;
        assert!(matches!(taken, Err(MediaRefused::NotAFile)));
        let taken = take_over(&config, &workspace, "a/b.txt", None).await;
        assert!(matches!(taken, Err(MediaRefused::NotAbsolute)));
    }

    #[test]
    fn names_are_taken_back_only_where_they_were_made() {
        for (name, expected) in [
            ("a---01234567-89ab-cdef-0123-456789abcdef.png", "a.png"),
            ("a---b.png", "a---b.png"),
            (
                "---01234567-89ab-cdef-0123-456789abcdef",
                "---01234567-89ab-cdef-0123-456789abcdef",
            ),
            ("plain", "plain"),
        ] {
            assert_eq!(original(name), expected);
        }
    }
}
