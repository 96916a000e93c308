//! Whether WeCom's HTTP API accepts an agent app's credentials.

use std::time::Duration;

use tokio::time::Instant;

use super::channels::TryOutcome as Outcome;
use crate::config::{Account, TlsFiles};
use crate::egress;
use crate::wecom::api::{ApiClient, ApiError, ApiSettings};

/// How long the two requests may take together.
const LIMIT: Duration = Duration::from_secs(10);

/// Asks for an access token and makes one cheap call with it: the call shows whether this
/// machine's address is on the app's list, before the first member notices. `None` without
/// an app that sends.
pub(super) async fn check(account: &Account) -> Option<Outcome> {
    let settings = ApiSettings {
        // Somebody waits for what is seen now.
        retries: 0,
        ..ApiSettings::of_account(account)?
    };
    let tls = account
        .bot_socket
        .as_ref()
        .map_or_else(TlsFiles::default, |socket| socket.tls.clone());
    let client = match egress::client(&account.network, &tls) {
        Ok(http) => ApiClient::new(settings, http),
        Err(error) => return Some(unreachable(account, &error.to_string())),
    };
    Some(match client.check(Instant::now() + LIMIT).await {
        Ok(()) => Outcome::Accepted,
        Err(ApiError::Refused(refusal)) => Outcome::Failed {
            // The text of 60020 names the address that WeCom saw.
            seen: format!("WeCom's API answers {} {}", refusal.code, refusal.message),
            fix: refusal
                .code
                .advice()
                .unwrap_or("look the number up in WeCom's list of error codes")
                .to_owned(),
        },
        Err(ApiError::Unreachable { cause, .. } | ApiError::NoAnswer { cause }) => {
            unreachable(account, &cause)
        }
        Err(ApiError::OutOfTime) => {
            unreachable(account, &format!("no answer within {} s", LIMIT.as_secs()))
        }
        Err(error) => unreachable(account, &error.to_string()),
    })
}

fn unreachable(account: &Account, why: &str) -> Outcome {
    let host = account.network.api_base_url.host_str().unwrap_or_default();
    Outcome::Failed {
        seen: format!("{host} cannot be asked: {why}"),
        fix: "`wecom doctor` looks at the network and the proxy".to_owned(),
    }
}
