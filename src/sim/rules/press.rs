//! What a person's click on a card becomes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::card::task_id;

/// Chosen options by question.
pub(in crate::sim) type Answers = BTreeMap<String, Vec<String>>;

/// The object of `template_card_event` for a click on the button or menu item with this
/// key. Questions without an answer keep what the card shows as chosen.
pub(in crate::sim) fn press(card: &Value, key: &str, answers: &Answers) -> Result<Value, String> {
    let mut event = json!({
        "card_type": card.get("card_type"),
        "event_key": key,
        "task_id": task_id(card),
    });
    let has_key = |item: &Value| item.get("key").and_then(Value::as_str) == Some(key);
    let submits = card.get("submit_button").is_some_and(has_key);
    let presses = list(card, "/button_list").any(has_key);
    if !submits && !presses {
        // A menu says nothing of the questions.
        return if list(card, "/action_menu/action_list").any(has_key) {
            Ok(event)
        } else {
            Err(format!("the card has no `{key}`"))
        };
    }
    let questions = questions(card);
    let is_closed = |question: &Question<'_>| question.value.get("disable") == Some(&json!(true));
    if submits && !questions.is_empty() && questions.iter().all(is_closed) {
        return Err("the card was submitted already".to_owned());
    }
    if let Some(other) = answers
        .keys()
        .find(|id| questions.iter().all(|question| question.id != id.as_str()))
    {
        return Err(format!("the card does not ask `{other}`"));
    }
    let mut items = Vec::new();
    for question in &questions {
        let chosen = question.chosen(answers)?;
        if submits && chosen.is_empty() {
            return Err(format!("choose something of `{}`", question.id));
        }
        items.push(json!({
            "question_key": question.id,
            "option_ids": { "option_id": chosen },
        }));
    }
    if let Some(event) = event.as_object_mut().filter(|_| !items.is_empty()) {
        let items = json!({ "selected_item": items });
        event.insert("selected_items".to_owned(), items);
    }
    Ok(event)
}

/// Whether a key is one of the card's menu.
pub(in crate::sim) fn is_menu(card: &Value, key: &str) -> bool {
    let mut items = list(card, "/action_menu/action_list");
    items.any(|item| item.get("key").and_then(Value::as_str) == Some(key))
}

/// Something that a card asks.
struct Question<'a> {
    id: &'a str,
    value: &'a Value,
    is_checkbox: bool,
}

/// All questions of a card, in the order in which they are shown.
fn questions(card: &Value) -> Vec<Question<'_>> {
    let one = |name: &str| card.get(name);
    let found = one("button_selection")
        .map(|value| (value, false))
        .into_iter()
        .chain(one("checkbox").map(|value| (value, true)))
        .chain(list(card, "/select_list").map(|value| (value, false)));
    found
        .filter_map(|(value, is_checkbox)| {
            let id = value.get("question_key")?.as_str()?;
            Some(Question {
                id,
                value,
                is_checkbox,
            })
        })
        .collect()
}

impl Question<'_> {
    fn chosen(&self, answers: &Answers) -> Result<Vec<String>, String> {
        let options: Vec<&Value> = list(self.value, "/option_list").collect();
        let id = |option: &&Value| option.get("id")?.as_str().map(str::to_owned);
        let Some(chosen) = answers.get(self.id) else {
            return Ok(if self.is_checkbox {
                let checked = |option: &&&Value| option.get("is_checked") == Some(&json!(true));
                options.iter().filter(checked).filter_map(id).collect()
            } else {
                let selected = self.value.get("selected_id").and_then(Value::as_str);
                let first = || options.first().and_then(id);
                selected
                    .map(str::to_owned)
                    .or_else(first)
                    .into_iter()
                    .collect()
            });
        };
        let is_many = self.is_checkbox && self.value.get("mode") == Some(&json!(1));
        if chosen.len() > 1 && !is_many {
            return Err(format!("only one option of `{}` can be chosen", self.id));
        }
        match chosen.iter().find(|wanted| {
            !options
                .iter()
                .any(|option| id(option).as_ref() == Some(wanted))
        }) {
            Some(unknown) => Err(format!("`{}` has no option `{unknown}`", self.id)),
            None => Ok(chosen.clone()),
        }
    }
}

fn list<'a>(card: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    let items = card.pointer(path).and_then(Value::as_array);
    items.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(pairs: &[(&str, &[&str])]) -> Answers {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        pairs
            .iter()
            .map(|(question, ids)| ((*question).to_owned(), owned(ids)))
            .collect()
    }

    fn vote(mode: u8) -> Value {
        json!({ "card_type": "vote_interaction", "task_id": "t",
            "checkbox": { "question_key": "lunch", "mode": mode, "option_list": [
                { "id": "a", "text": "A" }, { "id": "b", "text": "B" } ] },
            "submit_button": { "text": "Vote", "key": "go" } })
    }

    #[test]
    fn a_click_carries_what_was_chosen() {
        let buttons = json!({ "card_type": "button_interaction", "task_id": "t",
            "button_selection": { "question_key": "why", "option_list": [
                { "id": "x" }, { "id": "y" } ] },
            "button_list": [{ "text": "Yes", "key": "yes" }],
            "action_menu": { "action_list": [{ "text": "Mute", "key": "mute" }] } });
        let item = |question: &str, ids: &[&str]| json!({ "question_key": question, "option_ids": { "option_id": ids } });
        let multiple = json!({ "card_type": "multiple_interaction", "task_id": "t",
            "select_list": [
                { "question_key": "day", "selected_id": "2", "option_list": [{ "id": "1" }, { "id": "2" }] },
                { "question_key": "hour", "option_list": [{ "id": "9" }, { "id": "10" }] } ],
            "submit_button": { "text": "Book", "key": "book" } });
        let cases = [
            (&buttons, "yes", answers(&[]), vec![item("why", &["x"])]),
            (
                &buttons,
                "yes",
                answers(&[("why", &["y"])]),
                vec![item("why", &["y"])],
            ),
            (&buttons, "mute", answers(&[]), vec![]),
            (
                &vote(1),
                "go",
                answers(&[("lunch", &["b", "a"])]),
                vec![item("lunch", &["b", "a"])],
            ),
            (
                &multiple,
                "book",
                answers(&[("hour", &["10"])]),
                vec![item("day", &["2"]), item("hour", &["10"])],
            ),
        ];
        for (card, key, answers, items) in cases {
            let event = press(card, key, &answers).unwrap();
            let mut expected = json!({ "card_type": card["card_type"], "event_key": key,
                "task_id": "t" });
            if !items.is_empty() {
                expected["selected_items"] = json!({ "selected_item": items });
            }
            assert_eq!(event, expected);
        }
    }

    #[test]
    fn what_a_person_cannot_click_is_refused() {
        let mut closed = vote(1);
        closed["checkbox"]["disable"] = json!(true);
        let chosen = answers(&[("lunch", &["a"])]);
        let cases = [
            (vote(1), "stop", answers(&[])),
            (vote(1), "go", answers(&[])),
            (vote(0), "go", answers(&[("lunch", &["a", "b"])])),
            (vote(1), "go", answers(&[("lunch", &["c"])])),
            (
                vote(1),
                "go",
                answers(&[("lunch", &["a"]), ("dinner", &["a"])]),
            ),
            (closed, "go", chosen),
            (json!(null), "go", answers(&[])),
        ];
        for (card, key, answers) in cases {
            assert!(
                press(&card, key, &answers).is_err(),
                "{card} {key} {answers:?}"
            );
        }
    }
}
