use super::*;
use crate::config::{Access, CommandsSettings, Config, DmPolicy};
use crate::ids::UserId;

fn backend() -> Vec<BackendCommand> {
    [("model", false), ("restart", true)]
        .map(|(name, owner_only)| BackendCommand {
            name: name.to_owned(),
            owner_only,
        })
        .into()
}

#[test]
fn only_leading_known_commands_are_commands() {
    let backend = backend();
    for (text, expected) in [
        (
            "/new",
            Request::NewSession {
                name: "new",
                arguments: "",
            },
        ),
        (
            "@Bot /new",
            Request::NewSession {
                name: "new",
                arguments: "",
            },
        ),
        (
            "@Bot\u{2005}/RESET soft",
            Request::NewSession {
                name: "RESET",
                arguments: "soft",
            },
        ),
        (
            "/new\nhello",
            Request::NewSession {
                name: "new",
                arguments: "hello",
            },
        ),
        ("停止。", Request::Abort),
        ("/stop", Request::Abort),
        ("/Help", Request::Help),
        ("/status:", Request::Status),
        ("/whoami please", Request::WhoAmI),
        (
            "/model: x",
            Request::Backend {
                name: "model",
                owner_only: false,
                arguments: "x",
            },
        ),
        (
            "/restart",
            Request::Backend {
                name: "restart",
                owner_only: true,
                arguments: "",
            },
        ),
        ("/news", Request::Text),
        ("/new:", Request::Text),
        ("/tmp/x", Request::Text),
        ("see /usr/lib", Request::Text),
        ("/unknown", Request::Text),
        ("/ new", Request::Text),
        ("//new", Request::Text),
        ("/", Request::Text),
        ("", Request::Text),
        ("please /new", Request::Text),
    ] {
        assert_eq!(recognise(text, &backend, true), expected, "{text:?}");
    }
}

#[test]
fn without_commands_only_aborting_is_left() {
    assert_eq!(recognise("/new", &[], false), Request::Text);
    assert_eq!(recognise("/help", &[], false), Request::Text);
    assert_eq!(recognise("/stop", &[], false), Request::Abort);
}

fn ask(
    text: &str,
    sender: &str,
    access: &Access,
    paired: bool,
    commands: &CommandsSettings,
) -> (bool, Rule) {
    let config = Config::unconfigured("/nowhere".as_ref());
    let backend = backend();
    let request = recognise(text, &backend, true);
    let asker = Asker {
        sender: &UserId::new(sender),
        account: config.accounts.values().next().unwrap(),
        access,
        paired,
    };
    let permission = authorise(&request, asker, commands);
    (permission.allowed, permission.rule)
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|entry| (*entry).to_owned()).collect()
}

#[test]
fn the_first_rule_that_decides_wins() {
    use Rule::{
        AccessGroupsOff, CommandList, ForEverybody, Listed, NoCommand, NotListed, OpenPolicy,
        Owners, Paired, Session,
    };
    let open = Access::default();
    let listed = Access {
        dm_policy: DmPolicy::Allowlist,
        allow_from: owned(&["wecom:Zhang"]),
        ..Access::default()
    };
    let plain = CommandsSettings::default();
    let owners = CommandsSettings {
        owner_allow_from: owned(&["wecom:boss", "*"]),
        ..CommandsSettings::default()
    };
    let none = CommandsSettings {
        allow_from: Some(Vec::new()),
        ..CommandsSettings::default()
    };
    let some = CommandsSettings {
        allow_from: Some(owned(&["li"])),
        ..CommandsSettings::default()
    };
    let off = CommandsSettings {
        use_access_groups: false,
        ..CommandsSettings::default()
    };
    for (text, sender, access, paired, commands, rule, allowed) in [
        ("hello /tmp", "x", &listed, false, &none, NoCommand, true),
        ("/help", "x", &listed, false, &none, ForEverybody, true),
        ("停止", "x", &listed, false, &none, ForEverybody, true),
        ("/restart", "x", &open, true, &owners, Owners, false),
        ("/restart", "BOSS", &listed, false, &owners, Owners, true),
        ("/restart", "x", &open, false, &plain, Owners, false),
        ("/new", "zhang", &listed, true, &none, CommandList, false),
        ("/status", "li", &listed, false, &some, CommandList, true),
        ("/status", "x", &listed, false, &off, AccessGroupsOff, true),
        ("/status", "x", &open, false, &plain, OpenPolicy, true),
        ("/status", "zhang", &listed, false, &plain, Listed, true),
        ("/status", "x", &listed, true, &plain, Paired, true),
        ("/new", "x", &listed, false, &plain, Session, true),
        ("/status", "x", &listed, false, &plain, NotListed, false),
        ("/model y", "x", &listed, false, &plain, NotListed, false),
    ] {
        assert_eq!(
            ask(text, sender, access, paired, commands),
            (allowed, rule),
            "{text} of {sender}"
        );
    }
}
