//! How much one requester may send out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::identity::{Identity, Source};

/// Bytes of local files that a requester may send out in an hour (200 MiB).
pub(super) const BYTES_PER_HOUR: u64 = 200 * 1024 * 1024;

/// How long a file counts.
const WINDOW: Duration = Duration::from_hours(1);

/// Files within this time are counted as one, so that a window has at most 61 entries.
const GRAIN: Duration = Duration::from_mins(1);

/// Requesters that are remembered: more people than use one bot within an hour. Beyond it
/// the one who was quiet longest is forgotten.
const MAX_REQUESTERS: usize = 10_000;

/// Bytes that left within the last hour, by requester.
#[derive(Debug, Default)]
pub(super) struct Budget(Mutex<HashMap<Requester, VecDeque<(Instant, u64)>>>);

/// Who sends: a member, else the client of a credential, else the operator, of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Requester(String, Option<String>, bool);

impl Requester {
    fn of(identity: &Identity) -> Self {
        let account = identity.account().as_str().to_owned();
        if let Some(user) = identity.requester() {
            return Self(account, Some(user.as_str().to_owned()), true);
        }
        let client = match identity.source() {
            Source::Credential { client } => Some(client.clone()),
            Source::Turn | Source::Job { .. } | Source::Operator => None,
        };
        Self(account, client, false)
    }
}

impl Budget {
    /// Counts `bytes`, or says how many could still leave.
    pub(super) fn take(&self, identity: &Identity, bytes: u64) -> Result<(), u64> {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requester = Requester::of(identity);
        if !all.contains_key(&requester) && all.len() >= MAX_REQUESTERS {
            forget_quietest(&mut all);
        }
        let sent = all.entry(requester).or_default();
        while sent
            .front()
            .is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
        {
            sent.pop_front();
        }
        let used: u64 = sent.iter().map(|(_, bytes)| bytes).sum();
        let left = BYTES_PER_HOUR.saturating_sub(used);
        if bytes > left {
            return Err(left);
        }
        match sent.back_mut() {
            Some((at, sum)) if now.duration_since(*at) < GRAIN => *sum += bytes,
            _ => sent.push_back((now, bytes)),
        }
        Ok(())
    }
}

fn forget_quietest(all: &mut HashMap<Requester, VecDeque<(Instant, u64)>>) {
    let quietest = all
        .iter()
        .min_by_key(|(_, sent)| sent.back().map(|(at, _)| *at))
        .map(|(requester, _)| requester.clone());
    if let Some(requester) = quietest {
        all.remove(&requester);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, UserId};

    fn member(name: &str) -> Identity {
        Identity::of_operator(AccountId::new("default"), Some(UserId::new(name)))
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_has_200_mib_for_each_requester() {
        let budget = Budget::default();
        let part = BYTES_PER_HOUR / 2;
        assert_eq!(budget.take(&member("a"), part), Ok(()));
        tokio::time::advance(WINDOW / 2).await;
        assert_eq!(budget.take(&member("a"), part), Ok(()));
        assert_eq!(budget.take(&member("a"), 1), Err(0));
        assert_eq!(budget.take(&member("b"), BYTES_PER_HOUR), Ok(()));
        tokio::time::advance(WINDOW / 2).await;
        assert_eq!(budget.take(&member("a"), part + 1), Err(part));
        assert_eq!(budget.take(&member("a"), part), Ok(()));
    }
}
