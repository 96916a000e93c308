//! What a request passes before the protocol sees it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use rmcp::ServerHandler;
use rmcp::transport::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::SessionId;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

use super::limits::Limits;
use super::refusal::Refusal;
use super::sessions::Sessions;
use super::{body, cors, origin};
use crate::config::{Config, LiveConfig, McpAuth};
use crate::mcp::credentials::{Credential, Credentials};

const SESSION_ID: &str = "mcp-session-id";

/// A header by which another program of WeCom's names the member. Here the token does.
const CLAIMED_MEMBER: &str = "x-openclaw-wecom-userid";

/// The endpoint and everything it keeps between requests.
pub(super) struct Endpoint<H> {
    pub(super) config: LiveConfig,
    pub(super) credentials: Arc<Credentials>,
    pub(super) bind: IpAddr,
    pub(super) limits: Limits,
    pub(super) sessions: Sessions,
    pub(super) protocol: StreamableHttpService<H, LocalSessionManager>,
}

/// Serves `/mcp`.
pub(super) async fn serve<H: ServerHandler>(
    State(endpoint): State<Arc<Endpoint<H>>>,
    request: Request,
) -> Response {
    let config = endpoint.config.get();
    let listed = origin::listed(request.headers(), &config).map(str::to_owned);
    let mut response = endpoint
        .admit(request, &config)
        .await
        .unwrap_or_else(IntoResponse::into_response);
    if let Some(origin) = listed {
        cors::allow(&origin, response.headers_mut());
    }
    response
}

impl<H: ServerHandler> Endpoint<H> {
    async fn admit(&self, request: Request, config: &Config) -> Result<Response, Refusal> {
        self.check_way_in(request.headers(), config)?;
        let is_listed = origin::listed(request.headers(), config).is_some();
        if request.method() == Method::OPTIONS && is_listed {
            return Ok(cors::preflight());
        }
        let credential = self.authenticate(request.headers(), config)?;
        let in_flight = self.limits.enter(&credential).map_err(Refusal::TooMany)?;
        let (mut parts, body) = request.into_parts();
        let body = if parts.method == Method::POST {
            let message = body::read(body).await.map_err(Refusal::Body)?;
            if message.is_tool_call {
                self.limits.call(&credential).map_err(Refusal::TooMany)?;
            }
            Body::from(message.bytes)
        } else {
            Body::empty()
        };
        self.warn_of_claims(&parts.headers, &credential);
        let session = session_id(&parts.headers);
        let open = match &session {
            Some(id) => Some(
                self.sessions
                    .resume(id, credential.owner())
                    .ok_or(Refusal::UnknownSession)?,
            ),
            None => None,
        };
        // Nothing behind this needs the token, and what is not there can't be logged.
        parts.headers.remove(header::AUTHORIZATION);
        let ends_session = parts.method == Method::DELETE;
        parts.extensions.insert(credential.clone());
        let mut response = self.protocol.handle(Request::from_parts(parts, body)).await;
        match session {
            Some(id) if ends_session && response.status().is_success() => {
                self.sessions.forget(&id);
                // Some clients take 202, "later perhaps", for a failure.
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            Some(_) => {}
            None => {
                if let Some(id) = session_id(response.headers()) {
                    self.sessions.bind(id, credential.owner().clone()).await;
                }
            }
        }
        Ok(held(response.map(Body::new), (in_flight, open)))
    }

    /// Is the endpoint served here, to this `Host` and `Origin`?
    pub(super) fn check_way_in(&self, headers: &HeaderMap, config: &Config) -> Result<(), Refusal> {
        if !self.bind.is_loopback() && !config.mcp_server.public {
            return Err(Refusal::NotServed);
        }
        origin::check(headers, self.bind, config).map_err(Refusal::Foreign)
    }

    /// Whose token is it? Without authentication, which is for loopback only, anybody's.
    pub(super) fn authenticate(
        &self,
        headers: &HeaderMap,
        config: &Config,
    ) -> Result<Arc<Credential>, Refusal> {
        match bearer(headers) {
            Some(token) => self.credentials.find(token).ok_or(Refusal::Unauthorized),
            None if headers.contains_key(header::AUTHORIZATION) => Err(Refusal::Unauthorized),
            None if config.mcp_server.auth == McpAuth::None
                && self.bind.is_loopback()
                && !config.mcp_server.public =>
            {
                Ok(self.credentials.anonymous())
            }
            None => Err(Refusal::Unauthorized),
        }
    }

    fn warn_of_claims(&self, headers: &HeaderMap, credential: &Credential) {
        if headers.contains_key(CLAIMED_MEMBER) && self.limits.warns_first(credential) {
            tracing::warn!(
                source = ?credential.identity().source(),
                "the header {CLAIMED_MEMBER} is ignored: the token says for whom calls act"
            );
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer")).then_some(token)
}

fn session_id(headers: &HeaderMap) -> Option<SessionId> {
    let id = headers.get(SESSION_ID)?.to_str().ok()?;
    Some(id.to_owned().into())
}

/// Keeps `guard` until the last byte of the response is sent, or nobody wants it any more.
fn held<G: Send + 'static>(response: Response, guard: G) -> Response {
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |piece| {
            let _held = &guard;
            piece
        }))
    })
}
