//! When to try again: the reconnect policy, as plain arithmetic.
//!
//! Network failures and refused credentials are counted apart, per attempt, and both
//! counters end with a successful subscribe only.

use std::time::Duration;

use super::Refusal;
use crate::config::{Reclaim, SocketTiming};

/// First delay of a fast round; doubles with every failure.
const BASE: Duration = Duration::from_secs(1);
/// Longest delay of a fast round.
const CAP: Duration = Duration::from_secs(30);
/// Least delay after a refusal that is not about credentials: WeCom limits how often one
/// may subscribe, and fast retries would prolong that.
const REFUSED: Duration = Duration::from_secs(30);
/// First rest after a fast round; doubles with every round.
const REST: Duration = Duration::from_mins(1);
/// Longest rest.
const REST_CAP: Duration = Duration::from_mins(5);
/// Delays vary by this share in both directions, so that many bots do not return at once.
const JITTER: f64 = 0.2;

/// What to do after a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again after the delay.
    Wait(Duration),
    /// The fast round is used up: rest, then start another one.
    Rest {
        delay: Duration,
        /// Rounds used up since the last success.
        rounds: u32,
    },
    /// Refused too often: wait for a person.
    GiveUp {
        /// Refused subscribes in a row.
        attempts: u32,
        /// The last refusal.
        refusal: Refusal,
    },
}

/// The counters of one connection.
#[derive(Debug)]
pub(super) struct Backoff {
    max_reconnects: Option<u32>,
    max_auth_retries: Option<u32>,
    network: u32,
    auth: u32,
    rounds: u32,
}

impl Backoff {
    pub(super) fn new(timing: &SocketTiming) -> Self {
        Self {
            max_reconnects: timing.max_reconnects,
            max_auth_retries: timing.max_auth_retries,
            network: 0,
            auth: 0,
            rounds: 0,
        }
    }

    /// The subscribe succeeded, or a person asked for a fresh start.
    pub(super) fn reset(&mut self) {
        (self.network, self.auth, self.rounds) = (0, 0, 0);
    }

    /// The network failed, or WeCom said nothing.
    pub(super) fn after_failure(&mut self) -> Next {
        self.after_network_failure(Duration::ZERO)
    }

    /// WeCom refused the subscribe.
    pub(super) fn after_refusal(&mut self, refusal: &Refusal) -> Next {
        if !refusal.code.is_bad_credentials() {
            return self.after_network_failure(REFUSED);
        }
        self.auth = self.auth.saturating_add(1);
        if self.max_auth_retries.is_some_and(|max| self.auth > max) {
            Next::GiveUp {
                attempts: self.auth,
                refusal: refusal.clone(),
            }
        } else {
            Next::Wait(jittered(doubled(BASE, self.auth, CAP)))
        }
    }

    fn after_network_failure(&mut self, at_least: Duration) -> Next {
        self.network = self.network.saturating_add(1);
        if self.max_reconnects.is_some_and(|max| self.network > max) {
            self.network = 0;
            self.rounds = self.rounds.saturating_add(1);
            return Next::Rest {
                delay: jittered(doubled(REST, self.rounds, REST_CAP)),
                rounds: self.rounds,
            };
        }
        let delay = doubled(BASE, self.network, CAP).max(at_least);
        Next::Wait(jittered(delay).max(at_least))
    }
}

/// The pause before the bot is taken back after its `kicks`th kick.
pub(super) fn reclaim_delay(reclaim: &Reclaim, kicks: u32) -> Duration {
    jittered(doubled(reclaim.initial_delay, kicks, reclaim.max_delay))
}

/// `first` for the first time, twice as much for every further one, at most `cap`.
fn doubled(first: Duration, nth: u32, cap: Duration) -> Duration {
    let factor = 2u32.saturating_pow(nth.saturating_sub(1));
    first.saturating_mul(factor).min(cap)
}

fn jittered(delay: Duration) -> Duration {
    let factor: f64 = rand::random_range(1.0 - JITTER..=1.0 + JITTER);
    delay.mul_f64(factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wecom::bot::ErrorCode;

    fn refusal(number: i64) -> Refusal {
        Refusal {
            code: ErrorCode::new(number),
            message: "no".to_owned(),
        }
    }

    #[track_caller]
    fn assert_near(actual: Duration, seconds: u64) {
        let expected = Duration::from_secs(seconds);
        assert!(
            actual >= expected.mul_f64(0.799) && actual <= expected.mul_f64(1.201),
            "{actual:?} is not {expected:?} ± 20 %"
        );
    }

    #[track_caller]
    fn waits(next: Next) -> Duration {
        match next {
            Next::Wait(delay) => delay,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn ten_reconnects_then_growing_rests_for_ever() {
        let mut backoff = Backoff::new(&SocketTiming::default());
        for rest in [60, 120, 240, 300, 300, 300] {
            for delay in [1, 2, 4, 8, 16, 30, 30, 30, 30, 30] {
                assert_near(waits(backoff.after_failure()), delay);
            }
            match backoff.after_failure() {
                Next::Rest { delay, .. } => assert_near(delay, rest),
                other => panic!("{other:?}"),
            }
        }
        backoff.reset();
        assert_near(waits(backoff.after_failure()), 1);
    }

    #[test]
    fn five_retries_of_refused_credentials() {
        let mut backoff = Backoff::new(&SocketTiming::default());
        for delay in [1, 2, 4, 8, 16] {
            assert_near(waits(backoff.after_refusal(&refusal(853_000))), delay);
        }
        assert_eq!(
            backoff.after_refusal(&refusal(853_000)),
            Next::GiveUp {
                attempts: 6,
                refusal: refusal(853_000)
            }
        );
    }

    #[test]
    fn the_counters_are_apart() {
        let mut backoff = Backoff::new(&SocketTiming::default());
        waits(backoff.after_refusal(&refusal(853_000)));
        waits(backoff.after_refusal(&refusal(853_000)));
        assert_near(waits(backoff.after_failure()), 1);
        assert_near(waits(backoff.after_refusal(&refusal(853_000))), 4);
    }

    #[test]
    fn an_unknown_refusal_waits_half_a_minute_at_least() {
        let timing = SocketTiming {
            max_reconnects: None,
            ..SocketTiming::default()
        };
        let mut backoff = Backoff::new(&timing);
        for _ in 0..100 {
            let delay = waits(backoff.after_refusal(&refusal(45_009)));
            assert!(delay >= Duration::from_secs(30), "{delay:?}");
            assert_near(delay, 30);
        }
    }

    #[test]
    fn unlimited_never_rests_nor_gives_up() {
        let timing = SocketTiming {
            max_reconnects: None,
            max_auth_retries: None,
            ..SocketTiming::default()
        };
        let mut backoff = Backoff::new(&timing);
        for _ in 0..1000 {
            waits(backoff.after_failure());
            waits(backoff.after_refusal(&refusal(853_000)));
        }
        assert_near(waits(backoff.after_failure()), 30);
    }

    #[test]
    fn reclaiming_grows_up_to_its_cap() {
        let reclaim = Reclaim {
            initial_delay: Duration::from_mins(1),
            max_delay: Duration::from_secs(200),
        };
        for (kick, delay) in [(1, 60), (2, 120), (3, 200), (40, 200)] {
            assert_near(reclaim_delay(&reclaim, kick), delay);
        }
    }

    #[test]
    fn jitter_uses_its_whole_range() {
        let delays: Vec<_> = (0..1000)
            .map(|_| jittered(Duration::from_secs(10)).as_secs_f64())
            .collect();
        assert!(delays.iter().all(|d| (8.0..=12.0).contains(d)));
        assert!(delays.iter().any(|d| *d < 8.5) && delays.iter().any(|d| *d > 11.5));
    }
}
