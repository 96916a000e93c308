use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::skills::{Skills, load_dir};

fn only(name: &str, to: &Path, force: bool) -> Outcome {
    let skills = Skills::built_in();
    let mut done = install(skills.get(name), to, force).unwrap();
    assert_eq!(done.len(), 1);
    done.remove(0).outcome
}

#[test]
fn what_is_installed_is_what_the_program_has() {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join("a/b");
    let skills = Skills::built_in();
    let done = install(skills.iter(), &to, false).unwrap();
    assert!(done.iter().all(|one| one.outcome == Outcome::Added));
    let loaded = load_dir(&to).unwrap();
    assert_eq!(loaded.problems, []);
    assert_eq!(Skills::new(loaded.skills), skills);
    let again = install(skills.iter(), &to, false).unwrap();
    assert!(again.iter().all(|one| one.outcome == Outcome::Unchanged));
    let left: Vec<_> = fs::read_dir(&to).unwrap().collect();
    assert_eq!(left.len(), skills.len() + 1, "skills and the marker");
}

#[test]
fn an_older_edition_of_ours_is_replaced() {
    let to = tempfile::tempdir().unwrap();
    only("wecom-msg", to.path(), false);
    // As an earlier release would have left it: other contents, and a marker that says so.
    let file = to.path().join("wecom-msg/references/old.md");
    fs::write(&file, "old").unwrap();
    let marker = to.path().join(MARKER);
    let mut record = Record::read(&marker).unwrap();
    let files = record.skills.get_mut("wecom-msg").unwrap();
    files.insert("references/old.md".to_owned(), digest(b"old"));
    record.write(to.path()).unwrap();

    let overwritten = Vec::new();
    assert_eq!(
        only("wecom-msg", to.path(), false),
        Outcome::Updated { overwritten }
    );
    assert!(!file.exists());
}

#[test]
fn changes_of_somebody_else_are_kept_unless_forced() {
    let to = tempfile::tempdir().unwrap();
    only("wecom-msg", to.path(), false);
    let folder = to.path().join("wecom-msg");
    fs::write(folder.join("SKILL.md"), "mine").unwrap();
    fs::write(folder.join("notes.md"), "mine").unwrap();
    fs::remove_file(folder.join("references/display.md")).unwrap();
    let changed = vec!["SKILL.md".to_owned(), "notes.md".to_owned()];
    assert_eq!(
        only("wecom-msg", to.path(), false),
        Outcome::Kept {
            changed: changed.clone()
        }
    );
    assert_eq!(fs::read(folder.join("SKILL.md")).unwrap(), b"mine");
    assert_eq!(
        only("wecom-msg", to.path(), true),
        Outcome::Updated {
            overwritten: changed
        }
    );
    let loaded = load_dir(&folder).unwrap();
    let built_in = Skills::built_in();
    assert_eq!(Some(&*loaded.skills[0]), built_in.get("wecom-msg"));
}

#[test]
fn a_skill_that_was_there_before_us_is_somebody_elses() {
    let to = tempfile::tempdir().unwrap();
    let folder = to.path().join("wecom-msg");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("SKILL.md"), "theirs").unwrap();
    let changed = vec!["SKILL.md".to_owned()];
    let outcome = only("wecom-msg", to.path(), false);
    assert_eq!(outcome, Outcome::Kept { changed });
    assert!(!to.path().join(MARKER).exists());
}

#[test]
fn links_are_neither_followed_nor_replaced() {
    let (to, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(elsewhere.path(), to.path().join("wecom-msg")).unwrap();
    for force in [false, true] {
        assert_eq!(only("wecom-msg", to.path(), force), Outcome::NoDirectory);
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    only("wecom-schedule", to.path(), false);
    let inside = to.path().join("wecom-schedule/SKILL.md");
    fs::remove_file(&inside).unwrap();
    symlink(elsewhere.path().join("x"), &inside).unwrap();
    let changed = vec!["SKILL.md".to_owned()];
    let outcome = only("wecom-schedule", to.path(), false);
    assert_eq!(outcome, Outcome::Kept { changed });
}

#[test]
fn a_marker_that_is_none_of_ours_makes_every_difference_somebody_elses() {
    let to = tempfile::tempdir().unwrap();
    only("wecom-msg", to.path(), false);
    fs::write(to.path().join(MARKER), "not json").unwrap();
    fs::write(to.path().join("wecom-msg/SKILL.md"), "mine").unwrap();
    let changed = vec!["SKILL.md".to_owned()];
    let outcome = only("wecom-msg", to.path(), false);
    assert_eq!(outcome, Outcome::Kept { changed });
}
