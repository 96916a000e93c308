//! What a member said or did to an agent app, as the rest of the runtime takes it.

use crate::agent::AttachmentKind;
use crate::channel::account::intake::Click;
use crate::channel::exchange::Exchange;
use crate::channel::inbound::{Inbound, NotAMessage, Origin};
use crate::channel::media::inbound::{Wanted, WantedMedia};
use crate::ids::{AccountId, Chat, ChatId, ChatKind, MediaId, ReqId, UserId};
use crate::texts::app as texts;
use crate::wecom::bot::Envelope;
use crate::wecom::callback::{AppCallback, AppContent, AppEvent};

/// Why nobody is told of a callback.
#[derive(Debug)]
pub(super) enum Unheard {
    /// An event that means nothing here.
    Event(String),
    /// A message without what makes it one.
    NotAMessage(NotAMessage),
}

/// What a callback says to an agent, and the click, where it is one: its text is still to be
/// made.
pub(super) fn hear(
    account: &AccountId,
    callback: &AppCallback,
) -> Result<(Inbound, Option<Click>), Unheard> {
    if let AppContent::Event(AppEvent::Other { name, .. }) = &callback.content {
        return Err(Unheard::Event(name.clone()));
    }
    let sender = sender(callback).map_err(Unheard::NotAMessage)?;
    let chat = Chat {
        account: account.clone(),
        kind: match callback.chat_id {
            Some(_) => ChatKind::Group,
            None => ChatKind::Direct,
        },
        id: (callback.chat_id.clone()).unwrap_or_else(|| ChatId::new(sender.as_str())),
    };
    let message_id = callback.identity();
    let mut inbound = Inbound {
        origin: Origin::Message,
        chat,
        sender,
        req_id: ReqId::new(message_id.as_str()),
        message_id,
        text: String::new(),
        own_words: false,
        quote: None,
        attachments: Vec::new(),
        response_url: None,
        exchange: Exchange::default(),
        sent_at: callback.created_at,
        agent_id: callback.agent_id,
        card_code: None,
    };
    let mut click = None;
    match &callback.content {
        AppContent::Text(text) => {
            inbound.text = text.trim().to_owned();
            inbound.own_words = true;
        }
        AppContent::Image { media } => attach(&mut inbound, AttachmentKind::Image, media, None),
        AppContent::Voice { media, transcript } => {
            inbound.text = transcript.clone().unwrap_or_default();
            inbound.own_words = transcript.is_some();
            let name = Some("voice.amr".to_owned());
            attach(&mut inbound, AttachmentKind::File, media, name);
        }
        AppContent::Video { media } => attach(&mut inbound, AttachmentKind::Video, media, None),
        AppContent::File { media, name } => {
            attach(&mut inbound, AttachmentKind::File, media, name.clone());
        }
        AppContent::Location(place) => {
            inbound.text = texts::location(&place.label, &place.latitude, &place.longitude);
        }
        AppContent::Link {
            title,
            description,
            url,
        } => inbound.text = texts::link(title, description, url),
        AppContent::Event(AppEvent::Card {
            click: event,
            response_code,
            ..
        }) => {
            inbound.origin = Origin::Event;
            inbound.card_code.clone_from(response_code);
            click = Some(Click {
                envelope: envelope(&inbound, callback),
                event: event.clone(),
            });
        }
        AppContent::Unknown { msgtype } => inbound.text = texts::unknown(msgtype),
        _ => return Err(Unheard::NotAMessage(NotAMessage::UnknownType)),
    }
    if inbound.text.is_empty() && inbound.attachments.is_empty() && click.is_none() {
        return Err(Unheard::NotAMessage(NotAMessage::Empty));
    }
    Ok((inbound, click))
}

fn sender(callback: &AppCallback) -> Result<UserId, NotAMessage> {
    let sender = callback.sender.clone().ok_or(NotAMessage::NoSender)?;
    if sender.as_str().eq_ignore_ascii_case("sys") {
        return Err(NotAMessage::FromSystem);
    }
    Ok(sender)
}

fn attach(
    inbound: &mut Inbound,
    kind: AttachmentKind,
    media: &Option<MediaId>,
    name: Option<String>,
) {
    inbound.attachments.extend(media.clone().map(|id| Wanted {
        kind,
        media: WantedMedia::Upload { id, name },
    }));
}

/// A click as bots are told of one.
fn envelope(inbound: &Inbound, callback: &AppCallback) -> Envelope {
    Envelope {
        req_id: inbound.req_id.clone(),
        message_id: Some(inbound.message_id.clone()),
        create_time: callback.created_at,
        bot_id: None,
        chat_id: callback.chat_id.clone(),
        chat_kind: Some(inbound.chat.kind),
        sender: Some(inbound.sender.clone()),
        corp_id: None,
        response_url: None,
    }
}
