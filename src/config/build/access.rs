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
    if draft.enabled {
        let has_bot = draft.has_bot();
        for entry in entries(draft, shared, &access, has_bot) {
            check_direct(draft, &entry);
        }
        if has_bot {
            check_groups(draft, shared, &access);
        }
    }
    access
}

/// One way in, with the rules for direct messages that hold there.
struct Entry {
    /// What people write to, for messages.
    what: &'static str,
    /// The policy, if anybody set it.
    policy: Option<DmPolicy>,
    policy_place: Place,
    list: Vec<String>,
    list_place: Place,
}

/// The bot, and the agent app where its rules are not simply the bot's.
fn entries(draft: &Draft, shared: &Shared<'_>, access: &Access, has_bot: bool) -> Vec<Entry> {
    let keys = &draft.keys;
    let at = |dotted: &str| draft.at(dotted, shared);
    let bot = has_bot.then(|| Entry {
        what: "bot",
        policy: keys.dm_policy,
        policy_place: at("dmPolicy"),
        list: access.allow_from.clone(),
        list_place: at("allowFrom"),
    });
    let (own_policy, own_list) = (keys.agent.dm_policy, keys.agent.allow_from.as_ref());
    let differs = own_policy.is_some() || own_list.is_some();
    let app = (draft.has_agent_app() && (differs || !has_bot)).then(|| Entry {
        what: "app",
        policy: own_policy.or(keys.dm_policy),
        policy_place: at(if own_policy.is_some() {
            "agent.dmPolicy"
        } else {
            "dmPolicy"
        }),
        list: own_list.map_or_else(|| access.allow_from.clone(), TextList::list),
        list_place: at(if own_list.is_some() {
            "agent.allowFrom"
        } else {
            "allowFrom"
        }),
    });
    bot.into_iter().chain(app).collect()
}

fn check_direct(draft: &mut Draft, entry: &Entry) {
    let (policy, list, what) = (&entry.policy_place, &entry.list_place, entry.what);
    let effective = entry.policy.unwrap_or_default();
    match entry.policy {
        None => draft.report(Finding::warning(
            "dm_open_default",
            policy.clone(),
            format!(
                "`dmPolicy` is not set, and the default is `open`: everybody in the company may \
                 use the {what}"
            ),
            format!("set `{policy}` to \"open\", \"pairing\", \"allowlist\" or \"disabled\""),
        )),
        Some(DmPolicy::Open) => draft.report(Finding::info(
            "dm_open",
            policy.clone(),
            format!("everybody in the company may use the {what}"),
            format!("set `{policy}` to \"pairing\" or \"allowlist\" to choose"),
        )),
        Some(_) => {}
    }
    let says_everybody = entry.list.iter().any(|listed| listed == "*");
    match effective {
        DmPolicy::Open | DmPolicy::Disabled if entry.list.is_empty() => {}
        // A lone `*` says the same as the policy.
        DmPolicy::Open if says_everybody => {}
        DmPolicy::Open | DmPolicy::Disabled => draft.report(Finding::warning(
            "allow_from_ignored",
            list.clone(),
            format!(
                "the list has no effect on messages while dmPolicy is {}",
                word(effective)
            ),
            format!("set `{policy}` to \"allowlist\" or \"pairing\""),
        )),
        DmPolicy::Allowlist if entry.list.is_empty() => draft.report(Finding::warning(
            "allow_from_empty",
            list.clone(),
            format!(
                "dmPolicy is allowlist and the list is empty: only people whose pairing was \
                 approved can talk to the {what}"
            ),
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
