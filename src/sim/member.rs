//! A member, as a test lets one act.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::attachment::{Attachment, AttachmentKind, Download, Handover, md5_hex};
use super::entry::EntryMedia;
use super::injection::{AUTH_CHANGE, Injected, Injection};
use super::shared::Shared;
use super::sim::{Sim, SimError, WaitError};
use super::world::{Media, Press, Quoting, Speech, SpeechPart};
use crate::ids::{BotId, ChatId, MessageId, ReqId, UserId};

/// A member in a chat with a bot: writes, sends files, presses buttons. What the bot gets
/// is what the service would push; [`Sim::inject`] pushes anything else.
#[derive(Debug, Clone)]
pub struct SimMember {
    shared: Arc<Shared>,
    bot: BotId,
    user: UserId,
    group: Option<ChatId>,
    quote: Option<Quoting>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum MessagePart {
    /// Text.
    Text(String),
    /// A picture, file or video.
    File(Attachment),
}

/// What became of a member's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The message's id.
    pub msgid: MessageId,
    /// The id that replies use, where the bot heard it.
    pub req_id: ReqId,
    /// Number of its entry in the transcript.
    pub entry: u64,
    /// Whether it is for the bot: in a group, only what mentions it is.
    pub heard: bool,
    /// Whether it was handed to a subscribed connection.
    pub delivered: bool,
    /// Names of the addresses that it carries, the quote's first.
    pub downloads: Vec<String>,
}

/// How a member rates an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rating {
    /// Accurate.
    Accurate,
    /// Inaccurate, with what the member says and the reasons given: 1 off topic,
    /// 2 incomplete, 3 wrong, 4 faulty analysis of data.
    Inaccurate {
        /// Free text; may be empty.
        content: String,
        /// Numbers of reasons.
        reasons: Vec<u8>,
    },
    /// Taken back.
    Withdrawn,
}

impl Sim {
    /// A member in the direct chat with a bot.
    pub fn member(&self, bot: impl Into<BotId>, user: impl Into<UserId>) -> SimMember {
        SimMember {
            shared: Arc::clone(self.shared()),
            bot: bot.into(),
            user: user.into(),
            group: None,
            quote: None,
        }
    }

    /// The last addresses that bots were given, oldest first, with their fetches.
    pub fn downloads(&self) -> Vec<Download> {
        self.shared().world().links.list().cloned().collect()
    }

    /// Waits for an address that `wanted` accepts, for example one that was fetched.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when there was none within `deadline`.
    pub async fn wait_download(
        &self,
        deadline: Duration,
        wanted: impl Fn(&Download) -> bool,
    ) -> Result<Download, WaitError> {
        self.wait(
            deadline,
            || {
                let world = self.shared().world();
                let changes = world.links.changes();
                let found = world.links.list().find(|it| wanted(it)).cloned();
                (found, changes)
            },
            || "a download".to_owned(),
            || format!("{:?}", self.downloads().last()),
        )
        .await
    }
}

impl SimMember {
    /// The same member in a group that the bot is in.
    #[must_use]
    pub fn in_group(mut self, group: impl Into<ChatId>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same member, quoting an entry of the chat with all that is said from now on.
    #[must_use]
    pub fn quoting(self, entry: u64) -> Self {
        self.quoting_with(entry, Handover::default())
    }

    /// The same, with the quoted files handed over in a certain way.
    #[must_use]
    pub fn quoting_with(mut self, entry: u64, handover: Handover) -> Self {
        self.quote = Some(Quoting { entry, handover });
        self
    }

    /// Writes a text.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for a member, bot, group or quoted message that does not
    /// exist, [`SimError::Invalid`] for what cannot be sent. So do all others here.
    pub fn say(&self, text: &str) -> Result<Said, SimError> {
        self.speak(vec![SpeechPart::Text(text.to_owned())])
    }

    /// Sends a picture.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send_image(&self, data: impl Into<Bytes>) -> Result<Said, SimError> {
        self.send(Attachment::image(data))
    }

    /// Sends a file.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send_file(&self, name: &str, data: impl Into<Bytes>) -> Result<Said, SimError> {
        self.send(Attachment::file(name, data))
    }

    /// Sends a video.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send_video(&self, data: impl Into<Bytes>) -> Result<Said, SimError> {
        self.send(Attachment::video(data))
    }

    /// Sends a file of any kind, handed over in any way.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send(&self, attachment: Attachment) -> Result<Said, SimError> {
        self.send_mixed([MessagePart::File(attachment)])
    }

    /// Says something by voice: the bot gets the transcript.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send_voice(&self, transcript: &str) -> Result<Said, SimError> {
        self.speak(vec![SpeechPart::Voice(transcript.to_owned(), None)])
    }

    /// Sends texts and files in one message.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn send_mixed(
        &self,
        parts: impl IntoIterator<Item = MessagePart>,
    ) -> Result<Said, SimError> {
        let mut spoken = Vec::new();
        for part in parts {
            spoken.push(match part {
                MessagePart::Text(text) => SpeechPart::Text(text),
                MessagePart::File(file) => {
                    let handover = file.handover.clone();
                    let stored = store(&self.shared, file.kind, &file.name, file.data)?;
                    SpeechPart::File(stored.id, handover)
                }
            });
        }
        self.speak(spoken)
    }

    /// Opens the direct chat, for the first time on a day.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn enter_chat(&self) -> Result<Injected, SimError> {
        self.cause("enter_chat", None)
    }

    /// Presses a button, submits a card or picks from its menu, choosing nothing before:
    /// questions keep what the card shows.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] if the chat has no such card, [`SimError::Invalid`] if the
    /// member could not press this.
    pub fn press(&self, task_id: &str, key: &str) -> Result<Injected, SimError> {
        self.choose(task_id, key, &[])
    }

    /// Chooses options by question, and then presses.
    ///
    /// # Errors
    ///
    /// As [`SimMember::press`].
    pub fn choose(
        &self,
        task_id: &str,
        key: &str,
        answers: &[(&str, &[&str])],
    ) -> Result<Injected, SimError> {
        let mut chosen = BTreeMap::new();
        for (question, options) in answers {
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            chosen.insert((*question).to_owned(), options);
        }
        let press = Press {
            bot: self.bot.clone(),
            from: self.user.clone(),
            group: self.group.clone(),
            task_id: task_id.to_owned(),
            key: key.to_owned(),
            answers: chosen,
        };
        let now = self.shared.now();
        self.shared.world().press(press, now)
    }

    /// Rates the answer that carried a `feedback.id`.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn rate(&self, feedback_id: &str, rating: &Rating) -> Result<Injected, SimError> {
        let detail = match rating {
            Rating::Accurate => json!({ "id": feedback_id, "type": 1 }),
            Rating::Inaccurate { content, reasons } => json!({
                "id": feedback_id,
                "type": 2,
                "content": content,
                "inaccurate_reason_list": reasons,
            }),
            Rating::Withdrawn => json!({ "id": feedback_id, "type": 3 }),
        };
        self.cause("feedback_event", Some(detail))
    }

    /// Changes what the bot may do with documents: 1 create and edit its own, 2 read those
    /// of members.
    ///
    /// # Errors
    ///
    /// As [`SimMember::say`].
    pub fn change_permissions(&self, permissions: &[u32]) -> Result<Injected, SimError> {
        let detail = json!({ "auth_list": permissions });
        self.cause(AUTH_CHANGE, Some(detail))
    }

    fn cause(
        &self,
        eventtype: &str,
        detail: Option<serde_json::Value>,
    ) -> Result<Injected, SimError> {
        let mut event = Injection::event(self.bot.clone(), self.user.clone(), eventtype);
        event.group.clone_from(&self.group);
        if let Some(detail) = detail {
            event = event.with_detail(detail);
        }
        let now = self.shared.now();
        self.shared.world().inject(&event, now)
    }

    fn speak(&self, parts: Vec<SpeechPart>) -> Result<Said, SimError> {
        let speech = Speech {
            bot: self.bot.clone(),
            from: self.user.clone(),
            group: self.group.clone(),
            parts,
            quote: self.quote.clone(),
        };
        let now = self.shared.now();
        self.shared.world().say(speech, now)
    }
}

impl From<&str> for MessagePart {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Attachment> for MessagePart {
    fn from(attachment: Attachment) -> Self {
        Self::File(attachment)
    }
}

/// Stores what a person is going to send.
pub(super) fn store(
    shared: &Shared,
    kind: AttachmentKind,
    name: &str,
    data: Bytes,
) -> Result<EntryMedia, SimError> {
    let at_ms = shared.now();
    let media = Media {
        bot: None,
        kind: kind.as_str().to_owned(),
        name: name.to_owned(),
        md5: Some(md5_hex(&data)),
        data,
        at_ms,
    };
    shared.world().upload(kind, media, at_ms)
}
