//! What a writer must never do to a file.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::home::{COMMENTED, Home};

#[test]
fn a_write_that_adds_an_error_is_refused_and_kept_aside() {
    let home = Home::with(COMMENTED);
    let error = home.refused(&["set", "channels.wecom.dmPolicy", "nobody"]);
    assert!(
        error.starts_with("error: the change is refused, because this would not work any more:\n  channels.wecom.dmPolicy: "),
        "{error}"
    );
    assert_eq!(home.text(), COMMENTED);
    let names = home.names();
    let rejected = names
        .iter()
        .find(|n| n.starts_with("wecom.json.rejected."))
        .unwrap();
    assert!(
        error.contains(&format!("The refused text is kept in HOME/{rejected}.")),
        "{error}"
    );
    assert!(home.read(rejected).contains("'nobody'"));
    let mode = fs::metadata(home.path(rejected))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_old_error_elsewhere_does_not_stand_in_the_way() {
    let home =
        Home::with("{ channels: { wecom: { dmPolicy: 'nobody', textChunkLimit: 'many' } } }");
    home.ok(&["set", "channels.wecom.name", "n"]);
    let error = home.refused(&["set", "channels.wecom.textChunkLimit", "more"]);
    assert!(error.contains("channels.wecom.textChunkLimit"), "{error}");
    home.ok(&["set", "channels.wecom.textChunkLimit", "2000"]);
}

#[test]
fn an_included_value_is_changed_where_it_stands() {
    let home = Home::with("{ channels: { wecom: { $include: './bot.json5', name: 'n' } } }");
    home.write("bot.json5", "{ botId: 'aib', dmPolicy: 'open' }");
    for arguments in [
        ["set", "channels.wecom.botId", "x"].as_slice(),
        &["unset", "channels.wecom.botId"],
    ] {
        let error = home.refused(arguments);
        assert_eq!(
            error,
            "error: `channels.wecom.botId` comes from HOME/bot.json5: change it there\n"
        );
    }
    home.write(
        "patch.json",
        "{ channels: { wecom: { name: 'm', dmPolicy: 'pairing' } } }",
    );
    let error = home.refused(&["patch", "--file", home.path("patch.json").to_str().unwrap()]);
    assert!(
        error.contains("`channels.wecom.dmPolicy` comes from HOME/bot.json5"),
        "{error}"
    );
    home.ok(&["set", "channels.wecom.name", "m"]);
    home.ok(&["set", "channels.wecom.welcomeText", "hello"]);
    assert_eq!(home.ok(&["get", "channels.wecom.botId"]), "aib\n");
    assert_eq!(
        home.text(),
        "{ channels: { wecom: { $include: './bot.json5', name: 'm', welcomeText: 'hello' } } }"
    );
    assert_eq!(home.read("bot.json5"), "{ botId: 'aib', dmPolicy: 'open' }");
}

#[test]
fn three_switches_forbid_writing() {
    let home = Home::with(COMMENTED);
    for switch in [
        "WECOM_CONFIG_READONLY",
        "OPENCLAW_CONFIG_READONLY",
        "OPENCLAW_NIX_MODE",
    ] {
        for arguments in [
            ["set", "channels.wecom.name", "n"].as_slice(),
            &["unset", "channels.wecom.botId"],
            &["set", "--batch-json", "[]"],
        ] {
            let output = home.command(arguments).env(switch, "1").output().unwrap();
            let answer = home.answer(output);
            assert_eq!(answer.status, 1);
            assert!(answer.err.contains("read-only"), "{}", answer.err);
        }
    }
    assert_eq!(home.names(), ["wecom.json"]);
}

#[test]
fn several_programs_write_at_once_and_lose_nothing() {
    let home = Home::with(COMMENTED);
    let mut writers: Vec<_> = (0..12)
        .map(|number| {
            let path = format!("session.identityLinks.p{number}");
            let mut command = home.command(&["set", &path, "wecom:zhangsan"]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let text = home.text();
    for number in 0..12 {
        assert_eq!(text.matches(&format!("p{number}: [")).count(), 1, "{text}");
    }
    assert!(text.contains("// never in clear"));
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_file_and_no_lock() {
    let home = Home::with(COMMENTED);
    let mut writer = home
        .command(&["set", "channels.wecom.botId", "aib-2"])
        .env("WECOM_FAILPOINT", "config-before-rename")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut err = BufReader::new(writer.stderr.take().unwrap());
    err.read_line(&mut line).unwrap();
    assert_eq!(line, "failpoint reached: config-before-rename\n");
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert_eq!(home.text(), COMMENTED);
    home.ok(&["set", "channels.wecom.botId", "aib-3"]);
    assert_eq!(home.text(), COMMENTED.replace("aib-1", "aib-3"));
}

#[test]
fn a_file_that_cannot_be_read_is_not_touched() {
    for (text, complaint) in [
        (
            "{ a: 1, a: 2 }",
            "line 1, column 9: the key `a` stands here twice",
        ),
        ("{ a: 1 b: 2 }", "line 1, column 7: Expected comma"),
        ("[]", "line 1, column 1: the file must hold one object"),
    ] {
        let home = Home::with(text);
        let error = home.refused(&["set", "channels.wecom.name", "n"]);
        assert_eq!(
            error,
            format!("error: HOME/wecom.json must be corrected first: {complaint}\n")
        );
        assert_eq!(home.text(), text);
    }
}

#[test]
fn a_link_is_written_through() {
    let home = Home::new();
    home.write("dotfiles/wecom.json", COMMENTED);
    std::os::unix::fs::symlink("dotfiles/wecom.json", home.path("wecom.json")).unwrap();
    home.ok(&["set", "channels.wecom.botId", "aib-2"]);
    assert!(
        fs::symlink_metadata(home.path("wecom.json"))
            .unwrap()
            .is_symlink()
    );
    assert_eq!(
        home.read("dotfiles/wecom.json"),
        COMMENTED.replace("aib-1", "aib-2")
    );
    assert!(home.path("dotfiles/wecom.json.bak").exists());
}
