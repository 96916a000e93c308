//! Why a call of the API failed, and what is certain about it.

use std::net::IpAddr;

use super::body::Unsendable;
use super::code::{ApiCode, CodeClass};
use super::recipients::RecipientsError;
use crate::secret::Secret;

/// Of WeCom's text so many characters are kept.
const MAX_MESSAGE: usize = 200;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It breaks a rule of WeCom's that is known here; nothing was sent.
    #[error(transparent)]
    Unsendable(#[from] Unsendable),
    /// The receivers make no sense; nothing was sent.
    #[error(transparent)]
    Recipients(#[from] RecipientsError),
    /// Nothing reached WeCom.
    #[error("{host} cannot be reached: {cause}; `wecom doctor` looks at the network and the proxy")]
    Unreachable {
        /// Host of the API.
        host: String,
        /// What the network said.
        cause: String,
    },
    /// The time for the call was over before anything was sent.
    #[error("the time for the call was over before it could be made")]
    OutOfTime,
    /// It was sent, and no answer came.
    #[error("it was sent, and WeCom did not answer: {cause}")]
    NoAnswer {
        /// What the network said.
        cause: String,
    },
    /// An HTTP status other than 200, which the API does not use.
    #[error("HTTP {status} instead of an answer of the API: is it a proxy's page?")]
    Http {
        /// The status.
        status: u16,
    },
    /// HTTP 200 with something else than an answer of the API.
    #[error("an answer that is not the API's: is it a proxy's page?")]
    NotAnAnswer,
    /// WeCom answered with an error.
    #[error(transparent)]
    Refused(ApiRefusal),
    /// A file to be fetched has more bytes than may be.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// Bytes it may have.
        limit: u64,
    },
    /// A file to be sent could not be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
}

/// An answer with an error number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("WeCom answers {code} to {call}: {message}{}", self.hint())]
pub struct ApiRefusal {
    /// `errcode`.
    pub code: ApiCode,
    /// `errmsg`, at most 200 characters on one line, without our secrets.
    pub message: String,
    /// The call, such as `message/send`.
    pub call: &'static str,
}

impl ApiError {
    /// Whether the call may have taken effect although it failed.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::NotAnAnswer => true,
            // What stands before the API did not pass it on.
            Self::Http { status } => *status >= 500 && !is_transient(*status),
            _ => false,
        }
    }

    /// WeCom's number, if it answered with one.
    pub fn code(&self) -> Option<ApiCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// What the operator can do about it, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        self.code()?.advice()
    }

    pub(super) fn class(&self) -> Option<CodeClass> {
        self.code().map(ApiCode::class)
    }
}

impl ApiRefusal {
    /// An answer of the `call`. `hidden` is what may not be shown, should it be in the text.
    pub(super) fn new(
        code: i64,
        message: &str,
        call: &'static str,
        hidden: &[Option<&Secret>],
    ) -> Self {
        let mut message = message.replace(char::is_control, " ");
        for secret in hidden.iter().flatten() {
            if !secret.reveal().is_empty() {
                message = message.replace(secret.reveal(), "***");
            }
        }
        Self {
            code: ApiCode::new(code),
            message: message.trim().chars().take(MAX_MESSAGE).collect(),
            call,
        }
    }

    /// The address that WeCom saw the call come from, which 60020 names.
    pub fn seen_address(&self) -> Option<IpAddr> {
        let (_, rest) = self.message.split_once("from ip:")?;
        let word = rest.trim_start().split([',', ' ', ';']).next()?;
        word.parse().ok()
    }

    fn hint(&self) -> String {
        let Some(advice) = self.code.advice() else {
            return String::new();
        };
        match self.seen_address().filter(|_| self.code.number() == 60_020) {
            Some(address) => format!(" ({advice}; the address is {address})"),
            None => format!(" ({advice})"),
        }
    }
}

/// Whether a status means that the API never saw the request.
pub(super) fn is_transient(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_is_not_trusted_is_told() {
        let text = "not allow to access from your ip, hint: [1700000000131478], from ip: \
                    203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=60020";
        let refusal = ApiRefusal::new(60_020, text, "message/send", &[]);
        assert_eq!(refusal.seen_address(), "203.0.113.7".parse().ok());
        let told = ApiError::Refused(refusal).to_string();
        assert!(told.contains("the address is 203.0.113.7)"), "{told}");
        assert!(told.contains("network.egressProxyUrl"), "{told}");
        assert!(told.starts_with("WeCom answers 60020 to message/send: not allow"));
    }

    #[test]
    fn a_text_that_repeats_a_secret_is_masked_and_short() {
        let secret = Secret::new("S3CRET");
        let text = format!("bad S3CRET\r\n{}", "x".repeat(500));
        let refusal = ApiRefusal::new(40_001, &text, "gettoken", &[Some(&secret), None]);
        assert!(refusal.message.starts_with("bad ***  xxx"));
        assert_eq!(refusal.message.chars().count(), MAX_MESSAGE);
    }

    #[test]
    fn what_is_certain_is_said() {
        let cause = || "reset".to_owned();
        let host = || "h".to_owned();
        for (error, may) in [
            (ApiError::NoAnswer { cause: cause() }, true),
            (ApiError::NotAnAnswer, true),
            (ApiError::Http { status: 500 }, true),
            (ApiError::Http { status: 502 }, false),
            (ApiError::Http { status: 503 }, false),
            (ApiError::Http { status: 429 }, false),
            (ApiError::Http { status: 404 }, false),
            (ApiError::OutOfTime, false),
            (
                ApiError::Unreachable {
                    host: host(),
                    cause: cause(),
                },
                false,
            ),
            (
                ApiError::Refused(ApiRefusal::new(-1, "busy", "message/send", &[])),
                false,
            ),
        ] {
            assert_eq!(error.may_have_arrived(), may, "{error}");
        }
    }
}
