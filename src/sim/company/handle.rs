//! What the category servers know, as a test steers it.

use std::sync::Arc;

use super::doc::{Grant, Kind, Listed, Owner, Pace};
use super::wall::{second, to_second};
use super::{MemberTraits, Refused, Saying};
use crate::ids::UserId;
use crate::sim::shared::Shared;
use crate::sim::sim::{Sim, SimError};

impl Sim {
    /// What the category servers know.
    pub fn company(&self) -> CompanyHandle {
        CompanyHandle::new(Arc::clone(self.shared()))
    }
}

/// Steers what the category servers know.
#[derive(Debug, Clone)]
pub struct CompanyHandle {
    shared: Arc<Shared>,
}

impl CompanyHandle {
    /// A handle to a simulator's company.
    pub(in crate::sim) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Sets the simulator's time of day (`YYYY-MM-DD HH:mm:ss`, UTC+8), which goes on from
    /// there; `None` goes back to the clock's own. Streams, media and quotas age with it.
    ///
    /// # Errors
    ///
    /// [`SimError::Invalid`] for a text that is no time.
    pub fn set_time(&self, at: Option<&str>) -> Result<(), SimError> {
        let now_ms = at.map(second).transpose().map_err(invalid)?;
        self.shared.set_time(now_ms);
        Ok(())
    }

    /// The simulator's time of day, in the same form.
    pub fn time(&self) -> String {
        to_second(self.shared.now())
    }

    /// Forgets every to-do, meeting, event, document, and what members said to each other.
    pub fn reset(&self) {
        self.shared.company().reset();
    }

    /// Changes what is said of a member.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the member.
    pub fn set_traits(
        &self,
        user: impl Into<UserId>,
        traits: MemberTraits,
    ) -> Result<(), SimError> {
        self.shared.world().set_traits(&user.into(), traits)
    }

    /// With more visible members than this, `get_userlist` answers 853006.
    pub fn limit_contacts(&self, most_visible: Option<usize>) {
        self.shared.company().limit_contacts(most_visible);
    }

    /// Lets a member say something to another one or in a group, without any bot.
    ///
    /// # Errors
    ///
    /// [`SimError::Invalid`] with what is wrong.
    pub fn say(&self, saying: Saying) -> Result<(), SimError> {
        self.shared.say(saying).map_err(invalid)
    }

    /// Lets a participant answer the invitation to a calendar event (`response_status`,
    /// 1 to 9; 2 accepts, 4 declines).
    ///
    /// # Errors
    ///
    /// [`SimError::Invalid`] where there is no such event or participant.
    pub fn respond(
        &self,
        event: &str,
        user: impl Into<UserId>,
        status: u8,
    ) -> Result<(), SimError> {
        let user = user.into();
        let mut company = self.shared.company();
        company
            .respond(event, user.as_str(), status)
            .map_err(invalid)
    }

    /// Puts an empty document there as if a member had made it, or the bot.
    pub fn add_document(&self, owner: Owner, kind: Kind, title: &str) -> Listed {
        self.shared.company().docs().seed(owner, kind, title)
    }

    /// Every document, oldest first.
    pub fn documents(&self) -> Vec<Listed> {
        self.shared.company().docs().documents()
    }

    /// Gives a document to somebody else: what the bot filled becomes a member's.
    ///
    /// # Errors
    ///
    /// [`SimError::Unknown`] for the document.
    pub fn hand_over(&self, docid: &str, owner: Owner) -> Result<(), SimError> {
        if self.shared.company().docs().hand_over(docid, owner) {
            return Ok(());
        }
        Err(SimError::Unknown {
            what: "document",
            id: docid.to_owned(),
        })
    }

    /// Changes the grant under which the bot works on documents.
    pub fn set_grant(&self, grant: Grant) {
        self.shared.company().docs().set_grant(grant);
    }

    /// Changes how long exports of documents take, running ones included.
    pub fn set_export_pace(&self, pace: Pace) {
        self.shared.company().docs().set_export_pace(pace);
    }
}

fn invalid(refused: Refused) -> SimError {
    SimError::Invalid(refused.errmsg)
}
