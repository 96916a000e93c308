//! What the commands print, without a process around them.

use clap::{CommandFactory, Parser};

use super::*;
use crate::clock::ManualClock;
use crate::config::locate;

/// The command line around `config`, as small as it can be.
#[derive(Debug, Parser)]
#[command(name = "wecom config", term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: ConfigCommand,
}

struct Printed {
    result: anyhow::Result<u8>,
    out: String,
    err: String,
}

fn run_in(home: &tempfile::TempDir, arguments: &[&str], input: &str) -> Printed {
    let home = home.path().to_str().unwrap();
    let environment = Environment::from_variables([("WECOM_HOME", home)]);
    let location = locate(None, &environment);
    let clock = ManualClock::at(1_767_323_045_678);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut session = Session {
        location: &location,
        environment: &environment,
        clock: clock.as_ref(),
        input: &mut input.as_bytes(),
        out: &mut out,
        err: &mut err,
        reload: &|| Ok("Reloaded: 2 accounts.".to_owned()),
    };
    let line = Line::try_parse_from([&["config"], arguments].concat()).unwrap();
    let result = run(line.command, &mut session);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Printed {
        result,
        out: text(out),
        err: text(err),
    }
}

#[test]
fn help_names_every_option() {
    insta::assert_snapshot!("help", Line::command().render_help());
    for name in ["get", "set", "unset", "patch", "validate", "import"] {
        let mut line = Line::command();
        line.build();
        let command = line.find_subcommand_mut(name).unwrap();
        insta::assert_snapshot!(format!("help_{name}"), command.render_help());
    }
}

#[test]
fn what_belongs_together_is_asked_for_together() {
    for arguments in [
        ["set"].as_slice(),
        &["set", "a.b"],
        &["set", "a.b", "1", "--batch-json", "[]"],
        &["set", "a.b", "1", "--merge", "--replace"],
        &["set", "a.b", "1", "--ref-source", "env", "--ref-id", "X"],
        &["set", "a.b", "--ref-source", "env"],
        &["set", "a.b", "--ref-id", "X"],
        &[
            "set",
            "a.b",
            "1",
            "--expect-absent",
            "--expect-current-json",
            "1",
        ],
        &["set", "--batch-json", "[]", "--batch-file", "f"],
        &["unset"],
        &["patch"],
        &["patch", "--stdin", "--file", "f"],
        &["get", "a", "--account", "hq"],
    ] {
        let line = [&["config"], arguments].concat();
        assert!(Line::try_parse_from(line).is_err(), "{arguments:?}");
    }
}

#[test]
fn the_daemons_answer_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let printed = run_in(&home, &["reload"], "");
    assert_eq!(printed.out, "Reloaded: 2 accounts.\n");
    assert_eq!(printed.result.unwrap(), 0);
}

#[test]
fn a_stamp_is_renewed_only_where_there_is_one() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("wecom.json");
    let text = "{ \"meta\": { \"lastTouchedAt\": \"2025-01-01T00:00:00.000Z\" }, \"session\": {} }";
    std::fs::write(&path, text).unwrap();
    let printed = run_in(&home, &["set", "session.mainKey", "m"], "");
    assert_eq!(printed.result.unwrap(), 0);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "{ \"meta\": { \"lastTouchedAt\": \"2026-01-02T03:04:05.678Z\" }, \"session\": { \"mainKey\": \"m\" } }"
    );
}

#[test]
fn what_was_done_to_a_value_is_said() {
    let home = tempfile::tempdir().unwrap();
    let printed = run_in(&home, &["set", "channels.wecom.secret", " s "], "");
    assert!(
        printed
            .err
            .starts_with("note: channels.wecom.secret: blanks around the value were left out\n"),
        "{}",
        printed.err
    );
    let text = "{ session: { reset: { mode: 'daily', /* at dawn */ atHour: 4 } } }";
    std::fs::write(home.path().join("wecom.json"), text).unwrap();
    let printed = run_in(&home, &["set", "session.reset", "null"], "");
    assert_eq!(
        printed.err,
        "warning: comments inside the replaced value are gone (1); the previous text is in the .bak file\n\
         warning: session.reset: `reset` is null, which counts as absent; remove `session.reset`\n"
    );
}

#[test]
fn a_misspelt_key_is_written_and_doubted() {
    let home = tempfile::tempdir().unwrap();
    let printed = run_in(&home, &["set", "channels.wecom.botid", "aib1"], "");
    assert!(
        printed.err.contains("did you mean `channels.wecom.botId`?"),
        "{}",
        printed.err
    );
    // What was not written is not doubted again.
    let printed = run_in(&home, &["set", "channels.wecom.name", "助手"], "");
    assert!(!printed.err.contains("botid"), "{}", printed.err);
}

#[test]
fn a_patch_that_is_no_object_is_refused() {
    let home = tempfile::tempdir().unwrap();
    for (patch, message) in [
        (
            "[1]",
            "the patch must be an object, for example {\"channels\":{\"wecom\":{…}}}",
        ),
        (
            "",
            "the patch is not usable: not JSON5 (line 1, column 1: nothing is there)",
        ),
        (
            "{",
            "the patch is not usable: not JSON5 (line 1, column 1: Unterminated object)",
        ),
    ] {
        let error = run_in(&home, &["patch", "--stdin"], patch)
            .result
            .unwrap_err();
        assert_eq!(format!("{error:#}"), message);
    }
}
