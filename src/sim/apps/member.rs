//! A member, as a test lets one talk to an app.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::id::AppId;
use super::saying::AppSaying;
use crate::ids::{MediaId, MessageId, UserId};
use crate::sim::attachment::AttachmentKind;
use crate::sim::shared::Shared;
use crate::sim::sim::{Sim, SimError};

/// A member in the chat with a self-built app: writes, sends files and places, presses
/// buttons. The app is called, as the service would.
#[derive(Debug, Clone)]
pub struct AppMember {
    shared: Arc<Shared>,
    app: AppId,
    user: UserId,
}

/// What became of what a member said or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppSaid {
    /// The message's id; events have none.
    pub msgid: Option<MessageId>,
    /// Number of its entry in the transcript.
    pub entry: u64,
    /// Whether the app is being called.
    pub delivered: bool,
    /// The file, which `media/get` gives.
    pub media_id: Option<MediaId>,
}

impl Sim {
    /// A member in the chat with an app.
    pub fn app_member(&self, app: impl Into<AppId>, user: impl Into<UserId>) -> AppMember {
        AppMember {
            shared: Arc::clone(self.shared()),
            app: app.into(),
            user: user.into(),
        }
    }
}

impl AppMember {
    /// Writes a text.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for an app or member that does not exist, [`SimError::Invalid`]
    /// for a member that does not see the app. So do all others here.
    pub fn say(&self, text: &str) -> Result<AppSaid, SimError> {
        self.tell(AppSaying::Text(text.to_owned()))
    }

    /// Sends a picture.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_image(&self, data: impl Into<Bytes>) -> Result<AppSaid, SimError> {
        self.send(AttachmentKind::Image, "image.png", data.into())
    }

    /// Sends a file. Its type is that of its name's extension.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_file(&self, name: &str, data: impl Into<Bytes>) -> Result<AppSaid, SimError> {
        self.send(AttachmentKind::File, name, data.into())
    }

    /// Sends a video.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_video(&self, data: impl Into<Bytes>) -> Result<AppSaid, SimError> {
        self.send(AttachmentKind::Video, "video.mp4", data.into())
    }

    /// Says something by voice: AMR. The service does not promise a transcript, and
    /// [`AppMember::say_aloud`] sends one.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_voice(&self, data: impl Into<Bytes>) -> Result<AppSaid, SimError> {
        self.send(AttachmentKind::Voice, "voice.amr", data.into())
    }

    /// Says something by voice that the service recognises; the sound is a second of
    /// silence.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn say_aloud(&self, recognition: &str) -> Result<AppSaid, SimError> {
        self.tell(AppSaying::Voice {
            sound: None,
            recognition: Some(recognition.to_owned()),
        })
    }

    /// Sends a place.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_location(
        &self,
        latitude: f64,
        longitude: f64,
        label: &str,
    ) -> Result<AppSaid, SimError> {
        self.tell(AppSaying::Location {
            latitude,
            longitude,
            label: label.to_owned(),
        })
    }

    /// Sends a link.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn send_link(
        &self,
        title: &str,
        description: &str,
        url: &str,
    ) -> Result<AppSaid, SimError> {
        self.tell(AppSaying::Link {
            title: title.to_owned(),
            description: description.to_owned(),
            url: url.to_owned(),
        })
    }

    /// Opens the app: `enter_agent`.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn enter(&self) -> Result<AppSaid, SimError> {
        self.cause("enter_agent", &[("EventKey", "")])
    }

    /// Lets an event happen, with texts under their names in the document.
    ///
    /// # Errors
    ///
    /// As [`AppMember::say`].
    pub fn cause(&self, event: &str, fields: &[(&str, &str)]) -> Result<AppSaid, SimError> {
        let fields = fields.iter();
        self.tell(AppSaying::Event {
            name: event.to_owned(),
            fields: fields
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
        })
    }

    /// Presses a button, submits a card or picks from its menu, choosing nothing before.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] if the chat has no such card, [`SimError::Invalid`] if the
    /// member could not press this.
    pub fn press(&self, task_id: &str, key: &str) -> Result<AppSaid, SimError> {
        self.choose(task_id, key, &[])
    }

    /// Chooses options by question, and then presses.
    ///
    /// # Errors
    ///
    /// As [`AppMember::press`].
    pub fn choose(
        &self,
        task_id: &str,
        key: &str,
        answers: &[(&str, &[&str])],
    ) -> Result<AppSaid, SimError> {
        let mut chosen = BTreeMap::new();
        for (question, options) in answers {
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            chosen.insert((*question).to_owned(), options);
        }
        self.tell(AppSaying::Press {
            task_id: task_id.to_owned(),
            key: key.to_owned(),
            answers: chosen,
        })
    }

    fn send(&self, kind: AttachmentKind, name: &str, data: Bytes) -> Result<AppSaid, SimError> {
        self.tell(AppSaying::File {
            kind,
            name: name.to_owned(),
            data,
        })
    }

    fn tell(&self, saying: AppSaying) -> Result<AppSaid, SimError> {
        saying.tell(&self.shared, &self.app, &self.user)
    }
}
