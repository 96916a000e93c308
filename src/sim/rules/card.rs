//! Template cards: the few rules by which the service refuses one.

use serde_json::Value;

use super::field::Object;
use super::refusal::{Refusal, code};

/// A request to replace a card.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct CardUpdate {
    /// The new card.
    pub(in crate::sim) card: Value,
    /// Whose copies are replaced; empty for everybody's.
    pub(in crate::sim) users: Vec<String>,
}

/// Checks a card that is to be shown.
pub(super) fn check(card: &Value) -> Result<(), Refusal> {
    let fields = Object::new(card, "template_card")?;
    let kind = fields.name("card_type")?;
    let bad = |text: String| Err(Refusal::violation(code::BAD_CARD, text));
    match kind {
        "text_notice" | "news_notice" => {
            let action = card.pointer("/card_action/type").and_then(Value::as_u64);
            if !matches!(action, Some(1 | 2)) {
                return bad("invalid card_action".to_owned());
            }
        }
        "button_interaction" => require_list(card, "button_list", BUTTONS_MAX)?,
        "vote_interaction" => require_list(card, "checkbox/option_list", VOTE_OPTIONS_MAX)?,
        "multiple_interaction" => require_list(card, "select_list", SELECTS_MAX)?,
        _ => return bad(format!("invalid card_type {kind}")),
    }
    if matches!(kind, "button_interaction" | "vote_interaction") && task_id(card).is_none() {
        return bad("missing task_id".to_owned());
    }
    if matches!(kind, "vote_interaction" | "multiple_interaction")
        && card
            .pointer("/submit_button/key")
            .and_then(Value::as_str)
            .is_none()
    {
        return bad("missing submit_button".to_owned());
    }
    if let Some(id) = task_id(card) {
        let is_good = id.len() <= TASK_ID_MAX_BYTES
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'-'));
        if !is_good {
            return bad("invalid task_id".to_owned());
        }
    }
    Ok(())
}

/// A card's task id, unless it is empty.
pub(in crate::sim) fn task_id(card: &Value) -> Option<&str> {
    card.get("task_id")?.as_str().filter(|id| !id.is_empty())
}

/// Reads `aibot_respond_update_msg` for a card with the event's `task_id` and, where the
/// event has one, `card_type`.
pub(in crate::sim) fn update(
    body: &Value,
    event_task: &str,
    event_type: Option<&str>,
) -> Result<CardUpdate, Refusal> {
    let fields = Object::new(body, "body")?;
    if fields.name("response_type")? != "update_template_card" {
        return Err(fields.wrong("response_type", "must be update_template_card"));
    }
    let card = fields
        .get("template_card")
        .ok_or_else(|| fields.wrong("template_card", "is missing"))?;
    check(card)?;
    if task_id(card) != Some(event_task) {
        return Err(Refusal::violation(
            code::BAD_CARD,
            "task_id is not the event's",
        ));
    }
    let card_type = card.get("card_type").and_then(Value::as_str);
    if event_type.is_some() && card_type != event_type {
        return Err(Refusal::violation(
            code::BAD_CARD,
            "card_type is not the event's",
        ));
    }
    let users = match fields.get("userids") {
        None => Vec::new(),
        Some(Value::Array(users)) => users
            .iter()
            .map(|user| user.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| fields.wrong("userids", "must hold strings"))?,
        Some(_) => return Err(fields.wrong("userids", "must be a list")),
    };
    Ok(CardUpdate {
        card: card.clone(),
        users,
    })
}

fn require_list(card: &Value, path: &str, max: usize) -> Result<(), Refusal> {
    let length = card
        .pointer(&format!("/{path}"))
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if (1..=max).contains(&length) {
        Ok(())
    } else {
        Err(Refusal::violation(
            code::BAD_CARD,
            format!("{path} must have 1 to {max} items"),
        ))
    }
}

const BUTTONS_MAX: usize = 6;
const VOTE_OPTIONS_MAX: usize = 20;
const SELECTS_MAX: usize = 3;
const TASK_ID_MAX_BYTES: usize = 128;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cards_are_checked() {
        let good = json!([
            { "card_type": "text_notice", "card_action": { "type": 1, "url": "https://e.x" } },
            { "card_type": "news_notice", "card_action": { "type": 2 }, "task_id": "a@b-c_1" },
            { "card_type": "button_interaction", "task_id": "t", "button_list": [{}] },
            { "card_type": "vote_interaction", "task_id": "t", "submit_button": { "key": "k" },
              "checkbox": { "option_list": [{}] } },
            { "card_type": "multiple_interaction", "submit_button": { "key": "k" },
              "select_list": [{}] },
        ]);
        for card in good.as_array().unwrap() {
            assert_eq!(check(card), Ok(()), "{card}");
        }
        let bad = json!([
            { "card_type": "text_notice" },
            { "card_type": "text_notice", "card_action": { "type": 0 } },
            { "card_type": "news_notice", "card_action": { "type": 3 } },
            { "card_type": "memo" },
            { "card_type": "button_interaction", "task_id": "t", "button_list": [] },
            { "card_type": "button_interaction", "button_list": [{}] },
            { "card_type": "button_interaction", "task_id": "t",
              "button_list": [1, 2, 3, 4, 5, 6, 7] },
            { "card_type": "button_interaction", "task_id": "a b", "button_list": [{}] },
            { "card_type": "vote_interaction", "task_id": "t",
              "checkbox": { "option_list": [{}] } },
        ]);
        for card in bad.as_array().unwrap() {
            assert_eq!(check(card).unwrap_err().code, code::BAD_CARD, "{card}");
        }
        assert_eq!(check(&json!(1)).unwrap_err().code, code::BAD_PARAMETER);
        assert_eq!(check(&json!({})).unwrap_err().code, code::BAD_PARAMETER);
    }

    #[test]
    fn an_update_is_for_the_events_card() {
        let body = json!({ "response_type": "update_template_card", "userids": ["LiSi"],
            "template_card": { "card_type": "button_interaction", "task_id": "t1",
                "button_list": [{}] } });
        let of_the_event = Some("button_interaction");
        let read = update(&body, "t1", of_the_event).unwrap();
        assert_eq!(read.users, ["LiSi"]);
        assert!(
            update(&body, "t1", None).is_ok(),
            "an event without the type"
        );
        for (task, kind) in [("t2", of_the_event), ("t1", Some("vote_interaction"))] {
            let refusal = update(&body, task, kind).unwrap_err();
            assert_eq!(refusal.code, code::BAD_CARD, "{task} {kind:?}");
        }
        for (key, value) in [
            ("response_type", json!("other")),
            ("userids", json!("LiSi")),
            ("userids", json!([1])),
            ("template_card", json!(null)),
        ] {
            let mut body = body.clone();
            body[key] = value;
            let refusal = update(&body, "t1", of_the_event).unwrap_err();
            assert_eq!(refusal.code, code::BAD_PARAMETER, "{key}");
        }
    }
}
