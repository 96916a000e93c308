//! Which binding claims a conversation.

use super::MatchedBy;
use crate::config::{AccountMatch, Binding};
use crate::ids::Chat;

/// The binding that claims `chat`: the most particular tier wins, within a tier the first in
/// file order. Ids are compared with their case.
pub(super) fn find<'a>(bindings: &'a [Binding], chat: &Chat) -> Option<(MatchedBy, &'a Binding)> {
    let claims = bindings
        .iter()
        .enumerate()
        .filter_map(|(index, binding)| Some((claim(index, binding, chat)?, binding)));
    // `min_by_key` keeps the first of equals.
    claims.min_by_key(|(matched_by, _)| tier(*matched_by))
}

fn claim(index: usize, binding: &Binding, chat: &Chat) -> Option<MatchedBy> {
    match &binding.account {
        AccountMatch::Any => {}
        AccountMatch::Only(account) if *account == chat.account => {}
        AccountMatch::Only(_) => return None,
    }
    match (&binding.peer, &binding.account) {
        (Some(peer), _) if peer.kind != chat.kind => None,
        (Some(peer), _) => match peer.id.as_deref() {
            None => Some(MatchedBy::PeerWildcard(index)),
            Some(id) => (id == chat.id.as_str()).then_some(MatchedBy::Peer(index)),
        },
        (None, AccountMatch::Only(_)) => Some(MatchedBy::Account(index)),
        (None, AccountMatch::Any) => Some(MatchedBy::Channel(index)),
    }
}

fn tier(matched_by: MatchedBy) -> u8 {
    match matched_by {
        MatchedBy::Peer(_) => 0,
        MatchedBy::PeerWildcard(_) => 1,
        MatchedBy::Account(_) => 2,
        MatchedBy::Channel(_) => 3,
        MatchedBy::Default => 4,
    }
}
