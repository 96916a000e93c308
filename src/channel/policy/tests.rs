use super::*;

fn direct(policy: DmPolicy, allow_from: &[&str], paired: bool, sender: &str) -> Verdict {
    let access = Access {
        dm_policy: policy,
        allow_from: allow_from.iter().map(|entry| (*entry).to_owned()).collect(),
        access_groups: [(
            "hq".to_owned(),
            vec!["boss".to_owned(), "user:x".to_owned()],
        )]
        .into(),
        ..Access::default()
    };
    let chat = Chat {
        account: "a".into(),
        kind: ChatKind::Direct,
        id: sender.into(),
    };
    admit(&access, &chat, &sender.into(), || paired)
}

#[test]
fn direct_messages_follow_the_table() {
    use DmPolicy::{Allowlist, Disabled, Open, Pairing};
    let out = Verdict::Refuse(Refusal::SenderNotListed);
    for (policy, allow_from, paired, sender, expected) in [
        (Open, &[][..], false, "x", Verdict::Admit),
        (Open, &["y"], false, "x", Verdict::Admit),
        (Allowlist, &[], false, "x", out),
        (Allowlist, &["wecom:x"], false, "x", Verdict::Admit),
        (Allowlist, &["WECOM:user: x "], false, "x", Verdict::Admit),
        (Allowlist, &["X"], false, "x", Verdict::Admit),
        (Allowlist, &["1001"], false, "1001", Verdict::Admit),
        (Allowlist, &["userid:x"], false, "x", Verdict::Admit),
        (Allowlist, &[], true, "x", Verdict::Admit),
        (Allowlist, &["y"], false, "x", out),
        (Allowlist, &["xx", ""], false, "x", out),
        (Pairing, &[], false, "x", Verdict::Pair),
        (Pairing, &["*"], false, "x", Verdict::Admit),
        (Pairing, &[], true, "X", Verdict::Admit),
        (
            Disabled,
            &["*"],
            true,
            "x",
            Verdict::Refuse(Refusal::DirectDisabled),
        ),
        (Allowlist, &["accessGroup:hq"], false, "x", Verdict::Admit),
        (Allowlist, &["accessGroup:hq"], false, "y", out),
        (Allowlist, &["accessGroup:none"], false, "x", out),
        (
            Allowlist,
            &["woABCDEFGHIJKLMNOPQRST"],
            false,
            "woabcdefghijklmnopqrst",
            out,
        ),
    ] {
        assert_eq!(
            direct(policy, allow_from, paired, sender),
            expected,
            "{policy:?} {allow_from:?} paired={paired} {sender}"
        );
    }
}

fn group(
    policy: GroupPolicy,
    group_allow_from: &[&str],
    rules: &[(&str, bool, &[&str])],
    chat: &str,
    sender: &str,
) -> Verdict {
    let owned = |list: &[&str]| {
        list.iter()
            .map(|entry| (*entry).to_owned())
            .collect::<Vec<_>>()
    };
    let access = Access {
        dm_policy: DmPolicy::Disabled,
        group_policy: policy,
        group_allow_from: owned(group_allow_from),
        groups: rules
            .iter()
            .map(|(key, enabled, allow_from)| {
                (
                    (*key).to_owned(),
                    GroupRule {
                        enabled: *enabled,
                        allow_from: owned(allow_from),
                    },
                )
            })
            .collect(),
        ..Access::default()
    };
    let chat = Chat {
        account: "a".into(),
        kind: ChatKind::Group,
        id: chat.into(),
    };
    admit(&access, &chat, &sender.into(), || {
        panic!("pairing plays no role in groups")
    })
}

#[test]
fn groups_follow_the_table() {
    use GroupPolicy::{Allowlist, Disabled, Open};
    let sender_out = Verdict::Refuse(Refusal::GroupSenderNotListed);
    let group_out = Verdict::Refuse(Refusal::GroupNotListed);
    for (policy, listed, rules, chat, sender, expected) in [
        (Open, &[][..], &[][..], "g", "b", Verdict::Admit),
        (Open, &[], &[("g", true, &["a"][..])], "g", "b", sender_out),
        (Open, &[], &[("g", true, &["a"])], "h", "b", Verdict::Admit),
        (Allowlist, &[], &[], "g", "b", group_out),
        (Allowlist, &["g"], &[], "g", "b", Verdict::Admit),
        (Allowlist, &["wecom:G"], &[], "g", "b", Verdict::Admit),
        (Allowlist, &["group:g"], &[], "g", "b", Verdict::Admit),
        (
            Allowlist,
            &["g"],
            &[("g", true, &[])],
            "g",
            "b",
            Verdict::Admit,
        ),
        (
            Allowlist,
            &["g"],
            &[("*", true, &["a"])],
            "g",
            "b",
            sender_out,
        ),
        (
            Allowlist,
            &["g"],
            &[("*", true, &["a"]), ("g", true, &[])],
            "g",
            "b",
            Verdict::Admit,
        ),
        (
            Allowlist,
            &["*"],
            &[("G", true, &["user:a"])],
            "g",
            "a",
            Verdict::Admit,
        ),
        (Allowlist, &[], &[("g", true, &[])], "g", "b", group_out),
        (
            Disabled,
            &["*"],
            &[],
            "g",
            "b",
            Verdict::Refuse(Refusal::GroupsDisabled),
        ),
        (
            Open,
            &[],
            &[("g", false, &[])],
            "g",
            "b",
            Verdict::Refuse(Refusal::GroupOff),
        ),
        (Open, &[], &[("g", true, &["A"])], "g", "a", Verdict::Admit),
    ] {
        assert_eq!(
            group(policy, listed, rules, chat, sender),
            expected,
            "{policy:?} {listed:?} {rules:?} {chat} {sender}"
        );
    }
}
