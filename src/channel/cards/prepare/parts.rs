//! The parts that several types of card share.

use super::actions;
use super::change::ChangeKind;
use super::fields::{Fields, Item, Unique};
use crate::texts;
use crate::wecom::card::limits::{
    ASPECT_RATIO_MAX, ASPECT_RATIO_MIN, BUTTON_CHARS, DESC_CHARS, EMPHASIS_DESC_CHARS,
    EMPHASIS_TITLE_CHARS, FEEDBACK_ID_MAX_BYTES, KEY_MAX_BYTES, LABEL_CHARS, MENU_ITEMS_MAX,
    SOURCE_CHARS, TITLE_CHARS,
};
use crate::wecom::card::{
    Action, ActionMenu, CardImage, EmphasisContent, Feedback, ImageTextArea, MainTitle, MenuItem,
    QuoteArea, Source,
};

use super::DEFAULT_URL;

/// Characters of a text for which WeCom recommends no length: half of what is kept.
const FREE_TEXT_CHARS: usize = 256;

const COLOURS: [(&str, u8); 9] = [
    ("grey", 0),
    ("gray", 0),
    ("灰色", 0),
    ("black", 1),
    ("黑色", 1),
    ("red", 2),
    ("红色", 2),
    ("green", 3),
    ("绿色", 3),
];

pub(super) fn source(root: &Fields<'_>) -> Option<Source> {
    let fields = root.child("source")?;
    let source = Source {
        icon_url: fields.url("icon_url"),
        desc: fields.text("desc", SOURCE_CHARS),
        desc_color: fields.number("desc_color", &COLOURS, 0..=3),
    };
    (source.icon_url.is_some() || source.desc.is_some()).then_some(source)
}

/// The headline, from `title` and `description` beside it too.
pub(super) fn main_title(root: &Fields<'_>) -> Option<MainTitle> {
    let (title, desc) = match root.text_in_place_of("main_title", TITLE_CHARS) {
        Some(title) => (Some(title), None),
        None => root.child("main_title").map_or((None, None), |fields| {
            let title = fields.text("title", TITLE_CHARS);
            (title, fields.text("desc", DESC_CHARS))
        }),
    };
    let title = root.text("title", TITLE_CHARS).or(title);
    let desc = root.text("description", DESC_CHARS).or(desc);
    (title.is_some() || desc.is_some()).then_some(MainTitle { title, desc })
}

/// The same where a card needs one.
pub(super) fn required_title(root: &Fields<'_>) -> MainTitle {
    let mut headline = main_title(root).unwrap_or_default();
    if headline.title.is_none() {
        root.note("main_title.title", ChangeKind::Added);
        headline.title = Some(texts::cards::NOTICE.to_owned());
    }
    headline
}

pub(super) fn emphasis(root: &Fields<'_>) -> Option<EmphasisContent> {
    let fields = root.child("emphasis_content")?;
    let emphasis = EmphasisContent {
        title: fields.text("title", EMPHASIS_TITLE_CHARS),
        desc: fields.text("desc", EMPHASIS_DESC_CHARS),
    };
    (emphasis != EmphasisContent::default()).then_some(emphasis)
}

pub(super) fn quote(root: &Fields<'_>) -> Option<QuoteArea> {
    let fields = root.child("quote_area")?;
    let title = fields.text("title", TITLE_CHARS);
    let quote_text = fields.text("quote_text", FREE_TEXT_CHARS);
    (title.is_some() || quote_text.is_some()).then(|| QuoteArea {
        action: actions::action(&fields),
        title,
        quote_text,
    })
}

pub(super) fn image(root: &Fields<'_>) -> Option<CardImage> {
    let fields = root.child("card_image")?;
    Some(CardImage {
        url: fields.url("url")?,
        aspect_ratio: fields.ratio("aspect_ratio", ASPECT_RATIO_MIN, ASPECT_RATIO_MAX),
    })
}

pub(super) fn image_text(root: &Fields<'_>) -> Option<ImageTextArea> {
    let fields = root.child("image_text_area")?;
    Some(ImageTextArea {
        image_url: fields.url("image_url")?,
        action: actions::action(&fields),
        title: fields.text("title", TITLE_CHARS),
        desc: fields.text("desc", FREE_TEXT_CHARS),
    })
}

/// What a tap on a notice opens: there has to be something.
pub(super) fn required_action(root: &Fields<'_>) -> Action {
    let action = root.child("card_action");
    let action = action.and_then(|fields| actions::card_action(&fields));
    action.unwrap_or_else(|| {
        root.note("card_action", ChangeKind::Added);
        Action::Url(DEFAULT_URL.to_owned())
    })
}

/// What a tap on another card opens, if anything.
pub(super) fn optional_action(root: &Fields<'_>) -> Option<Action> {
    actions::action(&root.child("card_action")?)
}

pub(super) fn menu(root: &Fields<'_>) -> Option<ActionMenu> {
    let fields = root.child("action_menu")?;
    let mut keys = Unique::default();
    let action_list = fields.list("action_list", MENU_ITEMS_MAX, |number, item| {
        let default = format!("menu_{number}");
        let (text, key) = match item {
            Item::Text(text) => (fields.shortened("action_list", text, BUTTON_CHARS), default),
            Item::Fields(item) => {
                let text = item.text_of(&["text", "label"], BUTTON_CHARS)?;
                (text, item.key(&["key", "value", "id"]).unwrap_or(default))
            }
        };
        let key = keys.take(key, KEY_MAX_BYTES);
        Some(MenuItem { text, key })
    });
    if action_list.is_empty() {
        root.note("action_menu", ChangeKind::Dropped);
        return None;
    }
    let desc = fields.text("desc", LABEL_CHARS).unwrap_or_else(|| {
        fields.note("desc", ChangeKind::Added);
        texts::cards::MORE.to_owned()
    });
    Some(ActionMenu { desc, action_list })
}

pub(super) fn feedback(root: &Fields<'_>) -> Option<Feedback> {
    let fields = root.child("feedback")?;
    let id = fields.token(&["id"], FEEDBACK_ID_MAX_BYTES)?;
    Some(Feedback { id })
}
