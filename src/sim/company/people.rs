//! Who works here, as the category servers see them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Refused;

/// What is said of a member besides id, name and alias. What is absent in a request stays
/// as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemberTraits {
    /// Alias; empty for none.
    pub alias: Option<String>,
    /// Readable department.
    pub department: Option<String>,
    /// The members that this one may see; everybody by default. A member always sees
    /// itself.
    pub sees: Option<BTreeSet<String>>,
    /// Whether the bot reaches the member with a to-do (860042 if not); it does by
    /// default.
    pub todo_reachable: Option<bool>,
    /// Whether the member has a meeting account (`excess_users` if not); it has by
    /// default.
    pub meeting_account: Option<bool>,
}

impl MemberTraits {
    /// Takes over what a request says.
    pub(crate) fn take_over(&mut self, request: Self) {
        fn set<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        set(&mut self.alias, request.alias);
        set(&mut self.department, request.department);
        set(&mut self.sees, request.sees);
        set(&mut self.todo_reachable, request.todo_reachable);
        set(&mut self.meeting_account, request.meeting_account);
    }
}

/// A member.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// `userid`, in its own letters' case.
    pub(crate) id: String,
    /// Display name.
    pub(crate) name: String,
    /// The rest.
    pub(crate) traits: MemberTraits,
}

impl Member {
    /// The alias, empty for none.
    pub(crate) fn alias(&self) -> &str {
        self.traits.alias.as_deref().unwrap_or_default()
    }
}

/// Everybody. Ids are compared without the letters' case, as the service does.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    members: BTreeMap<String, Member>,
}

impl People {
    /// Adds a member.
    pub(crate) fn add(&mut self, member: Member) {
        self.members.insert(member.id.to_ascii_lowercase(), member);
    }

    /// The member with this id.
    pub(crate) fn find(&self, id: &str) -> Option<&Member> {
        self.members.get(&id.to_ascii_lowercase())
    }

    /// The id as the company writes it.
    ///
    /// # Errors
    ///
    /// 60111 for nobody.
    pub(crate) fn require(&self, id: &str) -> Result<String, Refused> {
        let member = self.find(id).ok_or_else(|| no_member(id))?;
        Ok(member.id.clone())
    }

    /// The display name; the id of somebody unknown.
    pub(crate) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.find(id).map_or(id, |member| member.name.as_str())
    }

    /// Whom a member may see, itself included.
    pub(crate) fn visible_to(&self, viewer: &str) -> impl Iterator<Item = &Member> {
        let sees = self
            .find(viewer)
            .and_then(|member| member.traits.sees.clone());
        let viewer = viewer.to_ascii_lowercase();
        self.members
            .iter()
            .filter(move |(key, member)| {
                **key == viewer
                    || sees.as_ref().is_none_or(|sees| {
                        sees.iter().any(|id| id.eq_ignore_ascii_case(&member.id))
                    })
            })
            .map(|(_, member)| member)
    }
}

/// `60111`.
fn no_member(id: &str) -> Refused {
    Refused::new(NO_MEMBER, format!("userid not found: {id}"))
}

const NO_MEMBER: i64 = 60_111;
