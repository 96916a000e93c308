//! The skills in use, for rooms that serve them.

use std::path::PathBuf;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::set::Skills;
use super::sources::SkillSources;
use crate::config::watch::{Watching, watch_trees};
use crate::task;

/// The skills in use. Directories are read again when something in them changes; the whole
/// set is replaced at once.
#[derive(Debug, Clone)]
pub struct LiveSkills {
    current: watch::Receiver<Skills>,
    can_change: bool,
}

impl LiveSkills {
    /// Skills that stay as they are.
    pub fn fixed(skills: Skills) -> Self {
        Self {
            current: watch::channel(skills).1,
            can_change: false,
        }
    }

    /// Reads the sources, and reads them again after every change until `stop` is
    /// cancelled. What is wrong with a skill is logged. The first reading waits for the
    /// disk.
    pub fn start(
        mut sources: SkillSources,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let directories = sources.directories();
        // Interest comes before the look, or a change between the two is lost.
        let watching = watch_directories(&directories);
        let (sender, current) = watch::channel(read(&mut sources));
        let can_change = watching.is_some();
        if let Some(watching) = watching {
            let keep_up = KeepUp {
                sources,
                directories,
                sender,
            };
            task::spawn(tracker, "skills", keep_up.run(watching, stop));
        }
        Self {
            current,
            can_change,
        }
    }

    /// What is in use now. Take it once for one answer, so that the answer sees one state.
    pub fn get(&self) -> Skills {
        self.current.borrow().clone()
    }

    /// Whether they may change while the program runs.
    pub fn can_change(&self) -> bool {
        self.can_change
    }

    /// Tells of every change. Where there can be none, waiting for it ends with an error.
    pub fn changes(&self) -> watch::Receiver<Skills> {
        self.current.clone()
    }
}

/// Watches the directories; `None`, said in the log, where that is not possible.
fn watch_directories(directories: &[PathBuf]) -> Option<Watching> {
    if directories.is_empty() {
        return None;
    }
    watch_trees(directories)
        .inspect_err(|error| tracing::warn!(%error, "changes of skills are not noticed"))
        .ok()
}

fn read(sources: &mut SkillSources) -> Skills {
    let reading = sources.read();
    for remark in &reading.remarks {
        tracing::warn!("skills: {remark}");
    }
    reading.skills
}

/// Follows the directories.
struct KeepUp {
    sources: SkillSources,
    directories: Vec<PathBuf>,
    sender: watch::Sender<Skills>,
}

impl KeepUp {
    async fn run(mut self, mut watching: Watching, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = watching.changed() => if changed.is_none() { return },
            }
            // A directory may have been replaced by another one of its name.
            match watch_directories(&self.directories) {
                Some(again) => watching = again,
                None => return,
            }
            let Ok((sources, skills)) = reread(self.sources).await else {
                return;
            };
            self.sources = sources;
            let changed = self.sender.send_if_modified(|current| {
                let changed = *current != skills;
                *current = skills;
                changed
            });
            if changed {
                tracing::info!(skills.count = self.sender.borrow().len(), "skills reloaded");
            }
        }
    }
}

/// Reads off the runtime's threads. An error means that the reading panicked.
async fn reread(
    mut sources: SkillSources,
) -> Result<(SkillSources, Skills), tokio::task::JoinError> {
    tokio::task::spawn_blocking(move || {
        let skills = read(&mut sources);
        (sources, skills)
    })
    .await
}

#[cfg(test)]
mod tests;
