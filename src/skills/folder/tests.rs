use std::fs;
use std::os::unix::fs::symlink;

use super::*;

const MAIN: &str = "---\nname: NAME\ndescription: What it does.\n---\n\n# Body\n";

fn skill(root: &Path, name: &str) -> PathBuf {
    let folder = root.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("SKILL.md"), MAIN.replace("NAME", name)).unwrap();
    folder
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.skills.iter().map(|skill| skill.name()).collect()
}

fn texts(loaded: &Loaded) -> Vec<String> {
    loaded.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn each_folder_is_a_skill_and_files_beside_them_are_not() {
    let root = tempfile::tempdir().unwrap();
    for name in ["b", "a", ".git"] {
        skill(root.path(), name);
    }
    fs::write(root.path().join("README.md"), "# x").unwrap();
    let loaded = load_dir(root.path()).unwrap();
    assert_eq!(names(&loaded), ["a", "b"]);
    assert_eq!(texts(&loaded), Vec::<String>::new());
    let one = load_dir(&root.path().join("b")).unwrap();
    assert_eq!(names(&one), ["b"]);
}

#[test]
fn files_are_read_byte_for_byte() {
    let root = tempfile::tempdir().unwrap();
    let folder = skill(root.path(), "a");
    fs::create_dir(folder.join("references")).unwrap();
    fs::write(folder.join("references/x.bin"), b"\xff\r\n\0").unwrap();
    let loaded = load_dir(root.path()).unwrap();
    let file = loaded.skills[0].file("references/x.bin").unwrap();
    assert_eq!(&**file.bytes(), b"\xff\r\n\0");
    assert_eq!((file.size(), file.text()), (4, None));
    assert_eq!(file.mime(), "application/octet-stream");
    assert_eq!(
        texts(&loaded),
        ["a/references/x.bin: SKILL.md has no link to it, so nobody will read it [unlinked]"]
    );
}

#[test]
fn what_leads_out_of_the_folder_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s3cret").unwrap();
    skill(outside.path(), "whole");
    symlink(outside.path().join("whole"), root.path().join("whole")).unwrap();
    let file = skill(root.path(), "file");
    symlink(outside.path().join("secret"), file.join("x.md")).unwrap();
    let folder = skill(root.path(), "folder");
    symlink(outside.path(), folder.join("references")).unwrap();
    let main = root.path().join("main");
    fs::create_dir(&main).unwrap();
    symlink(outside.path().join("whole/SKILL.md"), main.join("SKILL.md")).unwrap();
    let loaded = load_dir(root.path()).unwrap();
    assert_eq!(names(&loaded), Vec::<&str>::new());
    let refused = "symbolic links are not followed: put a copy in its place [symlink]";
    assert_eq!(
        texts(&loaded),
        [
            format!("file/x.md: {refused}"),
            format!("folder/references: {refused}"),
            format!("main/SKILL.md: {refused}"),
            format!("whole: {refused}"),
        ]
    );
}

#[test]
fn hidden_and_special_files_and_odd_names_are_refused() {
    let root = tempfile::tempdir().unwrap();
    fs::write(skill(root.path(), "hidden").join(".env"), "x").unwrap();
    fs::write(skill(root.path(), "odd").join("a\\b.md"), "x").unwrap();
    fs::write(skill(root.path(), "line").join("a\nb.md"), "x").unwrap();
    let pipe = skill(root.path(), "pipe").join("p");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    fs::create_dir(root.path().join("empty")).unwrap();
    let loaded = load_dir(root.path()).unwrap();
    let rules: Vec<(&str, Rule)> = loaded
        .problems
        .iter()
        .map(|problem| (&*problem.skill, problem.rule))
        .collect();
    assert_eq!(
        rules,
        [
            ("empty", Rule::SkillFileMissing),
            ("hidden", Rule::HiddenFile),
            ("line", Rule::FileName),
            ("odd", Rule::FileName),
            ("pipe", Rule::SpecialFile),
        ]
    );
    assert!(loaded.skills.is_empty());
}

#[test]
fn limits_hold_at_their_border() {
    let root = tempfile::tempdir().unwrap();
    let many = skill(root.path(), "many");
    for index in 0..MAX_FILES - 1 {
        fs::write(many.join(format!("{index}.txt")), "").unwrap();
    }
    let large = skill(root.path(), "large");
    let main = fs::metadata(large.join("SKILL.md")).unwrap().len();
    let rest = fs::File::create(large.join("x.bin")).unwrap();
    rest.set_len(MAX_BYTES - main).unwrap();
    let deep = skill(root.path(), "deep");
    let bottom = ["d"; MAX_DEPTH].join("/");
    fs::create_dir_all(deep.join(&bottom)).unwrap();
    let loaded = load_dir(root.path()).unwrap();
    assert_eq!(names(&loaded), ["deep", "large", "many"]);

    fs::write(many.join("over.txt"), "").unwrap();
    rest.set_len(MAX_BYTES - main + 1).unwrap();
    fs::create_dir(deep.join(&bottom).join("d")).unwrap();
    let loaded = load_dir(root.path()).unwrap();
    let rules: Vec<Rule> = loaded.problems.iter().map(|problem| problem.rule).collect();
    assert_eq!(rules, [Rule::TooDeep, Rule::TooLarge, Rule::TooManyFiles]);
    assert_eq!(names(&loaded), Vec::<&str>::new());
}

#[test]
fn a_directory_that_is_missing_is_named_with_its_cause_beside() {
    let error = load_dir(Path::new("/nonexistent/skills")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the skills directory /nonexistent/skills can't be read"
    );
    assert!(std::error::Error::source(&error).is_some());
}
