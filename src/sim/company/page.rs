//! Cursors: opaque, and bound to the question that they continue.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Refused, Visit};

/// A question that is answered in pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    fingerprint: u64,
}

/// One page of something.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// Where the next one goes on; empty at the end.
    pub(crate) next_cursor: String,
}

impl Question {
    /// The question that a call asks: who asks, and every argument but the cursor.
    pub(crate) fn of(visit: Visit<'_>, method: &str, args: &Map<String, Value>) -> Self {
        let mut asked: Vec<(&String, String)> = args
            .iter()
            .filter(|(name, _)| *name != "cursor")
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        asked.sort();
        let mut hasher = DefaultHasher::new();
        (visit.member, method, asked).hash(&mut hasher);
        Self {
            fingerprint: hasher.finish(),
        }
    }

    /// The page after `cursor` of `all`, whose items have growing keys.
    ///
    /// # Errors
    ///
    /// 40058 for a cursor of another question, or of none.
    pub(crate) fn page<T>(
        self,
        all: impl IntoIterator<Item = (u64, T)>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<T>, Refused> {
        let after = match cursor {
            None | Some("") => None,
            Some(cursor) => Some(self.read(cursor)?),
        };
        let mut items = Vec::new();
        let mut last = None;
        for (key, item) in all {
            if after.is_some_and(|after| key <= after) {
                continue;
            }
            if items.len() == limit {
                let next_cursor = last.map_or_else(String::new, |last| self.write(last));
                return Ok(Page { items, next_cursor });
            }
            last = Some(key);
            items.push(item);
        }
        Ok(Page {
            items,
            next_cursor: String::new(),
        })
    }

    fn write(self, key: u64) -> String {
        let mut bytes = self.fingerprint.to_be_bytes().to_vec();
        bytes.extend(key.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(self, cursor: &str) -> Result<u64, Refused> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
        let (fingerprint, key) = bytes.split_at_checked(8).unwrap_or_default();
        match <[u8; 8]>::try_from(key) {
            Ok(key) if *fingerprint == self.fingerprint.to_be_bytes() => {
                Ok(u64::from_be_bytes(key))
            }
            _ => Err(Refused::argument("invalid cursor")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(args: &Value) -> Question {
        let visit = Visit {
            member: "a",
            now_ms: 0,
        };
        Question::of(visit, "list", args.as_object().unwrap())
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let question = question(&json!({ "limit": 2, "cursor": "x" }));
        let all = || (1..=5_u64).map(|n| (n, n));
        let mut cursor = None;
        let mut read = Vec::new();
        loop {
            let page = question.page(all(), cursor.as_deref(), 2).unwrap();
            assert!(page.items.len() <= 2);
            read.extend(page.items);
            if page.next_cursor.is_empty() {
                break;
            }
            cursor = Some(page.next_cursor);
        }
        assert_eq!(read, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_cursor_of_another_question_is_refused() {
        let all = || (1..=5_u64).map(|n| (n, n));
        let first = question(&json!({ "status": 1 }))
            .page(all(), None, 2)
            .unwrap();
        let changed = question(&json!({ "status": 0 }));
        for cursor in [first.next_cursor.as_str(), "cur_02"] {
            let refused = changed.page(all(), Some(cursor), 2).unwrap_err();
            assert_eq!(refused.errcode, 40_058, "{cursor}");
        }
    }
}
