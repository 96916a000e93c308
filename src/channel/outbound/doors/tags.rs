//! Numbers of tags by their names: WeCom takes numbers only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AppDoor, Tag};
use crate::config::Account;
use crate::ids::AccountId;

/// How long a list of tags is believed.
const BELIEVED: Duration = Duration::from_mins(10);

/// Tags kept of one account; further ones are not found by name.
const MAX_TAGS: usize = 1_000;

/// The tags of all accounts, as last seen.
#[derive(Debug, Default)]
pub struct TagNames {
    seen: Mutex<HashMap<AccountId, Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    at: Instant,
    tags: Arc<[Tag]>,
}

impl TagNames {
    /// The tag's number as text; a name that can't be resolved stays as it is, with a
    /// warning that says why.
    pub async fn resolve(
        &self,
        app: &dyn AppDoor,
        account: &Account,
        tag: &str,
    ) -> (String, Option<String>) {
        if tag.bytes().all(|byte| byte.is_ascii_digit()) {
            return (tag.to_owned(), None);
        }
        let remembered = self.remembered(&account.id);
        if let Some(id) = remembered.and_then(|tags| find(&tags, tag)) {
            return (id.to_string(), None);
        }
        let why = match app.tags(account).await {
            Ok(tags) => {
                let tags: Arc<[Tag]> = tags.into_iter().take(MAX_TAGS).collect();
                let found = find(&tags, tag);
                self.remember(&account.id, tags);
                match found {
                    Some(id) => return (id.to_string(), None),
                    None => "no tag that the app sees has this name".to_owned(),
                }
            }
            Err(error) => format!("the list of tags could not be read: {error}"),
        };
        let warning = format!("tag `{tag}` is sent as it is written: {why}");
        (tag.to_owned(), Some(warning))
    }

    fn remembered(&self, account: &AccountId) -> Option<Arc<[Tag]>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(account)
            .filter(|seen| seen.at.elapsed() < BELIEVED)
            .map(|seen| seen.tags.clone())
    }

    fn remember(&self, account: &AccountId, tags: Arc<[Tag]>) {
        let at = Instant::now();
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(account.clone(), Seen { at, tags });
    }
}

/// The tag of exactly that name, else the only one that differs in case alone.
fn find(tags: &[Tag], name: &str) -> Option<u32> {
    if let Some(tag) = tags.iter().find(|tag| tag.name == name) {
        return Some(tag.id);
    }
    let name = name.to_lowercase();
    let mut alike = tags.iter().filter(|tag| tag.name.to_lowercase() == name);
    match (alike.next(), alike.next()) {
        (Some(tag), None) => Some(tag.id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_exactly_or_uniquely() {
        let tag = |id, name: &str| Tag {
            id,
            name: name.to_owned(),
        };
        let tags = [
            tag(1, "Ops"),
            tag(2, "ops"),
            tag(3, "Sales"),
            tag(4, "研发"),
        ];
        for (name, id) in [
            ("Ops", Some(1)),
            ("ops", Some(2)),
            ("OPS", None),
            ("sales", Some(3)),
            ("研发", Some(4)),
            ("none", None),
        ] {
            assert_eq!(find(&tags, name), id, "{name}");
        }
    }
}
