use proptest::prelude::*;

use super::*;

/// A target in the words of the table: kind and items, `~` where it is inferred, `!` where
/// it is bound to the agent app; or the code of the error.
fn read(text: &str) -> String {
    match Target::parse(text) {
        Err(error) => error.code().to_owned(),
        Ok(target) => format!(
            "{}{}{}",
            if target.inferred { "~" } else { "" },
            if target.via == Via::Agent { "!" } else { "" },
            target.kind
        ),
    }
}

#[test]
fn every_form_means_one_thing() {
    let long = "a".repeat(65);
    let cases = [
        ("zhangsan", "user:zhangsan"),
        ("party:1", "party:1"),
        ("dept:5", "party:5"),
        ("tag:Ops", "tag:Ops"),
        ("tag:3", "tag:3"),
        ("user:1001", "user:1001"),
        ("group:wr123abc", "group:wr123abc"),
        ("chat:wc456def", "group:wc456def"),
        ("1", "~party:1"),
        ("wr123", "~group:wr123"),
        ("WR123", "~group:WR123"),
        ("wokTest", "user:wokTest"),
        ("wrobert", "~group:wrobert"),
        ("WrOng.name", "user:WrOng.name"),
        ("wr", "user:wr"),
        ("wecom:zhangsan", "user:zhangsan"),
        ("WECOM:party:1", "party:1"),
        ("qywx:tag:3", "tag:3"),
        ("wechatwork:group:wr1", "group:wr1"),
        ("wework:2", "~party:2"),
        ("wecom-agent:party:1", "!party:1"),
        ("wecom-agent:lisi", "!user:lisi"),
        ("wecom:wecom:party:1", "party:1"),
        ("wecom: zhangsan", "user:zhangsan"),
        ("  wecom:user: li  ", "user:li"),
        ("party: 3 ", "party:3"),
        ("PARTY:3", "party:3"),
        ("party:1|2", "party:1|2"),
        ("party:1,2", "party:1|2"),
        ("party:", "empty_target"),
        ("user:", "empty_target"),
        ("group:", "empty_target"),
        ("wecom:", "empty_target"),
        ("", "empty_target"),
        (" \t\u{3000}", "empty_target"),
        ("party:abc", "invalid_party"),
        ("0", "invalid_party"),
        ("007", "~party:7"),
        ("13800000000", "invalid_party"),
        ("+8613800000000", "invalid_user"),
        ("１２", "invalid_user"),
        ("-1", "invalid_user"),
        ("1.5", "user:1.5"),
        ("1,2", "invalid_user"),
        ("@all", "@all"),
        ("user:@all", "@all"),
        ("zhangsan|lisi", "user:zhangsan|lisi"),
        ("zhangsan|1", "mixed_target"),
        ("user:zhangsan|1", "user:zhangsan|1"),
        ("user:party:1", "invalid_user"),
        ("foo:bar", "unknown_prefix"),
        ("department:3", "party:3"),
        ("userid:x", "user:x"),
        ("touser:x", "unknown_prefix"),
        ("chatid:abc", "unknown_prefix"),
        ("channel:wr1", "unknown_prefix"),
        ("张三", "invalid_user"),
        ("tag:研发", "tag:研发"),
        ("group:wrA|wrB", "invalid_chat"),
        ("group:abc123", "group:abc123"),
        ("user：lisi", "user:lisi"),
        ("zhangsan \n", "user:zhangsan"),
        ("wecom:group:wrX", "group:wrX"),
        ("li si", "invalid_user"),
        (&long, "invalid_user"),
        ("wcheng", "~group:wcheng"),
        // Beyond the table.
        ("party:4294967295", "party:4294967295"),
        ("party:4294967296", "invalid_party"),
        ("party:1||1, 01", "party:1"),
        ("user:a|@all", "invalid_user"),
        ("wecom：user：lisi", "user:lisi"),
        ("wecom:wecom:wecom:wecom:user:a", "user:a"),
        ("wecom:wecom:wecom:wecom:wecom:user:a", "unknown_prefix"),
        ("wrA|wrB", "invalid_chat"),
        ("wecom-agent:@all", "!@all"),
        ("ENTERPRISE-WECHAT:1", "~party:1"),
        ("|", "empty_target"),
    ];
    for (text, meaning) in cases {
        assert_eq!(read(text), meaning, "{text:?}");
    }
}

#[test]
fn errors_say_what_to_write() {
    let error = |text: &str| Target::parse(text).unwrap_err().to_string();
    assert!(error("13800000000").contains("write user:<userid>"));
    assert!(!error("party:abc").contains("userid"));
    assert!(error("张三").contains("contact skill"));
    assert!(error("touser:x").contains("`touser:` is no kind of target: write user:, group:"));
}

fn targets() -> impl Strategy<Value = Target> {
    let kind = prop_oneof![
        proptest::collection::hash_set("[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}", 1..5)
            .prop_map(|users| TargetKind::User(users.into_iter().map(UserId::new).collect())),
        proptest::collection::hash_set(1_u32.., 1..5)
            .prop_map(|parties| TargetKind::Party(parties.into_iter().collect())),
        proptest::collection::hash_set("[a-z研发:@][a-z 研发:]{0,30}[a-z研发]", 1..5)
            .prop_map(|tags| TargetKind::Tag(tags.into_iter().collect())),
        "[A-Za-z0-9_-]{1,128}".prop_map(|chat| TargetKind::Chat(chat.into())),
        Just(TargetKind::All),
    ];
    (kind, prop_oneof![Just(Via::Any), Just(Via::Agent)]).prop_map(|(kind, via)| Target {
        kind,
        via,
        inferred: false,
    })
}

proptest! {
    #[test]
    fn a_canonical_text_reads_back_as_the_same(target in targets()) {
        prop_assert_eq!(Target::parse(&target.to_string()), Ok(target));
    }

    #[test]
    fn whatever_is_read_has_a_canonical_text(
        text in "(wecom:|WECOM-agent:|qywx：)?(user:|tag:|party:|dept :|chat:)?[a-z0-9wrc|, .@_研-]{0,12}"
    ) {
        if let Ok(target) = Target::parse(&text) {
            let again = Target::parse(&target.to_string());
            prop_assert_eq!(again, Ok(Target { inferred: false, ..target }));
        }
    }

    #[test]
    fn anything_is_one_target_or_one_error(text in "\\PC*") {
        match Target::parse(&text) {
            Ok(target) => prop_assert!(!target.to_string().is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
