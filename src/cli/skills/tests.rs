//! What the commands print, without a process around them.

use std::path::Path;

use clap::{CommandFactory, Parser};

use super::*;
use crate::config::locate;

/// The command line around `skills`, as small as it can be.
#[derive(Debug, Parser)]
#[command(name = "wecom skills", term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: SkillsCommand,
}

struct Printed {
    result: anyhow::Result<u8>,
    out: String,
    err: String,
}

fn run_in(home: &Path, arguments: &[&str]) -> Printed {
    let environment = Environment::from_variables::<&str, &str>([]).with_home_dir(home);
    let location = locate(None, &environment);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut session = Session {
        location: &location,
        environment: &environment,
        project: home.join("project"),
        out: &mut out,
        err: &mut err,
    };
    let line = Line::try_parse_from([&["skills"], arguments].concat()).unwrap();
    let result = run(line.command, &mut session);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Printed {
        result,
        out: text(out),
        err: text(err),
    }
}

fn configure(home: &Path, text: &str) {
    std::fs::create_dir_all(home.join(".wecom")).unwrap();
    std::fs::write(home.join(".wecom/wecom.json"), text).unwrap();
}

fn write_skill(root: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(root.join(name)).unwrap();
    std::fs::write(root.join(name).join("SKILL.md"), text).unwrap();
}

#[test]
fn help_names_every_option() {
    insta::assert_snapshot!("help", Line::command().render_help());
    for name in ["list", "show", "check", "install"] {
        let mut line = Line::command();
        line.build();
        let command = line.find_subcommand_mut(name).unwrap();
        insta::assert_snapshot!(format!("help_{name}"), command.render_help());
    }
}

#[test]
fn the_list_says_what_each_is_for() {
    let home = tempfile::tempdir().unwrap();
    let printed = run_in(home.path(), &["list"]);
    assert_eq!(printed.result.unwrap(), 0);
    insta::assert_snapshot!("list", printed.out);
    let json = run_in(home.path(), &["list", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
    let digest = all[0].pointer("/files/0/digest").unwrap().as_str().unwrap();
    assert_eq!((all.len(), digest.len()), (16, "sha256:".len() + 64));
}

#[test]
fn a_file_is_printed_byte_for_byte_or_the_error_helps() {
    let home = tempfile::tempdir().unwrap();
    let skills = Skills::built_in();
    for (arguments, path) in [
        (&["show", "wecom-msg"][..], "SKILL.md"),
        (
            &["show", "wecom-msg", "references/display.md"],
            "references/display.md",
        ),
    ] {
        let printed = run_in(home.path(), arguments);
        let file = skills.file("wecom-msg", path).unwrap();
        assert_eq!(printed.out.as_bytes(), &**file.bytes());
    }
    for (arguments, error) in [
        (
            &["show", "wecom-mgs"][..],
            "there is no skill wecom-mgs: did you mean wecom-msg?",
        ),
        (
            &["show", "x"],
            "there is no skill x: `wecom skills list` shows all",
        ),
        (
            &["show", "wecom-contact-lookup", "matching.md"],
            "the skill wecom-contact-lookup has no file matching.md; \
             it has SKILL.md, references/matching.md",
        ),
    ] {
        let printed = run_in(home.path(), arguments);
        assert_eq!(printed.result.unwrap_err().to_string(), error);
    }
}

#[test]
fn skills_of_the_configuration_are_listed_and_checked() {
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join("own");
    let good = "---\nname: house-rules\ndescription: Ours. Use it always.\n---\nBody\n";
    write_skill(&own, "house-rules", good);
    write_skill(&own, "wecom-msg", "---\nname: wecom-msg\n---\nBody\n");
    let config = format!("{{channels: {{wecom: {{mcp: {{skills: {{dir: {own:?}}}}}}}}}}}");
    configure(home.path(), &config);
    let listed = run_in(home.path(), &["list"]);
    assert!(
        listed.out.contains("house-rules               Ours\n"),
        "{}",
        listed.out
    );
    assert!(listed.err.starts_with("warning: "), "{}", listed.err);
    let checked = run_in(home.path(), &["check"]);
    assert_eq!(checked.result.unwrap(), 1);
    assert_eq!(
        checked.out,
        format!(
            "{}/wecom-msg/SKILL.md:1: `description` is missing [description]; this edition of \
             the skill is left out\n17 skills in use, 1 problems.\n",
            own.display()
        )
    );
    let folder = run_in(home.path(), &["check", own.to_str().unwrap()]);
    assert_eq!(folder.result.unwrap(), 1);
    assert_eq!(
        folder.out,
        "error: wecom-msg/SKILL.md:1: `description` is missing [description]\n\
         1 of 2 skills can be used, 1 problems.\n"
    );
    configure(home.path(), "{channels: ");
    let broken = run_in(home.path(), &["check"]);
    assert_eq!(broken.out, "16 skills in use, 0 problems.\n");
    assert!(
        broken
            .err
            .ends_with("warning: these are the skills of the program alone\n"),
        "{}",
        broken.err
    );
}

#[test]
fn our_own_skills_pass_the_check() {
    let home = tempfile::tempdir().unwrap();
    let skills = concat!(env!("CARGO_MANIFEST_DIR"), "/skills");
    let printed = run_in(home.path(), &["check", skills]);
    assert_eq!(printed.out, "16 of 16 skills can be used, 0 problems.\n");
    assert_eq!(printed.result.unwrap(), 0);
    let nothing = run_in(home.path(), &["check", home.path().to_str().unwrap()]);
    assert!(nothing.result.is_err());
}

#[test]
fn each_host_has_its_directory() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, place) in [
        (&["--host", "claude-code"][..], ".claude/skills"),
        (&["--host", "openclaw"], ".openclaw/skills"),
        (&["--host", "codex"], ".agents/skills"),
        (&["--host", "gemini"], ".gemini/skills"),
        (&["--host", "gemini", "--project"], "project/.gemini/skills"),
        (&["--host", "openclaw", "--project"], "project/skills"),
    ] {
        let arguments = [&["install", "wecom-msg"], arguments].concat();
        let printed = run_in(home.path(), &arguments);
        let place = home.path().join(place);
        assert_eq!(
            printed.out,
            format!(
                "wecom-msg: added\n1 of 1 skills are in {}.\n",
                place.display()
            )
        );
        assert_eq!(printed.result.unwrap(), 0);
        assert!(place.join("wecom-msg/SKILL.md").is_file());
    }
}

#[test]
fn what_is_left_undone_shows_in_the_exit_status() {
    let home = tempfile::tempdir().unwrap();
    let to = home.path().join("to");
    let install = ["install", "--to", to.to_str().unwrap()];
    assert_eq!(run_in(home.path(), &install).result.unwrap(), 0);
    std::fs::write(to.join("wecom-msg/SKILL.md"), "mine").unwrap();
    let kept = run_in(home.path(), &install);
    assert_eq!(kept.result.unwrap(), 1);
    let line = "wecom-msg: left as it is, for the changes in SKILL.md; save them and repeat with --force\n";
    assert!(kept.out.contains(line), "{}", kept.out);
    let forced = run_in(home.path(), &[&install[..], &["--force"]].concat());
    assert_eq!(forced.result.unwrap(), 0);
    let line = "wecom-msg: updated; changes lost in SKILL.md\n";
    assert!(forced.out.contains(line), "{}", forced.out);
}

#[test]
fn a_place_is_asked_for() {
    let parse = |arguments: &[&str]| Line::try_parse_from([&["skills"], arguments].concat());
    assert!(parse(&["install"]).is_err());
    assert!(parse(&["install", "--to", "x", "--host", "codex"]).is_err());
    assert!(parse(&["install", "--to", "x", "--project"]).is_err());
}
