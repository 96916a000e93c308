//! Who may talk to an account.

use std::collections::BTreeMap;

use super::draft::{Draft, Shared};
use super::entry;
use crate::config::effective::{Access, DmPolicy, GroupPolicy, GroupRule};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::schema::sections::AccessGroupKeys;
use crate::config::schema::value::TextList;

/// The only kind of access group.
const SENDER_GROUP: &str = "message.senders";

/// Members of each access group that apply to this channel.
pub(crate) fn access_groups(
    keys: BTreeMap<String, AccessGroupKeys>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::new();
    for (name, group) in keys {
        let here = Place::of("accessGroups").key(&name).key("type");
        let members = if group.kind.as_deref().unwrap_or(SENDER_GROUP) == SENDER_GROUP {
            ["*", "wecom"]
                .iter()
                .filter_map(|channel| group.members.get(*channel))
                .flat_map(TextList::list)
                .collect()
        } else {
            findings.push(Finding::warning(
                "access_group_type",
                here.clone(),
                "only groups of the type `message.senders` are known; this one matches nobody",
                format!("set `{here}` to \"{SENDER_GROUP}\""),
            ));
            Vec::new()
        };
        groups.insert(name, members);
    }
    groups
}

/// The effective rules of an account.
pub(super) fn access(draft: &mut Draft, shared: &Shared<'_>) -> Access {
    let keys = &draft.keys;
    let groups: BTreeMap<String, GroupRule> = keys
        .groups
        .iter()
        .map(|(id, rule)| {
            let rule = GroupRule {
                enabled: rule.enabled,
                allow_from: rule.allow_from.list(),
            };
            (id.clone(), rule)
        })
        .collect();
    let access = Access {
        dm_policy: keys.dm_policy.unwrap_or_default(),
        allow_from: keys
            .allow_from
            .as_ref()
            .map(TextList::list)
            .unwrap_or_default(),
        group_policy: keys
            .group_policy
            .or(shared.group_policy)
            .unwrap_or_default(),
        group_allow_from: keys.group_allow_from.list(),
        groups,
        access_groups: shared.access_groups.clone(),
    };
    check_references(draft, shared);
    if draft.enabled && draft.has_credentials() {
        check_direct(draft, shared, &access);
        check_groups(draft, shared, &access);
    }
    access
}

fn check_direct(draft: &mut Draft, shared: &Shared<'_>, access: &Access) {
    let policy = draft.at("dmPolicy", shared);
    let list = draft.at("allowFrom", shared);
    let says_everybody = access.allow_from.iter().any(|entry| entry.trim() == "*");
    match (draft.keys.dm_policy, access.dm_policy) {
        (None, _) => draft.report(Finding::warning(
            "dm_open_default",
            policy.clone(),
            "`dmPolicy` is not set, and the default is `open`: everybody in the company may use \
             the bot",
            format!("set `{policy}` to \"open\", \"pairing\", \"allowlist\" or \"disabled\""),
        )),
        (Some(_), DmPolicy::Open) => draft.report(Finding::info(
            "dm_open",
            policy.clone(),
            "everybody in the company may use the bot",
            format!("set `{policy}` to \"pairing\" or \"allowlist\" to choose"),
        )),
        _ => {}
    }
    match access.dm_policy {
        // A lone `*` says the same as the policy.
        DmPolicy::Open if access.allow_from.is_empty() || says_everybody => {}
        DmPolicy::Disabled if access.allow_from.is_empty() => {}
        DmPolicy::Open | DmPolicy::Disabled => draft.report(Finding::warning(
            "allow_from_ignored",
            list,
            format!(
                "the list has no effect on messages while dmPolicy is {}",
                word(access.dm_policy)
            ),
            format!("set `{policy}` to \"allowlist\" or \"pairing\""),
        )),
        DmPolicy::Allowlist if access.allow_from.is_empty() => draft.report(Finding::warning(
            "allow_from_empty",
            list.clone(),
            "dmPolicy is allowlist and the list is empty: only people whose pairing was approved \
             can talk to the bot",
            format!("add user ids to `{list}`"),
        )),
        DmPolicy::Allowlist | DmPolicy::Pairing => {}
    }
}

fn word(policy: DmPolicy) -> &'static str {
    match policy {
        DmPolicy::Open => "open",
        DmPolicy::Pairing => "pairing",
        DmPolicy::Allowlist => "allowlist",
        DmPolicy::Disabled => "disabled",
    }
}

fn check_groups(draft: &mut Draft, shared: &Shared<'_>, access: &Access) {
    let policy = draft.at("groupPolicy", shared);
    let list = draft.at("groupAllowFrom", shared);
    let rules = draft.at("groups", shared);
    if access.group_policy == GroupPolicy::Open && access.groups.is_empty() {
        draft.report(Finding::info(
            "group_open",
            policy.clone(),
            "any member of any group that has the bot may use it",
            format!("set `{policy}` to \"allowlist\" to choose groups"),
        ));
    }
    if access.group_policy == GroupPolicy::Allowlist {
        if access.group_allow_from.is_empty() && access.groups.is_empty() {
            draft.report(Finding::warning(
                "group_allow_empty",
                list.clone(),
                "groupPolicy is allowlist and no group is listed: all groups are blocked",
                format!("add group ids to `{list}`"),
            ));
        }
        for id in access.groups.keys().filter(|id| !admits(access, id)) {
            let here = draft.at("groups", shared).key(id);
            draft.report(Finding::warning(
                "group_unreachable",
                here,
                "the group is not in `groupAllowFrom`, so its rules never apply",
                format!("add \"{id}\" to `{list}`"),
            ));
        }
    }
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for id in access.groups.keys() {
        if let Some(first) = seen.insert(id.to_ascii_lowercase(), id) {
            draft.report(Finding::warning(
                "group_case",
                rules.key(id),
                format!(
                    "`{first}` and `{id}` differ in capitals only: a chat that is written \
                     exactly like one of them gets its rules, any other the first of them"
                ),
                format!("keep one of them at `{rules}`"),
            ));
        }
    }
    for (index, entry) in draft.keys.group_allow_from.clone().entries() {
        let id = entry::group_id(entry);
        let looks_like_chat = ["wr", "wc"].iter().any(|start| {
            id.get(..2)
                .is_some_and(|prefix| prefix.eq_ignore_ascii_case(start))
        });
        if id != "*" && !looks_like_chat && entry::access_group(entry).is_none() {
            draft.report(Finding::info(
                "group_list_looks_like_users",
                list.index(index),
                "group ids begin with `wr` or `wc` as a rule; is this a user id?",
                format!(
                    "list senders in `{rules}` or `{}`",
                    draft.at("allowFrom", shared)
                ),
            ));
        }
    }
}

/// Whether `groupAllowFrom` lets a key of `groups` in.
fn admits(access: &Access, id: &str) -> bool {
    id == "*"
        || access.group_allow_from.iter().any(|entry| {
            let listed = entry::group_id(entry);
            listed == "*" || listed.eq_ignore_ascii_case(id)
        })
}

/// Looks at every entry of every list of the account.
fn check_references(draft: &mut Draft, shared: &Shared<'_>) {
    let keys = &draft.keys;
    let mut senders: Vec<(Place, TextList)> = vec![
        (
            draft.at("allowFrom", shared),
            keys.allow_from.clone().unwrap_or_default(),
        ),
        (
            draft.at("agent.allowFrom", shared),
            keys.agent.allow_from.clone().unwrap_or_default(),
        ),
        (
            draft.at("dynamicAgents.adminUsers", shared),
            keys.dynamic_agents.admin_users.clone(),
        ),
    ];
    for (id, rule) in &keys.groups {
        let place = draft.at("groups", shared).key(id).key("allowFrom");
        senders.push((place, rule.allow_from.clone()));
    }
    for (place, list) in senders {
        check_senders(&place, &list, shared.access_groups, &mut draft.findings);
    }
    let list = draft.at("groupAllowFrom", shared);
    for (index, entry) in draft.keys.group_allow_from.clone().entries() {
        if entry::access_group(entry).is_some() {
            draft.report(Finding::error(
                "access_group_misplaced",
                list.index(index),
                "access groups list people, `groupAllowFrom` lists chats",
                format!("write chat ids at `{list}`"),
            ));
        }
    }
}

/// Checks the entries of one sender list.
pub(super) fn check_senders(
    place: &Place,
    list: &TextList,
    groups: &BTreeMap<String, Vec<String>>,
    findings: &mut Vec<Finding>,
) {
    for (index, entry) in list.entries() {
        let here = place.index(index);
        if let Some(name) = entry::access_group(entry) {
            if !groups.contains_key(name) {
                let known: Vec<&str> = groups.keys().map(String::as_str).collect();
                findings.push(
                    Finding::error(
                        "access_group_unknown",
                        here,
                        format!("there is no access group `{name}`; it matches nobody"),
                        format!(
                            "declare accessGroups.{name}, or use one of: {}",
                            listed(&known)
                        ),
                    )
                    .stopping(Stops::Nothing),
                );
            }
            continue;
        }
        let id = entry::sender_id(entry);
        if id.is_empty() {
            findings.push(Finding::warning(
                "entry_empty",
                here.clone(),
                "nothing is left of this entry without its prefix; it matches nobody",
                format!("remove `{here}`"),
            ));
        } else if id.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.push(Finding::info(
                "numeric_user",
                here,
                format!("`{id}` is a user id here; as a target of a message a bare number means a department"),
                format!("write user:{id} where it is a target"),
            ));
        }
    }
}

/// A list of names for a message.
pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "(none)".to_owned()
    } else {
        names.join(", ")
    }
}
