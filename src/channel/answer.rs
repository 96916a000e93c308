//! What a turn decided to send, and how far that has come.
//!
//! It is kept before any of it goes out and again after each step, so that a restart goes
//! on where the process was ended: the agent is not asked twice, and what went out stays
//! out.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cards::Prepared;
use super::media::outbound::Reference;
use crate::store::{Answer, InboxId, Outcome, Store};
use crate::texts;
use crate::wecom::card::TemplateCard;

/// An answer on its way out: files, then cards, then the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    /// Files still to send.
    pub(crate) media: VecDeque<NamedFile>,
    /// Cards still to send.
    pub(crate) cards: VecDeque<ReadyCard>,
    /// Files that arrive with the last word: in another process they are taken up again.
    #[serde(default)]
    pub(crate) attached_media: Vec<NamedFile>,
    /// Cards that arrive with the last word.
    #[serde(default)]
    pub(crate) attached_cards: Vec<ReadyCard>,
    /// The text, without directives and cards; `None` where there is nothing to say.
    pub(crate) text: Option<String>,
    /// Paragraphs behind the text: what was sent in another form, or not at all.
    pub(crate) notes: Vec<String>,
    /// Whether a file is out.
    pub(crate) sent_media: bool,
    /// Whether a card is out.
    pub(crate) sent_card: bool,
    /// Messages of the text that are out.
    pub(crate) sent_parts: usize,
    /// How the message ends once all is out.
    pub(crate) outcome: Outcome,
}

/// A card in a form that can be kept: with the id that it goes out with, so that a repeat
/// after a restart is the same card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadyCard {
    card: TemplateCard,
    agent_task_id: Option<String>,
}

impl From<Prepared> for ReadyCard {
    fn from(prepared: Prepared) -> Self {
        Self {
            card: prepared.card,
            agent_task_id: prepared.agent_task_id,
        }
    }
}

impl From<ReadyCard> for Prepared {
    fn from(ready: ReadyCard) -> Self {
        Self {
            card: ready.card,
            agent_task_id: ready.agent_task_id,
            changes: Vec::new(),
        }
    }
}

/// A reference in a form that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NamedFile {
    text: String,
    /// The end of the line was its end, so that punctuation there may not belong to it.
    ended_by_line: bool,
}

impl From<Reference> for NamedFile {
    fn from(reference: Reference) -> Self {
        Self {
            text: reference.as_str().to_owned(),
            ended_by_line: reference.second_source().is_some(),
        }
    }
}

impl NamedFile {
    /// The reference again; `None` where another version of the program took for one what
    /// this one does not.
    pub(crate) fn reference(&self) -> Option<Reference> {
        let parse = if self.ended_by_line {
            Reference::to_end_of_line
        } else {
            Reference::literal
        };
        parse(&self.text).ok()
    }
}

impl Outgoing {
    /// A text alone.
    pub(crate) fn text(text: impl Into<String>, outcome: Outcome) -> Self {
        Self {
            text: Some(text.into()),
            ..Self::nothing(outcome)
        }
    }

    /// Nothing at all.
    pub(crate) fn nothing(outcome: Outcome) -> Self {
        Self {
            media: VecDeque::new(),
            cards: VecDeque::new(),
            attached_media: Vec::new(),
            attached_cards: Vec::new(),
            text: None,
            notes: Vec::new(),
            sent_media: false,
            sent_card: false,
            sent_parts: 0,
            outcome,
        }
    }

    /// Reads what was kept. Earlier versions kept the text alone.
    pub(crate) fn read(kept: &str) -> Self {
        serde_json::from_str(kept).unwrap_or_else(|_| Self::text(kept, Outcome::Delivered))
    }

    /// Takes up what was to arrive with the last word, of which nothing is out.
    pub(crate) fn take_up_attached(&mut self) {
        for file in self.attached_media.drain(..).rev() {
            self.media.push_front(file);
        }
        for card in self.attached_cards.drain(..).rev() {
            self.cards.push_front(card);
        }
    }

    /// The text that closes the answer, once files and cards are out; `None` where there is
    /// nothing to say. A stream has to be closed with something that can be seen, so that
    /// files and cards alone get a word too.
    pub(crate) fn last_word(&self) -> Option<String> {
        let paragraphs: Vec<&str> = (self.text.as_deref().into_iter())
            .chain(self.notes.iter().map(String::as_str))
            .filter(|paragraph| !paragraph.trim().is_empty())
            .collect();
        if !paragraphs.is_empty() {
            return Some(paragraphs.join("\n\n"));
        }
        if self.sent_card {
            Some(texts::CARD_SENT.to_owned())
        } else if self.sent_media {
            Some(texts::MEDIA_SENT.to_owned())
        } else {
            None
        }
    }

    /// Whether anything of it reaches the person, or did.
    pub(crate) fn says_something(&self) -> bool {
        !self.media.is_empty() || !self.cards.is_empty() || self.last_word().is_some()
    }

    fn body(&self) -> String {
        // Strings, numbers and JSON values: there is nothing that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Keeps an answer and its progress in the record of its message.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) id: InboxId,
}

impl Keeper {
    /// Keeps what goes out, before any of it does.
    pub(crate) async fn decide(&self, outgoing: &Outgoing, at_ms: i64) {
        let answer = Answer {
            body: outgoing.body(),
            at_ms,
        };
        if let Err(error) = self.store.answer(self.id, answer).await {
            // Better an answer that a crash might repeat than none.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not keep the answer"
            );
        }
    }

    /// Keeps how far it has come.
    pub(crate) async fn progress(&self, outgoing: &Outgoing) {
        if let Err(error) = self.store.progress(self.id, outgoing.body()).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not keep how far the answer has come"
            );
        }
    }
}
