//! A card that was sent, as it is remembered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Prepared;
use crate::ids::{Chat, UserId};
use crate::session::SessionKey;
use crate::store::StoredCard;
use crate::wecom::card::TemplateCard;

/// A card that was sent: the base of every change of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentCard {
    /// The card as it went out. It never changes: what one member answered must not show in
    /// the copy of the next.
    pub card: TemplateCard,
    /// The id that the agent had given it.
    pub agent_task_id: Option<String>,
    /// Where it was sent.
    pub chat: Chat,
    /// The session whose turn sent it.
    pub session: CardSession,
    /// Milliseconds since 1970.
    pub created_at_ms: i64,
    /// What was answered, by member.
    pub answers: BTreeMap<UserId, CardAnswer>,
}

/// The session that a card belongs to, in a form that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSession {
    /// Normalised id of the agent.
    pub agent: String,
    /// The session as logs show it.
    pub key: String,
}

impl From<&SessionKey> for CardSession {
    fn from(session: &SessionKey) -> Self {
        Self {
            agent: session.agent.clone(),
            key: session.to_string(),
        }
    }
}

/// What a member answered on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardAnswer {
    /// Key of the button that was pressed.
    pub event_key: String,
    /// The chosen option ids, by question.
    pub chosen: BTreeMap<String, Vec<String>>,
}

impl CardAnswer {
    /// The form in which the store keeps it.
    pub fn to_record(&self) -> String {
        // Strings all the way down: JSON has a form for them.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The kept form of what does not have a column of its own.
#[derive(Serialize, Deserialize)]
struct Record {
    card: TemplateCard,
    agent_task_id: Option<String>,
    chat: Chat,
    session: CardSession,
}

impl SentCard {
    /// Registers a card that is about to be sent.
    pub fn registered(
        prepared: &Prepared,
        chat: Chat,
        session: impl Into<CardSession>,
        now_ms: i64,
    ) -> Self {
        Self {
            card: prepared.card.clone(),
            agent_task_id: prepared.agent_task_id.clone(),
            chat,
            session: session.into(),
            created_at_ms: now_ms,
            answers: BTreeMap::new(),
        }
    }

    /// The form in which [`CardStore::keep_card`](crate::store::CardStore::keep_card) keeps it.
    pub fn to_stored(&self) -> StoredCard {
        let record = Record {
            card: self.card.clone(),
            agent_task_id: self.agent_task_id.clone(),
            chat: self.chat.clone(),
            session: self.session.clone(),
        };
        StoredCard {
            account: self.chat.account.clone(),
            task_id: self.card.task_id().to_owned(),
            // Strings, numbers and lists of them: JSON has a form for all of it.
            record: serde_json::to_string(&record).unwrap_or_default(),
            created_at_ms: self.created_at_ms,
            answers: self
                .answers
                .iter()
                .map(|(user, answer)| (user.clone(), answer.to_record()))
                .collect(),
        }
    }

    /// Reads it back. `None`: another version of the program wrote it in another form; the
    /// card is then treated as unknown.
    pub fn from_stored(stored: StoredCard) -> Option<Self> {
        let record: Record = serde_json::from_str(&stored.record).ok()?;
        let answers = stored
            .answers
            .into_iter()
            .filter_map(|(user, answer)| Some((user, serde_json::from_str(&answer).ok()?)))
            .collect();
        Some(Self {
            card: record.card,
            agent_task_id: record.agent_task_id,
            chat: record.chat,
            session: record.session,
            created_at_ms: stored.created_at_ms,
            answers,
        })
    }
}
