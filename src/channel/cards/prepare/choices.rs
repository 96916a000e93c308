//! Questions and their options.

use super::change::ChangeKind;
use super::fields::{Fields, Item, Unique};
use super::ids::Ids;
use crate::texts;
use crate::wecom::card::limits::{
    BUTTON_CHARS, CHECK_OPTION_CHARS, CHECK_OPTIONS_MAX, KEY_MAX_BYTES, LABEL_CHARS,
    OPTION_ID_MAX_BYTES, SELECT_OPTIONS_MAX, SELECTIONS_MAX,
};
use crate::wecom::card::{CheckOption, Checkbox, Choice, Selection, SubmitButton};

/// The question of a vote, from the short form too (`options` and `mode` beside the title).
/// `None`: there is nothing to choose.
pub(super) fn checkbox(root: &Fields<'_>, ids: &Ids) -> Option<Checkbox> {
    let fields = root.child("checkbox");
    let written = fields
        .as_ref()
        .filter(|fields| fields.has_list("option_list"));
    let option_list = match written {
        Some(fields) => options(fields, "option_list", CHECK_OPTIONS_MAX, CHECK_OPTION_CHARS),
        None => options(root, "options", CHECK_OPTIONS_MAX, CHECK_OPTION_CHARS),
    };
    if option_list.is_empty() {
        return None;
    }
    let part = fields.as_ref();
    let question_key = part.and_then(|fields| fields.key(&["question_key"]));
    let mode = part.and_then(|fields| fields.mode("mode"));
    Some(Checkbox {
        question_key: question_key
            .unwrap_or_else(|| ids.key("vote", root, "checkbox.question_key")),
        mode: mode.or_else(|| root.mode("mode")),
        disable: part.and_then(|fields| fields.flag("disable")),
        option_list,
    })
}

/// The questions of a card with several, from the short form too (`selectors`).
pub(super) fn selections(root: &Fields<'_>, ids: &Ids) -> Vec<Selection> {
    let list = if root.has_list("select_list") {
        "select_list"
    } else {
        "selectors"
    };
    let mut keys = Unique::default();
    root.list(list, SELECTIONS_MAX, |number, item| {
        let item = item.into_fields()?;
        let mut selection = selection(&item, ids, &format!("sel_{number}"))?;
        selection.question_key = keys.take(selection.question_key, KEY_MAX_BYTES);
        if selection.title.is_none() {
            selection.title = Some(texts::cards::choice(number));
        }
        Some(selection)
    })
}

/// The selection above buttons.
pub(super) fn button_selection(root: &Fields<'_>, ids: &Ids) -> Option<Selection> {
    let selection = selection(&root.child("button_selection")?, ids, "sel");
    if selection.is_none() {
        root.note("button_selection", ChangeKind::Dropped);
    }
    selection
}

fn selection(fields: &Fields<'_>, ids: &Ids, prefix: &str) -> Option<Selection> {
    let list = if fields.has_list("option_list") {
        "option_list"
    } else {
        "options"
    };
    let options = options(fields, list, SELECT_OPTIONS_MAX, BUTTON_CHARS);
    if options.is_empty() {
        return None;
    }
    let selected = fields.token(&["selected_id", "selected"], OPTION_ID_MAX_BYTES);
    let ticked = || {
        let mut ticked = options.iter().filter(|it| it.is_checked == Some(true));
        ticked.next().map(|option| option.id.clone())
    };
    let selected_id = selected
        .filter(|id| {
            let is_offered = options.iter().any(|option| option.id == *id);
            if !is_offered {
                fields.note("selected_id", ChangeKind::Dropped);
            }
            is_offered
        })
        .or_else(ticked);
    let question_key = fields.key(&["question_key"]);
    Some(Selection {
        question_key: question_key.unwrap_or_else(|| ids.key(prefix, fields, "question_key")),
        title: fields.text_of(&["title", "label"], LABEL_CHARS),
        disable: fields.flag("disable"),
        selected_id,
        option_list: options
            .into_iter()
            .map(|CheckOption { id, text, .. }| Choice { id, text })
            .collect(),
    })
}

/// Options, each an object or just its text. Ids that are missing count the options.
fn options(fields: &Fields<'_>, list: &str, max: usize, chars: usize) -> Vec<CheckOption> {
    let mut ids = Unique::default();
    fields.list(list, max, |number, item| {
        let default = format!("opt_{number}");
        let (id, text, is_checked) = match item {
            Item::Text(text) => (default, fields.shortened(list, text, chars), None),
            Item::Fields(item) => {
                let id = item.token(&["id", "value"], OPTION_ID_MAX_BYTES);
                let text = item.text_of(&["text", "label", "name"], chars);
                let text = text.or_else(|| Some(item.shortened("id", id.clone()?, chars)))?;
                let keys = ["is_checked", "selected", "checked"];
                let is_checked = keys.into_iter().find_map(|key| item.flag(key));
                (id.unwrap_or(default), text, is_checked)
            }
        };
        Some(CheckOption {
            id: ids.take(id, OPTION_ID_MAX_BYTES),
            text,
            is_checked,
        })
    })
}

/// The button that submits; there has to be one. `submit_text` is its short form.
pub(super) fn submit_button(root: &Fields<'_>, ids: &Ids, prefix: &str) -> SubmitButton {
    let fields = root.child("submit_button");
    let part = fields.as_ref();
    let text = part.and_then(|fields| fields.text("text", BUTTON_CHARS));
    let key = part.and_then(|fields| fields.key(&["key"]));
    let text = root.text("submit_text", BUTTON_CHARS).or(text);
    SubmitButton {
        text: text.unwrap_or_else(|| {
            root.note("submit_button.text", ChangeKind::Added);
            texts::cards::SUBMIT.to_owned()
        }),
        key: key.unwrap_or_else(|| ids.key(prefix, root, "submit_button.key")),
    }
}
