//! Whom a message of the app is for.

use serde_json::{Map, Value, json};

use crate::ids::UserId;

/// Members of one call.
const MAX_USERS: usize = 1_000;
/// Departments, and tags, of one call.
const MAX_GROUPS: usize = 100;
/// What separates ids on the wire.
const SEPARATOR: char = '|';
/// Everybody who sees the app, on the wire.
const EVERYBODY: &str = "@all";

/// Whom a message is for. It is within WeCom's limits, and only [`everybody`] is everybody.
///
/// [`everybody`]: Recipients::everybody
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    is_everybody: bool,
    users: Vec<String>,
    parties: Vec<u32>,
    tags: Vec<String>,
}

/// Receivers that make no call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientsError {
    /// There is none.
    #[error("no receiver is named")]
    Nobody,
    /// Too many for one call.
    #[error("{count} {what} in one call, WeCom takes {limit}: send in several calls")]
    TooMany {
        /// `members`, `departments` or `tags`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// An id that would be several, or everybody, on the wire.
    #[error("`{0}` is no id of a member or tag")]
    Id(String),
}

impl Recipients {
    /// Everybody who sees the app.
    pub fn everybody() -> Self {
        Self {
            is_everybody: true,
            users: Vec::new(),
            parties: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// One member.
    ///
    /// # Errors
    /// The id is none.
    pub fn user(user: &UserId) -> Result<Self, RecipientsError> {
        Self::users(std::slice::from_ref(user))
    }

    /// Members.
    ///
    /// # Errors
    /// None, more than 1,000, or an id that is none.
    pub fn users(users: &[UserId]) -> Result<Self, RecipientsError> {
        Self::new(users, &[], &[])
    }

    /// Departments.
    ///
    /// # Errors
    /// None, or more than 100.
    pub fn parties(parties: &[u32]) -> Result<Self, RecipientsError> {
        Self::new(&[], parties, &[])
    }

    /// Tags, by their numbers.
    ///
    /// # Errors
    /// None, more than 100, or an id that is none.
    pub fn tags(tags: &[String]) -> Result<Self, RecipientsError> {
        Self::new(&[], &[], tags)
    }

    /// All of these together: who is in several gets the message once.
    ///
    /// # Errors
    /// Nobody, more than 1,000 members, 100 departments or 100 tags, or an id that is none.
    pub fn new(
        users: &[UserId],
        parties: &[u32],
        tags: &[String],
    ) -> Result<Self, RecipientsError> {
        if users.is_empty() && parties.is_empty() && tags.is_empty() {
            return Err(RecipientsError::Nobody);
        }
        for (what, count, limit) in [
            ("members", users.len(), MAX_USERS),
            ("departments", parties.len(), MAX_GROUPS),
            ("tags", tags.len(), MAX_GROUPS),
        ] {
            if count > limit {
                return Err(RecipientsError::TooMany { what, count, limit });
            }
        }
        let users = users.iter().map(|user| checked(user.as_str()));
        let tags = tags.iter().map(|tag| checked(tag));
        Ok(Self {
            is_everybody: false,
            users: users.collect::<Result<_, _>>()?,
            parties: parties.to_vec(),
            tags: tags.collect::<Result<_, _>>()?,
        })
    }

    /// `touser`, `toparty` and `totag` of a message.
    pub(super) fn joined(&self, into: &mut Map<String, Value>) {
        if self.is_everybody {
            into.insert("touser".to_owned(), json!(EVERYBODY));
            return;
        }
        let parties: Vec<_> = self.parties.iter().map(ToString::to_string).collect();
        for (name, ids) in [
            ("touser", &self.users),
            ("toparty", &parties),
            ("totag", &self.tags),
        ] {
            if !ids.is_empty() {
                let ids = ids.join(&SEPARATOR.to_string());
                into.insert(name.to_owned(), ids.into());
            }
        }
    }

    /// `userids`, `partyids`, `tagids` and `atall` of a card's change.
    pub(super) fn listed(&self, into: &mut Map<String, Value>) {
        if self.is_everybody {
            into.insert("atall".to_owned(), json!(1));
            return;
        }
        // Numbers here, where they are any; a tag that is none is WeCom's to refuse.
        let tags = self.tags.iter().map(|tag| match tag.parse::<u32>() {
            Ok(number) => json!(number),
            Err(_) => json!(tag),
        });
        for (name, ids) in [
            ("userids", json!(self.users)),
            ("partyids", json!(self.parties)),
            ("tagids", Value::Array(tags.collect())),
        ] {
            if ids.as_array().is_some_and(|ids| !ids.is_empty()) {
                into.insert(name.to_owned(), ids);
            }
        }
    }
}

fn checked(id: &str) -> Result<String, RecipientsError> {
    let trimmed = id.trim();
    let is_id = !trimmed.is_empty()
        && !trimmed.eq_ignore_ascii_case(EVERYBODY)
        && !trimmed.contains(|c: char| c == SEPARATOR || c.is_control());
    if is_id {
        Ok(trimmed.to_owned())
    } else {
        Err(RecipientsError::Id(id.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(to: &Recipients) -> Value {
        let mut map = Map::new();
        to.joined(&mut map);
        Value::Object(map)
    }

    #[test]
    fn ids_are_joined_and_absent_kinds_left_out() {
        let users = [UserId::from("LiNa"), UserId::from("zhangwei")];
        let tags = ["7".to_owned()];
        let all = Recipients::new(&users, &[1, 2], &tags).unwrap();
        let expected = json!({ "touser": "LiNa|zhangwei", "toparty": "1|2", "totag": "7" });
        assert_eq!(wire(&all), expected);
        let parties = Recipients::parties(&[3]).unwrap();
        assert_eq!(wire(&parties), json!({ "toparty": "3" }));
        assert_eq!(wire(&Recipients::everybody()), json!({ "touser": "@all" }));
    }

    #[test]
    fn a_change_of_a_card_lists_them() {
        let users = [UserId::from("LiNa")];
        let tags = ["7".to_owned()];
        let mut map = Map::new();
        Recipients::new(&users, &[], &tags)
            .unwrap()
            .listed(&mut map);
        assert_eq!(
            Value::Object(map),
            json!({ "userids": ["LiNa"], "tagids": [7] })
        );
    }

    #[test]
    fn nobody_becomes_everybody_by_a_name() {
        for id in ["@all", "@ALL", " @all ", "a|@all", "a|b", "", " ", "a\nb"] {
            let user = UserId::from(id);
            assert_eq!(
                Recipients::user(&user),
                Err(RecipientsError::Id(id.to_owned())),
                "{id:?}"
            );
        }
    }

    #[test]
    fn limits_hold() {
        let users = |count| vec![UserId::from("u"); count];
        assert!(Recipients::users(&users(1_000)).is_ok());
        assert_eq!(
            Recipients::users(&users(1_001)),
            Err(RecipientsError::TooMany {
                what: "members",
                count: 1_001,
                limit: 1_000
            })
        );
        assert!(Recipients::parties(&[1; 100]).is_ok());
        assert!(Recipients::parties(&[1; 101]).is_err());
        assert_eq!(Recipients::users(&[]), Err(RecipientsError::Nobody));
    }
}
