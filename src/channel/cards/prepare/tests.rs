mod coerced;
mod rules;
mod short_forms;
mod survival;

use serde_json::{Value, json};

use super::*;

const NOON: i64 = 1_767_225_600_000;

/// The card as sent, without its id.
fn sent(card: Value) -> Value {
    let prepared = prepare(card, NOON).unwrap();
    let mut sent = prepared.card.to_value();
    sent.as_object_mut().unwrap().remove("task_id");
    sent
}

/// One part of the card as sent; null where it was left out.
fn part(card: Value, pointer: &str) -> Value {
    sent(card).pointer(pointer).cloned().unwrap_or_default()
}

/// A card of a type with its least, and some fields more.
fn with(kind: &str, fields: Value) -> Value {
    let mut card = match kind {
        "text_notice" => {
            json!({ "title": "t", "card_action": { "type": 1, "url": "https://e.x" } })
        }
        "news_notice" => json!({ "title": "t", "card_image": { "url": "https://e.x/p.png" },
            "card_action": { "type": 1, "url": "https://e.x" } }),
        "button_interaction" => {
            json!({ "title": "t", "button_list": [{ "text": "b", "key": "k" }] })
        }
        "vote_interaction" => json!({ "title": "t", "options": [{ "id": "a", "text": "A" }],
            "submit_button": { "text": "s", "key": "s" } }),
        _ => json!({ "title": "t", "selectors": [{ "question_key": "q", "title": "?",
            "options": [{ "id": "a", "text": "A" }] }], "submit_button": { "text": "s", "key": "s" } }),
    };
    card["card_type"] = json!(kind);
    let Value::Object(fields) = fields else {
        panic!("fields");
    };
    for (key, value) in fields {
        card[key] = value;
    }
    card
}
