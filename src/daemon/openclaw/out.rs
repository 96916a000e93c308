//! Messages of OpenClaw's own accord: its scheduler, its command line, its message tool.
//!
//! OpenClaw delivers at least once: what it has no answer for it sends again, by the same key.
//! So a key is claimed before its message is sent, and the id is kept after. **In doubt a
//! message is not sent twice**: a claim that an earlier process left without an id is answered
//! with an error that ends the repeating, though the message may not be out.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::agent::openclaw::link::{Out, OutAnswer};
use crate::agent::openclaw::plugin::take_over;
use crate::channel::outbound::{DeliveryReport, Origin, Planner, SendError, SendRequest, Status};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::failpoint;
use crate::files::FileGrant;
use crate::store::{OutClaim, Store, StoreError};

/// Bytes of a key. OpenClaw's have about 40.
const MAX_KEY: usize = 256;

/// Words of a failure after which the same message may pass; what is not among them is
/// WeCom's refusal, or breaks a rule.
const PASSING: [&str; 5] = [
    "not_connected",
    "queue_full",
    "rate_limited",
    "unreachable",
    "out_of_time",
];

const IN_DOUBT: &str = "the wecom daemon was interrupted while it sent this message: it may have \
                        arrived, so it is not sent again";

/// Sends them.
#[derive(Debug)]
pub(super) struct OutDesk {
    planner: Arc<Planner>,
    store: Arc<dyn Store>,
    config: LiveConfig,
    clock: SharedClock,
    /// Keys of messages that are on their way.
    under_way: Mutex<HashSet<String>>,
}

/// What sending came to.
struct Tried {
    answer: OutAnswer,
    /// Nothing of it is out, for certain.
    is_repeatable: bool,
}

impl OutDesk {
    pub(super) fn new(
        planner: Arc<Planner>,
        store: Arc<dyn Store>,
        config: LiveConfig,
        clock: SharedClock,
    ) -> Self {
        Self {
            planner,
            store,
            config,
            clock,
            under_way: Mutex::default(),
        }
    }

    /// Sends a message, once for each key.
    pub(super) async fn send(&self, out: Out) -> OutAnswer {
        let Some(key) = out.key.clone() else {
            return self.attempt(&out).await.answer;
        };
        if key.len() > MAX_KEY {
            return refused(format!("its key has more than {MAX_KEY} bytes"));
        }
        let Some(_under_way) = UnderWay::begin(self, &key) else {
            return later("this message is on its way already".to_owned());
        };
        match self.store.claim_out(&key, self.clock.now_ms()).await {
            Ok(OutClaim::New) => {}
            Ok(OutClaim::Sent(message)) => {
                tracing::info!("OpenClaw repeats a message that was sent");
                return OutAnswer::Sent(message);
            }
            Ok(OutClaim::InDoubt) => {
                tracing::warn!("OpenClaw repeats a message of which it is not known what became");
                return refused(IN_DOUBT.to_owned());
            }
            Err(error) => return not_kept(&error),
        }
        failpoint::reach("out claimed");
        let Tried {
            answer,
            is_repeatable,
        } = self.attempt(&out).await;
        failpoint::reach("out sent");
        let kept = match &answer {
            OutAnswer::Sent(message) => self.store.record_out(&key, message).await,
            OutAnswer::Failed { .. } if is_repeatable => self.store.release_out(&key).await,
            OutAnswer::Failed { .. } => Ok(()),
        };
        if let Err(error) = kept {
            // A repeat is answered as in doubt.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what became of a message of OpenClaw could not be kept"
            );
        }
        answer
    }

    async fn attempt(&self, out: &Out) -> Tried {
        let config = self.config.get();
        let workspace = config.agents.workspace.clone();
        let mut copy = None;
        let mut media = Vec::new();
        if let Some(reference) = &out.media {
            let is_address = reference.contains("://") && !reference.starts_with("file://");
            if is_address {
                media.push(reference.clone());
            } else {
                let taken = take_over(&config, &workspace, reference, out.name.as_deref()).await;
                match taken {
                    Ok(path) => {
                        media.push(path.to_string_lossy().into_owned());
                        copy = path.parent().map(std::path::Path::to_owned);
                    }
                    Err(error) => return nothing_out(refused(format!("the file: {error}"))),
                }
            }
        }
        let request = SendRequest {
            account: out.account.clone(),
            target: out.to.clone(),
            text: out.text.clone(),
            media,
            origin: Origin::Interactive,
            grant: FileGrant {
                workspace: Some(workspace),
                roots: Vec::new(),
            },
            ..SendRequest::default()
        };
        let sent = self.planner.send(&request).await;
        if let Some(copy) = copy {
            // What stays is removed after a day.
            tokio::fs::remove_dir_all(copy).await.ok();
        }
        match sent {
            Ok(report) => of_report(report),
            Err(SendError::Store(error)) => nothing_out(not_kept(&error)),
            Err(error) => nothing_out(refused(error.to_string())),
        }
    }

    /// Short sections without a wait; every entry is whole at any time.
    fn under_way(&self) -> MutexGuard<'_, HashSet<String>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message on its way.
struct UnderWay<'a> {
    desk: &'a OutDesk,
    key: String,
}

impl<'a> UnderWay<'a> {
    /// `None`: it is already.
    fn begin(desk: &'a OutDesk, key: &str) -> Option<Self> {
        let key = key.to_owned();
        let is_new = desk.under_way().insert(key.clone());
        is_new.then_some(Self { desk, key })
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.desk.under_way().remove(&self.key);
    }
}

fn of_report(report: DeliveryReport) -> Tried {
    if report.ok {
        let message = report.message_ids.into_iter().next().unwrap_or_default();
        return Tried {
            answer: OutAnswer::Sent(message),
            is_repeatable: false,
        };
    }
    let failure = report
        .error
        .unwrap_or_else(|| crate::channel::outbound::Failure {
            code: "unknown".to_owned(),
            message: "it was not confirmed".to_owned(),
        });
    let passes = PASSING.contains(&failure.code.as_str());
    let is_repeatable = report.status == Status::Failed;
    let error = match report.status {
        Status::Failed => failure.message,
        status => format!(
            "{} ({}; what arrived is not sent again)",
            failure.message,
            status.as_str()
        ),
    };
    Tried {
        answer: OutAnswer::Failed {
            error,
            retryable: is_repeatable && passes,
        },
        is_repeatable,
    }
}

fn nothing_out(answer: OutAnswer) -> Tried {
    Tried {
        answer,
        is_repeatable: true,
    }
}

fn refused(error: String) -> OutAnswer {
    OutAnswer::Failed {
        error,
        retryable: false,
    }
}

fn later(error: String) -> OutAnswer {
    OutAnswer::Failed {
        error,
        retryable: true,
    }
}

fn not_kept(error: &StoreError) -> OutAnswer {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a message of OpenClaw could not be claimed"
    );
    later("the wecom daemon's state can't be used".to_owned())
}
