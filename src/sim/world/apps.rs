//! Self-built apps as members see them: what is said to them, and what they send.

use std::sync::Arc;

use serde_json::{Value, json};

use super::media::Media;
use super::words::AppWords;
use super::{App, World, exists, unknown};
use crate::ids::{MediaId, MessageId, UserId};
use crate::sim::apps::{AppEntry, AppId, SeedApp};
use crate::sim::chat::SimChat;
use crate::sim::entry::{Entry, EntryKind, EntryMedia, Party};
use crate::sim::hooks::{Hook, HookJob, HookOwner};
use crate::sim::rules::{self, Answers};
use crate::sim::sim::SimError;

/// What a member says to an app, or does in its chat.
#[derive(Debug, Clone)]
pub(in crate::sim) struct AppSpeech {
    pub(in crate::sim) app: AppId,
    pub(in crate::sim) user: UserId,
    pub(in crate::sim) words: AppWords,
}

/// What became of a member's words.
#[derive(Debug, Clone)]
pub(in crate::sim) struct AppHeard {
    pub(in crate::sim) msgid: Option<MessageId>,
    pub(in crate::sim) entry: u64,
    pub(in crate::sim) delivered: bool,
}

/// What an app did that its chats show.
#[derive(Debug, Clone)]
pub(in crate::sim) enum AppNews {
    /// A message arrived.
    Arrived {
        app: AppId,
        message: Box<AppEntry>,
        /// Its file, and what it was sent as.
        file: Option<(MediaId, Media)>,
    },
    /// A card changed.
    Card {
        app: AppId,
        task_id: String,
        change: CardChange,
        /// Whose copy; everybody's if nobody is named.
        users: Option<Vec<UserId>>,
    },
    /// A message was taken back.
    Recalled { app: AppId, msgid: String },
}

/// What becomes of a card.
#[derive(Debug, Clone)]
pub(in crate::sim) enum CardChange {
    /// Its buttons give way to this one, which cannot be pressed.
    Button(String),
    /// Another card.
    Card(Value),
}

impl World {
    /// Adds an app.
    pub(in crate::sim) fn add_app(&mut self, app: &SeedApp) -> Result<(), SimError> {
        let id = app.id();
        if id.to_string().parse() != Ok(id.clone()) {
            let text = format!("`{id}` cannot be an app: its company is empty or holds a colon");
            return Err(SimError::Invalid(text));
        }
        if self.apps.contains_key(&id) {
            return Err(exists("app", &app.agent_id));
        }
        let known = App {
            name: app.name.clone(),
            scope: app.scope.clone(),
            hook: app_hook(app)?,
        };
        self.apps.insert(id, known);
        self.directory_changed();
        Ok(())
    }

    /// Sets where an app is called, or that it is not.
    pub(in crate::sim) fn set_app_hook(
        &mut self,
        id: &AppId,
        hook: Option<Arc<Hook>>,
    ) -> Result<(), SimError> {
        let app = self.apps.get_mut(id).ok_or_else(|| unknown("app", id))?;
        app.hook = hook;
        self.directory_changed();
        Ok(())
    }

    /// Where an app is called.
    pub(in crate::sim) fn app_hook(&self, id: &AppId) -> Result<Option<Arc<Hook>>, SimError> {
        let app = self.apps.get(id).ok_or_else(|| unknown("app", id))?;
        Ok(app.hook.clone())
    }

    /// Apps with name, those who see them, and whether they are called.
    pub(in crate::sim) fn app_rows(&self) -> impl Iterator<Item = Value> {
        self.apps.iter().map(|(id, app)| {
            json!({ "id": id, "name": app.name, "scope": app.scope, "called": app.hook.is_some() })
        })
    }

    /// Whether a member sees an app.
    pub(in crate::sim) fn require_app_member(
        &self,
        id: &AppId,
        user: &UserId,
    ) -> Result<(), SimError> {
        let app = self.apps.get(id).ok_or_else(|| unknown("app", id))?;
        self.require_user(user)?;
        match &app.scope {
            Some(scope) if !scope.contains(user) => {
                Err(SimError::Invalid(format!("{user} does not see {id}")))
            }
            _ => Ok(()),
        }
    }

    /// What a click on a card of an app says, and whether it is from the card's menu.
    pub(in crate::sim) fn app_press(
        &self,
        app: &AppId,
        user: &UserId,
        task_id: &str,
        key: &str,
        answers: &Answers,
    ) -> Result<(Value, bool), SimError> {
        self.require_app_member(app, user)?;
        if key.is_empty() {
            let text = "the button was replaced: it cannot be pressed".to_owned();
            return Err(SimError::Invalid(text));
        }
        let chat = SimChat::app(app.clone(), user.clone());
        let detail = self.pressed(chat.clone(), user, task_id, key, answers)?;
        let card = self.card_entries.get(&(chat, task_id.to_owned()));
        let entry = card.and_then(|number| self.conversations.entry(*number));
        let card = entry.and_then(|entry| entry.card.as_ref());
        Ok((detail, card.is_some_and(|card| rules::is_menu(card, key))))
    }

    /// Writes down what a member says to an app, and calls it.
    pub(in crate::sim) fn say_to_app(
        &mut self,
        speech: AppSpeech,
        now_ms: i64,
    ) -> Result<AppHeard, SimError> {
        let AppSpeech { app, user, words } = speech;
        self.require_app_member(&app, &user)?;
        let chat = SimChat::app(app.clone(), user.clone());
        let told = words.told(self.responses.base());
        let msgid = told.has_id.then(|| {
            // Sixty-three bits, in digits.
            MessageId::new((rand::random::<u64>() >> 1).to_string())
        });
        let plain = told.document(&app, &user, msgid.as_ref(), now_ms);
        let mut entry = words.entry(chat.clone(), &user, now_ms);
        entry.msgid.clone_from(&msgid);
        if let AppWords::File { id, media, .. } = words {
            self.media.keep(id, media);
        }
        let number = self.conversations.add(entry, plain.len(), &mut self.feed);
        let delivered = match self.app_hook(&app)? {
            Some(hook) => self.hooks.add(HookJob {
                hook,
                owner: HookOwner::App(app),
                chat: Some(chat),
                kind: told.kind,
                user: Some(user),
                plain: plain.into(),
                req_id: None,
            }),
            None => false,
        };
        Ok(AppHeard {
            msgid,
            entry: number,
            delivered,
        })
    }

    /// Shows what an app did.
    pub(in crate::sim) fn app_news(&mut self, news: AppNews, now_ms: i64) {
        match news {
            AppNews::Arrived { app, message, file } => {
                self.app_arrived(&app, &message, file, now_ms);
            }
            AppNews::Card {
                app,
                task_id,
                change,
                users,
            } => {
                let numbers: Vec<u64> = self
                    .app_chats(&app)
                    .into_iter()
                    .filter(|chat| match (&users, chat.user()) {
                        (Some(users), Some(user)) => users.contains(user),
                        _ => true,
                    })
                    .filter_map(|chat| self.card_entries.get(&(chat, task_id.clone())).copied())
                    .collect();
                for number in numbers {
                    let feed = &mut self.feed;
                    self.conversations.change(number, now_ms, feed, |entry| {
                        entry.card = entry.card.take().map(|card| change.applied_to(card));
                    });
                }
            }
            AppNews::Recalled { app, msgid } => {
                let msgid = MessageId::new(msgid);
                for chat in self.app_chats(&app) {
                    let is_it = |entry: &&Entry| {
                        entry.msgid.as_ref() == Some(&msgid) && entry.is_from_bot()
                    };
                    let entry = self.conversations.entries(&chat).rfind(is_it);
                    let Some(number) = entry.map(|entry| entry.id) else {
                        continue;
                    };
                    let feed = &mut self.feed;
                    self.conversations.change(number, now_ms, feed, |entry| {
                        entry.kind = EntryKind::Event;
                        entry.content = Some(RECALLED.to_owned());
                        (entry.card, entry.media, entry.detail) = (None, None, None);
                    });
                }
            }
        }
    }

    fn app_arrived(
        &mut self,
        app: &AppId,
        message: &AppEntry,
        file: Option<(MediaId, Media)>,
        now_ms: i64,
    ) {
        let media = file.map(|(id, media)| {
            let shown = media.shown(id.clone());
            if self.media.get(&id).is_none() {
                self.media.keep(id, media);
            }
            shown
        });
        for user in &message.members {
            let chat = SimChat::app(app.clone(), user.clone());
            let entry = sent(chat.clone(), app, message, media.clone(), now_ms);
            let task = entry.card.as_ref().and_then(rules::task_id);
            let task = task.map(str::to_owned);
            let weight = message.body.to_string().len();
            let number = self.conversations.add(entry, weight, &mut self.feed);
            if let Some(task) = task {
                self.remember_card(chat, task, number);
            }
        }
    }

    fn app_chats(&self, app: &AppId) -> Vec<SimChat> {
        let users = self.users.keys();
        users
            .map(|user| SimChat::app(app.clone(), user.clone()))
            .collect()
    }
}

/// A message of an app as a member sees it.
fn sent(
    chat: SimChat,
    app: &AppId,
    message: &AppEntry,
    media: Option<EntryMedia>,
    now_ms: i64,
) -> Entry {
    let kind = match message.msgtype.as_str() {
        "markdown" => EntryKind::Markdown,
        "image" => EntryKind::Image,
        "voice" => EntryKind::Voice,
        "video" => EntryKind::Video,
        "file" => EntryKind::File,
        "textcard" => EntryKind::TextCard,
        "template_card" => EntryKind::TemplateCard,
        _ => EntryKind::Text,
    };
    let mut entry = Entry::new(chat, now_ms, Party::app(app), kind);
    entry.msgid = message.msgid.clone().map(MessageId::new);
    match kind {
        EntryKind::TemplateCard => entry.card = Some(message.body.clone()),
        EntryKind::TextCard => entry.detail = Some(message.body.clone()),
        EntryKind::Text | EntryKind::Markdown => entry.content = Some(message.text().to_owned()),
        _ => {
            let title = message.body.get("title").and_then(Value::as_str);
            entry.content = title.map(str::to_owned);
        }
    }
    entry.media = media;
    entry
}

impl CardChange {
    fn applied_to(&self, mut card: Value) -> Value {
        let name = match self {
            Self::Card(card) => return card.clone(),
            Self::Button(name) => name,
        };
        let Some(fields) = card.as_object_mut() else {
            return card;
        };
        let dead = json!({ "text": name, "key": "", "replaced": true });
        if fields.contains_key("submit_button") {
            fields.insert("submit_button".to_owned(), dead);
        } else {
            fields.insert("button_list".to_owned(), json!([dead]));
        }
        card
    }
}

/// Where an app is called: the receiver in the envelope is its company.
pub(in crate::sim) fn app_hook(app: &SeedApp) -> Result<Option<Arc<Hook>>, SimError> {
    let callback = app.callback.clone();
    let callback = callback.map(|callback| callback.received_by(&app.corp_id));
    callback.as_ref().map(Hook::new).transpose()
}

/// The content of an entry that was taken back.
const RECALLED: &str = "recalled";
