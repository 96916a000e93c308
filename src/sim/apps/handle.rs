//! Apps, as a test steers them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::fault::ApiFault;
use super::id::AppId;
use super::journal::{ApiCall, AppEntry, AppUpload};
use super::media::MemberFile;
use super::seed::SeedApp;
use super::state::{AppChat, Named};
use crate::ids::{ChatId, MediaId, UserId};
use crate::sim::hooks::Webhook;
use crate::sim::shared::Shared;
use crate::sim::sim::{Sim, SimError, WaitError};
use crate::sim::world::app_hook;

impl Sim {
    /// Self-built apps and their API.
    pub fn apps(&self) -> AppsHandle {
        AppsHandle::new(Arc::clone(self.shared()))
    }

    /// The address of the API: `http://127.0.0.1:PORT`.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.addr())
    }

    /// Waits for a message of an app that `wanted` accepts; one that arrived counts.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline`.
    pub async fn wait_app_message(
        &self,
        deadline: Duration,
        wanted: impl Fn(&AppEntry) -> bool,
    ) -> Result<AppEntry, WaitError> {
        self.wait(
            deadline,
            || {
                let apps = self.shared().apps();
                let found = apps.entries().iter().find(|entry| wanted(entry));
                (found.cloned(), apps.changes())
            },
            || "a message of an app".to_owned(),
            || format!("{:?}", self.apps().messages().last()),
        )
        .await
    }

    /// Waits for a request to the API that `wanted` accepts; one that was made counts.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when none came within `deadline`.
    pub async fn wait_api_call(
        &self,
        deadline: Duration,
        wanted: impl Fn(&ApiCall) -> bool,
    ) -> Result<ApiCall, WaitError> {
        self.wait(
            deadline,
            || {
                let apps = self.shared().apps();
                let found = apps.calls().iter().find(|call| wanted(call));
                (found.cloned(), apps.changes())
            },
            || "a request to the API".to_owned(),
            || format!("{:?}", self.apps().calls().last()),
        )
        .await
    }
}

/// Steers apps and their API.
#[derive(Debug, Clone)]
pub struct AppsHandle {
    shared: Arc<Shared>,
}

impl AppsHandle {
    pub(in crate::sim) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Adds an app.
    ///
    /// # Errors
    ///
    /// [`SimError::Exists`] for a number that its company has, [`SimError::Invalid`] for a
    /// company without a name or a callback that cannot be.
    pub fn add(&self, app: SeedApp) -> Result<(), SimError> {
        self.shared.world().add_app(&app)?;
        self.shared.apps().registered.push(app);
        Ok(())
    }

    /// Sets where an app is called, or that it is not.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`], or [`SimError::Invalid`] for a callback that cannot be.
    pub fn set_callback(&self, id: &AppId, callback: Option<Webhook>) -> Result<(), SimError> {
        let app = SeedApp {
            callback,
            ..SeedApp::new(&id.corp_id, id.agent_id, "")
        };
        let hook = app_hook(&app)?;
        self.shared.world().set_app_hook(id, hook)?;
        if let Some(known) = self.shared.apps().seeded(id) {
            known.callback = app.callback;
        }
        Ok(())
    }

    /// Makes a department, or changes it.
    pub fn set_party(&self, id: u32, name: &str, members: &[UserId]) {
        self.shared.apps().directory.parties.insert(
            id,
            Named {
                name: name.to_owned(),
                members: members.to_vec(),
            },
        );
    }

    /// Makes a tag, or changes it.
    pub fn set_tag(&self, id: u32, name: &str, members: &[UserId]) {
        self.shared.apps().directory.tags.insert(
            id,
            Named {
                name: name.to_owned(),
                members: members.to_vec(),
            },
        );
    }

    /// Takes a member's licence away, or gives it back.
    pub fn set_licensed(&self, user: impl Into<UserId>, is_licensed: bool) {
        let unlicensed = &mut self.shared.apps().directory.unlicensed;
        if is_licensed {
            unlicensed.remove(&user.into());
        } else {
            unlicensed.insert(user.into());
        }
    }

    /// Makes a chat of an app.
    pub fn set_chat(&self, id: impl Into<ChatId>, agent_id: u64, members: &[UserId]) {
        let members = members.to_vec();
        let chat = AppChat { agent_id, members };
        self.shared.apps().chats.insert(id.into(), chat);
    }

    /// Puts a file there as if a member had sent it to an app.
    pub fn add_file(&self, file: MemberFile) -> MediaId {
        let now = self.shared.now();
        self.shared.apps().media.put("file", file, now)
    }

    /// Forgets all files, as the service does after three days.
    pub fn forget_files(&self) {
        self.shared.apps().media.clear();
    }

    /// The bytes of a file.
    pub fn file(&self, id: &MediaId) -> Option<Bytes> {
        let now = self.shared.now();
        let apps = self.shared.apps();
        apps.media
            .get(id, now)
            .map(|stored| stored.file.data.clone())
    }

    /// Seconds that new tokens live; 7,200 by default.
    pub fn set_token_life(&self, seconds: u64) {
        self.shared.apps().tokens.life_s = seconds;
    }

    /// The tokens given out, for tests that look whether one leaks.
    pub fn tokens(&self) -> Vec<String> {
        let apps = self.shared.apps();
        apps.tokens.texts().map(str::to_owned).collect()
    }

    /// Ends all tokens before their time: they are answered with 42001.
    pub fn expire_tokens(&self) {
        self.shared.apps().tokens.expire();
    }

    /// Forgets all tokens: they are answered with 40014.
    pub fn forget_tokens(&self) {
        self.shared.apps().tokens.forget();
    }

    /// Lets something go wrong.
    ///
    /// # Errors
    ///
    /// [`SimError::Invalid`] where 256 faults stand already.
    pub fn fault(&self, fault: ApiFault) -> Result<(), SimError> {
        if self.shared.apps().faults.add(fault) {
            return Ok(());
        }
        Err(SimError::Invalid("too many faults stand".to_owned()))
    }

    /// The faults that stand.
    pub fn faults(&self) -> Vec<ApiFault> {
        self.shared.apps().faults.standing().to_vec()
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.shared.apps().faults.clear();
    }

    /// The last messages of all apps, oldest first.
    pub fn messages(&self) -> Vec<AppEntry> {
        self.shared.apps().entries().to_vec()
    }

    /// The last uploads of all apps, oldest first.
    pub fn uploads(&self) -> Vec<AppUpload> {
        self.shared.apps().uploads.to_vec()
    }

    /// The last requests, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.shared.apps().calls().to_vec()
    }

    /// How many of the last requests were for a call.
    pub fn count(&self, call: &str) -> usize {
        let apps = self.shared.apps();
        let calls = apps.calls().iter();
        calls.filter(|made| made.call == call).count()
    }
}
