//! The skills that are part of the program.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

use super::problem::{Problem, Report};
use super::set::Skills;
use super::skill::{Skill, SkillFile};

/// Path below `skills/` and contents of every file; the build script makes the list.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/skills.rs"));

static SKILLS: LazyLock<(Skills, Vec<Problem>)> = LazyLock::new(read);

/// The skills; a test shows that none of the folders is missing.
pub(super) fn skills() -> Skills {
    SKILLS.0.clone()
}

fn read() -> (Skills, Vec<Problem>) {
    let mut folders: BTreeMap<&str, Vec<SkillFile>> = BTreeMap::new();
    for (path, bytes) in FILES {
        if let Some((folder, path)) = path.split_once('/') {
            let file = SkillFile::new(path, Bytes::from_static(bytes));
            folders.entry(folder).or_default().push(file);
        }
    }
    let mut problems = Vec::new();
    let mut skills = Vec::new();
    for (folder, files) in folders {
        let mut report = Report::new(folder);
        skills.extend(Skill::new(folder, files, &mut report).map(Arc::new));
        problems.extend(report.into_problems());
    }
    (Skills::new(skills), problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_a_skill_without_any_problem() {
        let (skills, problems) = &*SKILLS;
        assert_eq!(problems, &[]);
        let names: Vec<&str> = skills.iter().map(Skill::name).collect();
        assert_eq!(
            names,
            [
                "wecom-contact-lookup",
                "wecom-cron",
                "wecom-doc-manager",
                "wecom-edit-todo",
                "wecom-get-todo-detail",
                "wecom-get-todo-list",
                "wecom-meeting-create",
                "wecom-meeting-manage",
                "wecom-meeting-query",
                "wecom-msg",
                "wecom-preflight",
                "wecom-schedule",
                "wecom-send-media",
                "wecom-send-template-card",
                "wecom-smartsheet-data",
                "wecom-smartsheet-schema",
            ]
        );
        let embedded: usize = skills.iter().map(|skill| skill.files().len()).sum();
        assert_eq!(embedded, FILES.len());
    }
}
