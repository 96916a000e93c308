//! Lists of lines, and the buttons.

use super::actions;
use super::fields::{Fields, Item, Unique};
use crate::wecom::card::limits::{
    BUTTON_CHARS, BUTTONS_MAX, HORIZONTAL_MAX, JUMPS_MAX, KEY_MAX_BYTES, KEYNAME_CHARS,
    LABEL_CHARS, LONG_TEXT_CHARS, TITLE_CHARS, VALUE_CHARS, VERTICAL_MAX,
};
use crate::wecom::card::{Button, HorizontalContent, Jump, VerticalContent};

/// What 2 to 4 look like is not documented; these are the words that other kits use for the
/// first three.
const STYLES: [(&str, u8); 4] = [
    ("primary", 1),
    ("danger", 2),
    ("default", 3),
    ("secondary", 3),
];

pub(super) fn horizontal(root: &Fields<'_>) -> Vec<HorizontalContent> {
    root.list("horizontal_content_list", HORIZONTAL_MAX, |_, item| {
        let item = item.into_fields()?;
        Some(HorizontalContent {
            keyname: item.text("keyname", KEYNAME_CHARS)?,
            value: item.text("value", VALUE_CHARS),
            action: actions::value(&item),
        })
    })
}

pub(super) fn vertical(root: &Fields<'_>) -> Vec<VerticalContent> {
    root.list(
        "vertical_content_list",
        VERTICAL_MAX,
        |_, item| match item {
            Item::Text(text) => Some(VerticalContent {
                title: root.shortened("vertical_content_list", text, TITLE_CHARS),
                desc: None,
            }),
            Item::Fields(item) => Some(VerticalContent {
                title: item.text("title", TITLE_CHARS)?,
                desc: item.text("desc", LONG_TEXT_CHARS),
            }),
        },
    )
}

pub(super) fn jumps(root: &Fields<'_>) -> Vec<Jump> {
    root.list("jump_list", JUMPS_MAX, |_, item| {
        let item = item.into_fields()?;
        Some(Jump {
            title: item.text("title", LABEL_CHARS)?,
            action: actions::jump(&item),
        })
    })
}

/// The buttons, from the short form too: a text alone, or other names for text and key.
pub(super) fn buttons(root: &Fields<'_>) -> Vec<Button> {
    let list = if root.has_list("button_list") {
        "button_list"
    } else {
        "buttons"
    };
    let mut keys = Unique::default();
    root.list(list, BUTTONS_MAX, |number, item| {
        let default = format!("btn_{number}");
        let (text, style, key) = match item {
            Item::Text(text) => (root.shortened(list, text, BUTTON_CHARS), None, None),
            Item::Fields(item) => (
                item.text_of(&["text", "label"], BUTTON_CHARS)?,
                item.number("style", &STYLES, 1..=4),
                item.key(&["key", "value", "id"]),
            ),
        };
        let key = keys.take(key.unwrap_or(default), KEY_MAX_BYTES);
        Some(Button { text, style, key })
    })
}
