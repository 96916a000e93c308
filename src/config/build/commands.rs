//! Who may command.

use std::collections::BTreeMap;

use super::access::check_senders;
use super::entry;
use crate::config::effective::CommandsSettings;
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::sections::CommandsKeys;

/// The effective command rights.
pub(crate) fn commands(
    keys: &CommandsKeys,
    groups: &BTreeMap<String, Vec<String>>,
    findings: &mut Vec<Finding>,
) -> CommandsSettings {
    let place = Place::of("commands");
    if !keys.use_access_groups {
        let here = place.key("useAccessGroups");
        findings.push(Finding::warning(
            "access_groups_off",
            here.clone(),
            "every admitted sender may use commands",
            format!("remove `{here}`"),
        ));
    }
    let owners = &keys.owner_allow_from;
    let owner_place = place.key("ownerAllowFrom");
    check_senders(&owner_place, owners, groups, findings);
    for (index, owner) in owners.entries() {
        let here = owner_place.index(index);
        if owner.trim() == "*" {
            findings.push(Finding::warning(
                "owner_everybody",
                here.clone(),
                "`*` is ignored here: owners are named one by one",
                format!("write wecom:USERID at `{here}`"),
            ));
        } else if entry::access_group(owner).is_none() && !owner.contains(':') {
            findings.push(Finding::warning(
                "owner_bare",
                here.clone(),
                "an owner without its channel is taken as one of WeCom",
                format!("write \"wecom:{owner}\" at `{here}`"),
            ));
        }
    }
    let allow_from = keys.allow_from.as_ref().map(|lists| {
        let channel = if lists.contains_key("wecom") {
            "wecom"
        } else {
            "*"
        };
        let list = lists.get(channel).cloned().unwrap_or_default();
        check_senders(
            &place.key("allowFrom").key(channel),
            &list,
            groups,
            findings,
        );
        list.list()
    });
    CommandsSettings {
        text: keys.text,
        restart: keys.restart,
        config: keys.config,
        owner_allow_from: owners.list(),
        allow_from,
        use_access_groups: keys.use_access_groups,
    }
}
