//! A daemon whose agent is OpenClaw, and the company around it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wecom::clock::SystemClock;
use wecom::config::{Location, load_text};
use wecom::daemon::{Daemon, DaemonOptions};
use wecom::ids::ReqId;
use wecom::sim::{Entry, EntryKind, Injected, Injection, Said, SeedApp, Sim, SimOptions};

use crate::plugin::Plugin;
use crate::support::{BOT, PATIENCE, SECRET, USER, direct, environment, simulator};

const CORP: &str = "ww_openclaw";
const AGENT: u64 = 1_000_002;
const CORP_SECRET: &str = "canary-corp-secret-11aa";

/// The company, and perhaps a daemon.
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) home: tempfile::TempDir,
    daemon: Option<Daemon>,
    settings: Value,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Value)) -> Self {
        let mut house = Self::empty(change).await;
        house.start().await;
        house
    }

    /// The company alone; the settings are in the file that a daemon reads.
    pub(crate) async fn empty(change: impl FnOnce(&mut Value)) -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let sim = simulator(SimOptions::default()).await;
        let apps = sim.apps();
        apps.add(SeedApp::new(CORP, AGENT, CORP_SECRET)).unwrap();
        apps.set_party(1, "研发部", &[USER.into()]);
        // A folder whose name begins with a dot is never read from.
        let home = tempfile::Builder::new().prefix("claw-").tempdir().unwrap();
        let mut settings = json!({
            "channels": { "wecom": {
                "enabled": true, "dmPolicy": "open",
                "botId": BOT, "secret": SECRET, "websocketUrl": sim.bot_url(),
                "agent": { "corpId": CORP, "corpSecret": CORP_SECRET, "agentId": AGENT },
                "network": { "apiBaseUrl": sim.api_url() },
            } },
            "agents": { "defaults": { "backend": { "type": "openclaw", "waitMs": 300 } } },
            "gateway": { "port": 0, "reload": { "mode": "off" } },
        });
        change(&mut settings);
        std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
        Self {
            sim,
            home,
            daemon: None,
            settings,
        }
    }

    async fn start(&mut self) {
        let location = Location {
            home: self.home.path().to_owned(),
            path: self.home.path().join("wecom.json"),
            read_only: true,
        };
        let environment = environment();
        let loaded = load_text(&self.settings.to_string(), &location, &environment);
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}: {:?}", error.issues()));
        let daemon = Daemon::start(DaemonOptions {
            location,
            environment,
            loaded,
            clock: SystemClock::shared(),
        });
        self.daemon = Some(daemon.await.unwrap());
        self.sim
            .wait_subscribed(&BOT.into(), PATIENCE)
            .await
            .unwrap();
    }

    /// Ends the daemon and starts it on the same state.
    pub(crate) async fn restart(&mut self) {
        self.end().await;
        self.start().await;
    }

    async fn end(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            let hurry = CancellationToken::new();
            let ending = daemon.shutdown(Duration::ZERO, &hurry);
            tokio::time::timeout(PATIENCE, ending).await.unwrap();
        }
    }

    pub(crate) async fn close(mut self) {
        self.end().await;
        assert!(!self.socket().exists(), "the socket goes with the daemon");
        assert_eq!(self.sim.violations(), [], "the client follows the protocol");
        self.sim.stop().await;
    }

    /// Messages that were turned away.
    pub(crate) async fn refused(&self) -> u64 {
        let daemon = self.daemon.as_ref().unwrap();
        let statuses = daemon.runtime().status().await;
        statuses.iter().map(|status| status.refused).sum()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("run/openclaw.sock")
    }

    /// A plugin that dialled and was let in, and knows no turns.
    pub(crate) async fn plugin(&self) -> Plugin {
        self.plugin_knowing(&json!([])).await
    }

    /// The same, for one that knows these turns.
    pub(crate) async fn plugin_knowing(&self, turns: &Value) -> Plugin {
        let mut plugin = Plugin::dial(&self.socket()).await;
        plugin.hello().await;
        plugin.knows(turns).await;
        plugin
    }

    pub(crate) fn say(&self, text: &str) -> Injected {
        self.sim.inject(Injection::text(BOT, USER, text)).unwrap()
    }

    /// The stream that answers, once it is as `wanted`.
    pub(crate) async fn stream(&self, to: &impl Asked, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let is_it = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.req_id.as_ref() == Some(to.req_id())
                && wanted(entry)
        };
        self.sim.wait_for(&direct(), PATIENCE, is_it).await.unwrap()
    }

    pub(crate) async fn answer(&self, to: &impl Asked) -> Entry {
        self.stream(to, |entry| entry.finished).await
    }
}

/// A message of a member, however it was made.
pub(crate) trait Asked {
    fn req_id(&self) -> &ReqId;
}

impl Asked for Injected {
    fn req_id(&self) -> &ReqId {
        &self.req_id
    }
}

impl Asked for Said {
    fn req_id(&self) -> &ReqId {
        &self.req_id
    }
}
