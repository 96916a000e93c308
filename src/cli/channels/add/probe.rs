//! Trying an account's credentials against the service, before they are saved.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::api_check;
use crate::clock::SystemClock;
use crate::config::{Account, BotSocket, SocketTiming};
use crate::daemon::Contact;
use crate::ids::AccountId;
use crate::wecom::bot::{BotClient, BotSettings, Cause, ConnectionState};

/// How long a connection and its subscribe may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What trying one part of an account came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Tried {
    /// `bot` or `app`.
    pub(in crate::cli) part: &'static str,
    pub(in crate::cli) result: Outcome,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Outcome {
    /// The service accepts the credentials.
    Accepted,
    /// They were not tried, for this reason.
    Skipped(String),
    /// They do not work now.
    Failed {
        /// What was seen.
        seen: String,
        /// What to do.
        fix: String,
    },
}

impl Outcome {
    pub(in crate::cli) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }

    /// One word for scripts.
    pub(in crate::cli) fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "ok",
            Self::Skipped(_) => "skipped",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Tries what an account has. A bot that the running daemon holds is not tried: WeCom
/// allows one connection for each, and the newer one ends the older.
pub(super) async fn try_account(account: &Account, daemon: Option<&Contact>) -> Vec<Tried> {
    let bot = async {
        let socket = account.bot_socket.as_ref()?;
        let result = match holder(socket, daemon).await {
            Some(id) => Outcome::Skipped(format!(
                "the running daemon holds this bot (account {id}); it tries the new settings itself"
            )),
            None => try_bot(&account.id, socket).await,
        };
        Some(Tried {
            part: "bot",
            result,
        })
    };
    let app = async {
        let result = api_check::check(account).await?;
        Some(Tried {
            part: "app",
            result,
        })
    };
    let (bot, app) = tokio::join!(bot, app);
    bot.into_iter().chain(app).collect()
}

/// The account of the daemon that has this bot's connection.
async fn holder(socket: &BotSocket, daemon: Option<&Contact>) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Holder {
        account_id: String,
        bot_id: Option<String>,
        running: bool,
    }
    // A daemon that does not answer holds nothing that it could lose.
    let records: Vec<Holder> = timeout(LIMIT, daemon?.get("/status")).await.ok()?.ok()?;
    let is_holder = |record: &Holder| {
        record.running && record.bot_id.as_deref() == Some(socket.bot_id.as_str())
    };
    records
        .into_iter()
        .find(is_holder)
        .map(|record| record.account_id)
}

/// Connects, subscribes and takes leave.
async fn try_bot(account: &AccountId, socket: &BotSocket) -> Outcome {
    let once = BotSocket {
        timing: SocketTiming {
            max_reconnects: Some(0),
            max_auth_retries: Some(0),
            ..socket.timing
        },
        reclaim: None,
        ..socket.clone()
    };
    let settings = match BotSettings::load(account.clone(), &once) {
        Ok(settings) => settings,
        Err(error) => {
            return Outcome::Failed {
                seen: error.to_string(),
                fix: "correct the file or address that it names in the configuration".to_owned(),
            };
        }
    };
    let tracker = TaskTracker::new();
    // The receiver stays: dropping it closes the connection.
    let (client, _pushes) = BotClient::start(
        settings,
        SystemClock::shared(),
        &tracker,
        CancellationToken::new(),
    );
    let mut states = client.state();
    let settled = states.wait_for(|state| !matches!(state, ConnectionState::Connecting { .. }));
    let outcome = match timeout(LIMIT, settled).await {
        Ok(Ok(state)) => verdict(&state, socket),
        Ok(Err(_)) | Err(_) => unanswered(socket),
    };
    client.close().await;
    outcome
}

fn unanswered(socket: &BotSocket) -> Outcome {
    Outcome::Failed {
        seen: format!(
            "no answer from {} within {} s",
            place(socket),
            LIMIT.as_secs()
        ),
        fix: "`wecom doctor` looks at the network and the proxy".to_owned(),
    }
}

fn verdict(state: &ConnectionState, socket: &BotSocket) -> Outcome {
    let refused = |seen: String, is_bad: bool| Outcome::Failed {
        seen,
        fix: if is_bad {
            "copy Bot ID and Secret again from the bot's page in WeCom (API mode, long \
             connection); making a new secret there ends the old one"
                .to_owned()
        } else {
            "try again later; if it stays so, look the number up in WeCom's list of error codes"
                .to_owned()
        },
    };
    match state {
        ConnectionState::Live { .. } => Outcome::Accepted,
        ConnectionState::AuthFailed { code, message, .. } => refused(
            format!("WeCom refuses the bot's credentials ({code} {message})"),
            code.is_bad_credentials(),
        ),
        ConnectionState::Waiting { cause, .. } | ConnectionState::Resting { cause, .. } => {
            match cause {
                Cause::SubscribeRefused(refusal) => refused(
                    format!("WeCom refuses the bot's credentials ({refusal})"),
                    refusal.code.is_bad_credentials(),
                ),
                cause => Outcome::Failed {
                    seen: format!("{}: {cause}", place(socket)),
                    fix: "`wecom doctor` looks at the network and the proxy".to_owned(),
                },
            }
        }
        ConnectionState::Kicked { .. } => Outcome::Failed {
            seen: "another connection with this bot took over at once".to_owned(),
            fix: "stop the other program that uses this bot".to_owned(),
        },
        _ => unanswered(socket),
    }
}

/// The address without what may be secret in it.
fn place(socket: &BotSocket) -> String {
    socket.url.host_str().unwrap_or_default().to_owned()
}
