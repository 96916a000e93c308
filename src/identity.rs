//! For whom a tool call acts.
//!
//! WeCom's category servers act with the bot's authority on behalf of one member: they
//! read that member's messages, calendar and documents. So the member is never taken from
//! anything a model writes. An [`Identity`] has four sources, each a constructor here, and
//! whatever lies between them and the wire only passes it on.

use crate::ids::{AccountId, Chat, ChatKind, UserId};

/// The longest `userid` that WeCom knows, in bytes.
const MAX_USERID_BYTES: usize = 64;

/// Account, member and chat of a call. It can't be changed, and outside of this crate it
/// can't be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    account: AccountId,
    requester: Option<UserId>,
    chat: Option<TurnChat>,
    source: Source,
}

/// The chat that a turn belongs to, its id in the letters' case that WeCom uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TurnChat {
    /// With one member; WeCom names such a chat by the member.
    Direct(UserId),
    /// A group.
    Group(crate::ids::ChatId),
}

impl From<&Chat> for TurnChat {
    fn from(chat: &Chat) -> Self {
        match chat.kind {
            ChatKind::Direct => Self::Direct(UserId::new(chat.id.as_str())),
            ChatKind::Group => Self::Group(chat.id.clone()),
        }
    }
}

/// Who vouches for an identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// The message that started the turn.
    Turn,
    /// A credential that the operator bound; the client's name, for logs and limits.
    Credential {
        /// `id` of the client or of the minted token.
        client: String,
    },
    /// A job that was made earlier: by the requester in a chat, or by the operator, who named
    /// the requester if there is one.
    Job {
        /// The job's id, for logs and limits.
        id: String,
    },
    /// The operator on this machine.
    Operator,
}

impl Identity {
    /// Of a turn: the sender of the message that started it. Where messages of several
    /// people became one turn there is no requester.
    pub(crate) fn of_turn(account: AccountId, requester: Option<UserId>, chat: TurnChat) -> Self {
        Self {
            account,
            requester,
            chat: Some(chat),
            source: Source::Turn,
        }
    }

    /// Of a credential that the operator bound to an account and perhaps a member.
    pub(crate) fn of_credential(
        account: AccountId,
        requester: Option<UserId>,
        client: impl Into<String>,
    ) -> Self {
        Self {
            account,
            requester,
            chat: None,
            source: Source::Credential {
                client: client.into(),
            },
        }
    }

    /// Of a member that a trusted host speaks for, in the chat where the member wrote.
    pub(crate) fn of_delegate(
        account: AccountId,
        requester: UserId,
        chat: Option<TurnChat>,
        host: impl Into<String>,
    ) -> Self {
        Self {
            chat,
            ..Self::of_credential(account, Some(requester), host)
        }
    }

    /// Of a job's run: whom the job was made to act for, never anybody named by what runs.
    pub(crate) fn of_job(
        account: AccountId,
        requester: Option<UserId>,
        job: impl Into<String>,
    ) -> Self {
        Self {
            account,
            requester,
            chat: None,
            source: Source::Job { id: job.into() },
        }
    }

    /// Of the operator, on the command line or in a file only the operator writes.
    pub(crate) fn of_operator(account: AccountId, requester: Option<UserId>) -> Self {
        Self {
            account,
            requester,
            chat: None,
            source: Source::Operator,
        }
    }

    /// The account whose bot acts.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The member it acts for; without one it may only do what the bot may do by itself.
    pub fn requester(&self) -> Option<&UserId> {
        self.requester.as_ref()
    }

    /// The chat of the turn, if it is one.
    pub fn chat(&self) -> Option<&TurnChat> {
        self.chat.as_ref()
    }

    /// Who vouches for it.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

/// Whether a `userid` can be put in a header: 1 to 64 bytes of visible ASCII. Another one
/// is refused rather than re-encoded, which could name somebody else.
pub fn fits_header(user: &UserId) -> bool {
    let bytes = user.as_str().as_bytes();
    (1..=MAX_USERID_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_ascii_fits_a_header() {
        for (user, fits) in [
            ("zhangsan", true),
            ("Gao.Ming-1_x@y", true),
            ("", false),
            ("张三", false),
            ("a b", false),
            ("a\r\nx-other: y", false),
            (&"a".repeat(64), true),
            (&"a".repeat(65), false),
        ] {
            assert_eq!(fits_header(&UserId::new(user)), fits, "{user:?}");
        }
    }
}
