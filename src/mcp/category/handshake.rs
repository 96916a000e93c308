//! Opening a session.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use serde::Deserialize;
use serde_json::json;

use super::address::Address;
use super::exchange::{Bounds, Heading, Line};
use super::failure::{Failure, Stage, Trouble};
use super::jsonrpc::Request;
use super::outgoing::Outgoing;

/// Revisions that ask for a header with their name on every request. They are dates, so
/// that their order is that of their texts.
const FIRST_WITH_HEADER: &str = "2025-06-18";

/// A session with a server, or the knowledge that the server keeps none.
pub(super) struct Session {
    line: Line,
    /// The address it was opened at.
    pub(super) address: Arc<Address>,
    /// The member it was opened for.
    requester: Option<HeaderValue>,
    version: Option<HeaderValue>,
    is_stateful: bool,
    /// The newest id; `None` where the server keeps no session.
    id: Mutex<Option<String>>,
}

impl Session {
    /// Whether the server keeps a session.
    pub(super) fn is_stateful(&self) -> bool {
        self.is_stateful
    }

    /// What a request in this session starts with.
    pub(super) fn heading(&self, requester: Option<HeaderValue>) -> Heading {
        Heading {
            address: self.address.clone(),
            requester,
            session: self.id(),
            version: self.version.clone(),
        }
    }

    /// Tells the server that the session is over, if it keeps one; best effort.
    pub(super) async fn close(&self) {
        if self.is_stateful {
            self.line.close(&self.heading(self.requester.clone())).await;
        }
    }

    /// The id to be sent.
    pub(super) fn id(&self) -> Option<String> {
        self.id
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes over an id that came with a response. Where no session was opened none is
    /// taken: all members share that knowledge, and an id might belong to one.
    pub(super) fn renamed(&self, id: Option<String>) {
        if let Some(id) = id.filter(|_| self.is_stateful) {
            *self.id.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_stateful {
            "stateful"
        } else {
            "stateless"
        };
        write!(f, "Session({kind}, {})", self.address)
    }
}

/// Opens a session at `address`.
pub(super) async fn open(
    line: &Line,
    address: Arc<Address>,
    requester: Option<HeaderValue>,
    offered_version: &str,
    id: &str,
    bounds: Bounds,
) -> Result<Arc<Session>, Trouble> {
    let at_handshake = |failure| Trouble {
        failure,
        stage: Stage::Handshake,
    };
    let params = json!({
        "protocolVersion": offered_version,
        "capabilities": {},
        "clientInfo": { "name": "wecom_mcp", "version": "1.0.0" },
    });
    let text = Request::text(id, "initialize", Some(params))
        .map_err(|error| at_handshake(Failure::Setup(error.to_string())))?;
    let mut heading = Heading {
        address,
        requester,
        session: None,
        version: None,
    };
    let left = AtomicBool::new(false);
    let reply = line
        .ask(&heading, id, &Outgoing::Text(text.into()), bounds, &left)
        .await
        .map_err(at_handshake)?;
    // An empty result is as good as any.
    let welcome: Welcome = serde_json::from_str(reply.message.result()).unwrap_or_default();
    tracing::debug!(
        server = welcome.server_info.name.as_deref(),
        server.version = welcome.server_info.version.as_deref(),
        protocol = welcome.protocol_version.as_deref(),
        stateful = reply.session.is_some(),
        address = %heading.address,
        "shook hands"
    );
    heading.version = welcome.header();
    heading.session = reply.session;
    let is_stateful = heading.session.is_some();
    if is_stateful {
        line.confirm(&heading, bounds).await.map_err(at_handshake)?;
    }
    Ok(Arc::new(Session {
        line: line.clone(),
        address: heading.address,
        requester: heading.requester,
        version: heading.version,
        is_stateful,
        id: Mutex::new(heading.session),
    }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Welcome {
    protocol_version: Option<String>,
    server_info: ServerInfo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerInfo {
    name: Option<String>,
    version: Option<String>,
}

impl Welcome {
    /// The header that the negotiated revision asks for. What is not a date is not one.
    fn header(&self) -> Option<HeaderValue> {
        let version = self.protocol_version.as_deref()?;
        let is_date = version.len() == FIRST_WITH_HEADER.len()
            && version
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !is_date || version < FIRST_WITH_HEADER {
            return None;
        }
        HeaderValue::try_from(version).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_sent_from_the_revision_on_that_asks_for_it() {
        for (version, sent) in [
            (None, false),
            (Some("2024-11-05"), false),
            (Some("2025-03-26"), false),
            (Some("2025-06-18"), true),
            (Some("2025-11-25"), true),
            (Some("latest"), false),
            (Some("2025-06-18\r\n"), false),
        ] {
            let welcome = Welcome {
                protocol_version: version.map(str::to_owned),
                ..Welcome::default()
            };
            assert_eq!(welcome.header().is_some(), sent, "{version:?}");
        }
    }
}
