//! Template cards: the rules by which the service refuses one.

use std::borrow::Cow;
use std::collections::BTreeSet;

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

/// Checks a card that is to be shown: what must be there, and what has a hard limit.
/// Texts that are too long are cut by whoever shows them, and not refused.
pub(super) fn check(card: &Value) -> Result<(), Refusal> {
    let fields = Object::new(card, "template_card")?;
    let kind = fields.name("card_type")?;
    match kind {
        "text_notice" => {
            if text(card, "/main_title/title")
                .or(text(card, "/sub_title_text"))
                .is_none()
            {
                return bad("missing main_title.title or sub_title_text");
            }
            check_action(card)?;
        }
        "news_notice" => {
            require(card, "/main_title/title")?;
            let image = text(card, "/card_image/url").or(text(card, "/image_text_area/image_url"));
            if image.is_none() {
                return bad("missing card_image or image_text_area");
            }
            check_action(card)?;
        }
        "button_interaction" => {
            require(card, "/main_title/title")?;
            check_keyed(list(card, "/button_list", 1, BUTTONS_MAX)?, "button_list")?;
            if let Some(selection) = card.get("button_selection") {
                check_question(selection, "button_selection", SELECT_OPTIONS_MAX)?;
            }
        }
        "vote_interaction" => {
            require(card, "/main_title/title")?;
            let checkbox = card.get("checkbox").unwrap_or(&Value::Null);
            check_question(checkbox, "checkbox", VOTE_OPTIONS_MAX)?;
            check_submit(card)?;
        }
        "multiple_interaction" => {
            require(card, "/main_title/title")?;
            let selects = list(card, "/select_list", 1, SELECTS_MAX)?;
            for select in selects {
                check_question(select, "select_list", SELECT_OPTIONS_MAX)?;
            }
            check_unique(selects, "question_key")?;
            check_submit(card)?;
        }
        _ => return bad(format!("invalid card_type {kind}")),
    }
    for (path, max) in [
        ("/horizontal_content_list", ROWS_MAX),
        ("/jump_list", JUMPS_MAX),
        ("/vertical_content_list", PARAGRAPHS_MAX),
    ] {
        list(card, path, 0, max)?;
    }
    let has_menu = card.get("action_menu").is_some();
    if has_menu {
        let actions = list(card, "/action_menu/action_list", 1, MENU_MAX)?;
        check_keyed(actions, "action_menu.action_list")?;
    }
    check_task_id(card, kind, has_menu)
}

/// Notices lead somewhere.
fn check_action(card: &Value) -> Result<(), Refusal> {
    match card.pointer("/card_action/type").and_then(Value::as_u64) {
        Some(1) => require(card, "/card_action/url"),
        Some(2) => require(card, "/card_action/appid"),
        _ => bad("invalid card_action"),
    }
}

fn check_submit(card: &Value) -> Result<(), Refusal> {
    if card.get("submit_button").is_none() {
        return bad("missing submit_button");
    }
    require(card, "/submit_button/text")?;
    check_id(
        card.pointer("/submit_button/key"),
        KEY_MAX_BYTES,
        "submit_button.key",
    )
}

/// Buttons and menu items: each has a text, and a key of its own.
fn check_keyed(items: &[Value], name: &str) -> Result<(), Refusal> {
    for item in items {
        require(item, "/text")?;
        check_id(item.get("key"), KEY_MAX_BYTES, name)?;
    }
    check_unique(items, "key")
}

fn check_question(question: &Value, name: &str, options_max: usize) -> Result<(), Refusal> {
    check_id(question.get("question_key"), KEY_MAX_BYTES, name)?;
    let options = list(question, "/option_list", 1, options_max)?;
    for option in options {
        require(option, "/text")?;
        check_id(option.get("id"), OPTION_ID_MAX_BYTES, name)?;
    }
    check_unique(options, "id")
}

fn check_id(id: Option<&Value>, max_bytes: usize, name: &str) -> Result<(), Refusal> {
    match id.and_then(Value::as_str) {
        Some(id) if (1..=max_bytes).contains(&id.len()) => Ok(()),
        _ => bad(format!("invalid key or id of {name}")),
    }
}

fn check_unique(items: &[Value], key: &str) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    let ids = items.iter().filter_map(|item| item.get(key)?.as_str());
    match ids.into_iter().find(|id| !seen.insert(*id)) {
        Some(twice) => bad(format!("{key} {twice} is there twice")),
        None => Ok(()),
    }
}

fn check_task_id(card: &Value, kind: &str, has_menu: bool) -> Result<(), Refusal> {
    let is_needed = has_menu || matches!(kind, "button_interaction" | "vote_interaction");
    let Some(id) = task_id(card) else {
        return if is_needed {
            bad("missing task_id")
        } else {
            Ok(())
        };
    };
    let is_good = id.len() <= TASK_ID_MAX_BYTES
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'-'));
    if is_good {
        Ok(())
    } else {
        bad("invalid task_id")
    }
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

/// A text at a path, unless it is empty.
fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value
        .pointer(path)?
        .as_str()
        .filter(|text| !text.is_empty())
}

fn require(value: &Value, path: &str) -> Result<(), Refusal> {
    match text(value, path) {
        Some(_) => Ok(()),
        None => bad(format!("missing {}", path.trim_start_matches('/'))),
    }
}

/// The list at a path; one that may be empty may be absent.
fn list<'a>(value: &'a Value, path: &str, min: usize, max: usize) -> Result<&'a [Value], Refusal> {
    let items = value
        .pointer(path)
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    if (min..=max).contains(&items.len()) {
        Ok(items)
    } else {
        bad(format!("{path} must have {min} to {max} items"))
    }
}

fn bad<T>(text: impl Into<Cow<'static, str>>) -> Result<T, Refusal> {
    Err(Refusal::violation(code::BAD_CARD, text))
}

const BUTTONS_MAX: usize = 6;
const VOTE_OPTIONS_MAX: usize = 20;
const SELECT_OPTIONS_MAX: usize = 10;
const SELECTS_MAX: usize = 3;
const MENU_MAX: usize = 3;
const ROWS_MAX: usize = 6;
const JUMPS_MAX: usize = 3;
const PARAGRAPHS_MAX: usize = 4;
const TASK_ID_MAX_BYTES: usize = 128;
const OPTION_ID_MAX_BYTES: usize = 128;
/// Of keys of buttons and menu items, and of questions.
const KEY_MAX_BYTES: usize = 1_024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn buttons() -> Value {
        json!({ "card_type": "button_interaction", "main_title": { "title": "T" },
            "task_id": "t1", "button_list": [{ "text": "B", "key": "b" }],
            "horizontal_content_list": [],
            "action_menu": { "action_list": [{ "text": "M", "key": "m" }] } })
    }

    fn vote() -> Value {
        json!({ "card_type": "vote_interaction", "main_title": { "title": "T" }, "task_id": "t",
            "submit_button": { "text": "s", "key": "k" },
            "checkbox": { "question_key": "q", "option_list": [
                { "id": "a", "text": "A" }, { "id": "b", "text": "B" } ] } })
    }

    #[test]
    fn cards_are_checked() {
        let good = json!([
            { "card_type": "text_notice", "sub_title_text": "s",
              "card_action": { "type": 1, "url": "https://e.x" } },
            { "card_type": "news_notice", "main_title": { "title": "T" }, "task_id": "a@b-c_1",
              "card_image": { "url": "https://e.x/i.png" },
              "card_action": { "type": 2, "appid": "wx" } },
            buttons(),
            vote(),
            { "card_type": "multiple_interaction", "main_title": { "title": "T" },
              "submit_button": { "text": "s", "key": "k" }, "select_list": [
                { "question_key": "q", "option_list": [{ "id": "a", "text": "A" }] } ] },
        ]);
        for card in good.as_array().unwrap() {
            assert_eq!(check(card), Ok(()), "{card}");
        }
        let long = "x".repeat(KEY_MAX_BYTES + 1);
        let button = |key: &str| json!({ "text": "B", "key": key });
        let spoilt = [
            (&good[0], "/sub_title_text", json!("")),
            (&good[0], "/card_action", json!(null)),
            (&good[0], "/card_action/type", json!(0)),
            (&good[0], "/card_action/url", json!(null)),
            (&good[0], "/card_type", json!("memo")),
            (&good[1], "/card_action/type", json!(3)),
            (&good[1], "/card_image", json!(null)),
            (&good[1], "/task_id", json!("a b")),
            (&good[2], "/button_list", json!([])),
            (&good[2], "/button_list", json!([button("a"), button("a")])),
            (&good[2], "/button_list", json!([button("")])),
            (&good[2], "/button_list", json!([button(&long)])),
            (&good[2], "/button_list", json!([{ "key": "a" }])),
            (
                &good[2],
                "/button_list",
                json!(["1", "2", "3", "4", "5", "6", "7"]),
            ),
            (&good[2], "/task_id", json!("")),
            (&good[2], "/main_title/title", json!(null)),
            (&good[2], "/action_menu/action_list", json!([])),
            (
                &good[2],
                "/horizontal_content_list",
                json!([1, 2, 3, 4, 5, 6, 7]),
            ),
            (&good[3], "/checkbox/option_list/0/id", json!("b")),
            (&good[3], "/checkbox/question_key", json!(1)),
            (&good[3], "/submit_button", json!({})),
            (&good[4], "/select_list/0/option_list", json!([])),
        ];
        for (card, path, value) in spoilt {
            let mut card = card.clone();
            *card.pointer_mut(path).unwrap() = value;
            assert_eq!(
                check(&card).unwrap_err().code,
                code::BAD_CARD,
                "{path} {card}"
            );
        }
        assert_eq!(check(&json!(1)).unwrap_err().code, code::BAD_PARAMETER);
        assert_eq!(check(&json!({})).unwrap_err().code, code::BAD_PARAMETER);
    }

    #[test]
    fn an_update_is_for_the_events_card() {
        let body = json!({ "response_type": "update_template_card", "userids": ["LiSi"],
            "template_card": buttons() });
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
