//! What a message of the app says.

use serde_json::{Value, json};

use crate::ids::MediaId;
use crate::wecom::card::TemplateCard;

/// Bytes of UTF-8 in one text or Markdown. WeCom cuts what is longer, without a word.
pub const APP_TEXT_BYTES: usize = 2_048;
/// Bytes of a title.
const TITLE_BYTES: usize = 128;
/// Bytes of a description.
const DESCRIPTION_BYTES: usize = 512;
/// Bytes of an address.
const URL_BYTES: usize = 2_048;
/// Characters of a text card's button.
const BUTTON_CHARS: usize = 4;

/// What a message says. What WeCom would cut or refuse is refused before it is sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AppBody {
    /// Plain text of at most [`APP_TEXT_BYTES`]; line breaks and `<a href>` work.
    Text(String),
    /// Markdown of at most [`APP_TEXT_BYTES`]: headings, bold, links, inline code, quotes and
    /// three colours. Clients other than WeCom's own show nothing of it.
    Markdown(String),
    /// A picture.
    Image(MediaId),
    /// A voice message.
    Voice(MediaId),
    /// A file.
    File(MediaId),
    /// A video.
    Video {
        /// Its upload.
        media_id: MediaId,
        /// Title, at most 128 bytes.
        title: Option<String>,
        /// Description, at most 512 bytes.
        description: Option<String>,
    },
    /// A title, a text and a link.
    TextCard(TextCard),
    /// A template card. Not for chats.
    TemplateCard(Box<TemplateCard>),
}

/// A title, a text and a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCard {
    /// Title, at most 128 bytes.
    pub title: String,
    /// Text, at most 512 bytes; `<br>` and `<div class="gray">` work.
    pub description: String,
    /// Where it leads, with scheme, at most 2,048 bytes.
    pub url: String,
    /// Text of the button, at most four characters; WeCom writes 详情 (details) by default.
    pub button: Option<String>,
}

/// What WeCom would not take, or not as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsendable {
    /// Nothing to read.
    #[error("the {what} is empty")]
    Empty {
        /// Which part.
        what: &'static str,
    },
    /// It would be cut.
    #[error("the {what} has {actual} {unit}, WeCom takes {limit}")]
    TooLong {
        /// Which part.
        what: &'static str,
        /// `bytes` or `characters`.
        unit: &'static str,
        /// What it has.
        actual: usize,
        /// What it may have.
        limit: usize,
    },
    /// A link without a scheme.
    #[error("the link of a text card begins with neither `http://` nor `https://`")]
    Link,
    /// A file with too few or too many bytes for what it is to be.
    #[error("a file of {size} bytes cannot be sent as {kind}: WeCom takes 6 to {limit} bytes")]
    Size {
        /// `image`, `voice`, `video` or `file`.
        kind: &'static str,
        /// Bytes it has.
        size: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// Cards do not go into chats.
    #[error("WeCom takes no template card in a chat of the app: send it to members")]
    CardIntoChat,
}

impl AppBody {
    /// `msgtype`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Markdown(_) => "markdown",
            Self::Image(_) => "image",
            Self::Voice(_) => "voice",
            Self::File(_) => "file",
            Self::Video { .. } => "video",
            Self::TextCard(_) => "textcard",
            Self::TemplateCard(_) => "template_card",
        }
    }

    /// Whether WeCom takes it whole.
    ///
    /// # Errors
    /// The first part that it would cut or refuse.
    pub fn check(&self) -> Result<(), Unsendable> {
        match self {
            Self::Text(content) => text("text", content),
            Self::Markdown(content) => text("Markdown", content),
            Self::Video {
                title, description, ..
            } => {
                at_most("title", title.as_deref().unwrap_or_default(), TITLE_BYTES)?;
                let description = description.as_deref().unwrap_or_default();
                at_most("description", description, DESCRIPTION_BYTES)
            }
            Self::TextCard(card) => card.check(),
            Self::Image(_) | Self::Voice(_) | Self::File(_) | Self::TemplateCard(_) => Ok(()),
        }
    }

    /// The object under the name of `msgtype`.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Text(content) | Self::Markdown(content) => json!({ "content": content }),
            Self::Image(id) | Self::Voice(id) | Self::File(id) => json!({ "media_id": id }),
            Self::Video {
                media_id,
                title,
                description,
            } => with_present(
                json!({ "media_id": media_id }),
                [("title", title), ("description", description)],
            ),
            Self::TextCard(card) => with_present(
                json!({ "title": card.title, "description": card.description, "url": card.url }),
                [("btntxt", &card.button)],
            ),
            Self::TemplateCard(card) => card.to_value(),
        }
    }
}

impl TextCard {
    fn check(&self) -> Result<(), Unsendable> {
        for (what, part, limit) in [
            ("title", &self.title, TITLE_BYTES),
            ("description", &self.description, DESCRIPTION_BYTES),
            ("link", &self.url, URL_BYTES),
        ] {
            if part.trim().is_empty() {
                return Err(Unsendable::Empty { what });
            }
            at_most(what, part, limit)?;
        }
        if !self.url.starts_with("http://") && !self.url.starts_with("https://") {
            return Err(Unsendable::Link);
        }
        let button = self.button.as_deref().unwrap_or_default().chars().count();
        if button > BUTTON_CHARS {
            return Err(Unsendable::TooLong {
                what: "button",
                unit: "characters",
                actual: button,
                limit: BUTTON_CHARS,
            });
        }
        Ok(())
    }
}

fn text(what: &'static str, content: &str) -> Result<(), Unsendable> {
    if content.trim().is_empty() {
        return Err(Unsendable::Empty { what });
    }
    at_most(what, content, APP_TEXT_BYTES)
}

fn at_most(what: &'static str, part: &str, limit: usize) -> Result<(), Unsendable> {
    if part.len() <= limit {
        return Ok(());
    }
    Err(Unsendable::TooLong {
        what,
        unit: "bytes",
        actual: part.len(),
        limit,
    })
}

fn with_present<const N: usize>(mut object: Value, members: [(&str, &Option<String>); N]) -> Value {
    if let Some(object) = object.as_object_mut() {
        for (name, value) in members {
            if let Some(value) = value {
                object.insert(name.to_owned(), json!(value));
            }
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_cut_is_refused() {
        let longest = format!("{}ab", "企".repeat(682));
        assert_eq!(longest.len(), APP_TEXT_BYTES);
        assert_eq!(AppBody::Text(longest.clone()).check(), Ok(()));
        for body in [
            AppBody::Text(format!("{longest}c")),
            AppBody::Markdown(format!("{longest}c")),
        ] {
            let error = body.check().unwrap_err();
            assert!(
                matches!(
                    error,
                    Unsendable::TooLong {
                        actual: 2_049,
                        limit: 2_048,
                        ..
                    }
                ),
                "{error}"
            );
        }
        let blank = AppBody::Text(" \n".to_owned()).check();
        assert_eq!(blank, Err(Unsendable::Empty { what: "text" }));
    }

    #[test]
    fn a_text_card_has_a_link_and_a_short_button() {
        let card = |url: &str, button: Option<&str>| {
            AppBody::TextCard(TextCard {
                title: "t".to_owned(),
                description: "d".to_owned(),
                url: url.to_owned(),
                button: button.map(str::to_owned),
            })
        };
        let good = card("https://a.example", Some("查看详情"));
        assert_eq!(good.check(), Ok(()));
        let expected = json!({
            "title": "t", "description": "d", "url": "https://a.example", "btntxt": "查看详情"
        });
        assert_eq!(good.to_value(), expected);
        assert_eq!(card("a.example", None).check(), Err(Unsendable::Link));
        assert!(card("https://a", Some("12345")).check().is_err());
        assert!(card("", None).check().is_err());
    }

    #[test]
    fn parts_that_are_absent_are_left_out() {
        let video = AppBody::Video {
            media_id: "M".into(),
            title: Some("片".to_owned()),
            description: None,
        };
        assert_eq!(video.to_value(), json!({ "media_id": "M", "title": "片" }));
    }
}
