//! The category `contact`.

use serde_json::{Map, Value, json};

use super::{Answered, Office, Refused, Visit, answer};

/// The directory's own rules.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Contact {
    /// With more visible members than this the method answers 853006.
    pub(crate) most_visible: Option<usize>,
}

impl Contact {
    /// Does what a method says.
    pub(crate) fn call(
        self,
        visit: Visit<'_>,
        office: &Office,
        method: &str,
        _args: &Map<String, Value>,
    ) -> Answered {
        if method != "get_userlist" {
            return Err(Refused::not_open());
        }
        let users: Vec<Value> = office
            .people
            .visible_to(visit.member)
            .map(|member| {
                json!({ "userid": member.id, "name": member.name, "alias": member.alias() })
            })
            .collect();
        if self.most_visible.is_some_and(|most| users.len() > most) {
            return Err(Refused::not_open());
        }
        Ok(answer([("userlist", json!(users))]))
    }
}
