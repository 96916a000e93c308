//! Sending of our own accord: the planner over the bots of this process.

use std::sync::Arc;

use async_trait::async_trait;

use crate::channel::Runtime;
use crate::channel::outbound::doors::{
    AppDoor, AppReceiver, DoorError, Limits, MediaAnswer, MediaItem, NotSent, Receipt, SocketDoor,
    Tag,
};
use crate::channel::outbound::{Planner, SendRequest};
use crate::channel::pairing::ApprovalNotice;
use crate::config::{Account, LiveConfig};
use crate::ids::{AccountId, UserId};
use crate::store::{RouteStore, Store};
use crate::texts;

/// A planner over the bots of `runtime`.
pub(super) fn planner(
    runtime: &Runtime,
    config: LiveConfig,
    store: Arc<dyn Store>,
) -> Arc<Planner> {
    let routes: Arc<dyn RouteStore> = store;
    let bot = Arc::new(SocketDoor::new(runtime.bot_lines()));
    Arc::new(Planner::new(config, routes, bot, Arc::new(ClosedAppDoor)))
}

/// This version has no way through agent apps: what only they can reach is refused with
/// that reason, and nothing is tried.
#[derive(Debug)]
struct ClosedAppDoor;

impl ClosedAppDoor {
    fn refusal() -> DoorError {
        DoorError::NotSent {
            reason: NotSent::Unreachable,
            message: "this version sends over the bot only: departments, tags, everybody and \
                      several members at once need the agent app"
                .to_owned(),
        }
    }
}

#[async_trait]
impl AppDoor for ClosedAppDoor {
    async fn send(
        &self,
        _: &Account,
        _: &AppReceiver,
        _: &str,
        _: Limits,
    ) -> Result<Receipt, DoorError> {
        Err(Self::refusal())
    }

    async fn send_media(
        &self,
        _: &Account,
        _: &AppReceiver,
        item: &MediaItem,
        _: Limits,
    ) -> MediaAnswer {
        MediaAnswer {
            name: item.name(),
            note: None,
            result: Err(Self::refusal().into()),
        }
    }

    async fn tags(&self, _: &Account) -> Result<Vec<Tag>, DoorError> {
        Err(Self::refusal())
    }
}

/// Tells people over the planner that they were let in.
#[derive(Debug)]
pub(super) struct PlannedNotice(pub(super) Arc<Planner>);

#[async_trait]
impl ApprovalNotice for PlannedNotice {
    async fn tell(&self, account: &AccountId, user: &UserId) -> Result<(), String> {
        let request = SendRequest {
            account: Some(account.to_string()),
            target: format!("user:{user}"),
            text: Some(texts::access::PAIRING_APPROVED.to_owned()),
            ..SendRequest::default()
        };
        match self.0.send(&request).await {
            Ok(report) if report.ok => Ok(()),
            Ok(report) => Err(report
                .error
                .map_or_else(|| "it was not confirmed".to_owned(), |error| error.message)),
            Err(error) => Err(error.to_string()),
        }
    }
}
