//! Which methods a server has.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::flights::{Flight, Flights};
use super::place::{Holder, Place, Share};
use super::tasks::Tasks;
use crate::ids::{AccountId, UserId};
use crate::interceptors::{RemoteTool, ToolError, ToolList};

/// How long a list holds.
const LIFE: Duration = Duration::from_hours(1);

/// Lists that are kept: as many as sessions.
const CAPACITY: usize = 1_000;

/// Pages of a list that are followed.
pub(super) const MAX_PAGES: usize = 50;

/// Methods of a list that are taken.
const MAX_TOOLS: usize = 1_000;

/// How much of a description is taken, in bytes. Models read it.
const MAX_DESCRIPTION: usize = 4 * 1024;

/// The lists of methods, by server and, where it keeps sessions, by member.
#[derive(Debug)]
pub(super) struct Lists {
    lists: Arc<Flights<Share, Listed, ToolError>>,
    tasks: Tasks,
}

/// A list, and which address it came from.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) list: Arc<ToolList>,
    pub(super) generation: u64,
}

impl Lists {
    pub(super) fn new(tasks: Tasks) -> Self {
        Self {
            lists: Arc::new(Flights::new(CAPACITY, drop)),
            tasks,
        }
    }

    /// The list that the server at the address of `generation` gave to a member, if it
    /// still holds.
    pub(super) fn get(
        &self,
        place: &Place,
        requester: Option<&UserId>,
        generation: u64,
    ) -> Option<Arc<ToolList>> {
        let holders = [Holder::Everybody, Holder::One(requester.cloned())];
        holders.into_iter().find_map(|holder| {
            let share = Share {
                place: place.clone(),
                holder,
            };
            let kept = self.lists.get(&share, |listed, age| {
                listed.generation == generation && age.stored < LIFE
            });
            kept.map(|(listed, _)| listed.list)
        })
    }

    /// Joins the fetch of a list, or begins one; `work` says whose the list is.
    pub(super) fn fetch<F>(
        &self,
        place: &Place,
        requester: Option<&UserId>,
        work: impl FnOnce() -> F,
    ) -> Flight<Listed, ToolError>
    where
        F: Future<Output = Result<(Share, Listed), ToolError>> + Send + 'static,
    {
        let share = Share {
            place: place.clone(),
            holder: Holder::One(requester.cloned()),
        };
        self.lists.join(&self.tasks, "tool list", share, work)
    }

    /// Forgets the lists of one server.
    pub(super) fn forget(&self, place: &Place) {
        self.lists.retain(|share| share.place != *place);
    }

    /// Forgets the lists of an account, or all.
    pub(super) fn forget_account(&self, account: Option<&AccountId>) {
        self.lists
            .retain(|share| account.is_some_and(|account| share.place.account != *account));
    }
}

/// One page of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    tools: Vec<WireTool>,
    next_cursor: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WireTool {
    name: String,
    description: Option<String>,
    input_schema: Option<Value>,
}

/// Adds a page to a list; where the next one is.
pub(super) fn add(list: &mut ToolList, page: Page) -> Option<String> {
    for tool in page.tools {
        if list.tools.len() >= MAX_TOOLS {
            list.cut = true;
            return None;
        }
        if tool.name.is_empty() {
            continue;
        }
        list.tools.push(RemoteTool {
            name: tool.name,
            description: shown(tool.description.as_deref().unwrap_or_default()),
            input_schema: tool.input_schema,
        });
    }
    page.next_cursor.filter(|cursor| !cursor.is_empty())
}

/// A description that can be put before a model.
fn shown(description: &str) -> String {
    let mut shown: String = description
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    shown.truncate(shown.floor_char_boundary(MAX_DESCRIPTION));
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(value: Value) -> Page {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn pages_add_up() {
        let mut list = ToolList::default();
        let first = json!({"tools": [
            {"name": "a", "description": "x\u{0}\u{7}\ny", "inputSchema": {"type": "object"}},
            {"name": ""},
        ], "nextCursor": "2"});
        assert_eq!(add(&mut list, page(first)), Some("2".to_owned()));
        assert_eq!(
            add(
                &mut list,
                page(json!({"tools": [{"name": "b"}], "nextCursor": ""}))
            ),
            None
        );
        assert_eq!(add(&mut list, page(json!({}))), None);
        let names: Vec<&str> = list.tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(list.tools[0].description, "x\ny");
        assert!(list.tools[1].input_schema.is_none() && !list.cut);
    }

    #[test]
    fn lists_and_descriptions_end_somewhere() {
        let tools: Vec<Value> = (0..1_001).map(|n| json!({"name": n.to_string()})).collect();
        let mut list = ToolList::default();
        assert_eq!(
            add(&mut list, page(json!({"tools": tools, "nextCursor": "2"}))),
            None
        );
        assert!(list.cut && list.tools.len() == 1_000);
        assert_eq!(shown(&"二".repeat(2_000)).len(), 4_095);
    }
}
