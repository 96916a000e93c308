//! What an operator asks of the pairings, in one form for the command line and the local API.

use serde::{Deserialize, Serialize};

use super::{ApprovalNotice, PairingError, PairingFile, Pairings, RequestRecord};
use crate::ids::{AccountId, UserId};
use crate::store::{ApprovedSender, PairingRequest, StoreError};

/// A change of pairings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum Change {
    /// Grants access.
    Approve {
        /// The code, in any case.
        code: String,
        /// The request must be of this account; `None` takes the request's own.
        account: Option<AccountId>,
        /// Whether the person is told.
        notify: bool,
    },
    /// Removes a request.
    Reject {
        /// The code, in any case.
        code: String,
        /// The request must be of this account.
        account: Option<AccountId>,
    },
    /// Takes access away.
    Revoke {
        /// Whose.
        sender: UserId,
        /// Of which account.
        account: AccountId,
    },
    /// Takes over a file of another program.
    Import {
        /// Its contents.
        file: PairingFile,
    },
}

/// What a change did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Changed {
    /// The sender concerned, if it was one.
    pub sender: Option<UserId>,
    /// Their account.
    pub account: Option<AccountId>,
    /// Requests that an import added.
    pub requests: usize,
    /// Approved senders that an import added.
    pub approved: usize,
    /// What went wrong beside it.
    pub warning: Option<String>,
}

/// Everything there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Requests, oldest first.
    pub requests: Vec<RequestRecord>,
    /// Approved senders, by account.
    pub approved: Vec<ApprovedRecord>,
}

/// An approved sender as listings have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovedRecord {
    /// The account.
    pub account_id: AccountId,
    /// The sender.
    pub id: UserId,
    /// Milliseconds since 1970.
    pub approved_at_ms: i64,
}

impl Listing {
    /// The requests and senders in the store's form, for [`exported`](super::exported).
    pub fn into_records(self) -> (Vec<PairingRequest>, Vec<ApprovedSender>) {
        let approved = self.approved.into_iter().map(|record| ApprovedSender {
            account: record.account_id,
            sender: record.id,
            approved_at_ms: record.approved_at_ms,
        });
        let requests = self.requests.into_iter().map(PairingRequest::from);
        (requests.collect(), approved.collect())
    }
}

impl Pairings {
    /// Everything there is.
    ///
    /// # Errors
    /// The store can't be read.
    pub async fn listing(&self) -> Result<Listing, StoreError> {
        let requests = self.pending().await?;
        let approved = self.approved().await?;
        Ok(Listing {
            requests: requests.iter().map(RequestRecord::from).collect(),
            approved: approved
                .into_iter()
                .map(|sender| ApprovedRecord {
                    account_id: sender.account,
                    id: sender.sender,
                    approved_at_ms: sender.approved_at_ms,
                })
                .collect(),
        })
    }

    /// Makes a change; `notice` tells people where that was asked for.
    ///
    /// # Errors
    /// As the method of that change. A notice that fails is a warning.
    pub async fn apply(
        &self,
        change: Change,
        notice: Option<&dyn ApprovalNotice>,
    ) -> Result<Changed, PairingError> {
        match change {
            Change::Approve {
                code,
                account,
                notify,
            } => {
                let ApprovedSender {
                    account, sender, ..
                } = self.approve(&code, account.as_ref()).await?;
                let told = match (notify, notice) {
                    (false, _) => Ok(()),
                    (true, Some(notice)) => notice.tell(&account, &sender).await,
                    (true, None) => Err("no daemon runs that could tell them".to_owned()),
                };
                Ok(Changed {
                    sender: Some(sender),
                    account: Some(account),
                    warning: told.err(),
                    ..Changed::default()
                })
            }
            Change::Reject { code, account } => {
                let request = self.reject(&code, account.as_ref()).await?;
                Ok(Changed {
                    sender: Some(request.sender),
                    account: Some(request.account),
                    ..Changed::default()
                })
            }
            Change::Revoke { sender, account } => {
                self.revoke(&account, &sender).await?;
                Ok(Changed {
                    sender: Some(sender),
                    account: Some(account),
                    ..Changed::default()
                })
            }
            Change::Import { file } => {
                let (requests, approved) = self.import(file).await?;
                Ok(Changed {
                    requests,
                    approved,
                    ..Changed::default()
                })
            }
        }
    }
}
