//! Who gets a message.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::refusal::{self, Refusal};
use super::seed::SeedApp;
use super::state::Directory;
use crate::ids::UserId;

/// Members of one call.
const USERS_MAX: usize = 1_000;
/// Departments, or tags, of one call.
const GROUPS_MAX: usize = 100;

/// Who gets a message, and who does not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// Each once, in the order named.
    pub(super) members: Vec<UserId>,
    invalid: BTreeMap<&'static str, Vec<String>>,
}

/// Finds out who is meant.
pub(super) fn resolve(
    body: &Map<String, Value>,
    app: &SeedApp,
    people: &[UserId],
    directory: &Directory,
) -> Result<Resolved, Refusal> {
    let [users, parties, tags] = ["touser", "toparty", "totag"].map(|name| listed(body, name));
    let refuse = |code, text| Err(Refusal::new(code, text));
    if users.len() > USERS_MAX {
        return refuse(refusal::TOO_MANY_USERS, "invalid user list size");
    }
    if parties.len() > GROUPS_MAX {
        return refuse(refusal::TOO_MANY_PARTIES, "too many departments");
    }
    if tags.len() > GROUPS_MAX {
        return refuse(refusal::TOO_MANY_TAGS, "too many tags");
    }
    let mut resolved = Resolved::default();
    let sees = |user: &UserId| app.scope.as_ref().is_none_or(|scope| scope.contains(user));
    if users == ["@all"] {
        for user in people.iter().filter(|user| sees(user)) {
            resolved.add(user);
        }
        return Ok(resolved);
    }
    if users.is_empty() && parties.is_empty() && tags.is_empty() {
        return refuse(refusal::NOBODY, "no recipients");
    }
    for id in users {
        let found = people
            .iter()
            .find(|user| user.as_str().eq_ignore_ascii_case(&id));
        match found.filter(|user| sees(user)) {
            Some(user) if directory.unlicensed.contains(user) => {
                resolved.refuse("unlicenseduser", id.to_ascii_lowercase());
            }
            Some(user) => resolved.add(user),
            None => resolved.refuse("invaliduser", id.to_ascii_lowercase()),
        }
    }
    for (name, ids, groups) in [
        ("invalidparty", parties, &directory.parties),
        ("invalidtag", tags, &directory.tags),
    ] {
        for id in ids {
            let group = id.parse().ok().and_then(|id: u32| groups.get(&id));
            match group {
                Some(group) => {
                    for user in group.members.iter().filter(|user| sees(user)) {
                        resolved.add(user);
                    }
                }
                None => resolved.refuse(name, id),
            }
        }
    }
    if resolved.members.is_empty() && !resolved.invalid.is_empty() {
        let errmsg = "user & party & tag all invalid".to_owned();
        return Err(Refusal {
            errcode: refusal::NOBODY_VALID,
            errmsg,
            more: resolved.lists(),
        });
    }
    Ok(resolved)
}

/// Whose copies of a card are meant; `None` is everybody's.
pub(super) fn named(body: &Map<String, Value>, directory: &Directory) -> Option<Vec<UserId>> {
    let list = |name: &str| body.get(name).and_then(Value::as_array);
    if body.get("atall") == Some(&json!(1)) {
        return None;
    }
    let lists = [
        (list("partyids"), &directory.parties),
        (list("tagids"), &directory.tags),
    ];
    let users = list("userids");
    if users.is_none() && lists.iter().all(|(ids, _)| ids.is_none()) {
        return None;
    }
    let users = users.into_iter().flatten().filter_map(Value::as_str);
    let mut named: Vec<UserId> = users.map(UserId::from).collect();
    for (ids, groups) in lists {
        let ids = ids.into_iter().flatten().filter_map(Value::as_u64);
        let found = ids.filter_map(|id| groups.get(&u32::try_from(id).ok()?));
        named.extend(found.flat_map(|group| group.members.iter().cloned()));
    }
    Some(named)
}

impl Resolved {
    /// `invaliduser` and its like.
    pub(super) fn lists(&self) -> Map<String, Value> {
        let joined = |ids: &Vec<String>| json!(ids.join("|"));
        let lists = self.invalid.iter();
        lists
            .map(|(name, ids)| ((*name).to_owned(), joined(ids)))
            .collect()
    }

    fn add(&mut self, user: &UserId) {
        if !self.members.contains(user) {
            self.members.push(user.clone());
        }
    }

    fn refuse(&mut self, list: &'static str, id: String) {
        self.invalid.entry(list).or_default().push(id);
    }
}

fn listed(body: &Map<String, Value>, name: &str) -> Vec<String> {
    let joined = body.get(name).and_then(Value::as_str).unwrap_or_default();
    let ids = joined.split('|').map(str::trim);
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::state::Named;
    use super::*;

    fn directory() -> Directory {
        let named = |members: &[&str]| Named {
            name: "x".to_owned(),
            members: members.iter().copied().map(UserId::from).collect(),
        };
        Directory {
            parties: BTreeMap::from([(1, named(&["LiNa", "wang"]))]),
            tags: BTreeMap::from([(7, named(&["wang"]))]),
            unlicensed: ["old".into()].into(),
        }
    }

    fn resolved(body: &Value) -> Result<(Vec<String>, Value), i64> {
        let people: Vec<UserId> = ["LiNa", "wang", "old", "out"].map(UserId::from).into();
        let mut app = SeedApp::new("ww", 1, "s");
        app.scope = Some(["LiNa", "wang", "old"].map(UserId::from).into());
        let body = body.as_object().unwrap();
        let resolved =
            resolve(body, &app, &people, &directory()).map_err(|refusal| refusal.errcode)?;
        let members = resolved.members.iter().map(ToString::to_string).collect();
        Ok((members, Value::Object(resolved.lists())))
    }

    #[test]
    fn everybody_named_gets_it_once() {
        for (body, members) in [
            (json!({ "touser": "lina|WANG" }), vec!["LiNa", "wang"]),
            (
                json!({ "toparty": "1", "totag": "7", "touser": "wang" }),
                vec!["wang", "LiNa"],
            ),
            (
                json!({ "touser": "@all", "toparty": "99" }),
                vec!["LiNa", "wang", "old"],
            ),
        ] {
            let expected: Vec<String> = members.into_iter().map(str::to_owned).collect();
            assert_eq!(resolved(&body), Ok((expected, json!({}))));
        }
    }

    #[test]
    fn who_does_not_get_it_is_named() {
        let body = json!({ "touser": "LiNa|Nobody|out|old", "toparty": "1|2", "totag": "x" });
        let lists = json!({
            "invalidparty": "2", "invalidtag": "x", "invaliduser": "nobody|out",
            "unlicenseduser": "old",
        });
        let members = vec!["LiNa".to_owned(), "wang".to_owned()];
        assert_eq!(resolved(&body), Ok((members, lists)));
        assert_eq!(resolved(&json!({ "touser": "nobody" })), Err(81_013));
        assert_eq!(resolved(&json!({})), Err(82_001));
        let many = vec!["a"; 1_001].join("|");
        assert_eq!(resolved(&json!({ "touser": many })), Err(40_032));
    }
}
