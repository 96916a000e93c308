use super::*;

const SOCKET: &str = "botId: 'b', secret: 's'";

/// Codes and places about access, for one bot.
fn said(inside: &str) -> Vec<String> {
    let loaded = look(&format!(
        "{{ accessGroups: {{ hq: {{ type: 'message.senders', members: {{ '*': ['boss'], wecom: ['li'] }} }} }}, \
         channels: {{ wecom: {{ enabled: true, {SOCKET}, {inside} }} }}, cron: {{ enabled: false }} }}"
    ));
    found(&loaded)
        .into_iter()
        .map(|line| line.replace("channels.wecom.", ""))
        .collect()
}

#[test]
fn direct_messages() {
    const QUIET: &str = "groupPolicy: 'disabled',";
    for (inside, expected) in [
        ("", vec!["Warning dm_open_default dmPolicy"]),
        ("dmPolicy: 'open'", vec!["Info dm_open dmPolicy"]),
        (
            "dmPolicy: 'open', allowFrom: ['*']",
            vec!["Info dm_open dmPolicy"],
        ),
        (
            "dmPolicy: 'open', allowFrom: ['a']",
            vec![
                "Warning allow_from_ignored allowFrom",
                "Info dm_open dmPolicy",
            ],
        ),
        (
            "dmPolicy: 'disabled', allowFrom: ['a']",
            vec!["Warning allow_from_ignored allowFrom"],
        ),
        ("dmPolicy: 'disabled'", vec![]),
        (
            "dmPolicy: 'allowlist'",
            vec!["Warning allow_from_empty allowFrom"],
        ),
        ("dmPolicy: 'allowlist', allowFrom: ['a']", vec![]),
        ("dmPolicy: 'pairing'", vec![]),
        (
            "dmPolicy: 'pairing', allowFrom: [1001]",
            vec!["Info numeric_user allowFrom[0]"],
        ),
        (
            "dmPolicy: 'pairing', allowFrom: ['user:1001', 'a']",
            vec!["Info numeric_user allowFrom[0]"],
        ),
        (
            "dmPolicy: 'pairing', allowFrom: ['wecom:']",
            vec!["Warning entry_empty allowFrom[0]"],
        ),
        ("dmPolicy: 'pairing', allowFrom: ['accessGroup:hq']", vec![]),
        (
            "dmPolicy: 'pairing', allowFrom: ['accessGroup:none']",
            vec!["Error access_group_unknown allowFrom[0]"],
        ),
    ] {
        assert_eq!(said(&format!("{QUIET} {inside}")), expected, "{inside}");
    }
}

#[test]
fn the_agent_app_has_an_entry_of_its_own() {
    let said = |inside: &str| {
        let loaded = channel(
            &format!("{inside}, agent: {{ corpId: 'wx1', corpSecret: 's', agentId: 1, APP }}")
                .replace(
                    "APP",
                    if inside.contains("own") {
                        "dmPolicy: 'open', allowFrom: ['b']"
                    } else {
                        ""
                    },
                ),
        );
        found(&loaded)
            .into_iter()
            .filter(|line| {
                ["dm_open", "allow_from", "group_"]
                    .iter()
                    .any(|code| line.contains(code))
            })
            .map(|line| line.replace("channels.wecom.", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        said("dmPolicy: 'pairing', name: 'alone'"),
        Vec::<String>::new()
    );
    assert_eq!(said("name: 'alone'"), ["Warning dm_open_default dmPolicy"]);
    assert_eq!(
        said("name: 'own', dmPolicy: 'pairing', groupPolicy: 'disabled', botId: 'b', secret: 's'"),
        [
            "Warning allow_from_ignored agent.allowFrom",
            "Info dm_open agent.dmPolicy"
        ]
    );
    assert_eq!(
        said("groupPolicy: 'disabled', botId: 'b', secret: 's'"),
        ["Warning dm_open_default dmPolicy"]
    );
}

#[test]
fn groups() {
    const QUIET: &str = "dmPolicy: 'pairing',";
    for (inside, expected) in [
        ("", vec!["Info group_open groupPolicy"]),
        ("groupPolicy: 'open'", vec!["Info group_open groupPolicy"]),
        ("groups: { wrA: { allowFrom: ['a'] } }", vec![]),
        (
            "groupPolicy: 'allowlist'",
            vec!["Warning group_allow_empty groupAllowFrom"],
        ),
        (
            "groupPolicy: 'allowlist', groupAllowFrom: ['wrA', 'group:wcB', '*']",
            vec![],
        ),
        (
            "groupPolicy: 'allowlist', groupAllowFrom: ['zhangsan']",
            vec!["Info group_list_looks_like_users groupAllowFrom[0]"],
        ),
        (
            "groupPolicy: 'allowlist', groupAllowFrom: ['wrA'], groups: { wra: {}, wrB: {}, '*': {} }",
            vec!["Warning group_unreachable groups.wrB"],
        ),
        (
            "groups: { wrA: {}, wra: {} }",
            vec!["Warning group_case groups.wra"],
        ),
        (
            "groupPolicy: 'allowlist', groupAllowFrom: ['accessGroup:hq']",
            vec!["Error access_group_misplaced groupAllowFrom[0]"],
        ),
        (
            "groups: { wrA: { allowFrom: ['accessGroup:none'] } }",
            vec!["Error access_group_unknown groups.wrA.allowFrom[0]"],
        ),
    ] {
        assert_eq!(said(&format!("{QUIET} {inside}")), expected, "{inside}");
    }
}

#[test]
fn an_unknown_access_group_matches_nobody_and_stops_nothing() {
    let account = single(&format!(
        "{SOCKET}, dmPolicy: 'pairing', allowFrom: ['accessGroup:x']"
    ));
    assert!(account.bot_socket.is_some());
    assert_eq!(account.access.allow_from, ["accessGroup:x"]);
}

#[test]
fn a_policy_that_is_not_understood_never_opens_the_bot() {
    for inside in [
        "dmPolicy: 'opne'",
        "dmPolicy: '${NONE}'",
        "groupPolicy: 7",
        "groups: { wrA: { allowFrom: ['${NONE}'] } }",
        "groups: { wrA: { allowFrom: [{}] } }",
        "groups: { wrA: { enabled: 'no' } }",
        "allowFrom: [9007199254740993]",
    ] {
        assert_eq!(
            single(&format!("{SOCKET}, {inside}")).bot_socket,
            None,
            "{inside}"
        );
    }
}

#[test]
fn effective_access() {
    let loaded = look(&format!(
        "{{ accessGroups: {{ hq: {{ type: 'message.senders', members: {{ '*': ['boss'], wecom: ['li', 7], other: ['x'] }} }}, \
         odd: {{ type: 'message.chats', members: {{ wecom: ['x'] }} }} }}, \
         channels: {{ defaults: {{ groupPolicy: 'allowlist' }}, wecom: {{ enabled: true, {SOCKET}, \
         groups: {{ wrA: {{ enabled: false }}, '*': {{ allowFrom: ['a'] }} }} }} }} }}"
    ));
    assert_eq!(
        places(&loaded, "access_group_type"),
        ["accessGroups.odd.type"]
    );
    let access = account(&loaded, "default").access;
    let rule = |enabled, allow_from: &[&str]| GroupRule {
        enabled,
        allow_from: allow_from.iter().map(ToString::to_string).collect(),
    };
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        access,
        Access {
            dm_policy: DmPolicy::Open,
            allow_from: Vec::new(),
            group_policy: GroupPolicy::Allowlist,
            group_allow_from: Vec::new(),
            groups: [
                ("wrA".into(), rule(false, &[])),
                ("*".into(), rule(true, &["a"]))
            ]
            .into(),
            access_groups: [
                ("hq".into(), list(&["boss", "li", "7"])),
                ("odd".into(), Vec::new())
            ]
            .into(),
        }
    );
    let own = account(
        &look(
            "{ channels: { defaults: { groupPolicy: 'allowlist' }, wecom: { groupPolicy: 'open' } } }",
        ),
        "default",
    );
    assert_eq!(own.access.group_policy, GroupPolicy::Open);
}
