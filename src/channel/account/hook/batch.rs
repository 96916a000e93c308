//! From messages that wait together to one piece of work.

use crate::channel::files::Files;
use crate::channel::inbound::Inbound;
use crate::channel::mailbox::{Slot, Work};

/// A recorded message that gathers others, or joins them.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) work: Work,
    pub(super) slot: Slot,
    /// As it was recorded.
    pub(super) payload: String,
}

/// What several messages say together: the first says who and where.
pub(in crate::channel::account) fn merged(messages: Vec<Inbound>) -> Option<Inbound> {
    let mut messages = messages.into_iter();
    let mut whole = messages.next()?;
    let mut texts = vec![std::mem::take(&mut whole.text)];
    for message in messages {
        // One quote has a place of its own; others stand where they were said.
        match (&whole.quote, message.quote) {
            (None, quote) => whole.quote = quote,
            (Some(_), Some(quote)) => texts.push(format!("> {}", quote.replace('\n', "\n> "))),
            (Some(_), None) => {}
        }
        texts.push(message.text);
        whole.attachments.extend(message.attachments);
        whole.own_words |= message.own_words;
        whole.response_url = message.response_url.or(whole.response_url);
    }
    texts.retain(|text| !text.trim().is_empty());
    whole.text = texts.join("\n");
    Some(whole)
}

/// One piece of work for messages that wait together, in place of the first one's.
pub(super) fn work_of(mut works: Vec<Work>) -> Option<Work> {
    if works.len() < 2 {
        return works.pop();
    }
    let files = works.iter().map(|work| work.files.clone()).collect();
    let inbound = merged(works.iter().map(|work| work.inbound.clone()).collect())?;
    let first = works.into_iter().next()?;
    Some(Work {
        inbound,
        files: Files::all(files),
        ..first
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::exchange::Exchange;
    use crate::channel::inbound::Origin;
    use crate::ids::{Chat, ChatKind};

    fn said(text: &str, quote: Option<&str>) -> Inbound {
        Inbound {
            origin: Origin::Message,
            chat: Chat {
                account: "a".into(),
                kind: ChatKind::Direct,
                id: "lina".into(),
            },
            sender: "lina".into(),
            message_id: text.into(),
            req_id: text.into(),
            text: text.to_owned(),
            own_words: true,
            quote: quote.map(str::to_owned),
            attachments: Vec::new(),
            response_url: Some(text.into()),
            exchange: Exchange::default(),
            sent_at: None,
            agent_id: None,
            card_code: None,
        }
    }

    #[test]
    fn what_is_said_in_pieces_is_one_text() {
        let whole = merged(vec![said("a", None), said("", None), said("b", Some("q"))]).unwrap();
        assert_eq!(whole.text, "a\nb");
        assert_eq!(whole.message_id, "a".into());
        assert_eq!(whole.quote.as_deref(), Some("q"));
        assert_eq!(whole.response_url, Some("b".into()));
        let whole = merged(vec![said("a", Some("1")), said("b", Some("2\n3"))]).unwrap();
        assert_eq!(whole.text, "a\n> 2\n> 3\nb");
        assert_eq!(whole.quote.as_deref(), Some("1"));
        assert_eq!(merged(Vec::new()), None);
    }
}
