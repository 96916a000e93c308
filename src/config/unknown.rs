//! Keys that the schema does not have: misspelt ones, and those of other plugins.

use super::findings::Finding;
use super::place::Place;
use super::schema::Node;

/// Farthest key that is still suggested, in edits.
const MAX_DISTANCE: usize = 3;

/// The finding for an unknown key of an object, if there is anything to say.
pub(crate) fn finding(node: &Node, place: &Place, key: &str) -> Option<Finding> {
    let here = place.key(key);
    if is_account_level(place)
        && let Some(rewrite) = foreign(place, key)
    {
        return Some(Finding::warning(
            "foreign_key",
            here,
            format!("`{key}` is a key of another plugin: {}", rewrite.meaning),
            rewrite.instead,
        ));
    }
    let names = node.members.iter().map(|(name, _)| name.as_str());
    let nearest = nearest(key, names);
    match nearest {
        Some(name) => Some(Finding::warning(
            "unknown_key",
            here,
            format!("`{key}` is not a known key and is ignored"),
            format!("did you mean `{}`?", place.key(name)),
        )),
        // In a shared section the host program knows more keys than we do.
        None if node.shared => None,
        None => Some(Finding::warning(
            "unknown_key",
            here.clone(),
            format!("`{key}` is not a known key and is ignored"),
            format!("remove `{here}`"),
        )),
    }
}

/// Whether keys of an account stand here: the channel, an entry of `accounts`, or the
/// `agent` of either.
fn is_account_level(place: &Place) -> bool {
    let Some(relative) = place.below(&Place::of("channels.wecom")) else {
        return false;
    };
    let length = relative.steps().len();
    match relative.first_key() {
        None => true,
        Some("agent") => length == 1,
        Some("accounts") => length == 2 || (length == 3 && relative.last_key() == Some("agent")),
        Some(_) => false,
    }
}

/// The known name nearest to `key`, if it is near enough to be meant: at most three edits,
/// fewer for short keys.
pub fn nearest<'n>(key: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let lower = key.to_lowercase();
    // A short name has too many neighbours at the full distance.
    let limit = MAX_DISTANCE.min(key.chars().count().div_ceil(3));
    names
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// What a key of another plugin means, and what to write.
struct Rewrite {
    meaning: &'static str,
    instead: &'static str,
}

/// Keys of other plugins at the level of the channel or an account, and inside `agent`.
fn foreign(place: &Place, key: &str) -> Option<Rewrite> {
    let in_agent = place.last_key() == Some("agent");
    let (meaning, instead) = match key {
        "bot" if !in_agent => (
            "the bot's keys stand one level up here",
            "write bot.botId as botId, bot.secret as secret, and so on; with bot.token also \
             connectionMode: \"webhook\"",
        ),
        "dm" => (
            "the policy for direct messages",
            "write dm.policy as dmPolicy and dm.allowFrom as allowFrom",
        ),
        "encodingAesKey" => ("the callback's key", "write encodingAESKey"),
        "aibotid" if !in_agent => ("the bot's id", "write botId"),
        "botSecret" if !in_agent => ("the bot's secret", "write secret"),
        "corpId" if !in_agent => ("the agent app's company", "write agent.corpId"),
        "corpSecret" if !in_agent => ("the agent app's secret", "write agent.corpSecret"),
        "agentId" if !in_agent => ("the agent app's number", "write agent.agentId"),
        "callbackToken" if !in_agent => ("the agent app's token", "write agent.token"),
        "callbackAesKey" if !in_agent => ("the agent app's key", "write agent.encodingAESKey"),
        "commandAllowlist" if !in_agent => (
            "not supported here, its meaning differs",
            "list owners in commands.ownerAllowFrom",
        ),
        "groupChat" if !in_agent => (
            "not supported here: WeCom only delivers messages that mention the bot",
            "use groupPolicy and groups",
        ),
        "adminUsers" if !in_agent => (
            "not supported here, its meaning differs",
            "use dynamicAgents.adminUsers or commands.ownerAllowFrom",
        ),
        _ => return None,
    };
    Some(Rewrite { meaning, instead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_not() {
        let names = ["botId", "secret", "dmPolicy", "encodingAESKey", "tls"];
        for (key, suggestion) in [
            ("botid", Some("botId")),
            ("bot_id", Some("botId")),
            ("secert", Some("secret")),
            ("dm_policy", Some("dmPolicy")),
            ("encodingAeskeyy", Some("encodingAESKey")),
            ("tsl", Some("tls")),
            ("hooks", None),
            ("telegram", None),
        ] {
            assert_eq!(nearest(key, names.into_iter()), suggestion, "{key}");
        }
    }
}
