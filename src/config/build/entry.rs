//! Entries of access lists, as far as checking them needs.

/// Names of this channel in front of an entry; OpenClaw configurations have them.
const CHANNEL_PREFIXES: [&str; 5] = ["wecom:", "qywx:", "wework:", "wechatwork:", "wecom-agent:"];

/// Names under which configurations know this channel.
pub(super) const CHANNEL_NAMES: [&str; 5] =
    ["wecom", "qywx", "wework", "wechatwork", "enterprise-wechat"];

/// The name of an access group, if the entry refers to one.
pub(super) fn access_group(entry: &str) -> Option<&str> {
    strip(entry.trim(), "accessGroup:").map(str::trim)
}

/// The id that an entry of a group list names.
pub(super) fn group_id(entry: &str) -> &str {
    bare(entry, &["group:", "chat:"])
}

/// The id that an entry of a sender list names.
pub(super) fn sender_id(entry: &str) -> &str {
    bare(entry, &["user:", "userid:"])
}

/// The entry without one channel prefix and one kind.
fn bare<'e>(entry: &'e str, kinds: &[&str]) -> &'e str {
    let first = |entry: &'e str, prefixes: &[&str]| {
        prefixes
            .iter()
            .find_map(|prefix| strip(entry, prefix))
            .unwrap_or(entry)
            .trim()
    };
    first(first(entry.trim(), &CHANNEL_PREFIXES), kinds)
}

/// Strips a prefix in any case.
fn strip<'e>(entry: &'e str, prefix: &str) -> Option<&'e str> {
    let (start, rest) = entry.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_any_case_are_stripped_once() {
        for (entry, sender) in [
            ("zhangsan", "zhangsan"),
            ("WECOM:user: x ", "x"),
            ("user:1001", "1001"),
            (" userid:a", "a"),
            ("wecom-agent:b", "b"),
            ("user:user:c", "user:c"),
            ("用户", "用户"),
        ] {
            assert_eq!(sender_id(entry), sender, "{entry}");
        }
        assert_eq!(group_id("wecom:group:wrA"), "wrA");
        assert_eq!(access_group("accessgroup: hq"), Some("hq"));
        assert_eq!(access_group("hq"), None);
    }
}
