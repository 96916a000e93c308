//! The way of an answer whose connection does not come back: the one reply that WeCom takes
//! at the `response_url` of the message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use crate::clock::SharedClock;
use crate::secret::Secret;
use crate::wecom::response_url::{self, ResponseUrlError};

/// How long an answer waits for the connection before it takes this way.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Tries while WeCom can't be reached.
const TRIES: u32 = 3;

/// Pause between them.
const PAUSE: Duration = Duration::from_secs(2);

/// The `response_url` of one message. It can be used once.
#[derive(Debug)]
pub(crate) struct LateWay {
    client: reqwest::Client,
    address: Secret,
    api: Url,
    /// Milliseconds since 1970.
    pushed_at_ms: i64,
    clock: SharedClock,
    is_used: AtomicBool,
}

impl LateWay {
    pub(crate) fn new(
        client: reqwest::Client,
        address: Secret,
        api: Url,
        pushed_at_ms: i64,
        clock: SharedClock,
    ) -> Self {
        Self {
            client,
            address,
            api,
            pushed_at_ms,
            clock,
            is_used: AtomicBool::new(false),
        }
    }

    /// Sends `markdown`. Whether it is out, or may be: then nothing else is to be sent.
    pub(super) async fn send(&self, markdown: &str) -> bool {
        let age_ms = self.clock.now_ms().saturating_sub(self.pushed_at_ms);
        let is_alive = u128::try_from(age_ms).is_ok_and(|age| age < response_url::LIFE.as_millis());
        if !is_alive || self.is_used.swap(true, Ordering::Relaxed) {
            return false;
        }
        for _ in 0..TRIES {
            let posted = response_url::post(&self.client, &self.address, &self.api, markdown).await;
            match posted {
                Ok(()) => {
                    tracing::info!("the answer went out by the message's response_url");
                    return true;
                }
                Err(error @ ResponseUrlError::NotSent(_)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "response_url");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(ResponseUrlError::Unknown) => {
                    tracing::warn!("WeCom did not confirm the reply at response_url");
                    return true;
                }
                Err(error) => {
                    tracing::warn!(%error, "response_url did not take the answer");
                    return false;
                }
            }
        }
        false
    }
}
