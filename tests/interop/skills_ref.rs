//! The Agent Skills format's own validator reads the skills as we do.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use wecom::skills::{Skills, load_dir};

use super::python::python;

/// The validator's program, beside the interpreter.
fn validator(arguments: &[&str], folder: &Path) -> Output {
    Command::new(python().program.with_file_name("agentskills"))
        .args(arguments)
        .arg(folder)
        .output()
        .unwrap()
}

fn is_valid(folder: &Path) -> bool {
    validator(&["validate"], folder).status.success()
}

#[test]
fn it_accepts_all_sixteen_and_reads_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("skills");
    let skills = Skills::built_in();
    assert_eq!(skills.len(), 16);
    for skill in skills.iter() {
        let folder = root.join(skill.name());
        let said = validator(&["validate"], &folder);
        let text = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{}: {text}", skill.name());
        let read = validator(&["read-properties"], &folder);
        let read: Value = serde_json::from_slice(&read.stdout).unwrap();
        for field in ["name", "description"] {
            assert_eq!(read[field], skill.front_matter()[field], "{}", skill.name());
        }
    }
}

/// Of two readers of a rule, one may be wrong: they agree about what breaks it.
#[test]
fn it_refuses_what_we_refuse() {
    let long = "d".repeat(1_025);
    for front_matter in [
        "name: good-one\ndescription: D",
        "name: other\ndescription: D",
        "name: good-one",
        "description: D",
        "name: good-one\ndescription: ''",
        &format!("name: good-one\ndescription: {long}"),
        "name: good-one\ndescription: D\nversion: 1",
        "name: good-one\ndescription: D\nmetadata:\n  a: b",
    ] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("good-one");
        std::fs::create_dir(&folder).unwrap();
        let text = format!("---\n{front_matter}\n---\n\n# Body\n");
        std::fs::write(folder.join("SKILL.md"), text).unwrap();
        let ours = load_dir(root.path()).unwrap();
        assert_eq!(
            is_valid(&folder),
            ours.problems.is_empty(),
            "{front_matter}"
        );
    }
    for name in ["Good-One", "good--one", "-good", "good_one"] {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let text = format!("---\nname: {name}\ndescription: D\n---\n\n# Body\n");
        std::fs::write(folder.join("SKILL.md"), text).unwrap();
        let ours = load_dir(root.path()).unwrap();
        assert!(!is_valid(&folder) && !ours.problems.is_empty(), "{name}");
    }
}
