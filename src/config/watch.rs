//! Notices when a file of the configuration changes.
//!
//! Directories are watched instead of files, because editors and container platforms
//! replace a file rather than write into it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// Silence that ends a burst of changes: an editor writes, renames and touches.
pub const DEBOUNCE: Duration = Duration::from_millis(300);

/// A burst that never ends is reported after this long all the same.
const LONGEST_BURST: Duration = Duration::from_secs(3);

/// Changes carry no content, so one waiting signal stands for all.
const SIGNALS: usize = 1;

/// The link that Kubernetes swaps when it updates mounted files.
const MOUNT_LINK: &str = "..data";

/// The operating system does not watch.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}: {source}; reload with SIGHUP or `wecom config reload`", path.display())]
pub struct WatchError {
    path: PathBuf,
    source: notify::Error,
}

/// Watches files until it is dropped.
#[derive(Debug)]
pub struct Watching {
    signals: mpsc::Receiver<()>,
    /// A change was noticed and not reported yet, and when.
    pending: Option<Instant>,
    _watcher: notify::RecommendedWatcher,
}

/// Watches the given files, present or not. A directory that does not exist cannot be
/// watched; it is passed over as long as one can.
///
/// # Errors
/// None of the directories can be watched.
pub fn watch(files: &[PathBuf]) -> Result<Watching, WatchError> {
    let watched = Watched::new(files);
    let places: Vec<Place> = watched
        .directories
        .iter()
        .map(|directory| (directory.clone(), RecursiveMode::NonRecursive))
        .collect();
    start(&places, move |paths| watched.concerns(paths))
}

/// Watches everything below the given directories, and the directories themselves being
/// made or replaced.
///
/// # Errors
/// None of them can be watched.
pub fn watch_trees(directories: &[PathBuf]) -> Result<Watching, WatchError> {
    let real = |directory: &PathBuf| {
        std::fs::canonicalize(directory).unwrap_or_else(|_| directory.clone())
    };
    // A parent may lie in another tree; watched later, that one keeps its depth.
    let parents = directories
        .iter()
        .map(|directory| (parent(directory), RecursiveMode::NonRecursive));
    let trees = directories
        .iter()
        .map(|directory| (real(directory), RecursiveMode::Recursive));
    let places: Vec<Place> = parents.chain(trees).collect();
    let concerned: Vec<PathBuf> = directories
        .iter()
        .flat_map(|directory| {
            let name = directory.file_name().unwrap_or_default();
            [real(directory), parent(directory).join(name)]
        })
        .collect();
    start(&places, move |paths| {
        paths.is_empty()
            || paths
                .iter()
                .any(|path| concerned.iter().any(|tree| path.starts_with(tree)))
    })
}

/// A directory and how deep it is watched.
type Place = (PathBuf, RecursiveMode);

fn start(
    places: &[Place],
    concerns: impl Fn(&[PathBuf]) -> bool + Send + 'static,
) -> Result<Watching, WatchError> {
    let (sender, signals) = mpsc::channel(SIGNALS);
    let handler = move |event: notify::Result<notify::Event>| {
        let is_change = match &event {
            // Reading a file is no change.
            Ok(event) => !matches!(event.kind, EventKind::Access(_)) && concerns(&event.paths),
            // Events were lost: look.
            Err(_) => true,
        };
        if is_change {
            // A full channel already says that something changed.
            let _ = sender.try_send(());
        }
    };
    let mut notifier = notify::recommended_watcher(handler).map_err(|source| WatchError {
        path: places
            .first()
            .map(|(path, _)| path.clone())
            .unwrap_or_default(),
        source,
    })?;
    let mut refused = None;
    let mut any = false;
    for (directory, mode) in places {
        match notifier.watch(directory, *mode) {
            Ok(()) => any = true,
            Err(source) => {
                refused = Some(WatchError {
                    path: directory.clone(),
                    source,
                });
            }
        }
    }
    match refused {
        Some(error) if !any => Err(error),
        _ => Ok(Watching {
            signals,
            pending: None,
            _watcher: notifier,
        }),
    }
}

impl Watching {
    /// Waits for the next change and for the end of its burst ([`DEBOUNCE`] of silence,
    /// three seconds at most). `None`: the watcher ended.
    ///
    /// Cancel safe: a change that was noticed before the future is dropped is reported by
    /// the next call.
    pub async fn changed(&mut self) -> Option<()> {
        let first = if let Some(first) = self.pending {
            first
        } else {
            self.signals.recv().await?;
            *self.pending.insert(Instant::now())
        };
        let mut quiet = Instant::now() + DEBOUNCE;
        let last = first + LONGEST_BURST;
        while let Ok(Some(())) = timeout_at(quiet.min(last), self.signals.recv()).await {
            quiet = Instant::now() + DEBOUNCE;
        }
        self.pending = None;
        Some(())
    }
}

/// Which events concern the files.
#[derive(Debug)]
struct Watched {
    files: BTreeSet<PathBuf>,
    directories: BTreeSet<PathBuf>,
}

impl Watched {
    /// A link is watched where it stands and where it leads.
    fn new(files: &[PathBuf]) -> Self {
        let mut all: BTreeSet<PathBuf> = BTreeSet::new();
        for file in files {
            let directory = parent(file);
            let real = std::fs::canonicalize(&directory).unwrap_or(directory);
            if let Some(name) = file.file_name() {
                all.insert(real.join(name));
            }
            if let Ok(target) = std::fs::canonicalize(file) {
                all.insert(target);
            }
        }
        Self {
            directories: all.iter().map(|file| parent(file)).collect(),
            files: all,
        }
    }

    fn concerns(&self, paths: &[PathBuf]) -> bool {
        // An event without a path may be about anything.
        paths.is_empty()
            || paths.iter().any(|path| {
                self.files.contains(path) || path.file_name() == Some(&OsString::from(MOUNT_LINK))
            })
    }
}

fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for a loaded machine; nothing waits for it when all is well.
    const PATIENCE: Duration = Duration::from_secs(20);

    async fn is_reported(watching: &mut Watching) -> bool {
        tokio::time::timeout(PATIENCE, watching.changed())
            .await
            .is_ok_and(|changed| changed.is_some())
    }

    #[tokio::test]
    async fn a_write_a_replacement_and_a_new_file_are_each_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wecom.json");
        let absent = folder.path().join(".env");
        std::fs::write(&file, "{}").unwrap();
        let mut watching = watch(&[file.clone(), absent.clone()]).unwrap();
        for turn in 0..3 {
            match turn {
                0 => std::fs::write(&file, "{ a: 1 }").unwrap(),
                1 => {
                    let sibling = folder.path().join("wecom.json.new");
                    std::fs::write(&sibling, "{ a: 2 }").unwrap();
                    std::fs::rename(&sibling, &file).unwrap();
                }
                _ => std::fs::write(&absent, "A=1").unwrap(),
            }
            assert!(is_reported(&mut watching).await, "change {turn}");
            assert!(watching.signals.try_recv().is_err(), "change {turn} twice");
        }
    }

    #[test]
    fn other_files_of_the_directory_do_not_concern() {
        let watched = Watched::new(&[PathBuf::from("/nonexistent/wecom.json")]);
        let concerns = |path: &str| watched.concerns(&[PathBuf::from(path)]);
        assert!(concerns("/nonexistent/wecom.json"));
        assert!(concerns("/nonexistent/..data"));
        assert!(!concerns("/nonexistent/state.db"));
        assert!(watched.concerns(&[]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_one_change_and_dropping_the_wait_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, signals) = mpsc::channel(SIGNALS);
        let mut watching = watch(&[folder.path().join("wecom.json")]).unwrap();
        watching.signals = signals;
        sender.send(()).await.unwrap();
        let cut_short = tokio::time::timeout(DEBOUNCE / 2, watching.changed()).await;
        assert!(cut_short.is_err());
        let begun = Instant::now();
        assert_eq!(watching.changed().await, Some(()));
        assert_eq!(begun.elapsed(), DEBOUNCE);
        drop(sender);
        assert_eq!(watching.changed().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_without_end_is_reported_after_three_seconds() {
        let folder = tempfile::tempdir().unwrap();
        let (sender, signals) = mpsc::channel(SIGNALS);
        let mut watching = watch(&[folder.path().join("wecom.json")]).unwrap();
        watching.signals = signals;
        let begun = Instant::now();
        let chatter = async {
            loop {
                sender.send(()).await.unwrap();
                tokio::time::sleep(DEBOUNCE / 3).await;
            }
        };
        tokio::select! {
            changed = watching.changed() => assert_eq!(changed, Some(())),
            () = chatter => {}
        }
        assert_eq!(begun.elapsed(), LONGEST_BURST);
    }
}
