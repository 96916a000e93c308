//! How an exchange with a server fails.

use std::time::Duration;

use super::flights::Lost;

/// Why a request brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// No connection came about; nothing was sent.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection broke after the request had begun to leave.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The time was over.
    #[error("no answer in time")]
    TimedOut,
    /// The server answered with an HTTP status that is no success.
    #[error("HTTP {status}")]
    Status {
        /// The status.
        status: u16,
        /// When to come again, if it says so.
        retry_after: Option<Duration>,
        /// What the body says, if it is JSON-RPC.
        rpc: Option<RpcError>,
    },
    /// The server answered with a JSON-RPC error.
    #[error("JSON-RPC error {}", .0.code)]
    Rpc(RpcError),
    /// The answer is larger than it may be.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// Its size where known, or else what was read.
        size: u64,
        /// What it may be.
        limit: u64,
    },
    /// The answer is not what the protocol asks for.
    #[error("the answer {0}")]
    Malformed(&'static str),
    /// The file that was to be sent could not be read to its end.
    #[error("the file could not be read: {0}")]
    File(String),
    /// The client can't be set up as configured.
    #[error("{0}")]
    Setup(String),
    /// The program is shutting down.
    #[error("the program is shutting down")]
    Stopping,
}

/// A JSON-RPC error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpcError {
    /// Its code.
    pub(super) code: i64,
    /// What the server says; may name addresses.
    pub(super) message: String,
}

/// The JSON-RPC codes that are known.
///
/// The three of the server are those of WeCom's category servers; elsewhere they have
/// other meanings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RpcCode {
    /// -32001: the service is not available.
    Unavailable,
    /// -32002: the configuration changed.
    ConfigurationChanged,
    /// -32003: authentication failed.
    AuthenticationFailed,
    /// -32601: no such method, of the protocol or of the category.
    MethodNotFound,
    /// -32602: wrong parameters, or no such tool.
    InvalidParams,
    /// Any other.
    Other,
}

impl RpcError {
    /// What its code means.
    pub(super) fn code(&self) -> RpcCode {
        match self.code {
            -32001 => RpcCode::Unavailable,
            -32002 => RpcCode::ConfigurationChanged,
            -32003 => RpcCode::AuthenticationFailed,
            -32601 => RpcCode::MethodNotFound,
            -32602 => RpcCode::InvalidParams,
            _ => RpcCode::Other,
        }
    }
}

/// A failure, and which request it met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What failed.
    pub(super) failure: Failure,
    /// While doing what.
    pub(super) stage: Stage,
}

/// Which request a failure met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Opening a session: nothing that was asked for has left.
    Handshake,
    /// The request itself.
    Request {
        /// Whether it carried a session id.
        had_session: bool,
    },
}

impl Failure {
    /// Whether the request may have taken effect, provided that it was sent at all.
    pub(super) fn may_have_run(&self) -> bool {
        match self {
            Self::Broken(_) | Self::TimedOut | Self::TooLarge { .. } | Self::Malformed(_) => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Rpc(error) => error.code() == RpcCode::Unavailable || error.code == -32603,
            Self::Unreachable(_) | Self::File(_) | Self::Setup(_) | Self::Stopping => false,
        }
    }
}

impl From<Lost> for Trouble {
    fn from(_: Lost) -> Self {
        Self {
            failure: Failure::Stopping,
            stage: Stage::Handshake,
        }
    }
}
