//! Tokens that a trusted host asks for, one for each person it speaks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credential::Credential;
use super::registry::Credentials;
use super::table::TableFull;
use crate::identity::{self, Identity, Source, TurnChat};
use crate::ids::{ChatId, ChatKind, UserId};
use crate::secret::Secret;

/// Life of a delegated token where the host does not say.
const DEFAULT_LIFE: Duration = Duration::from_mins(5);

/// Longest life of a delegated token.
const MAX_LIFE: Duration = Duration::from_hours(1);

/// What a host asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationRequest {
    /// The account whose bot acts.
    pub account: String,
    /// The member it acts for, as the host's trusted sender.
    pub requester: UserId,
    /// The group that the member wrote in; a direct chat otherwise.
    #[serde(default)]
    pub chat: Option<DelegatedChat>,
    /// Life in seconds, 1 to 3,600; 300 where absent.
    #[serde(default)]
    pub ttl_s: Option<u64>,
}

/// The chat that a member wrote in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegatedChat {
    /// Direct or group.
    pub kind: ChatKind,
    /// Its id, in the letters' case that WeCom uses.
    pub id: ChatId,
}

/// A token for one member.
#[derive(Debug, Clone)]
pub struct Delegated {
    /// The token; shown once.
    pub token: Secret,
    /// How long it is valid.
    pub life: Duration,
}

/// Why a host gets no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DelegationError {
    /// The credential is not a host's.
    #[error("this credential may not ask for tokens: set `delegate` for its client")]
    NotAllowed,
    /// The host may not speak for that account, or there is none of that name.
    #[error("this client may not speak for the account `{0}`")]
    Account(String),
    /// The member's id can't be put in a header.
    #[error("`requester` must be 1 to 64 visible ASCII characters")]
    Requester,
    /// The life is out of range.
    #[error("`ttl_s` must be 1 to {}", MAX_LIFE.as_secs())]
    Life,
    /// Too many tokens.
    #[error(transparent)]
    Full(#[from] TableFull),
}

/// One host asks: checks the request against what the host may, and makes the token.
pub(super) fn delegate(
    credentials: &Credentials,
    host: &Credential,
    request: &DelegationRequest,
) -> Result<Delegated, DelegationError> {
    if !host.may_delegate() {
        return Err(DelegationError::NotAllowed);
    }
    let Source::Credential { client: host_id } = host.identity().source() else {
        return Err(DelegationError::NotAllowed);
    };
    let config = credentials.config().get();
    let account = config
        .account(&request.account)
        .ok()
        .map(|account| account.id.clone())
        .filter(|account| host.may_delegate_for(account))
        .ok_or_else(|| DelegationError::Account(request.account.clone()))?;
    if !identity::fits_header(&request.requester) {
        return Err(DelegationError::Requester);
    }
    let life = request.ttl_s.map_or(DEFAULT_LIFE, Duration::from_secs);
    if life.is_zero() || life > MAX_LIFE {
        return Err(DelegationError::Life);
    }
    let Some(client) = config
        .mcp_server
        .clients
        .iter()
        .find(|client| client.delegate && client.id == *host_id)
    else {
        return Err(DelegationError::NotAllowed);
    };
    let chat = request.chat.as_ref().map(|chat| match chat.kind {
        ChatKind::Direct => TurnChat::Direct(UserId::new(chat.id.as_str())),
        ChatKind::Group => TurnChat::Group(chat.id.clone()),
    });
    let identity = Identity::of_delegate(account, request.requester.clone(), chat, host_id);
    let token =
        credentials
            .sessions()
            .delegate(host_id, Credential::delegated(client, identity), life)?;
    Ok(Delegated { token, life })
}

/// What a host is answered.
#[derive(Debug, Serialize)]
pub(crate) struct DelegationAnswer<'a> {
    /// The token.
    pub(crate) token: &'a str,
    /// Seconds it is valid for.
    pub(crate) expires_in_s: u64,
}
