//! A card in words, for where a card cannot be: Markdown.

use serde_json::Value;

use super::candidate::Object;
use super::coerce;
use super::prepare::DEFAULT_URL;
use crate::texts;
use crate::wecom::card::CheckMode;

/// Any object that means a card, in Markdown: as it goes over the wire, in the short forms
/// that agents write, or half broken. Empty if there is nothing to read in it.
pub fn render(card: &Value) -> String {
    let Value::Object(card) = card else {
        return String::new();
    };
    let mut page = Page::default();
    page.head(card);
    page.body(card);
    page.links(card);
    page.questions(card);
    page.0.join("\n\n")
}

/// Paragraphs.
#[derive(Default)]
struct Page(Vec<String>);

impl Page {
    fn put(&mut self, paragraph: Option<String>) {
        self.0
            .extend(paragraph.filter(|text| !text.trim().is_empty()));
    }

    fn lines(&mut self, lines: impl Iterator<Item = String>) {
        // Two spaces before the line feed keep the lines apart in Markdown.
        self.put(Some(lines.collect::<Vec<_>>().join("  \n")));
    }

    fn head(&mut self, card: &Object) {
        let title = card.get("main_title");
        let part = |key| {
            title
                .and_then(Value::as_object)
                .and_then(|it| text(it, key))
        };
        let bare = title.and_then(coerce::text);
        let title = text(card, "title").or_else(|| part("title")).or(bare);
        self.put(title.map(|title| format!("**{}**", one_line(&title))));
        self.put(text(card, "description").or_else(|| part("desc")));
        if let Some(figure) = object(card, "emphasis_content") {
            self.put(pair(text(figure, "title"), text(figure, "desc"), " — "));
        }
    }

    fn body(&mut self, card: &Object) {
        if let Some(quote) = object(card, "quote_area") {
            let quoted = pair(text(quote, "title"), text(quote, "quote_text"), "\n");
            self.put(quoted.map(|text| format!("> {}", text.replace('\n', "\n> "))));
            self.put(link(quote, texts::cards::DETAILS));
        }
        self.put(text(card, "sub_title_text"));
        if let Some(beside) = object(card, "image_text_area") {
            let words = pair(text(beside, "title"), text(beside, "desc"), "\n");
            self.put(words);
            self.put(link(beside, texts::cards::DETAILS));
        }
        self.lines(objects(card, "horizontal_content_list").filter_map(|line| {
            let value = text(line, "value");
            let shown = value.clone().or_else(|| text(line, "keyname"));
            let value = shown.and_then(|shown| link(line, &shown)).or(value);
            pair(text(line, "keyname"), value, ": ")
        }));
        self.lines(objects(card, "vertical_content_list").filter_map(|item| {
            let title = text(item, "title").map(|title| format!("**{}**", one_line(&title)));
            pair(title, text(item, "desc"), "  \n")
        }));
    }

    fn links(&mut self, card: &Object) {
        self.lines(objects(card, "jump_list").filter_map(|jump| {
            let title = text(jump, "title");
            let question = || text(jump, "question").map(|text| texts::cards::ask_me(&text));
            let linked = title.as_deref().and_then(|title| link(jump, title));
            linked.or_else(question).or(title)
        }));
        if let Some(action) = object(card, "card_action")
            && text(action, "url").as_deref() != Some(DEFAULT_URL)
        {
            self.put(link(action, texts::cards::DETAILS));
        }
    }

    fn questions(&mut self, card: &Object) {
        let mut asked = 0;
        let mut several = false;
        let mut ask = |page: &mut Self, title: Option<String>, list: Option<&Value>| {
            let options = numbered(list);
            if let Some(options) = options {
                page.put(title.map(|title| format!("**{}**", one_line(&title))));
                page.put(Some(options));
                asked += 1;
            }
        };
        if let Some(selection) = object(card, "button_selection") {
            ask(self, text(selection, "title"), selection.get("option_list"));
        }
        let checkbox = object(card, "checkbox");
        let options = checkbox.and_then(|checkbox| checkbox.get("option_list"));
        ask(self, None, options.or_else(|| card.get("options")));
        if let Some(mode) = checkbox.map_or_else(|| card.get("mode"), |it| it.get("mode")) {
            several = coerce::mode(mode) == Some(CheckMode::Multiple);
        }
        for list in ["select_list", "selectors"] {
            for selection in objects(card, list) {
                let title = text(selection, "title").or_else(|| text(selection, "label"));
                let options = selection.get("option_list");
                ask(self, title, options.or_else(|| selection.get("options")));
            }
        }
        let buttons = card.get("button_list").or_else(|| card.get("buttons"));
        ask(self, None, buttons);
        self.put(match asked {
            0 => None,
            1 if several => Some(texts::cards::ANSWER_SEVERAL.to_owned()),
            1 => Some(texts::cards::ANSWER_ONE.to_owned()),
            _ => Some(texts::cards::ANSWER_EACH.to_owned()),
        });
    }
}

/// Options or buttons as a numbered list.
fn numbered(list: Option<&Value>) -> Option<String> {
    let options = list?.as_array()?.iter().filter_map(|option| {
        let named = |key| option.as_object().and_then(|option| text(option, key));
        let keys = ["text", "label", "name", "id", "value", "key"];
        coerce::text(option).or_else(|| keys.into_iter().find_map(named))
    });
    let lines: Vec<String> = (1..)
        .zip(options)
        .map(|(number, option)| format!("{number}. {}", one_line(&option)))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A Markdown link to `url`, if that is a web page.
fn link(fields: &Object, shown: &str) -> Option<String> {
    let url = coerce::web_page(&text(fields, "url")?)?;
    // A bracket would end the address.
    let url = url.replace('(', "%28").replace(')', "%29");
    let shown = one_line(shown).replace(['[', ']'], " ");
    Some(format!("[{}]({url})", shown.trim()))
}

fn pair(first: Option<String>, second: Option<String>, between: &str) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}{between}{second}")),
        (first, second) => first.or(second),
    }
}

fn text(fields: &Object, key: &str) -> Option<String> {
    fields.get(key).and_then(coerce::text)
}

fn object<'a>(fields: &'a Object, key: &str) -> Option<&'a Object> {
    fields.get(key)?.as_object()
}

fn objects<'a>(fields: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> {
    let list = fields.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
