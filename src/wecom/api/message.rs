//! Messages of an app.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::body::{AppBody, Unsendable};
use super::recipients::Recipients;
use crate::ids::ChatId;

/// The longest time in which WeCom drops an identical message.
const MAX_DUPLICATE_CHECK: Duration = Duration::from_hours(4);

/// A message to members, departments and tags: `message/send`.
#[derive(Debug, Clone, PartialEq)]
pub struct AppMessage {
    /// The app's number: the configured one, or that of the callback that is answered.
    pub agent_id: u64,
    /// Whom it is for.
    pub to: Recipients,
    /// What it says.
    pub body: AppBody,
    /// How long WeCom drops an identical one, at most four hours: for messages that are sent
    /// again when their fate is not known.
    pub duplicate_check: Option<Duration>,
}

/// A message into a chat that the same app created: `appchat/send`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatMessage {
    /// The chat.
    pub chat: ChatId,
    /// What it says; no template card.
    pub body: AppBody,
}

impl AppMessage {
    /// The same message is the same bytes: WeCom compares them.
    pub(super) fn to_json(&self) -> Result<Value, Unsendable> {
        self.body.check()?;
        let mut message = Map::new();
        self.to.joined(&mut message);
        message.insert("agentid".to_owned(), json!(self.agent_id));
        put_body(&mut message, &self.body);
        if let Some(time) = self.duplicate_check {
            let seconds = time.min(MAX_DUPLICATE_CHECK).as_secs();
            message.insert("enable_duplicate_check".to_owned(), json!(1));
            message.insert("duplicate_check_interval".to_owned(), json!(seconds));
        }
        Ok(Value::Object(message))
    }
}

impl ChatMessage {
    pub(super) fn to_json(&self) -> Result<Value, Unsendable> {
        self.body.check()?;
        if matches!(self.body, AppBody::TemplateCard(_)) {
            return Err(Unsendable::CardIntoChat);
        }
        let mut message = Map::new();
        message.insert("chatid".to_owned(), json!(self.chat));
        put_body(&mut message, &self.body);
        Ok(Value::Object(message))
    }
}

fn put_body(message: &mut Map<String, Value>, body: &AppBody) {
    message.insert("msgtype".to_owned(), json!(body.kind()));
    message.insert(body.kind().to_owned(), body.to_value());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn a_message_is_what_the_vendors_page_shows() {
        let message = AppMessage {
            agent_id: 1_000_002,
            to: Recipients::user(&UserId::from("LiNa")).unwrap(),
            body: AppBody::Text("你好".to_owned()),
            duplicate_check: Some(Duration::from_hours(9)),
        };
        let expected = json!({
            "touser": "LiNa",
            "agentid": 1_000_002,
            "msgtype": "text",
            "text": { "content": "你好" },
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 14_400,
        });
        assert_eq!(message.to_json(), Ok(expected));
    }

    #[test]
    fn a_chat_is_named_instead_of_an_app() {
        let message = ChatMessage {
            chat: "C1".into(),
            body: AppBody::Markdown("**x**".to_owned()),
        };
        let expected = json!({
            "chatid": "C1", "msgtype": "markdown", "markdown": { "content": "**x**" }
        });
        assert_eq!(message.to_json(), Ok(expected));
    }
}
