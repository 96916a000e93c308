//! Bots, members, groups and apps as JSON: of the control API, and of a file to begin with.

use serde::Deserialize;

use super::apps::SeedApp;
use super::hooks::NewWebhook;
use super::options::{Seed, SeedBot, SeedGroup, SeedUser};
use crate::ids::{BotId, ChatId, UserId};

/// A bot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBot {
    pub(super) id: BotId,
    /// Needed for a socket only.
    #[serde(default)]
    secret: String,
    name: String,
    webhook: Option<NewWebhook>,
}

/// A member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    pub(super) id: UserId,
    name: String,
    #[serde(default)]
    alias: String,
}

/// A group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    pub(super) id: Option<ChatId>,
    name: String,
    members: Vec<UserId>,
    bots: Vec<BotId>,
}

/// An app.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApp {
    corp_id: String,
    agent_id: u64,
    secret: String,
    name: Option<String>,
    scope: Option<Vec<UserId>>,
    callback: Option<NewWebhook>,
}

/// Everybody who exists at the start.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct NewSeed {
    bots: Vec<NewBot>,
    users: Vec<NewUser>,
    groups: Vec<NewGroup>,
    apps: Vec<NewApp>,
}

impl From<NewBot> for SeedBot {
    fn from(new: NewBot) -> Self {
        Self {
            id: new.id,
            secret: new.secret.as_str().into(),
            name: new.name,
            webhook: new.webhook.map(Into::into),
        }
    }
}

impl From<NewUser> for SeedUser {
    fn from(new: NewUser) -> Self {
        Self {
            id: new.id,
            name: new.name,
            alias: new.alias,
        }
    }
}

impl NewGroup {
    /// The group, under its own id or a drawn one.
    pub(super) fn seeded(self, draw: impl FnOnce() -> ChatId) -> SeedGroup {
        SeedGroup {
            id: self.id.unwrap_or_else(draw),
            name: self.name,
            members: self.members,
            bots: self.bots,
        }
    }
}

impl From<NewApp> for SeedApp {
    fn from(new: NewApp) -> Self {
        let mut app = Self::new(&new.corp_id, new.agent_id, new.secret.as_str());
        if let Some(name) = new.name {
            app.name = name;
        }
        app.scope = new.scope.map(|scope| scope.into_iter().collect());
        app.callback = new.callback.map(Into::into);
        app
    }
}

impl Seed {
    /// Reads bots, users, groups and apps: lists under these names, each with the fields of
    /// the control API. A group without an id gets one.
    ///
    /// # Errors
    ///
    /// What is no JSON, missing or unknown, with its place.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let new: NewSeed = serde_json::from_str(text)?;
        let groups = new.groups.into_iter().zip(1..);
        Ok(Self {
            bots: new.bots.into_iter().map(Into::into).collect(),
            users: new.users.into_iter().map(Into::into).collect(),
            groups: groups
                .map(|(group, n)| group.seeded(|| ChatId::new(format!("wrGROUP{n:02}"))))
                .collect(),
            apps: new.apps.into_iter().map(Into::into).collect(),
        })
    }

    /// These and those.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.bots.extend(others.bots);
        self.users.extend(others.users);
        self.groups.extend(others.groups);
        self.apps.extend(others.apps);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_everybody() {
        let text = r#"{
            "bots": [{ "id": "aib1", "name": "B", "webhook": {
                "url": "http://127.0.0.1:8080/wecom/bot", "token": "t",
                "encodingAESKey": "k", "receiveId": "ww1" } }],
            "users": [{ "id": "u", "name": "U" }],
            "groups": [{ "name": "G", "members": ["u"], "bots": ["aib1"] }],
            "apps": [{ "corp_id": "ww1", "agent_id": 7, "secret": "s", "scope": ["u"],
                "callback": { "url": "http://127.0.0.1:8080/wecom/agent", "token": "t",
                    "encoding_aes_key": "k" } }]
        }"#;
        let seed = Seed::demo().with(Seed::from_json(text).unwrap());
        assert_eq!(
            (seed.bots.len(), seed.users.len(), seed.groups.len()),
            (2, 5, 3)
        );
        let webhook = seed.bots[1].webhook.as_ref().unwrap();
        assert_eq!(webhook.receive_id, "ww1");
        assert_eq!(seed.groups[2].id.as_str(), "wrGROUP01");
        assert_eq!(seed.apps[0].name, "应用7");
        assert!(seed.apps[0].callback.is_some());
        for bad in ["3", r#"{"bot": []}"#, r#"{"bots": [{"id": "b"}]}"#] {
            assert!(Seed::from_json(bad).is_err(), "{bad}");
        }
    }
}
