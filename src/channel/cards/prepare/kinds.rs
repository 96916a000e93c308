//! The five types, each read as a whole.

use super::Reason;
use super::change::ChangeKind;
use super::choices;
use super::fields::Fields;
use super::ids::Ids;
use super::lists;
use super::parts;
use crate::texts;
use crate::wecom::card::limits::{LONG_TEXT_CHARS, TITLE_CHARS};
use crate::wecom::card::{
    ButtonInteraction, CardType, MultipleInteraction, NewsNotice, TemplateCard, TextNotice,
    VoteInteraction,
};

pub(super) fn read(
    kind: CardType,
    root: &Fields<'_>,
    task_id: String,
    ids: &Ids,
) -> Result<TemplateCard, Reason> {
    Ok(match kind {
        CardType::TextNotice => TemplateCard::TextNotice(Box::new(text_notice(root, task_id))),
        CardType::NewsNotice => news_notice(root, task_id),
        CardType::ButtonInteraction => {
            TemplateCard::ButtonInteraction(Box::new(button_interaction(root, task_id, ids)?))
        }
        CardType::VoteInteraction => {
            TemplateCard::VoteInteraction(Box::new(vote_interaction(root, task_id, ids)?))
        }
        CardType::MultipleInteraction => {
            TemplateCard::MultipleInteraction(Box::new(multiple_interaction(root, task_id, ids)?))
        }
    })
}

fn text_notice(root: &Fields<'_>, task_id: String) -> TextNotice {
    let main_title = parts::main_title(root);
    let has_title = main_title.as_ref().is_some_and(|it| it.title.is_some());
    let mut sub_title_text = root.text("sub_title_text", LONG_TEXT_CHARS);
    if !has_title && sub_title_text.is_none() {
        root.note("sub_title_text", ChangeKind::Added);
        sub_title_text = Some(texts::cards::NOTICE.to_owned());
    }
    TextNotice {
        source: parts::source(root),
        action_menu: parts::menu(root),
        main_title,
        emphasis_content: parts::emphasis(root),
        quote_area: parts::quote(root),
        sub_title_text,
        horizontal_content_list: lists::horizontal(root),
        jump_list: lists::jumps(root),
        card_action: parts::required_action(root),
        task_id,
        feedback: parts::feedback(root),
    }
}

fn news_notice(root: &Fields<'_>, task_id: String) -> TemplateCard {
    let card_image = parts::image(root);
    let image_text_area = parts::image_text(root);
    if card_image.is_none() && image_text_area.is_none() {
        root.note("card_type", ChangeKind::Converted);
        let notice = without_picture(root, task_id);
        return TemplateCard::TextNotice(Box::new(notice));
    }
    TemplateCard::NewsNotice(Box::new(NewsNotice {
        source: parts::source(root),
        action_menu: parts::menu(root),
        main_title: parts::required_title(root),
        quote_area: parts::quote(root),
        card_image,
        image_text_area,
        vertical_content_list: lists::vertical(root),
        horizontal_content_list: lists::horizontal(root),
        jump_list: lists::jumps(root),
        card_action: parts::required_action(root),
        task_id,
        feedback: parts::feedback(root),
    }))
}

/// A news notice needs a picture; without one it says the same as a text notice: description
/// and vertical lines become the text.
fn without_picture(root: &Fields<'_>, task_id: String) -> TextNotice {
    let mut notice = text_notice(root, task_id);
    let headline = notice.main_title.get_or_insert_default();
    if headline.title.is_none() {
        headline.title = Some(texts::cards::NOTICE.to_owned());
        root.note("main_title.title", ChangeKind::Added);
    }
    let mut texts: Vec<String> = headline.desc.take().into_iter().collect();
    if let Some(beside) = root.child("image_text_area") {
        texts.extend(beside.text("title", TITLE_CHARS));
        texts.extend(beside.text("desc", LONG_TEXT_CHARS));
    }
    for line in lists::vertical(root) {
        let desc = line.desc.map(|desc| format!("：{desc}"));
        texts.push(format!("{}{}", line.title, desc.unwrap_or_default()));
    }
    if !texts.is_empty() {
        let written = root.text("sub_title_text", LONG_TEXT_CHARS);
        texts.splice(0..0, written);
        let text = root.shortened("sub_title_text", texts.join("\n"), LONG_TEXT_CHARS);
        notice.sub_title_text = Some(text);
    }
    notice
}

fn button_interaction(
    root: &Fields<'_>,
    task_id: String,
    ids: &Ids,
) -> Result<ButtonInteraction, Reason> {
    let button_list = lists::buttons(root);
    if button_list.is_empty() {
        return Err(Reason::Empty("button_list"));
    }
    Ok(ButtonInteraction {
        source: parts::source(root),
        action_menu: parts::menu(root),
        main_title: parts::required_title(root),
        quote_area: parts::quote(root),
        sub_title_text: root.text("sub_title_text", LONG_TEXT_CHARS),
        horizontal_content_list: lists::horizontal(root),
        card_action: parts::optional_action(root),
        button_selection: choices::button_selection(root, ids),
        button_list,
        task_id,
        feedback: parts::feedback(root),
    })
}

fn vote_interaction(
    root: &Fields<'_>,
    task_id: String,
    ids: &Ids,
) -> Result<VoteInteraction, Reason> {
    Ok(VoteInteraction {
        checkbox: choices::checkbox(root, ids).ok_or(Reason::Empty("options"))?,
        source: parts::source(root),
        main_title: parts::required_title(root),
        submit_button: choices::submit_button(root, ids, "submit_vote"),
        task_id,
        feedback: parts::feedback(root),
    })
}

fn multiple_interaction(
    root: &Fields<'_>,
    task_id: String,
    ids: &Ids,
) -> Result<MultipleInteraction, Reason> {
    let select_list = choices::selections(root, ids);
    if select_list.is_empty() {
        return Err(Reason::Empty("selectors"));
    }
    Ok(MultipleInteraction {
        source: parts::source(root),
        main_title: parts::required_title(root),
        select_list,
        submit_button: choices::submit_button(root, ids, "submit_multi"),
        task_id,
        feedback: parts::feedback(root),
    })
}
