//! WeCom's limit on uploads of one bot: 30 a minute and 1,000 an hour. What counts is not
//! documented; every init does here.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::UploadError;

/// Uploads of one bot per minute.
const PER_MINUTE: usize = 30;
/// Uploads of one bot per hour.
const PER_HOUR: usize = 1_000;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How long an upload waits for its turn: what the minute's limit asks for at most.
const PATIENCE: Duration = MINUTE;

/// The uploads of the last hour.
#[derive(Debug, Default)]
pub(super) struct Quota {
    begun: Mutex<VecDeque<Instant>>,
}

impl Quota {
    /// Takes one upload, waiting for its turn a minute at most.
    ///
    /// # Errors
    /// [`UploadError::Quota`]; nothing was taken.
    pub(super) async fn take(&self) -> Result<(), UploadError> {
        let deadline = Instant::now() + PATIENCE;
        while let Err(wait) = self.try_take() {
            let until = Instant::now() + wait;
            if until > deadline {
                return Err(UploadError::Quota { wait });
            }
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }

    fn try_take(&self) -> Result<(), Duration> {
        let now = Instant::now();
        // A panic elsewhere leaves the list as it was.
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = begun.front()
            && now.saturating_duration_since(*oldest) >= HOUR
        {
            begun.pop_front();
        }
        let nth_last = |n: usize| begun.len().checked_sub(n).and_then(|at| begun.get(at));
        for (limit, window) in [(PER_MINUTE, MINUTE), (PER_HOUR, HOUR)] {
            if let Some(at) = nth_last(limit) {
                let wait = (*at + window).saturating_duration_since(now);
                if !wait.is_zero() {
                    return Err(wait);
                }
            }
        }
        begun.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn thirty_a_minute_and_the_next_one_waits() {
        let quota = Quota::default();
        let begun = Instant::now();
        for _ in 0..PER_MINUTE {
            quota.take().await.unwrap();
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        quota.take().await.unwrap();
        assert_eq!(begun.elapsed(), MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_an_hour_and_the_next_one_fails() {
        let quota = Quota::default();
        let begun = Instant::now();
        for _ in 0..PER_HOUR {
            quota.take().await.unwrap();
        }
        let refused = quota.take().await;
        let expected = HOUR.saturating_sub(begun.elapsed());
        assert!(matches!(refused, Err(UploadError::Quota { wait }) if wait == expected));
        tokio::time::advance(expected).await;
        quota.take().await.unwrap();
        assert!(quota.begun.lock().unwrap().len() <= PER_HOUR);
    }
}
