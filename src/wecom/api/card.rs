//! Changing a card that was sent.

use serde_json::{Map, Value, json};

use super::recipients::Recipients;
use crate::secret::Secret;
use crate::wecom::card::TemplateCard;

/// A change of a card: `message/update_template_card`.
#[derive(Debug, Clone, PartialEq)]
pub struct CardUpdate {
    /// The app's number.
    pub agent_id: u64,
    /// Whose copy of the card changes.
    pub to: Recipients,
    /// The right to change it, from a click or from the answer to the message. Good for 72
    /// hours and one change.
    pub response_code: Secret,
    /// What becomes of it.
    pub change: CardChange,
}

/// What becomes of a card.
#[derive(Debug, Clone, PartialEq)]
pub enum CardChange {
    /// Its buttons become one that does nothing and reads so. Cards with buttons, votes and
    /// selections only.
    Closed(String),
    /// Another card stands in its place.
    Card(Box<TemplateCard>),
}

impl CardUpdate {
    pub(super) fn to_json(&self) -> Value {
        let mut update = Map::new();
        self.to.listed(&mut update);
        update.insert("agentid".to_owned(), json!(self.agent_id));
        let code = self.response_code.reveal();
        update.insert("response_code".to_owned(), json!(code));
        match &self.change {
            CardChange::Closed(text) => {
                update.insert("button".to_owned(), json!({ "replace_name": text }));
            }
            CardChange::Card(card) => {
                update.insert("template_card".to_owned(), card.to_value());
            }
        }
        Value::Object(update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn a_closed_card_names_its_text() {
        let update = CardUpdate {
            agent_id: 7,
            to: Recipients::user(&UserId::from("LiNa")).unwrap(),
            response_code: "RC".into(),
            change: CardChange::Closed("已处理".to_owned()),
        };
        let expected = json!({
            "userids": ["LiNa"], "agentid": 7, "response_code": "RC",
            "button": { "replace_name": "已处理" },
        });
        assert_eq!(update.to_json(), expected);
        assert!(!format!("{update:?}").contains("RC\""));
    }
}
