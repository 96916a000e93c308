//! What people ask of an agent in WeCom, and what an agent that follows the skills does.
//!
//! Each story is one scripted conversation: the calls that the skills teach, in their
//! order, run through the tool, its interceptors and the client against the simulated
//! company, and the state that must have come about. The script is played by the test;
//! everything from the tool's arguments on is the product's own.
//!
//! [`Stage::told`] compares the calls that reached the servers with the story, checks that
//! nothing was changed before a question where the story has one, and that the skills of
//! the story teach every method it used.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod calendar;
mod documents;
mod meetings;
mod messages;
mod people;
mod refusals;
mod sheets;
mod stage;
mod todos;
mod words;

use serde_json::{Value, json};

use stage::Stage;

/// The answer of a story step that must be a text.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} in {value}"))
}

/// The items of a list.
fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.unwrap_or_else(|| panic!("no list at {pointer} in {value}"))
}

/// Ids or other texts of a list's items, collected.
fn each(value: &Value, list_at: &str, item_at: &str) -> Vec<String> {
    let items = list(value, list_at).iter();
    items.map(|item| text(item, item_at).to_owned()).collect()
}

/// Participants as `create_todo` takes them.
fn followers(ids: &[&str]) -> Value {
    let one = |id: &&str| json!({ "follower_id": id, "follower_status": 1 });
    json!({ "followers": ids.iter().map(one).collect::<Vec<_>>() })
}
