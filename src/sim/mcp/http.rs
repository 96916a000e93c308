//! The HTTP side of the category servers: who is let in, and what goes wrong.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, cut, set};
use super::dispatch::{Caller, Done, business, dispatch};
use super::fault::{McpFault, McpFaultKind};
use super::journal::{McpCall, McpKey, McpOutcome};
use super::rpc::{self, Message, RpcError};
use super::sessions::Session;
use super::switches::{McpAnswers, McpSwitches, StaleKey};
use crate::ids::BotId;
use crate::sim::company::Refused;
use crate::sim::shared::Shared;

/// One request to a category server.
pub(in crate::sim) async fn serve(
    State(shared): State<Arc<Shared>>,
    Path(server): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(category) = server.strip_prefix("robot-") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let key = query.get("apikey").map_or("", String::as_str);
    let parsed = Message::parse(&body);
    let message = parsed.as_ref().cloned().unwrap_or_default();
    let exchange = Exchange::begin(
        &shared,
        category,
        key,
        (&method, &headers),
        &message,
        body.len(),
    );
    let mut outcome = McpOutcome::default();
    let response = match &exchange.bot {
        None => Some(StatusCode::UNAUTHORIZED.into_response()),
        Some(bot) if method == Method::POST => match parsed {
            Ok(_) => {
                exchange
                    .post(&shared, bot, key, &headers, &message, &mut outcome)
                    .await
            }
            Err(error) => {
                outcome.rpc_error = Some(error.code);
                Some(plain_error(StatusCode::BAD_REQUEST, None, error))
            }
        },
        Some(bot) if method == Method::DELETE => Some(exchange.delete(&shared, bot)),
        Some(_) => Some(StatusCode::METHOD_NOT_ALLOWED.into_response()),
    };
    outcome.status = response.as_ref().map(|response| response.status().as_u16());
    shared.world().gateway.end(exchange.seq, outcome);
    response.unwrap_or_else(cut)
}

/// A request on its way.
struct Exchange {
    seq: u64,
    bot: Option<BotId>,
    category: String,
    session: Option<String>,
    /// The member that the request names.
    named: Option<String>,
    member: Option<String>,
}

impl Exchange {
    /// Notes the request.
    fn begin(
        shared: &Shared,
        category: &str,
        key: &str,
        (method, headers): (&Method, &HeaderMap),
        message: &Message,
        bytes: usize,
    ) -> Self {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned)
        };
        let at = shared.now();
        let mut world = shared.world();
        let (bot, key) = world.gateway.check_key(key, category);
        // One that is no text names nobody, not the owner.
        let named = headers
            .get(MEMBER)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let owner = bot.as_ref().and_then(|bot| world.owner(bot));
        let member = named
            .clone()
            .or_else(|| owner.map(|owner| owner.to_string()));
        let session = text(SESSION);
        let mut all: Vec<String> = headers.keys().map(ToString::to_string).collect();
        all.sort();
        let tool = message.tool();
        let arguments = match &tool {
            Some((_, arguments)) => arguments.clone(),
            None => message.params.clone(),
        };
        let call = McpCall {
            seq: 0,
            at,
            bot: bot.clone(),
            category: category.to_owned(),
            key,
            http: method.to_string(),
            rpc: message.method.clone().unwrap_or_default(),
            id: message.id.clone(),
            method: tool.map(|(name, _)| name.to_owned()),
            arguments: Value::Object(arguments),
            member: member.clone(),
            is_named: named.is_some(),
            headers: all,
            user_agent: text(header::USER_AGENT.as_str()),
            session: session.clone(),
            outcome: None,
        };
        Self {
            seq: world.gateway.begin(call, bytes),
            bot,
            category: category.to_owned(),
            session,
            named,
            member,
        }
    }

    /// Closes the session.
    fn delete(&self, shared: &Shared, bot: &BotId) -> Response {
        let mut world = shared.world();
        let status = match &self.session {
            _ if !world.gateway.switches(bot, &self.category).stateful => {
                StatusCode::METHOD_NOT_ALLOWED
            }
            Some(id) if world.gateway.session(id, bot, &self.category).is_some() => {
                world.gateway.close_session(id);
                StatusCode::OK
            }
            _ => StatusCode::NOT_FOUND,
        };
        status.into_response()
    }

    /// Serves a message; `None` is a connection that is cut.
    async fn post(
        &self,
        shared: &Shared,
        bot: &BotId,
        key: &str,
        headers: &HeaderMap,
        message: &Message,
        outcome: &mut McpOutcome,
    ) -> Option<Response> {
        let rpc_method = message.method.as_deref().unwrap_or_default();
        let tool = message.tool().map(|(name, _)| name.to_owned());
        let due = {
            let mut world = shared.world();
            let gateway = &mut world.gateway;
            gateway.due(bot, &self.category, rpc_method, tool.as_deref())
        };
        if due.delay_ms > 0 {
            outcome.faulted = true;
            tokio::time::sleep(Duration::from_millis(due.delay_ms)).await;
        }
        let fault = due.fault;
        outcome.faulted |= fault.is_some();
        if let Some(fault) = &fault {
            self.spoil(shared, bot, &fault.fault);
        }
        // A fault may have made the key stale, so it is looked at here.
        let caller = {
            let world = shared.world();
            Caller {
                bot: bot.clone(),
                category: self.category.clone(),
                member: self.member.clone(),
                key: world.gateway.check_key(key, &self.category).1,
                switches: world.gateway.switches(bot, &self.category),
            }
        };
        let refusal = self
            .let_in(shared, &caller, headers, message, fault.as_ref())
            .err();
        if let Some((status, error)) = refusal {
            let Some(error) = error else {
                return Some(status.into_response());
            };
            outcome.rpc_error = Some(error.code);
            return Some(plain_error(status, message.id.as_ref(), error));
        }
        let replaced = fault.as_ref().filter(|fault| fault.fault.replaces());
        let done = if replaced.is_none_or(|fault| fault.applied) && message.id.is_some() {
            let done = dispatch(shared, &caller, message);
            outcome.applied = done.applied;
            Some(done)
        } else {
            None
        };
        if let Some(fault) = replaced {
            return replace(&caller.switches, &fault.fault, message, outcome);
        }
        // A notification, or an answer to a request that was never sent.
        let Some(Done { result, .. }) = done else {
            return Some(StatusCode::ACCEPTED.into_response());
        };
        let session = (rpc_method == "initialize" && caller.switches.stateful).then(|| {
            let session = Session {
                bot: bot.clone(),
                category: self.category.clone(),
                member: self.named.clone(),
            };
            shared.world().gateway.open_session(session)
        });
        outcome.note(&result);
        let answer = rpc::answer(message.id.as_ref(), &result);
        let answer = Answer {
            status: StatusCode::OK,
            message: &answer,
            session: session.as_deref(),
        };
        let shape = fault.as_ref().map(|fault| &fault.fault);
        Some(answer.write(&caller.switches, shape))
    }

    /// Faults that happen to what the request rests on.
    fn spoil(&self, shared: &Shared, bot: &BotId, fault: &McpFaultKind) {
        let mut world = shared.world();
        match fault {
            McpFaultKind::StaleAddress => world.gateway.renew(bot, &self.category),
            McpFaultKind::LoseSession => {
                if let Some(id) = &self.session {
                    world.gateway.close_session(id);
                }
            }
            _ => {}
        }
    }

    /// Key, headers and session.
    fn let_in(
        &self,
        shared: &Shared,
        caller: &Caller,
        headers: &HeaderMap,
        message: &Message,
        fault: Option<&McpFault>,
    ) -> Result<(), (StatusCode, Option<RpcError>)> {
        if caller.key == McpKey::Stale
            && let StaleKey::Http(status) = caller.switches.stale_key
        {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNAUTHORIZED);
            return Err((status, None));
        }
        accepts(headers, caller.switches.answers)?;
        let invalid = |status, text: &str| {
            let error = RpcError::new(rpc::INVALID_REQUEST, text);
            Err((status, Some(error)))
        };
        let lost = "Session not found";
        if fault.is_some_and(|fault| fault.fault == McpFaultKind::LoseSession) {
            return invalid(StatusCode::NOT_FOUND, lost);
        }
        if !caller.switches.stateful || message.method.as_deref() == Some("initialize") {
            return Ok(());
        }
        let Some(id) = &self.session else {
            return invalid(StatusCode::BAD_REQUEST, "Mcp-Session-Id header is required");
        };
        let world = shared.world();
        let session = world.gateway.session(id, &caller.bot, &caller.category);
        let is_good = session.is_some_and(|session| {
            !caller.switches.member_sessions || session.member == self.named
        });
        if is_good {
            Ok(())
        } else {
            invalid(StatusCode::NOT_FOUND, lost)
        }
    }
}

impl McpFaultKind {
    /// Whether it takes the answer's place.
    fn replaces(&self) -> bool {
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

impl McpOutcome {
    /// Notes what an answer says.
    fn note(&mut self, result: &Result<Value, RpcError>) {
        match result {
            Err(error) => self.rpc_error = Some(error.code),
            Ok(result) => {
                self.is_error = result.get("isError") == Some(&json!(true));
                let text = result.pointer("/content/0/text").and_then(Value::as_str);
                let business = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
                self.errcode = business.and_then(|answer| answer.get("errcode")?.as_i64());
            }
        }
    }
}

/// The answer of a fault; `None` is a connection that is cut.
fn replace(
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
            use base64::Engine;
            let data = vec![0_u8; (*bytes).min(BIG_MAX)];
            let arguments = message.tool().map(|(_, arguments)| arguments);
            let id = arguments.and_then(|mut arguments| arguments.remove("media_id"));
            let item = json!({
                "media_id": id.unwrap_or_default(),
                "name": "big.bin",
                "type": "file",
                "base64_data": base64::engine::general_purpose::STANDARD.encode(data),
            });
            business(Ok([("media_item".to_owned(), item)].into_iter().collect()))
        }
        _ => json!({ "content": [], "isError": false }),
    }
}

/// Whether a client takes what this server sends.
fn accepts(headers: &HeaderMap, answers: McpAnswers) -> Result<(), (StatusCode, Option<RpcError>)> {
    let accepted: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let accepted = accepted.join(",").to_ascii_lowercase();
    let takes = |kind: &str| accepted.contains(kind) || accepted.contains("*/*");
    if takes("application/json") && (answers == McpAnswers::Json || takes("text/event-stream")) {
        return Ok(());
    }
    let text = "Not Acceptable: Client must accept both application/json and text/event-stream";
    let error = RpcError::new(rpc::INVALID_REQUEST, text);
    Err((StatusCode::NOT_ACCEPTABLE, Some(error)))
}

/// A JSON-RPC error with an HTTP status.
fn plain_error(status: StatusCode, id: Option<&Value>, error: RpcError) -> Response {
    let answer = rpc::answer(id, &Err(error));
    Answer {
        status,
        message: &answer,
        session: None,
    }
    .write(&McpSwitches::default(), None)
}

fn http_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Names the member that a request acts for; set by the client's runtime.
const MEMBER: &str = "x-openclaw-wecom-userid";
/// Names the session.
pub(super) const SESSION: &str = "mcp-session-id";
/// Bytes of a made-up answer, at most: beyond every limit that a client may have.
const BIG_MAX: usize = 256 * 1_024 * 1_024;
