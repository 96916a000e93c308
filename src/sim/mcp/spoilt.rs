//! Answers that faults give in the place of the true ones.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Answer, set};
use super::dispatch::business;
use super::fault::McpFaultKind;
use super::journal::McpOutcome;
use super::rpc::{self, Message, RpcError};
use super::switches::McpSwitches;
use crate::sim::company::Refused;

impl McpFaultKind {
    /// Whether it takes the answer's place.
    pub(super) fn replaces(&self) -> bool {
        !matches!(
            self,
            Self::Delay(_)
                | Self::Drip { .. }
                | Self::Truncate
                | Self::CutBody
                | Self::LoseSession
                | Self::StaleAddress
        )
    }
}

/// The answer of a fault; `None` is a connection that is cut.
pub(super) fn replace(
    switches: &McpSwitches,
    fault: &McpFaultKind,
    message: &Message,
    outcome: &mut McpOutcome,
) -> Option<Response> {
    let (status, result) = match fault {
        McpFaultKind::Http {
            status,
            retry_after,
            body,
        } => {
            let mut response = body.clone().into_response();
            *response.status_mut() = http_status(*status);
            if let Some(seconds) = retry_after {
                let headers = response.headers_mut();
                set(headers, header::RETRY_AFTER, &seconds.to_string());
            }
            return Some(response);
        }
        McpFaultKind::Drop => return None,
        McpFaultKind::NoBody(status) => return Some(http_status(*status).into_response()),
        McpFaultKind::Rpc {
            code,
            message,
            status,
        } => {
            let error = RpcError::new(*code, message.as_str());
            (http_status(*status), Err(error))
        }
        kind => (StatusCode::OK, Ok(fake(kind, message))),
    };
    outcome.note(&result);
    let answer = rpc::answer(message.id.as_ref(), &result);
    let answer = Answer {
        status,
        message: &answer,
        session: None,
    };
    Some(answer.write(switches, None))
}

/// A result that no company gave.
fn fake(kind: &McpFaultKind, message: &Message) -> Value {
    match kind {
        McpFaultKind::Business {
            errcode,
            errmsg,
            help_message,
        } => business(Err(Refused {
            help_message: help_message.clone(),
            ..Refused::new(*errcode, errmsg.as_str())
        })),
        McpFaultKind::Text(text) => rpc::text_result(text, false),
        McpFaultKind::Huge(bytes) => {
            let padding = json!("x".repeat((*bytes).min(BIG_MAX)));
            business(Ok([("padding".to_owned(), padding)].into_iter().collect()))
        }
        McpFaultKind::BigMedia(bytes) => {
            let data = vec![0_u8; (*bytes).min(BIG_MAX)];
            let arguments = message.tool().map(|(_, arguments)| arguments);
            let id = arguments.and_then(|mut arguments| arguments.remove("media_id"));
            let item = json!({
                "media_id": id.unwrap_or_default(),
                "name": "big.bin",
                "type": "file",
                "base64_data": STANDARD.encode(data),
            });
            business(Ok([("media_item".to_owned(), item)].into_iter().collect()))
        }
        _ => json!({ "content": [], "isError": false }),
    }
}

fn http_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Bytes of a made-up answer, at most: beyond every limit that a client may have.
const BIG_MAX: usize = 256 * 1_024 * 1_024;
