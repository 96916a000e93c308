//! What an agent reads when something happened to a card or to its permissions: lines of
//! `key: value`, in a fixed order, absent values left out.

use std::fmt::Write as _;

use super::sent::SentCard;
use crate::ids::{BotId, ChatId, ChatKind, MessageId, UserId};
use crate::texts;
use crate::wecom::bot::{CardEvent, CardSelection, Envelope};
use crate::wecom::card::{SubmitButton, TemplateCard};

/// The permission to read members' documents in `auth_list`.
const READ_DOCUMENTS: i64 = 2;

/// A click as the text of a turn. What the card said is added where it is known.
///
/// Who clicked is `from.userid` of the frame; nothing that a card or a person wrote can look
/// like another line of it, because line feeds become spaces.
pub fn event_text(envelope: &Envelope, event: &CardEvent, card: Option<&SentCard>) -> String {
    let mut lines = Lines::new(texts::cards::CLICK_MARKER);
    lines.put("event_type", Some("template_card_event"));
    lines.origin(envelope);
    lines.put(
        "sender_userid",
        envelope.sender.as_ref().map(UserId::as_str),
    );
    lines.put("card_type", Some(&event.card_type));
    lines.put("event_key", Some(&event.event_key));
    lines.put("task_id", Some(&event.task_id));
    if let Some(card) = card {
        lines.put("agent_task_id", card.agent_task_id.as_deref());
        lines.put("card_title", card.card.title());
        lines.put("button_text", button_text(&card.card, &event.event_key));
    }
    lines.selections(&event.selections, card.map(|card| &card.card));
    lines.finish()
}

/// A change of the bot's document permissions as the text of a turn. `auth_list` has the
/// permissions as they are now.
pub fn auth_change_text(envelope: &Envelope, auth_list: &[i64]) -> String {
    let mut lines = Lines::new(texts::cards::AUTH_CHANGE_MARKER);
    lines.put("event_type", Some("auth_change_event"));
    let codes: Vec<String> = auth_list.iter().map(ToString::to_string).collect();
    let mut list = format!("[{}]", codes.join(", "));
    if !auth_list.is_empty() {
        let names: Vec<String> = auth_list
            .iter()
            .map(|code| texts::cards::permission(*code))
            .collect();
        list = format!("{list} ({})", names.join(", "));
    }
    lines.put("auth_list", Some(&list));
    lines.origin(envelope);
    let what_to_do = if auth_list.contains(&READ_DOCUMENTS) {
        texts::cards::MAY_READ_DOCUMENTS
    } else if auth_list.is_empty() {
        texts::cards::NO_PERMISSIONS
    } else {
        texts::cards::MAY_NOT_READ_DOCUMENTS
    };
    format!("{}\n\n{what_to_do}", lines.finish())
}

struct Lines(String);

impl Lines {
    fn new(marker: &str) -> Self {
        Self(marker.to_owned())
    }

    fn put(&mut self, key: &str, value: Option<&str>) {
        let Some(value) = value.map(one_line).filter(|value| !value.is_empty()) else {
            return;
        };
        self.line(&format!("{key}: {value}"));
    }

    fn line(&mut self, line: &str) {
        self.0.push('\n');
        self.0.push_str(line);
    }

    /// Where an event comes from.
    fn origin(&mut self, envelope: &Envelope) {
        let kind = envelope.chat_kind.map(|kind| match kind {
            ChatKind::Direct => "single",
            ChatKind::Group => "group",
        });
        let sender = envelope.sender.as_ref().map(UserId::as_str);
        let chat = envelope.chat_id.as_ref().map(ChatId::as_str).or(sender);
        self.put("msgid", envelope.message_id.as_ref().map(MessageId::as_str));
        self.put("aibotid", envelope.bot_id.as_ref().map(BotId::as_str));
        self.put("chat_type", kind);
        self.put("chat_id", chat);
        self.put("from.corpid", envelope.corp_id.as_deref());
        self.put("from.userid", sender);
    }

    fn selections(&mut self, selections: &[CardSelection], card: Option<&TemplateCard>) {
        if selections.is_empty() {
            return self.line("selected_items: []");
        }
        self.line("selected_items:");
        for selection in selections {
            let key = one_line(&selection.question_key);
            let question =
                card.and_then(|card| Question::find(card, selection.question_key.trim()));
            let mut line = String::from("- ");
            line.push_str(if key.is_empty() {
                "unknown_question"
            } else {
                &key
            });
            if let Some(title) = question.as_ref().and_then(|question| question.title) {
                // Writing to a string does not fail.
                let _ = write!(line, " [{}]", one_line(title));
            }
            let chosen: Vec<String> = selection
                .option_ids
                .iter()
                .filter(|id| !id.is_empty())
                .map(
                    |id| match question.as_ref().and_then(|question| question.text_of(id)) {
                        Some(text) => format!("{} ({})", one_line(id), one_line(text)),
                        None => one_line(id),
                    },
                )
                .collect();
            line.push_str(": ");
            if chosen.is_empty() {
                line.push_str(texts::cards::NOTHING_CHOSEN);
            } else {
                line.push_str(&chosen.join(", "));
            }
            self.line(&line);
        }
    }

    fn finish(self) -> String {
        self.0
    }
}

/// A question of a card: its title and its options.
struct Question<'a> {
    title: Option<&'a str>,
    options: Vec<(&'a str, &'a str)>,
}

impl<'a> Question<'a> {
    fn find(card: &'a TemplateCard, key: &str) -> Option<Self> {
        let selection = match card {
            TemplateCard::VoteInteraction(vote) => {
                let options = vote.checkbox.option_list.iter();
                return (vote.checkbox.question_key == key).then(|| Self {
                    title: vote.main_title.title.as_deref(),
                    options: options.map(|it| (&*it.id, &*it.text)).collect(),
                });
            }
            TemplateCard::MultipleInteraction(card) => card
                .select_list
                .iter()
                .find(|selection| selection.question_key == key),
            TemplateCard::ButtonInteraction(card) => card
                .button_selection
                .as_ref()
                .filter(|selection| selection.question_key == key),
            TemplateCard::TextNotice(_) | TemplateCard::NewsNotice(_) => None,
        }?;
        let options = selection.option_list.iter();
        Some(Self {
            title: selection.title.as_deref(),
            options: options.map(|it| (&*it.id, &*it.text)).collect(),
        })
    }

    fn text_of(&self, id: &str) -> Option<&'a str> {
        let found = self.options.iter().find(|(known, _)| *known == id);
        found.map(|(_, text)| *text)
    }
}

/// What stands on the button or menu item of that key.
fn button_text<'a>(card: &'a TemplateCard, key: &str) -> Option<&'a str> {
    let menu = card.action_menu().and_then(|menu| {
        let item = menu.action_list.iter().find(|item| item.key == key);
        item.map(|item| item.text.as_str())
    });
    let button = match card {
        TemplateCard::ButtonInteraction(card) => {
            let button = card.button_list.iter().find(|button| button.key == key);
            button.map(|button| button.text.as_str())
        }
        TemplateCard::VoteInteraction(card) => submit_text(&card.submit_button, key),
        TemplateCard::MultipleInteraction(card) => submit_text(&card.submit_button, key),
        TemplateCard::TextNotice(_) | TemplateCard::NewsNotice(_) => None,
    };
    button.or(menu)
}

fn submit_text<'a>(button: &'a SubmitButton, key: &str) -> Option<&'a str> {
    (button.key == key).then_some(button.text.as_str())
}

/// On one line, whatever breaks lines in whoever's eyes.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ").trim().to_owned()
}

#[cfg(test)]
mod tests;
