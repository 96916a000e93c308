//! What the daemon does for OpenClaw: where its plugin dials, and what is done with what it
//! asks for.

mod accounts;
mod out;
mod pairing;
mod tools;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::agent::openclaw::link::{
    AccountReport, Link, LinkHost, Listener, Out, OutAnswer, ToolCall,
};
use crate::agent::{AgentTools, ToolAnswer, ToolSpec};
use crate::channel::outbound::Planner;
use crate::channel::pairing::Pairings;
use crate::channel::{Runtime, Surroundings};
use crate::config::LiveConfig;
use crate::task;
use accounts::Accounts;
use out::OutDesk;
use pairing::HostedPairing;
use tools::ToolDesk;

/// What it is made of.
pub(super) struct OpenClawParts<'a> {
    pub(super) link: Link,
    pub(super) runtime: Arc<Runtime>,
    pub(super) planner: Arc<Planner>,
    pub(super) tools: Arc<dyn AgentTools>,
    pub(super) surroundings: &'a Surroundings,
    /// Where the HTTP server listens.
    pub(super) address: SocketAddr,
}

/// The daemon as a gateway sees it.
#[derive(Debug)]
struct Host {
    accounts: Arc<Accounts>,
    out: OutDesk,
    tools: ToolDesk,
    pairings: Arc<Pairings>,
    config: LiveConfig,
    address: SocketAddr,
}

/// Lets gateways dial until `stop` is cancelled. Where they can't, the log says why and
/// everything else goes on.
pub(super) async fn start(
    parts: OpenClawParts<'_>,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) {
    let OpenClawParts {
        link,
        runtime,
        planner,
        tools,
        surroundings,
        address,
    } = parts;
    let Surroundings {
        config,
        store,
        clock,
        ..
    } = surroundings.clone();
    let accounts = Arc::new(Accounts::new(config.clone()));
    let pairings = runtime.pairings().clone();
    pairings.hosted_by(Arc::new(HostedPairing::new(link.clone(), config.clone())));
    let watching = accounts.clone().watch(runtime, stop.clone());
    task::spawn(tracker, "openclaw accounts", watching);
    let host: Arc<dyn LinkHost> = Arc::new(Host {
        accounts,
        out: OutDesk::new(planner, store, config.clone(), clock.clone()),
        tools: ToolDesk::new(tools, link.clone(), config.clone()),
        pairings,
        config: config.clone(),
        address,
    });
    let now = config.get();
    let mut listeners = vec![Listener::socket(&now.home)];
    if let Some(port) = &now.openclaw.listen {
        listeners.push(Listener::port(port.address, port.token.clone()).await);
    }
    for listener in listeners {
        match listener {
            Ok(listener) => {
                if let Some(address) = listener.address() {
                    tracing::info!(%address, "OpenClaw's plugin can dial");
                }
                let serving = listener.serve(
                    link.clone(),
                    host.clone(),
                    clock.clone(),
                    tracker.clone(),
                    stop.clone(),
                );
                task::spawn(tracker, "openclaw listener", serving);
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "OpenClaw's plugin can't dial here"
            ),
        }
    }
}

#[async_trait]
impl LinkHost for Host {
    fn http(&self) -> Option<String> {
        let ip = match self.address.ip() {
            ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        Some(format!(
            "http://{}",
            SocketAddr::new(ip, self.address.port())
        ))
    }

    fn account(&self, account: &str) -> AccountReport {
        self.accounts.report(account)
    }

    async fn out(&self, out: Out) -> OutAnswer {
        self.out.send(out).await
    }

    async fn tool(&self, call: ToolCall) -> ToolAnswer {
        self.tools.call(call).await
    }

    fn tools(&self) -> Vec<ToolSpec> {
        vec![ToolDesk::spec()]
    }

    async fn allowed(&self, account: &str, users: Vec<String>) {
        pairing::allowed(&self.pairings, &self.config.get(), account, &users).await;
    }

    async fn approved(&self, account: &str, user: &str) {
        pairing::approved(&self.pairings, &self.config.get(), account, user).await;
    }
}
