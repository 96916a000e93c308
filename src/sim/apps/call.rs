//! One call: who asks, and what the answer is.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::card;
use super::form;
use super::media::{self, MemberFile};
use super::message;
use super::refusal::{self, Answered, Refusal, members};
use super::seed::SeedApp;
use super::state::Apps;
use crate::ids::{MediaId, UserId};

/// A request, without what HTTP adds.
pub(super) struct Asked<'a> {
    /// Path below `/cgi-bin/`.
    pub(super) call: &'a str,
    pub(super) query: &'a HashMap<String, String>,
    pub(super) content_type: &'a str,
    pub(super) body: &'a Bytes,
    /// The time, Unix milliseconds.
    pub(super) now_ms: i64,
}

/// What comes of it.
pub(super) enum Outcome {
    /// The API answers.
    Answer(Answered),
    /// A file.
    File(MemberFile),
    /// There is no such call.
    Unknown,
}

impl Asked<'_> {
    /// Does what is asked; the number is the app's that asks.
    pub(super) fn answer(&self, apps: &mut Apps, people: &[UserId]) -> (Option<u64>, Outcome) {
        if self.call == "gettoken" {
            return match self.credentials(apps) {
                Ok(app) => {
                    let given = Ok(apps.tokens.give(&app, self.now_ms));
                    (Some(app.agent_id), Outcome::Answer(given))
                }
                Err(refusal) => (None, Outcome::Answer(Err(refusal))),
            };
        }
        let app = match self.app(apps) {
            Ok(app) => app,
            Err(refusal) => return (None, Outcome::Answer(Err(refusal))),
        };
        let outcome = self.of_app(apps, &app, people);
        (Some(app.agent_id), outcome)
    }

    fn of_app(&self, apps: &mut Apps, app: &SeedApp, people: &[UserId]) -> Outcome {
        let now = self.now_ms;
        Outcome::Answer(match self.call {
            "message/send" => self
                .json()
                .and_then(|body| message::send(apps, app, people, &body, now)),
            "appchat/send" => self
                .json()
                .and_then(|body| message::send_into_chat(apps, app, &body, now)),
            "message/update_template_card" => self
                .json()
                .and_then(|body| card::update(apps, app, &body, now)),
            "message/recall" => self
                .json()
                .and_then(|body| message::recall(apps, app, &body, now)),
            "media/upload" => form::read(self.content_type, self.body)
                .and_then(|part| media::upload(apps, self.parameter("type"), part, now)),
            "media/get" => {
                let id = MediaId::from(self.parameter("media_id"));
                match apps.media.get(&id, now) {
                    Some(stored) => return Outcome::File(stored.file.clone()),
                    None => Err(Refusal::new(refusal::NO_MEDIA, "invalid media_id")),
                }
            }
            "getcallbackip" => Ok(members([("ip_list", json!(["127.0.0.1"]))])),
            "tag/list" => Ok(message::tags(apps)),
            _ => return Outcome::Unknown,
        })
    }

    fn credentials(&self, apps: &Apps) -> Result<SeedApp, Refusal> {
        let (corp, secret) = (self.parameter("corpid"), self.parameter("corpsecret"));
        let mut of_corp = apps
            .registered
            .iter()
            .filter(|app| app.corp_id == corp)
            .peekable();
        if of_corp.peek().is_none() {
            return Err(Refusal::new(refusal::BAD_CORP, "invalid corpid"));
        }
        let app = of_corp.find(|app| app.secret.reveal() == secret);
        app.cloned()
            .ok_or_else(|| Refusal::new(refusal::BAD_CREDENTIAL, "invalid credential"))
    }

    fn app(&self, apps: &Apps) -> Result<SeedApp, Refusal> {
        let token = self.parameter("access_token");
        let of = apps.tokens.check(token, self.now_ms)?;
        let app = apps.app(&of);
        app.cloned()
            .ok_or_else(|| Refusal::new(refusal::BAD_TOKEN, "invalid access_token"))
    }

    fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn json(&self) -> Result<Map<String, Value>, Refusal> {
        serde_json::from_slice(self.body)
            .map_err(|_| Refusal::new(refusal::NOT_JSON, "data format error"))
    }
}
