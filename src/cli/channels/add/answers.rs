//! What is known about an account before it is written, whoever was asked for it.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::secret::Secret;

/// Settings of one account; what is `None` stays as it is.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) name: Option<String>,
    pub(super) mode: Option<Mode>,
    pub(super) bot: Bot,
    pub(super) app: App,
    pub(super) dm_policy: Option<String>,
    pub(super) allow_from: Option<Vec<String>>,
    pub(super) group_policy: Option<String>,
    pub(super) group_allow_from: Option<Vec<String>>,
    /// User id of who may command the agents.
    pub(super) owner: Option<String>,
    /// The agent that answers.
    pub(super) agent: Option<String>,
}

/// The bot.
#[derive(Debug, Default)]
pub(super) struct Bot {
    pub(super) id: Option<String>,
    pub(super) secret: Option<Given>,
    pub(super) token: Option<Given>,
    pub(super) aes_key: Option<Given>,
    pub(super) receive_id: Option<String>,
}

/// The agent app.
#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) corp_id: Option<String>,
    pub(super) secret: Option<Given>,
    pub(super) agent_id: Option<u64>,
    pub(super) token: Option<Given>,
    pub(super) aes_key: Option<Given>,
}

/// How a bot is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// We connect to WeCom
    Websocket,
    /// WeCom calls us
    Webhook,
}

impl Mode {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Websocket => "websocket",
            Self::Webhook => "webhook",
        }
    }
}

/// A secret, or where it is.
#[derive(Debug, Clone)]
pub(super) enum Given {
    Value(Secret),
    Variable(String),
    File(String),
}

impl Given {
    /// As it stands in the file. A variable is written the way every reader of the file
    /// understands.
    fn to_json(&self) -> Value {
        match self {
            Self::Value(secret) => Value::from(secret.reveal()),
            Self::Variable(name) => Value::from(format!("${{{name}}}")),
            Self::File(path) => json!({ "file": path }),
        }
    }
}

impl Answers {
    /// The account's keys and their values, in the order in which they are written.
    pub(super) fn keys(&self) -> Vec<(Vec<&'static str>, Value)> {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        let secret = |given: &Option<Given>| given.as_ref().map(Given::to_json);
        let list = |list: &Option<Vec<String>>| list.clone().map(Value::from);
        let (bot, app) = (&self.bot, &self.app);
        let keys: [(&[&'static str], Option<Value>); 15] = [
            (&["name"], text(&self.name)),
            (
                &["connectionMode"],
                self.mode.map(|mode| Value::from(mode.as_str())),
            ),
            (&["botId"], text(&bot.id)),
            (&["secret"], secret(&bot.secret)),
            (&["token"], secret(&bot.token)),
            (&["encodingAESKey"], secret(&bot.aes_key)),
            (&["receiveId"], text(&bot.receive_id)),
            (&["agent", "corpId"], text(&app.corp_id)),
            (&["agent", "corpSecret"], secret(&app.secret)),
            (&["agent", "agentId"], app.agent_id.map(Value::from)),
            (&["agent", "token"], secret(&app.token)),
            (&["agent", "encodingAESKey"], secret(&app.aes_key)),
            (&["dmPolicy"], text(&self.dm_policy)),
            (&["allowFrom"], list(&self.allow_from)),
            (&["groupPolicy"], text(&self.group_policy)),
        ];
        let groups = list(&self.group_allow_from).map(|groups| (vec!["groupAllowFrom"], groups));
        keys.into_iter()
            .filter_map(|(path, value)| Some((path.to_vec(), value?)))
            .chain(groups)
            .collect()
    }

    /// The same as one object.
    pub(super) fn object(&self) -> Map<String, Value> {
        let mut object = Map::new();
        for (path, value) in self.keys() {
            match path.as_slice() {
                [key] => {
                    object.insert((*key).to_owned(), value);
                }
                [outer, key] => {
                    let inner = object
                        .entry(*outer)
                        .or_insert_with(|| Value::Object(Map::new()));
                    if let Some(inner) = inner.as_object_mut() {
                        inner.insert((*key).to_owned(), value);
                    }
                }
                _ => {}
            }
        }
        object
    }
}
