//! Any JSON survives, and what comes out of it is a card within all limits.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::channel::cards::{CardSession, SentCard, extract, mask, render, take, update};
use crate::ids::{Chat, ChatKind};
use crate::wecom::bot::CardEvent;
use crate::wecom::card::limits::*;
use crate::wecom::card::{Action, ActionMenu, JumpAction, Selection, TemplateCard, ValueAction};

/// Names that mean something in a card, and one that does not.
const KEYS: [&str; 36] = [
    "title",
    "desc",
    "description",
    "options",
    "selectors",
    "buttons",
    "mode",
    "submit_text",
    "main_title",
    "source",
    "checkbox",
    "option_list",
    "select_list",
    "button_list",
    "key",
    "id",
    "text",
    "type",
    "url",
    "appid",
    "question",
    "userid",
    "task_id",
    "card_action",
    "jump_list",
    "card_image",
    "image_text_area",
    "image_url",
    "quote_area",
    "question_key",
    "selected_id",
    "horizontal_content_list",
    "keyname",
    "action_menu",
    "action_list",
    "unknown",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..9_i32).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "(inert:|_|长|a|1|https://e.x/|javascript:){0,3}".prop_map(Value::from),
        Just(json!("很长的一段文字".repeat(40))),
        Just(json!("https://e.x/a")),
    ];
    leaf.prop_recursive(4, 96, 12, |inner| {
        let key = prop::sample::select(KEYS.to_vec());
        let object = prop::collection::vec((key, inner.clone()), 0..12)
            .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
        prop_oneof![
            prop::collection::vec(inner, 0..24).prop_map(Value::Array),
            object.prop_map(Value::Object),
        ]
    })
}

/// Something of one of the five types.
fn any_card() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(KEYS.to_vec());
    let fields = prop::collection::vec((key, any_json()), 0..14);
    (prop::sample::select(CardType::ALL.to_vec()), fields).prop_map(|(kind, fields)| {
        let mut card: Object = fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        card.insert("card_type".to_owned(), json!(kind.as_str()));
        Value::Object(card)
    })
}

fn check(card: &TemplateCard) {
    let bytes = card.to_value().to_string().len();
    assert!(bytes <= MAX_CARD_BYTES, "{bytes} bytes");
    let id = card.task_id();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'@');
    assert!(!id.is_empty() && id.len() <= TASK_ID_MAX_BYTES && id.bytes().all(allowed));
    assert!(card.title().is_some_and(|title| !title.trim().is_empty()));
    if let Some(ActionMenu { desc, action_list }) = card.action_menu() {
        assert!(!desc.is_empty());
        keys(
            action_list.iter().map(|item| &*item.key),
            MENU_ITEMS_MAX,
            KEY_MAX_BYTES,
        );
    }
    match card {
        TemplateCard::TextNotice(card) => {
            action(Some(&card.card_action));
            action(
                card.quote_area
                    .as_ref()
                    .and_then(|quote| quote.action.as_ref()),
            );
            lines(&card.horizontal_content_list, &card.jump_list);
        }
        TemplateCard::NewsNotice(card) => {
            assert!(card.card_image.is_some() || card.image_text_area.is_some());
            action(Some(&card.card_action));
            lines(&card.horizontal_content_list, &card.jump_list);
            assert!(card.vertical_content_list.len() <= VERTICAL_MAX);
        }
        TemplateCard::ButtonInteraction(card) => {
            action(card.card_action.as_ref());
            lines(&card.horizontal_content_list, &[]);
            card.button_selection.iter().for_each(selection);
            let buttons = card.button_list.iter();
            keys(
                buttons.map(|button| &*button.key),
                BUTTONS_MAX,
                KEY_MAX_BYTES,
            );
            assert!(card.button_list.iter().all(|button| !button.text.is_empty()
                && button.style.is_none_or(|style| (1..=4).contains(&style))
                && !button.key.starts_with("inert:")));
        }
        TemplateCard::VoteInteraction(card) => {
            let options = card.checkbox.option_list.iter();
            keys(
                options.map(|it| &*it.id),
                CHECK_OPTIONS_MAX,
                OPTION_ID_MAX_BYTES,
            );
            keys([&*card.checkbox.question_key], 1, KEY_MAX_BYTES);
            keys([&*card.submit_button.key], 1, KEY_MAX_BYTES);
            assert!(!card.submit_button.text.is_empty());
        }
        TemplateCard::MultipleInteraction(card) => {
            card.select_list.iter().for_each(selection);
            let questions = card.select_list.iter();
            keys(
                questions.map(|it| &*it.question_key),
                SELECTIONS_MAX,
                KEY_MAX_BYTES,
            );
            keys([&*card.submit_button.key], 1, KEY_MAX_BYTES);
        }
    }
}

fn keys<'a>(keys: impl IntoIterator<Item = &'a str>, max: usize, bytes: usize) {
    let keys: Vec<&str> = keys.into_iter().collect();
    assert!((1..=max).contains(&keys.len()), "{}", keys.len());
    assert!(
        keys.iter().all(|key| !key.is_empty() && key.len() <= bytes),
        "{keys:?}"
    );
    let apart: HashSet<_> = keys.iter().collect();
    assert_eq!(apart.len(), keys.len(), "{keys:?}");
}

fn selection(selection: &Selection) {
    let options = selection.option_list.iter();
    keys(
        options.map(|it| &*it.id),
        SELECT_OPTIONS_MAX,
        OPTION_ID_MAX_BYTES,
    );
    let selected = selection.selected_id.as_ref();
    assert!(selected.is_none_or(|id| selection.option_list.iter().any(|it| it.id == *id)));
}

fn action(action: Option<&Action>) {
    match action {
        Some(Action::Url(url)) => web(url),
        Some(Action::MiniProgram { appid, .. }) => assert!(!appid.is_empty()),
        None => {}
    }
}

fn web(url: &str) {
    let lower = url.to_ascii_lowercase();
    assert!(
        lower.starts_with("http://") || lower.starts_with("https://"),
        "{url}"
    );
}

fn lines(horizontal: &[crate::wecom::card::HorizontalContent], jumps: &[crate::wecom::card::Jump]) {
    assert!(horizontal.len() <= HORIZONTAL_MAX && jumps.len() <= JUMPS_MAX);
    for line in horizontal {
        match &line.action {
            Some(ValueAction::Url(url)) => web(url),
            Some(ValueAction::Member(user)) => assert!(!user.is_empty()),
            None => {}
        }
    }
    for jump in jumps {
        match &jump.action {
            Some(JumpAction::Open(open)) => action(Some(open)),
            Some(JumpAction::Question(question)) => {
                assert!(!question.is_empty() && question.len() <= QUESTION_MAX_BYTES);
            }
            None => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_prepared_card_is_within_all_limits(value in any_card()) {
        match prepare(value, NOON) {
            Ok(prepared) => {
                check(&prepared.card);
                prop_assert!(!prepared.rendering().is_empty());
            }
            Err(unsendable) => prop_assert!(!unsendable.rendering.is_empty()),
        }
    }

    #[test]
    fn prepared_again_it_stays_the_same(value in any_card()) {
        if let Ok(first) = prepare(value, NOON) {
            let again = prepare(first.card.to_value(), NOON + 1).unwrap();
            let mut expected = first.card.to_value();
            expected["task_id"] = json!(again.card.task_id());
            prop_assert_eq!(again.card.to_value(), expected);
            prop_assert_eq!(again.agent_task_id.as_deref(), Some(first.card.task_id()));
        }
    }

    #[test]
    fn a_typed_card_is_read_back(value in any_card()) {
        if let Ok(prepared) = prepare(value, NOON) {
            let read: TemplateCard = serde_json::from_value(prepared.card.to_value()).unwrap();
            prop_assert_eq!(read, prepared.card);
        }
    }

    #[test]
    fn any_json_survives_everything(value in any_json()) {
        let block = format!("```json\n{value}\n```\n");
        let _ = (render(&value), extract(&block), mask(&block), take(&block, NOON));
        let _ = prepare(value, NOON);
    }

    #[test]
    fn a_card_in_an_answer_is_found(value in any_card(), before in "[a-z中 ]{0,9}") {
        let extracted = extract(&format!("{before}\n```json\n{value}\n```"));
        prop_assert_eq!(extracted.text, before.trim());
        prop_assert_eq!(extracted.blocks.len(), 1);
    }
}

/// The keys of a card that a click may name.
fn pressable(card: &Value) -> Vec<String> {
    let buttons = card["button_list"].as_array();
    let keys = buttons.into_iter().flatten().map(|button| &button["key"]);
    let submit = card.pointer("/submit_button/key");
    let keys = keys.chain(submit).filter_map(Value::as_str);
    keys.map(str::to_owned)
        .chain(["inert:0000".to_owned()])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_click_makes_a_card_of_the_same_name(value in any_card(), pick in any::<usize>()) {
        let Ok(prepared) = prepare(value, NOON) else { return Ok(()) };
        let keys = pressable(&prepared.card.to_value());
        let event = CardEvent {
            event_key: keys[pick % keys.len()].clone(),
            ..CardEvent::default()
        };
        let chat = Chat { account: "a".into(), kind: ChatKind::Group, id: "wr".into() };
        let session = CardSession { agent: "main".to_owned(), key: "k".to_owned() };
        let sent = SentCard::registered(&prepared, chat, session, NOON);
        let update = update(&sent, &event, &"LiSi".into());
        prop_assert_eq!(update.route, !event.event_key.starts_with("inert:"));
        if let Some(copy) = update.card {
            let copy: TemplateCard = serde_json::from_value(copy).unwrap();
            prop_assert_eq!(copy.card_type(), prepared.card.card_type());
            prop_assert_eq!(copy.task_id(), prepared.card.task_id());
        }
        prop_assert_eq!(SentCard::from_stored(sent.to_stored()), Some(sent));
    }
}
