//! What things are remembered by.

use crate::ids::{AccountId, UserId};

/// One server: WeCom runs one for each bot and category.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The account whose bot acts.
    pub(super) account: AccountId,
    /// The category.
    pub(super) category: String,
}

/// What a server gave to one member, or to all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Share {
    pub(super) place: Place,
    pub(super) holder: Holder,
}

/// Whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// Everybody's: the server keeps no session.
    Everybody,
    /// One member's, or of calls without a member. The server may have tied it to them.
    One(Option<UserId>),
}
