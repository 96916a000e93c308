//! How much one credential may ask at once and in a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::mcp::credentials::{Credential, Owner};

/// Requests of one credential under way at one time.
const IN_FLIGHT: usize = 32;

/// Tool calls that may come at once before the rate counts.
const BURST: f64 = 20.0;

/// Credentials that are remembered. Beyond it those at rest are forgotten, which gives them
/// nothing but a full burst, as they have anyway.
const REMEMBERED: usize = 4_096;

/// Rates and requests under way, by credential.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits(Arc<Mutex<HashMap<Owner, Usage>>>);

#[derive(Debug)]
struct Usage {
    in_flight: usize,
    /// Calls that may still come at once.
    budget: f64,
    counted: Instant,
    warned: bool,
}

/// One request under way; ends when dropped.
#[derive(Debug)]
pub(super) struct InFlight {
    limits: Limits,
    owner: Owner,
}

/// Too much: try again after this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany(pub(super) Duration);

impl Limits {
    /// Counts a request in.
    ///
    /// # Errors
    /// As many are under way as may be.
    pub(super) fn enter(&self, credential: &Credential) -> Result<InFlight, TooMany> {
        self.with(credential, |usage| {
            if usage.in_flight >= IN_FLIGHT {
                return Err(TooMany(Duration::from_secs(1)));
            }
            usage.in_flight += 1;
            Ok(())
        })?;
        Ok(InFlight {
            limits: self.clone(),
            owner: credential.owner().clone(),
        })
    }

    /// Counts a tool call.
    ///
    /// # Errors
    /// The rate is used up.
    pub(super) fn call(&self, credential: &Credential) -> Result<(), TooMany> {
        let per_second = f64::from(credential.calls_per_minute()) / 60.0;
        self.with(credential, |usage| {
            let now = Instant::now();
            let gained = now.duration_since(usage.counted).as_secs_f64() * per_second;
            usage.budget = (usage.budget + gained).min(BURST);
            usage.counted = now;
            if usage.budget < 1.0 {
                let wait = (1.0 - usage.budget) / per_second;
                return Err(TooMany(Duration::from_secs_f64(wait)));
            }
            usage.budget -= 1.0;
            Ok(())
        })
    }

    /// Whether this is the first time that the credential is warned.
    pub(super) fn warns_first(&self, credential: &Credential) -> bool {
        self.with(credential, |usage| {
            !std::mem::replace(&mut usage.warned, true)
        })
    }

    fn with<T>(&self, credential: &Credential, work: impl FnOnce(&mut Usage) -> T) -> T {
        let mut usages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if usages.len() >= REMEMBERED && !usages.contains_key(credential.owner()) {
            let now = Instant::now();
            usages.retain(|_, usage| {
                usage.in_flight > 0 || now.duration_since(usage.counted) < Duration::from_mins(1)
            });
        }
        let usage = usages
            .entry(credential.owner().clone())
            .or_insert_with(|| Usage {
                in_flight: 0,
                budget: BURST,
                counted: Instant::now(),
                warned: false,
            });
        work(usage)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut usages = self.limits.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = usages.get_mut(&self.owner) {
            usage.in_flight = usage.in_flight.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileGrant;
    use crate::identity::Identity;

    fn credential(account: &str) -> Credential {
        let identity = Identity::of_operator(account.into(), None);
        Credential::of_operator(identity, FileGrant::default())
    }

    #[tokio::test(start_paused = true)]
    async fn calls_come_in_a_burst_and_then_at_the_rate() {
        let (limits, one) = (Limits::default(), credential("one"));
        for call in 0..20 {
            assert_eq!(limits.call(&one), Ok(()), "{call}");
        }
        // 120 in a minute are one in half a second.
        let half = Duration::from_millis(500);
        assert_eq!(limits.call(&one), Err(TooMany(half)));
        assert_eq!(limits.call(&credential("other")), Ok(()));
        tokio::time::advance(half).await;
        assert_eq!(limits.call(&one), Ok(()));
        assert!(limits.call(&one).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_counts_until_it_is_over() {
        let (limits, one) = (Limits::default(), credential("one"));
        let mut under_way: Vec<InFlight> = (0..32).map(|_| limits.enter(&one).unwrap()).collect();
        assert!(limits.enter(&one).is_err());
        under_way.pop();
        limits.enter(&one).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_credential_is_warned_once() {
        let (limits, one) = (Limits::default(), credential("one"));
        assert!(limits.warns_first(&one));
        assert!(!limits.warns_first(&one));
    }
}
