//! One message, whichever way it came.

use crate::agent::AttachmentKind;
use crate::ids::{Chat, ChatId, ChatKind, MessageId, ReqId, UserId};
use crate::wecom::bot::{Content, MediaRef, MessagePush, MixedItem};

/// A user's message, parsed and ready for the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inbound {
    /// The conversation.
    pub(crate) chat: Chat,
    /// Who wrote.
    pub(crate) sender: UserId,
    /// What makes the message itself.
    pub(crate) message_id: MessageId,
    /// What ties a reply to it.
    pub(crate) req_id: ReqId,
    /// The text without a leading mention, trimmed. A lone quote stands in for it.
    pub(crate) text: String,
    /// What was quoted, when the user also said something.
    pub(crate) quote: Option<String>,
    /// Pictures, files and videos, the quoted ones included.
    pub(crate) attachments: Vec<Attachment>,
}

/// Something that came with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// What it is.
    pub(crate) kind: AttachmentKind,
    /// Where to fetch it, for five minutes.
    pub(crate) media: MediaRef,
}

/// Why a push is not a message for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAMessage {
    /// Without an id, repeats could not be told apart.
    #[error("it has no msgid")]
    NoMessageId,
    /// Nobody to answer.
    #[error("it has no sender")]
    NoSender,
    /// Sent by WeCom itself.
    #[error("its sender is the system")]
    FromSystem,
    /// A group message that does not name its group.
    #[error("it is a group message without a chat id")]
    NoChat,
    /// A type that this program does not know (yet).
    #[error("its type is not known")]
    UnknownType,
    /// Neither text nor anything else.
    #[error("it is empty")]
    Empty,
}

impl Inbound {
    /// Makes a message of a push on the socket of `account`.
    pub(crate) fn from_push(
        account: &crate::ids::AccountId,
        push: &MessagePush,
    ) -> Result<Self, NotAMessage> {
        let envelope = &push.envelope;
        let message_id = envelope
            .message_id
            .clone()
            .ok_or(NotAMessage::NoMessageId)?;
        let sender = envelope.sender.clone().ok_or(NotAMessage::NoSender)?;
        if sender.as_str().eq_ignore_ascii_case("sys") {
            return Err(NotAMessage::FromSystem);
        }
        let chat = chat_of(
            account,
            envelope.chat_kind,
            envelope.chat_id.as_ref(),
            &sender,
        )?;

        let mut parts = Parts::default();
        parts.add(&push.content)?;
        let mut quoted = Parts::default();
        if let Some(quote) = &push.quote {
            // A quote of an unknown type loses only itself.
            quoted.add(quote).ok();
        }
        parts.attachments.append(&mut quoted.attachments);

        let mut text = without_mention(&parts.text()).to_owned();
        let mut quote = Some(quoted.text()).filter(|quote| !quote.is_empty());
        if text.is_empty() {
            text = quote.take().unwrap_or_default();
        }
        if text.is_empty() && parts.attachments.is_empty() {
            return Err(NotAMessage::Empty);
        }
        Ok(Self {
            chat,
            sender,
            message_id,
            req_id: envelope.req_id.clone(),
            text,
            quote,
            attachments: parts.attachments,
        })
    }
}

fn chat_of(
    account: &crate::ids::AccountId,
    kind: Option<ChatKind>,
    chat_id: Option<&ChatId>,
    sender: &UserId,
) -> Result<Chat, NotAMessage> {
    // Direct messages carry no chat id; a chat id without a kind means a group.
    let kind = kind.unwrap_or(match chat_id {
        Some(_) => ChatKind::Group,
        None => ChatKind::Direct,
    });
    let id = match kind {
        ChatKind::Direct => ChatId::new(sender.as_str()),
        ChatKind::Group => chat_id.cloned().ok_or(NotAMessage::NoChat)?,
    };
    Ok(Chat {
        account: account.clone(),
        kind,
        id,
    })
}

#[derive(Debug, Default)]
struct Parts {
    texts: Vec<String>,
    attachments: Vec<Attachment>,
}

impl Parts {
    fn add(&mut self, content: &Content) -> Result<(), NotAMessage> {
        match content {
            Content::Text(text) | Content::Voice(text) => self.texts.push(text.clone()),
            Content::Image(media) => self.attach(AttachmentKind::Image, media),
            Content::File(media) => self.attach(AttachmentKind::File, media),
            Content::Video(media) => self.attach(AttachmentKind::Video, media),
            Content::Mixed(items) => {
                for item in items {
                    match item {
                        MixedItem::Text(text) => self.texts.push(text.clone()),
                        MixedItem::Image(media) => self.attach(AttachmentKind::Image, media),
                        MixedItem::File(media) => self.attach(AttachmentKind::File, media),
                        // Its neighbours are worth having all the same.
                        _ => {}
                    }
                }
            }
            _ => return Err(NotAMessage::UnknownType),
        }
        Ok(())
    }

    fn attach(&mut self, kind: AttachmentKind, media: &MediaRef) {
        self.attachments.push(Attachment {
            kind,
            media: media.clone(),
        });
    }

    fn text(&self) -> String {
        self.texts.join("\n").trim().to_owned()
    }
}

/// The text without one leading `@name`, which groups need to reach the bot. The name ends
/// at white space or at U+2005, which WeCom's client puts behind it.
pub(crate) fn without_mention(text: &str) -> &str {
    let trimmed = text.trim();
    if !trimmed.starts_with('@') {
        return trimmed;
    }
    trimmed
        .find(char::is_whitespace)
        .and_then(|end| trimmed.get(end..))
        .unwrap_or_default()
        .trim_start()
}

#[cfg(test)]
mod tests;
