//! The back end for OpenClaw, and the link's port.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::draft::non_empty;
use crate::config::account::normalise_agent_id;
use crate::config::effective::{
    AgentBackend, Echo, LinkPort, OpenClawBackend, OpenClawGateway, OpenClawLink, OpenClawMode,
    OpenClawPlugin,
};
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::sections::{BackendKeys, OpenClawKeys};
use crate::config::schema::value::Supplied;
use crate::secret::Secret;

const WAIT_MS: u64 = 10_000;

/// Characters of a token for a port that everybody on the machine can dial.
const MIN_TOKEN: usize = 16;

/// The effective settings. `here` is where they stand.
pub(super) fn openclaw(
    keys: &BackendKeys,
    here: &Place,
    findings: &mut Vec<Finding>,
) -> AgentBackend {
    let agent = non_empty(keys.agent.as_ref()).map(|agent| normalise_agent_id(&agent));
    let wait = Duration::from_millis(keys.wait_ms.unwrap_or(WAIT_MS));
    match keys.mode {
        OpenClawMode::Plugin => {
            AgentBackend::OpenClaw(OpenClawBackend::Plugin(OpenClawPlugin { agent, wait }))
        }
        OpenClawMode::Gateway => {
            let (url, token) = (url(keys, here, findings), token(keys, here, findings));
            match (url, token) {
                (Some(url), Some(token)) => {
                    AgentBackend::OpenClaw(OpenClawBackend::Gateway(OpenClawGateway {
                        url,
                        token,
                        agent,
                        wait,
                    }))
                }
                // The findings stop the configuration: nothing answers by this.
                _ => AgentBackend::Echo(Echo::default()),
            }
        }
    }
}

fn url(keys: &BackendKeys, here: &Place, findings: &mut Vec<Finding>) -> Option<Url> {
    let here = here.key("url");
    let url = non_empty(keys.url.as_ref()).and_then(|url| Url::parse(&url).ok());
    let url = url.filter(|url| matches!(url.scheme(), "ws" | "wss") && url.has_host());
    if url.is_none() {
        findings.push(Finding::error(
            "openclaw_url",
            here.clone(),
            "a gateway of OpenClaw without its WebSocket's address",
            format!("set `{here}`, such as \"ws://127.0.0.1:18789\""),
        ));
    }
    url
}

fn token(keys: &BackendKeys, here: &Place, findings: &mut Vec<Finding>) -> Option<Secret> {
    let token = keys.token.as_ref().and_then(Supplied::text);
    // A reference that did not resolve was reported.
    if token.is_none() && !keys.token.as_ref().is_some_and(Supplied::is_present) {
        let here = here.key("token");
        findings.push(Finding::error(
            "openclaw_token",
            here.clone(),
            "a gateway of OpenClaw without its token",
            format!("set `{here}` to the gateway's `gateway.auth.token`"),
        ));
    }
    token.map(Secret::new)
}

/// The effective link.
pub(crate) fn openclaw_link(keys: &OpenClawKeys, findings: &mut Vec<Finding>) -> OpenClawLink {
    let place = Place::of("openclaw");
    let Some(listen) = non_empty(keys.listen.as_ref()) else {
        return OpenClawLink::default();
    };
    let address = listen.parse().ok();
    let address = address.filter(|address: &SocketAddr| address.ip().is_loopback());
    if address.is_none() {
        let here = place.key("listen");
        findings.push(Finding::error(
            "openclaw_listen",
            here.clone(),
            "`listen` is not an address of this machine with a port",
            format!("set `{here}` to one such as \"127.0.0.1:19790\""),
        ));
    }
    let token = keys.token.as_ref().and_then(Supplied::text);
    let token = token.filter(|token| token.len() >= MIN_TOKEN);
    if token.is_none() {
        let here = place.key("token");
        findings.push(Finding::error(
            "openclaw_link_token",
            here.clone(),
            format!(
                "a port for OpenClaw's plugin needs a token of {MIN_TOKEN} characters or more: \
                 everybody on this machine can dial it"
            ),
            format!("set `{here}`, and the same as `token` of the plugin's configuration"),
        ));
    }
    let listen = match (address, token) {
        (Some(address), Some(token)) => Some(LinkPort {
            address,
            token: Secret::new(token),
        }),
        _ => None,
    };
    OpenClawLink { listen }
}
