//! Skills of one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::embedded;
use super::skill::{Skill, SkillFile};
use super::uri::SkillUri;

/// The skills that exist at one moment, by name. It never changes, and a clone shares it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Skills(Arc<BTreeMap<String, Arc<Skill>>>);

/// What lies directly in a directory of a skill.
#[derive(Debug, Clone, PartialEq)]
pub enum Child<'a> {
    /// A file.
    File {
        /// Its URI.
        uri: String,
        /// The file.
        file: &'a SkillFile,
    },
    /// A directory with files somewhere below.
    Directory {
        /// Its URI, without a slash at the end.
        uri: String,
        /// The last part of its path.
        name: String,
    },
}

impl Skills {
    /// The skills that are part of the program.
    pub fn built_in() -> Self {
        embedded::skills()
    }

    /// Skills, a later one in the place of an earlier one of its name.
    pub(super) fn new(skills: impl IntoIterator<Item = Arc<Skill>>) -> Self {
        let by_name = skills
            .into_iter()
            .map(|skill| (skill.name().to_owned(), skill));
        Self(Arc::new(by_name.collect()))
    }

    /// All, in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Skill> {
        self.0.values().map(|skill| &**skill)
    }

    /// All, in the order of their names, to be kept.
    pub(super) fn shared(&self) -> impl Iterator<Item = Arc<Skill>> {
        self.0.values().cloned()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The skill of that name.
    pub fn get(&self, name: &str) -> Option<&Skill> {
        self.0.get(name).map(|skill| &**skill)
    }

    /// A file by skill and path. The path must be one of the manifest, letter for letter:
    /// it is looked up, never resolved.
    pub fn file(&self, name: &str, path: &str) -> Option<&SkillFile> {
        self.get(name)?.file(path)
    }

    /// The skill whose `SKILL.md` the URI names.
    pub fn by_uri(&self, uri: &str) -> Option<&Skill> {
        let uri = SkillUri::parse(uri)?;
        let skill = self.get(&uri.name)?;
        (uri.path == super::SKILL_FILE).then_some(skill)
    }

    /// The file that the URI names, and its skill.
    pub fn file_by_uri(&self, uri: &str) -> Option<(&Skill, &SkillFile)> {
        let uri = SkillUri::parse(uri)?;
        let skill = self.get(&uri.name)?;
        Some((skill, skill.file(&uri.path)?))
    }

    /// What lies directly in the directory that the URI names, in the order of names.
    /// `None` if it is no directory of a skill. `skill://name` is a skill's own.
    pub fn directory(&self, uri: &str) -> Option<Vec<Child<'_>>> {
        let uri = SkillUri::parse(uri)?;
        let skill = self.get(&uri.name)?;
        let inside = if uri.path.is_empty() {
            String::new()
        } else {
            format!("{}/", uri.path)
        };
        let mut children: BTreeMap<&str, Child<'_>> = BTreeMap::new();
        for file in skill.files() {
            let Some(rest) = file.path().strip_prefix(&inside) else {
                continue;
            };
            let (name, child) = match rest.split_once('/') {
                None => (
                    rest,
                    Child::File {
                        uri: SkillUri::file(skill.name(), file.path()),
                        file,
                    },
                ),
                Some((name, _)) => (
                    name,
                    Child::Directory {
                        uri: SkillUri::file(skill.name(), &format!("{inside}{name}")),
                        name: name.to_owned(),
                    },
                ),
            };
            children.insert(name, child);
        }
        (!children.is_empty()).then(|| children.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(children: &[Child<'_>]) -> Vec<String> {
        let name = |child: &Child<'_>| match child {
            Child::File { uri, file } => {
                assert!(uri.ends_with(file.path()), "{uri}");
                file.file_name().to_owned()
            }
            Child::Directory { uri, name } => {
                assert!(uri.ends_with(name.as_str()), "{uri}");
                format!("{name}/")
            }
        };
        children.iter().map(name).collect()
    }

    #[test]
    fn a_directory_lists_its_direct_children_only() {
        let skills = Skills::built_in();
        let listed = |uri: &str| skills.directory(uri).map(|children| names(&children));
        let root = Some(vec!["SKILL.md".to_owned(), "references/".to_owned()]);
        assert_eq!(listed("skill://wecom-edit-todo"), root);
        let references = vec!["fields.md".to_owned(), "workflows.md".to_owned()];
        assert_eq!(
            listed("skill://wecom-edit-todo/references"),
            Some(references)
        );
        for wrong in [
            "skill://wecom-edit-todo/SKILL.md",
            "skill://wecom-edit-todo/ref",
            "skill://wecom-edit-todo/references/",
            "skill://nobody",
            "https://wecom-edit-todo",
        ] {
            assert_eq!(listed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn files_are_found_by_exact_path_only() {
        let skills = Skills::built_in();
        let found = |path: &str| skills.file("wecom-edit-todo", path).is_some();
        assert!(found("SKILL.md") && found("references/fields.md"));
        for path in [
            "",
            "skill.md",
            "./SKILL.md",
            "references",
            "references/../SKILL.md",
            "../wecom-msg/SKILL.md",
            "/etc/passwd",
        ] {
            assert!(!found(path), "{path}");
        }
    }

    #[test]
    fn every_file_is_found_by_the_uri_that_is_given_for_it() {
        let skills = Skills::built_in();
        for skill in skills.iter() {
            assert_eq!(skills.by_uri(&skill.uri()), Some(skill));
            for file in skill.files() {
                let uri = SkillUri::file(skill.name(), file.path());
                assert_eq!(skills.file_by_uri(&uri), Some((skill, file)));
            }
        }
        assert_eq!(
            skills.by_uri("skill://wecom-edit-todo/references/fields.md"),
            None
        );
    }
}
