//! Results and notices as JSON, to an address that a job or the configuration names.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::job::RunFailure;
use super::outcome::{Delivered, Problem};
use crate::config::{Account, Config, TlsFiles};
use crate::egress::guard::{
    Allowed, GuardError, GuardLimits, GuardOptions, GuardedClient, Posted, Route, SystemNames,
};

/// How long the whole request may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Posts `body`. It goes to the open Internet, and to what `cron.webhookSsrfPolicy` allows.
///
/// What was certainly not taken may be repeated by the caller; what may have been is
/// [`Delivered::Unknown`].
pub async fn post(config: &Config, url: &str, body: &Value) -> Delivered {
    let client = match client(config) {
        Ok(client) => client,
        Err(message) => return failed(RunFailure::Config, &message),
    };
    let token = config.cron.webhook_token.as_ref();
    let deadline = Instant::now() + LIMIT;
    match client
        .post_json(url, token, body.to_string(), deadline)
        .await
    {
        Ok(posted) => delivered(posted),
        Err(error) => failed(class_of(&error), &in_our_words(&error)),
    }
}

fn client(config: &Config) -> Result<GuardedClient, String> {
    let account = config.accounts.get(&config.default_account);
    let options = GuardOptions {
        route: Route::Internet,
        proxy: account.map_or_else(Default::default, |account| account.network.proxy.clone()),
        tls: account.map_or_else(TlsFiles::default, Account::tls),
        allowed: Allowed::new(&config.cron.webhook_allowed_hosts, true),
        limits: GuardLimits {
            connect: LIMIT,
            headers: LIMIT,
            idle: LIMIT,
            redirects: 0,
        },
        names: Arc::new(SystemNames),
    };
    GuardedClient::new(options).map_err(|error| error.to_string())
}

fn delivered(posted: Posted) -> Delivered {
    match posted {
        Posted::Answered(200..=299) => Delivered::Arrived {
            warnings: Vec::new(),
        },
        Posted::Answered(status) => {
            let class = match status {
                429 => RunFailure::RateLimit,
                500..=599 => RunFailure::ServerError,
                _ => RunFailure::Delivery,
            };
            failed(class, &format!("the webhook answered with status {status}"))
        }
        Posted::Unanswered => Delivered::Unknown(
            "the webhook did not answer in time; it may have taken it".to_owned(),
        ),
    }
}

fn failed(class: RunFailure, message: &str) -> Delivered {
    Delivered::Failed(Problem::new(class, message))
}

fn class_of(error: &GuardError) -> RunFailure {
    match error {
        GuardError::Connection(_) => RunFailure::Network,
        GuardError::Timeout(_) => RunFailure::Timeout,
        _ => RunFailure::Delivery,
    }
}

/// The guard's errors name the settings of media.
fn in_our_words(error: &GuardError) -> String {
    match error {
        GuardError::Refused { host } => format!(
            "the webhook's host `{host}` is not on the open Internet; intranet hosts are listed \
             in cron.webhookSsrfPolicy.allowedHosts"
        ),
        GuardError::Scheme(scheme) => {
            format!("the webhook's address begins with `{scheme}`; write https or http")
        }
        error => format!("the webhook was not reached: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_decides() {
        let class = |posted| match delivered(posted) {
            Delivered::Failed(problem) => Some(problem.class),
            Delivered::Arrived { .. } => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(class(Posted::Answered(204)), None);
        for (status, expected) in [
            (301, RunFailure::Delivery),
            (404, RunFailure::Delivery),
            (429, RunFailure::RateLimit),
            (503, RunFailure::ServerError),
        ] {
            assert_eq!(class(Posted::Answered(status)), Some(expected), "{status}");
        }
        assert!(matches!(
            delivered(Posted::Unanswered),
            Delivered::Unknown(_)
        ));
    }
}
