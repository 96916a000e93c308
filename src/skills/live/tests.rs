use std::fs;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::config::McpServerSettings;

/// Long enough for a loaded machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

fn write(root: &Path, description: &str) {
    let folder = root.join("house-rules");
    fs::create_dir_all(&folder).unwrap();
    let text = format!("---\nname: house-rules\ndescription: {description}\n---\n\n# Body\n");
    // As editors do: a reader never sees half a file.
    fs::write(root.join("fresh"), text).unwrap();
    fs::rename(root.join("fresh"), folder.join("SKILL.md")).unwrap();
}

fn start(directory: &Path, tracker: &TaskTracker, stop: &CancellationToken) -> LiveSkills {
    let sources = SkillSources::new(&McpServerSettings {
        skills_dirs: vec![directory.to_path_buf()],
        built_in_skills: false,
        ..McpServerSettings::default()
    });
    LiveSkills::start(sources, tracker, stop.clone())
}

async fn comes_to(live: &LiveSkills, description: Option<&str>) -> bool {
    let mut changes = live.changes();
    let is_there = |skills: &Skills| {
        skills
            .get("house-rules")
            .map(super::super::Skill::description)
            == description
    };
    let there = changes.wait_for(is_there);
    matches!(tokio::time::timeout(PATIENCE, there).await, Ok(Ok(_)))
}

#[tokio::test]
async fn changes_of_a_directory_are_taken_over() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("skills");
    fs::create_dir(&directory).unwrap();
    write(&directory, "First.");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let live = start(&directory, &tracker, &stop);
    assert!(live.can_change());
    let before = live.get();
    assert!(comes_to(&live, Some("First.")).await);

    write(&directory, "Second.");
    assert!(comes_to(&live, Some("Second.")).await);
    let held = before.get("house-rules").unwrap().description();
    assert_eq!(held, "First.", "who holds a state keeps it");

    write(&directory, "");
    write(&directory, "Third.");
    assert!(comes_to(&live, Some("Third.")).await);

    fs::rename(&directory, root.path().join("old")).unwrap();
    fs::create_dir(&directory).unwrap();
    assert!(comes_to(&live, None).await);
    write(&directory, "Fourth.");
    assert!(comes_to(&live, Some("Fourth.")).await);

    stop.cancel();
    tracker.close();
    assert!(tokio::time::timeout(PATIENCE, tracker.wait()).await.is_ok());
}

#[tokio::test]
async fn a_directory_may_appear_later() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("skills");
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let live = start(&directory, &tracker, &stop);
    assert!(live.get().is_empty());
    fs::create_dir(&directory).unwrap();
    write(&directory, "First.");
    assert!(comes_to(&live, Some("First.")).await);
    stop.cancel();
}

#[tokio::test]
async fn without_directories_nothing_is_watched() {
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let sources = SkillSources::new(&McpServerSettings::default());
    let live = LiveSkills::start(sources, &tracker, stop);
    assert_eq!(live.get(), Skills::built_in());
    assert!(!live.can_change() && tracker.is_empty());
    assert!(live.changes().changed().await.is_err());
}
