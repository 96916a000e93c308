//! Introducing ourselves.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::Socket;
use super::error::GatewayError;
use super::frame::{Frame, Request};
use crate::secret::Secret;

/// How long the gateway may take for each of its two frames. A gateway that starts is up
/// before it answers, and lets a client wait for 15 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Versions of the protocol that are known here: 2026.3 speaks 3, later ones 4.
const PROTOCOLS: (u32, u32) = (3, 4);

/// What a connection was told at its beginning.
#[derive(Debug, Clone)]
pub(super) struct Hello {
    /// Version of the gateway, for the log.
    pub(super) version: String,
    /// Something comes at least so often, or the connection is dead.
    pub(super) tick: Duration,
    /// Bytes of the largest frame that it takes.
    pub(super) max_payload: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HelloOk {
    server: Server,
    features: Features,
    policy: Policy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Server {
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Features {
    methods: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Policy {
    max_payload: usize,
    tick_interval_ms: u64,
}

impl Default for Policy {
    /// As gateways of 2026 say.
    fn default() -> Self {
        Self {
            max_payload: 25 * 1024 * 1024,
            tick_interval_ms: 30_000,
        }
    }
}

/// Says who we are, and reads what the gateway makes of it.
///
/// # Errors
/// [`GatewayError`]
pub(super) async fn greet(socket: &mut Socket, token: &Secret) -> Result<Hello, GatewayError> {
    let challenged = async {
        loop {
            if let Frame::Event { event, .. } = socket.next_frame().await?
                && event == "connect.challenge"
            {
                return Ok(());
            }
        }
    };
    in_time(challenged).await?;
    let params = introduction(token);
    socket
        .send(Request::new("connect", "connect", &params).to_text())
        .await?;
    let admitted = async {
        loop {
            match socket.next_frame().await? {
                Frame::Response {
                    id,
                    ok: true,
                    payload,
                    ..
                } if id == "connect" => return hello(payload),
                Frame::Response { id, error, .. } if id == "connect" => {
                    return Err(error.at_the_door());
                }
                _ => {}
            }
        }
    };
    in_time(admitted).await
}

async fn in_time<T>(
    waiting: impl Future<Output = Result<T, GatewayError>>,
) -> Result<T, GatewayError> {
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or(Err(GatewayError::Silent(PATIENCE)))
}

/// A program on the gateway's own machine with its shared token. Unknown fields would refuse
/// the connection, and scopes that are not asked for are not given.
fn introduction(token: &Secret) -> Value {
    json!({
        "minProtocol": PROTOCOLS.0,
        "maxProtocol": PROTOCOLS.1,
        "client": {
            "id": "gateway-client",
            "version": env!("CARGO_PKG_VERSION"),
            "platform": std::env::consts::OS,
            "mode": "backend",
            "displayName": "wecom",
        },
        "role": "operator",
        "scopes": ["operator.read", "operator.write"],
        "caps": [],
        "auth": { "token": token.reveal() },
    })
}

fn hello(payload: Value) -> Result<Hello, GatewayError> {
    let hello: HelloOk = serde_json::from_value(payload)
        .map_err(|error| GatewayError::Protocol(error.to_string()))?;
    if !hello
        .features
        .methods
        .iter()
        .any(|method| method == "agent")
    {
        return Err(GatewayError::NotAdmitted {
            code: "METHOD_MISSING".to_owned(),
            message: "this gateway has no method `agent`".to_owned(),
        });
    }
    Ok(Hello {
        version: hello.server.version,
        tick: Duration::from_millis(hello.policy.tick_interval_ms.max(1_000)),
        max_payload: hello.policy.max_payload,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_of_an_owner_are_never_asked_for() {
        let introduction = introduction(&Secret::new("t".to_owned()));
        assert_eq!(
            introduction["scopes"],
            json!(["operator.read", "operator.write"])
        );
    }
}
