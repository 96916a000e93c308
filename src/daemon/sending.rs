//! Sending of our own accord: the planner over the bots and apps of this process.

use std::sync::Arc;

use async_trait::async_trait;

use crate::channel::outbound::doors::{ApiDoor, SocketDoor};
use crate::channel::outbound::{Planner, SendRequest};
use crate::channel::pairing::ApprovalNotice;
use crate::channel::{Runtime, Surroundings};
use crate::ids::{AccountId, UserId};
use crate::store::RouteStore;
use crate::texts;

/// A planner over the bots of `runtime` and the agent apps of the configuration.
pub(super) fn planner(runtime: &Runtime, surroundings: Surroundings) -> Arc<Planner> {
    let Surroundings {
        config,
        store,
        clock,
        media,
        user_home,
    } = surroundings;
    let routes: Arc<dyn RouteStore> = store;
    let bot = Arc::new(SocketDoor::new(runtime.bot_lines()));
    let app = Arc::new(ApiDoor::new(config.clone(), media, clock, user_home));
    Arc::new(Planner::new(config, routes, bot, app))
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
