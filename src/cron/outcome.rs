//! How a run went.

use super::job::{DeliveryStatus, RunFailure, RunStatus, Suppression};
use crate::channel::outbound::{DeliveryReport, SendError, Status};

/// Characters of an error that are kept with a job.
const MAX_ERROR: usize = 1_000;

/// How a run went, from its work to its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was said; `None` where the work failed.
    pub text: Option<String>,
    /// Why there is nothing to deliver.
    pub failed: Option<Problem>,
    /// What became of what was said.
    pub delivery: Delivered,
    /// A failed delivery does not make the run fail.
    pub best_effort: bool,
}

/// What went wrong, and of which kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its class.
    pub class: RunFailure,
    /// For the operator; no secrets.
    pub message: String,
}

/// What became of what a run said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The job delivers nothing.
    NotRequested,
    /// There was nothing to send.
    Suppressed(Suppression),
    /// It arrived.
    Arrived {
        /// What is not as it was asked for.
        warnings: Vec<String>,
    },
    /// Nothing arrived, or not all of it.
    Failed(Problem),
    /// It may have arrived, and is not sent again.
    Unknown(String),
}

impl Problem {
    /// A problem; its text is cut to what is kept.
    pub fn new(class: RunFailure, message: impl AsRef<str>) -> Self {
        Self {
            class,
            message: message.as_ref().chars().take(MAX_ERROR).collect(),
        }
    }
}

impl Outcome {
    /// A run whose work failed.
    pub fn of_failure(problem: Problem) -> Self {
        Self {
            text: None,
            failed: Some(problem),
            delivery: Delivered::NotRequested,
            best_effort: false,
        }
    }

    /// How the run counts.
    pub fn status(&self) -> RunStatus {
        if self.problem().is_some() {
            RunStatus::Error
        } else {
            RunStatus::Ok
        }
    }

    /// What made it fail.
    pub fn problem(&self) -> Option<&Problem> {
        match (&self.failed, &self.delivery) {
            (Some(problem), _) => Some(problem),
            (None, Delivered::Failed(problem)) if !self.best_effort => Some(problem),
            _ => None,
        }
    }

    /// Whether only the delivery failed, so that only the delivery is worth repeating.
    pub fn only_delivery_failed(&self) -> bool {
        self.failed.is_none() && matches!(self.delivery, Delivered::Failed(_))
    }

    /// Whether a one-shot has done its duty. What may have arrived stays visible.
    pub fn is_settled(&self) -> bool {
        self.failed.is_none()
            && match &self.delivery {
                Delivered::NotRequested | Delivered::Suppressed(_) | Delivered::Arrived { .. } => {
                    true
                }
                Delivered::Failed(_) => self.best_effort,
                Delivered::Unknown(_) => false,
            }
    }

    /// The word for what became of the delivery.
    pub fn delivery_status(&self) -> DeliveryStatus {
        match &self.delivery {
            Delivered::NotRequested => DeliveryStatus::NotRequested,
            Delivered::Arrived { .. } => DeliveryStatus::Delivered,
            Delivered::Suppressed(_) | Delivered::Failed(_) => DeliveryStatus::NotDelivered,
            Delivered::Unknown(_) => DeliveryStatus::Unknown,
        }
    }

    /// Why it did not arrive, or may not have.
    pub fn delivery_error(&self) -> Option<&str> {
        match &self.delivery {
            Delivered::Failed(problem) => Some(&problem.message),
            Delivered::Unknown(message) => Some(message),
            _ => None,
        }
    }

    /// Why nothing was sent.
    pub fn suppression(&self) -> Option<Suppression> {
        match self.delivery {
            Delivered::Suppressed(reason) => Some(reason),
            _ => None,
        }
    }
}

impl From<DeliveryReport> for Delivered {
    fn from(report: DeliveryReport) -> Self {
        let message = || match &report.error {
            Some(failure) => format!("{}: {}", failure.code, failure.message),
            None => format!(
                "the delivery to {} was {}",
                report.to,
                report.status.as_str()
            ),
        };
        match report.status {
            Status::Delivered => Self::Arrived {
                warnings: report.warnings,
            },
            Status::Unknown => Self::Unknown(message()),
            // What a part of the receivers has must not be sent again.
            Status::Partial => Self::Failed(Problem::new(RunFailure::Delivery, message())),
            Status::Failed => {
                let code = report.error.as_ref().map_or("", |failure| &failure.code);
                Self::Failed(Problem::new(class_of(code), message()))
            }
        }
    }
}

impl From<SendError> for Delivered {
    fn from(error: SendError) -> Self {
        let class = match &error {
            SendError::Account(_) | SendError::Disabled(_) => RunFailure::Config,
            SendError::Store(_) => RunFailure::ServerError,
            _ => RunFailure::Delivery,
        };
        Self::Failed(Problem::new(class, error.to_string()))
    }
}

/// The class of a failed delivery, by a word of ours or WeCom's number.
fn class_of(code: &str) -> RunFailure {
    match code {
        // Too often: per minute, per app and member, of the bot.
        "45009" | "45033" | "846607" | "rate_limited" | "quota" => RunFailure::RateLimit,
        "-1" | "server_error" => RunFailure::ServerError,
        "not_connected" | "unreachable" | "network" => RunFailure::Network,
        "timeout" | "timed_out" => RunFailure::Timeout,
        // The address is not on the app's list; secret, token or app are wrong.
        "60020" | "40001" | "40013" | "40056" | "301002" => RunFailure::Config,
        _ => RunFailure::Delivery,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(delivery: Delivered, best_effort: bool) -> Outcome {
        Outcome {
            text: Some("hi".to_owned()),
            failed: None,
            delivery,
            best_effort,
        }
    }

    #[test]
    fn what_counts_as_done() {
        let broken = || Delivered::Failed(Problem::new(RunFailure::Delivery, "81013"));
        let arrived = Delivered::Arrived {
            warnings: Vec::new(),
        };
        for (outcome, status, settled) in [
            (delivered(arrived, false), RunStatus::Ok, true),
            (
                delivered(Delivered::NotRequested, false),
                RunStatus::Ok,
                true,
            ),
            (
                delivered(Delivered::Suppressed(Suppression::Silent), false),
                RunStatus::Ok,
                true,
            ),
            (delivered(broken(), false), RunStatus::Error, false),
            (delivered(broken(), true), RunStatus::Ok, true),
            (
                delivered(Delivered::Unknown("?".to_owned()), false),
                RunStatus::Ok,
                false,
            ),
            (
                Outcome::of_failure(Problem::new(RunFailure::Timeout, "slow")),
                RunStatus::Error,
                false,
            ),
        ] {
            assert_eq!(
                (outcome.status(), outcome.is_settled()),
                (status, settled),
                "{outcome:?}"
            );
        }
    }
}
