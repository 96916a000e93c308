//! The ways into WeCom that an account can have, as the rest of the runtime sees them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::Core;
use super::notice::{Asked, NotTold};
use crate::agent::Attachment;
use crate::channel::inbound::Inbound;
use crate::channel::mailbox::Work;
use crate::channel::media::inbound::{FetchError, FetchLimits, Wanted};
use crate::channel::outlet::Outlet;
use crate::channel::reply::Reply;
use crate::config::Account;
use crate::files::MediaScope;
use crate::store::RouteVia;
use crate::wecom::bot::{CardEvent, Envelope};
use crate::wecom::card::TemplateCard;

/// One way into WeCom: the bot's long connection, the bot's webhook, or the agent app. What
/// members say there passes the same gate, waits in the same kind of mailbox and is answered
/// by the same turns; a seat knows how it is read and how an answer goes back.
#[async_trait]
pub(super) trait Seat: Send + Sync + std::fmt::Debug {
    /// How messages come here.
    fn via(&self) -> RouteVia;

    /// Whether answers can go out now.
    fn is_up(&self) -> bool;

    /// What was recorded, read again.
    async fn read(&self, core: &Core, payload: &str) -> Option<Inbound>;

    /// What an earlier process left open is worked on again from now on.
    fn revived(&self, _core: &Core, _work: &Work) {}

    /// Fetches what came with a message, in the order of `wanted`.
    async fn fetch(
        &self,
        core: &Core,
        wanted: &[Wanted],
        scope: &MediaScope,
        pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>>;

    /// Says one thing in answer to what was asked.
    async fn tell(&self, core: &Core, asked: Asked, text: String) -> Result<(), NotTold>;

    /// Shows the sender of a message that it waits for others.
    fn tell_queued(&self, core: &Arc<Core>, work: &Work);

    /// The way of an answer.
    fn answering(&self, core: &Arc<Core>, settings: &Account, work: &Work) -> Answering;

    /// Puts another card in the place of the one that was clicked, within WeCom's five
    /// seconds.
    fn change_card(&self, core: &Arc<Core>, change: CardChange<'_>);

    /// Greets somebody who opened the chat.
    fn welcome(&self, core: &Arc<Core>, greeted: Asked, text: String);

    /// Answers WeCom's question for our version.
    fn tell_version(&self, core: &Arc<Core>, envelope: Envelope);

    /// New settings are in use.
    fn updated(&self, core: &Core);

    /// Takes it away from where others find it, and ends its connection.
    async fn close(&self, core: &Core);
}

/// The way of one answer.
pub(super) struct Answering {
    /// Of its text.
    pub(super) reply: Box<dyn Reply>,
    /// Of files and cards.
    pub(super) outlet: Arc<dyn Outlet>,
}

/// What becomes of a card that was clicked.
pub(super) struct CardChange<'a> {
    /// The click, as a message.
    pub(super) inbound: &'a Inbound,
    /// The card as it was sent.
    pub(super) before: &'a TemplateCard,
    /// What was pressed.
    pub(super) click: &'a CardEvent,
    /// The card in its new form.
    pub(super) card: Value,
}
