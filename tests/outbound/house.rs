//! A planner with a bot that is connected to the simulator.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::channel::outbound::doors::{
    AppDoor, AppReceiver, BotLine, BotLines, DoorError, Limits, MediaAnswer, MediaDoor, MediaItem,
    NotSent, Receipt, SocketDoor, Tag,
};
use wecom::channel::outbound::{DeliveryReport, Planner, SendRequest};
use wecom::clock::SystemClock;
use wecom::config::{Account, BotSocket, Config, LiveConfig, SocketTiming, TlsFiles};
use wecom::ids::{AccountId, BotId, Chat};
use wecom::secret::Secret;
use wecom::sim::{
    DEMO_BOT, DEMO_SECRET, FaultRequest, RecordedFrame, Seed, Sim, SimChat, SimOptions,
};
use wecom::store::SqliteStore;
use wecom::wecom::bot::{BotClient, BotSettings};

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(30);

/// A member whose direct chat is open.
pub(crate) const MEMBER: &str = "LiNa";
/// A group that the bot is in.
pub(crate) const GROUP: &str = "wrDEMOLunch02";

pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) planner: Planner,
    tracker: TaskTracker,
    client: BotClient,
}

impl House {
    pub(crate) async fn new() -> Self {
        let seed = Seed::demo();
        let sim = Sim::start(SimOptions {
            seed,
            ..SimOptions::default()
        })
        .await
        .unwrap();
        sim.open_chat(&SimChat::direct(DEMO_BOT, MEMBER)).unwrap();
        sim.open_chat(&SimChat::group(DEMO_BOT, GROUP)).unwrap();
        let home = std::path::Path::new("/nowhere");
        let mut config = Config::unconfigured(home);
        let mut account = Account::unconfigured(config.default_account.clone(), home);
        let socket = BotSocket {
            bot_id: DEMO_BOT.into(),
            secret: Secret::new(DEMO_SECRET),
            url: sim.bot_url().parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: None,
            reclaim: None,
        };
        account.bot_socket = Some(socket.clone());
        let tracker = TaskTracker::new();
        let settings = BotSettings::load(account.id.clone(), &socket).unwrap();
        let (client, mut pushes) = BotClient::start(
            settings,
            SystemClock::shared(),
            &tracker,
            CancellationToken::new(),
        );
        wecom::task::spawn(&tracker, "pushes", async move {
            while pushes.recv().await.is_some() {}
        });
        sim.wait_subscribed(&bot(), DEADLINE).await.unwrap();
        let line = BotLine {
            client: client.clone(),
            budgets: Arc::default(),
            media: Arc::new(NoMedia),
        };
        config.accounts.insert(account.id.clone(), account);
        let planner = Planner::new(
            LiveConfig::new(config),
            Arc::new(SqliteStore::in_memory().unwrap()),
            Arc::new(SocketDoor::new(Arc::new(OneLine(line)))),
            Arc::new(NoApp),
        );
        Self {
            sim,
            planner,
            tracker,
            client,
        }
    }

    pub(crate) async fn send(&self, target: &str, text: &str) -> DeliveryReport {
        self.planner.send(&request(target, text)).await.unwrap()
    }

    pub(crate) fn fault(&self, request: &FaultRequest) {
        self.sim.faults(DEMO_BOT).apply(request).unwrap();
    }

    /// Frames that would put a message into a chat.
    pub(crate) fn sends(&self) -> Vec<RecordedFrame> {
        let frames = self.sim.frames(&bot()).into_iter();
        frames
            .filter(|frame| frame.cmd == "aibot_send_msg")
            .collect()
    }

    /// What the bot said in a chat.
    pub(crate) fn said(&self, chat: &SimChat) -> Vec<String> {
        let entries = self.sim.transcript(chat);
        let ours = entries.iter().filter(|entry| entry.is_from_bot());
        ours.map(|entry| entry.text().to_owned()).collect()
    }

    /// Ends everything; the simulator saw nothing that breaks its rules.
    pub(crate) async fn close(self) {
        assert!(
            self.sim.violations().is_empty(),
            "{:?}",
            self.sim.violations()
        );
        self.client.close().await;
        self.tracker.close();
        self.tracker.wait().await;
        self.sim.stop().await;
    }
}

pub(crate) fn request(target: &str, text: &str) -> SendRequest {
    SendRequest {
        target: target.to_owned(),
        text: Some(text.to_owned()),
        ..SendRequest::default()
    }
}

pub(crate) fn bot() -> BotId {
    DEMO_BOT.into()
}

#[derive(Debug)]
struct OneLine(BotLine);

impl BotLines for OneLine {
    fn line(&self, _: &AccountId) -> Option<BotLine> {
        Some(self.0.clone())
    }
}

#[derive(Debug)]
struct NoMedia;

#[async_trait]
impl MediaDoor for NoMedia {
    async fn send(&self, _: &Chat, item: &MediaItem, _: Limits) -> MediaAnswer {
        panic!("nothing here has media: {item:?}")
    }
}

/// An agent app that can't be reached.
#[derive(Debug)]
struct NoApp;

fn unreachable_app() -> DoorError {
    DoorError::NotSent {
        reason: NotSent::Unreachable,
        message: "no app here".to_owned(),
    }
}

#[async_trait]
impl AppDoor for NoApp {
    async fn send(
        &self,
        _: &Account,
        _: &AppReceiver,
        _: &str,
        _: Limits,
    ) -> Result<Receipt, DoorError> {
        Err(unreachable_app())
    }

    async fn send_media(
        &self,
        _: &Account,
        _: &AppReceiver,
        item: &MediaItem,
        _: Limits,
    ) -> MediaAnswer {
        MediaAnswer {
            name: item.name(),
            note: None,
            result: Err(unreachable_app().into()),
        }
    }

    async fn tags(&self, _: &Account) -> Result<Vec<Tag>, DoorError> {
        Err(unreachable_app())
    }
}
