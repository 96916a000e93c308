//! Messages to many, one after another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ids::AccountId;

/// Two messages to many by one app begin at least so far apart: WeCom counts them against
/// one quota, and a morning's jobs are all due at nine.
const APART: Duration = Duration::from_secs(1);

/// When each account may write to many again. There are as many entries as accounts.
#[derive(Debug, Default)]
pub struct Spacing(Mutex<HashMap<AccountId, Instant>>);

impl Spacing {
    /// Waits for the account's next place.
    pub async fn wait(&self, account: &AccountId) {
        let now = Instant::now();
        let place = {
            let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let place = free.get(account).map_or(now, |free| now.max(*free));
            free.insert(account.clone(), place + APART);
            place
        };
        tokio::time::sleep_until(place).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn messages_of_one_account_keep_apart() {
        let spacing = Spacing::default();
        let begun = Instant::now();
        let hq = AccountId::new("hq");
        for seconds in 0..3 {
            spacing.wait(&hq).await;
            assert_eq!(begun.elapsed(), Duration::from_secs(seconds));
        }
        spacing.wait(&AccountId::new("lab")).await;
        assert_eq!(
            begun.elapsed(),
            Duration::from_secs(2),
            "another one need not wait"
        );
    }
}
