//! What goes wrong between us and a gateway.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::agent::{AgentFailure, FailureClass};

/// Characters of a gateway's own words that are kept for the log.
const MAX_WORDS: usize = 300;

/// Why a request, or the connection, failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum GatewayError {
    /// There is no way to it.
    #[error("the gateway at {address} can't be reached: {reason}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// It is there and does not let us in.
    #[error(
        "the gateway refused the connection ({code}): {message}; {}",
        remedy(code)
    )]
    NotAdmitted {
        /// `details.code`, else the error's code.
        code: String,
        /// Its words.
        message: String,
    },
    /// It answered a request with an error.
    #[error("the gateway answered {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
        /// Whether it says that the same may work later.
        retryable: bool,
    },
    /// The connection went while a request was open; whether it was carried out is unknown.
    #[error("the connection to the gateway was lost")]
    Lost,
    /// It did not answer in time.
    #[error("the gateway did not answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// It speaks something else.
    #[error("the gateway does not speak its protocol: {0}")]
    Protocol(String),
    /// Too many requests are open.
    #[error("too many requests wait for the gateway")]
    Full,
}

/// What to do about a refusal at the door.
fn remedy(code: &str) -> &'static str {
    match code {
        "AUTH_TOKEN_MISMATCH" | "AUTH_PASSWORD_MISMATCH" => {
            "set `backend.token` to the gateway's `gateway.auth.token`"
        }
        "DEVICE_IDENTITY_REQUIRED" | "NOT_PAIRED" | "PAIRING_REQUIRED" => {
            "set `backend.token`, and connect over loopback: other addresses need a paired device"
        }
        "PROTOCOL_MISMATCH" => "use a gateway of 2026.6 or newer",
        "MISSING_SCOPE" => {
            "this gateway gives a local program no rights: use 2026.6 or newer, or the plugin"
        }
        _ => "look at the gateway's log",
    }
}

/// An error as a gateway writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct WireError {
    code: String,
    message: String,
    details: Option<Value>,
    retryable: bool,
    retry_after_ms: Option<u64>,
}

impl WireError {
    fn detail_code(&self) -> Option<&str> {
        self.details.as_ref()?.get("code")?.as_str()
    }

    fn words(&self) -> String {
        let line = self.message.lines().next().unwrap_or_default();
        line.chars().take(MAX_WORDS).collect()
    }

    pub(super) fn at_the_door(&self) -> GatewayError {
        GatewayError::NotAdmitted {
            code: self.detail_code().unwrap_or(&self.code).to_owned(),
            message: self.words(),
        }
    }

    pub(super) fn of_a_request(&self) -> GatewayError {
        if self.detail_code() == Some("MISSING_SCOPE") {
            return self.at_the_door();
        }
        GatewayError::Refused {
            code: self.code.clone(),
            message: self.words(),
            retryable: self.retryable || self.retry_after_ms.is_some(),
        }
    }
}

impl GatewayError {
    /// Whether another attempt may find it better.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost | Self::Silent(_) | Self::Full => true,
            Self::Refused { retryable, .. } => *retryable,
            Self::NotAdmitted { .. } | Self::Protocol(_) => false,
        }
    }
}

impl From<GatewayError> for AgentFailure {
    fn from(error: GatewayError) -> Self {
        let class = match &error {
            GatewayError::Unreachable { .. } | GatewayError::Lost => FailureClass::Unreachable,
            GatewayError::Silent(_) => FailureClass::TimedOut,
            GatewayError::NotAdmitted { .. } => FailureClass::Refused,
            GatewayError::Full
            | GatewayError::Refused {
                retryable: true, ..
            } => FailureClass::Busy,
            GatewayError::Refused { .. } | GatewayError::Protocol(_) => FailureClass::Broken,
        };
        AgentFailure::new(class, error.to_string())
    }
}
