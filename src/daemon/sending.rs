//! What the daemon tells people of its own accord.

use std::sync::Arc;

use async_trait::async_trait;

use crate::channel::outbound::{Planner, SendRequest};
use crate::channel::pairing::ApprovalNotice;
use crate::ids::{AccountId, UserId};
use crate::texts;

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
