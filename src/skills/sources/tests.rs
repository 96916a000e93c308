use std::fs;
use std::path::Path;

use super::*;

fn write(root: &Path, name: &str, front_matter: &str) {
    fs::create_dir_all(root.join(name)).unwrap();
    let text = format!("---\n{front_matter}\n---\n\n# Body\n");
    fs::write(root.join(name).join("SKILL.md"), text).unwrap();
}

fn good(root: &Path, name: &str, description: &str) {
    write(
        root,
        name,
        &format!("name: {name}\ndescription: {description}"),
    );
}

fn sources(directories: &[&Path], built_in_skills: bool) -> SkillSources {
    SkillSources::new(&McpServerSettings {
        skills_dirs: directories.iter().map(|path| path.to_path_buf()).collect(),
        built_in_skills,
        ..McpServerSettings::default()
    })
}

fn description<'a>(reading: &'a Reading, name: &str) -> Option<&'a str> {
    Some(reading.skills.get(name)?.description())
}

#[test]
fn a_later_source_takes_the_place_of_an_earlier_one() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    good(one.path(), "wecom-msg", "One.");
    good(one.path(), "house-rules", "One.");
    good(two.path(), "house-rules", "Two.");
    let reading = sources(&[one.path(), two.path()], true).read();
    assert_eq!(reading.remarks, Vec::<String>::new());
    assert_eq!(reading.skills.len(), 17);
    assert_eq!(description(&reading, "wecom-msg"), Some("One."));
    assert_eq!(description(&reading, "house-rules"), Some("Two."));
    let alone = sources(&[two.path()], false).read();
    assert_eq!(alone.skills.len(), 1);
}

#[test]
fn a_skill_that_breaks_keeps_its_last_good_state() {
    let root = tempfile::tempdir().unwrap();
    good(root.path(), "house-rules", "First.");
    let mut sources = sources(&[root.path()], false);
    sources.read();
    write(root.path(), "house-rules", "name: house-rules");
    let broken = sources.read();
    assert_eq!(description(&broken, "house-rules"), Some("First."));
    assert_eq!(
        broken.remarks,
        [format!(
            "{}/house-rules/SKILL.md:1: `description` is missing [description]; \
             the skill stays as it was",
            root.path().display()
        )]
    );
    good(root.path(), "house-rules", "Second.");
    let mended = sources.read();
    assert_eq!(description(&mended, "house-rules"), Some("Second."));
    fs::remove_dir_all(root.path().join("house-rules")).unwrap();
    assert_eq!(description(&sources.read(), "house-rules"), None);
}

#[test]
fn a_broken_edition_leaves_the_one_of_the_program() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "wecom-msg", "name: wecom-msg");
    let reading = sources(&[root.path()], true).read();
    let built_in = Skills::built_in();
    assert_eq!(reading.skills, built_in);
    assert!(
        reading.remarks[0].ends_with("; this edition of the skill is left out"),
        "{:?}",
        reading.remarks
    );
}

#[test]
fn a_directory_that_goes_away_keeps_its_skills() {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("skills");
    good(&inside, "house-rules", "First.");
    let mut sources = sources(&[&inside], false);
    sources.read();
    fs::remove_dir_all(&inside).unwrap();
    let reading = sources.read();
    assert_eq!(description(&reading, "house-rules"), Some("First."));
    assert!(reading.remarks[0].ends_with("; its skills stay as they were"));
}
