//! The sixteen skills say what is true: every call in them would be accepted, every
//! answer they show could be given, every name they use exists.
//!
//! Each rule is a function from texts to findings (`rules`). It runs over the skills, which
//! must give none, and over small bad texts (`failing`), which must give theirs: a rule
//! that cannot fail would say nothing.

#[cfg(test)]
mod failing;
#[cfg(test)]
mod jobs;
mod markdown;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod vocabulary;

use std::fs;

use serde_json::Value;
use wecom::skills::{Skills, load_dir};

use markdown::Page;
use rules::Finding;

/// Every Markdown page of every skill.
fn pages() -> Vec<Page> {
    let skills = Skills::built_in();
    let pages: Vec<Page> = skills
        .iter()
        .flat_map(|skill| skill.files().iter().map(move |file| (skill, file)))
        .filter_map(|(skill, file)| Some(Page::new(skill.name(), file.path(), file.text()?)))
        .collect();
    assert!(pages.len() > 50, "{} pages", pages.len());
    pages
}

/// Asserts that a rule finds nothing in any page.
#[track_caller]
fn none(rule: impl Fn(&Page) -> Vec<Finding>) {
    let found: Vec<String> = pages()
        .iter()
        .flat_map(rule)
        .map(|finding| finding.to_string())
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_call_names_a_method_and_its_arguments_are_accepted() {
    none(rules::calls);
    let calls: usize = pages()
        .iter()
        .map(|page| rules::all_calls(page).len())
        .sum();
    assert!(calls > 120, "only {calls} calls were looked at");
}

#[test]
fn every_sample_answer_could_be_given() {
    none(rules::answers);
    let answers: usize = pages().iter().map(|page| page.answers().len()).sum();
    assert!(answers >= 20, "only {answers} answers were looked at");
}

#[test]
fn every_json_block_parses() {
    none(rules::json_blocks);
}

#[test]
fn every_name_of_a_method_exists() {
    none(rules::method_names);
}

#[test]
fn every_name_of_a_tool_a_skill_or_a_command_exists() {
    none(rules::other_names);
}

#[test]
fn what_needs_consent_is_asked_for_in_the_same_section() {
    none(rules::consent);
}

#[test]
fn samples_for_people_show_no_ids() {
    none(rules::shown_samples);
}

#[test]
fn no_sample_repeats_what_must_not_be_repeated() {
    none(rules::repetitions);
}

#[test]
fn shared_rules_are_word_for_word_the_same() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/skills/README.md"));
    let source = Page::new("", "README.md", &readme.unwrap());
    none(|page| rules::shared_rules(page, &source));
}

/// Hosts that read skills over the extension take values of `metadata` for texts, and one
/// skill that they refuse costs them all of them.
#[test]
fn metadata_holds_texts_only() {
    for skill in Skills::built_in().iter() {
        let Some(metadata) = skill.front_matter().get("metadata") else {
            continue;
        };
        let metadata = metadata.as_object().unwrap();
        assert!(metadata.values().all(Value::is_string), "{}", skill.name());
    }
}

/// The example of the extension's specification: its manifest lists this size and digest.
#[test]
fn the_digest_is_that_of_the_specification() {
    let folder = tempfile::tempdir().unwrap();
    let skill = folder.path().join("pdf-processing");
    fs::create_dir(&skill).unwrap();
    let text = "---\nname: pdf-processing\ndescription: Extract, fill, and assemble PDF documents\n\
                ---\n\n# PDF processing\n\nChoose the matching template from `templates/`.\n";
    fs::write(skill.join("SKILL.md"), text).unwrap();
    let loaded = load_dir(folder.path()).unwrap();
    assert_eq!(loaded.problems, []);
    let file = loaded.skills[0].file("SKILL.md").unwrap();
    let digest = "sha256:99b737495721155ece826d57521e2d66141ebdc1344a400487481ea2642ab19e";
    assert_eq!((file.size(), file.digest()), (151, digest));
}
