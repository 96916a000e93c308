//! The simulator, and a bot connected to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::clock::{Clock, SystemClock};
use wecom::config::{BotSocket, SocketTiming, TlsFiles};
use wecom::ids::{ChatId, ChatKind, ReqId, UserId};
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Injection, Seed, Sim, SimChat, SimOptions};
use wecom::wecom::bot::{
    BotClient, BotSettings, CardEvent, Command, ConnectionState, Envelope, Event, MessageBody,
    Push, PushFrame,
};

/// Longer than anything here takes on a busy machine; only a failure waits for it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const GROUP: &str = "wrDEMOProject01";

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    bot: BotClient,
    pushes: mpsc::Receiver<PushFrame>,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let seed = Seed::demo();
        let options = SimOptions {
            seed,
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await.unwrap();
        // A bot may only write where somebody wrote to it.
        for chat in [
            SimChat::direct(DEMO_BOT, "zhangwei"),
            SimChat::direct(DEMO_BOT, "LiNa"),
            SimChat::group(DEMO_BOT, GROUP),
        ] {
            sim.open_chat(&chat).unwrap();
        }
        let socket = BotSocket {
            bot_id: DEMO_BOT.into(),
            secret: DEMO_SECRET.into(),
            url: sim.bot_url().parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: None,
            reclaim: None,
        };
        let (bot, pushes) = BotClient::start(
            BotSettings::load("default".into(), &socket).unwrap(),
            SystemClock::shared(),
            &TaskTracker::new(),
            CancellationToken::new(),
        );
        let mut state = bot.state();
        let live = timeout(DEADLINE, state.wait_for(ConnectionState::is_live)).await;
        live.expect("live in time").unwrap();
        Self { sim, bot, pushes }
    }

    /// Sends a card of the bot's own accord; panics unless it is taken.
    pub(crate) async fn send(&self, chat: &str, kind: ChatKind, card: Value) {
        let described = card.to_string();
        let command = Command::Send {
            chat: ChatId::new(chat),
            kind: Some(kind),
            body: MessageBody::TemplateCard(card),
        };
        let sent = self.bot.send(command).await;
        sent.unwrap_or_else(|error| panic!("{error}: {described}"));
    }

    /// A member clicks in the group; returns what the bot is told.
    pub(crate) async fn click(&mut self, user: &str, detail: Value) -> (Envelope, CardEvent) {
        let event = Injection::event(DEMO_BOT, user, "template_card_event");
        let event = event.in_group(GROUP).with_detail(detail);
        self.sim.inject(event).unwrap();
        let push = timeout(DEADLINE, self.pushes.recv()).await;
        match push.expect("a push in time").unwrap().push {
            Push::Event(event) => match event.event {
                Event::TemplateCard(card) => (event.envelope, card),
                other => panic!("{other:?}"),
            },
            Push::Message(message) => panic!("{message:?}"),
        }
    }

    /// Answers a click; panics unless the answer is taken.
    pub(crate) async fn update(&self, req_id: ReqId, user: &UserId, card: Value) {
        let described = card.to_string();
        let command = Command::UpdateCard {
            req_id,
            users: vec![user.clone()],
            card,
        };
        let sent = self.bot.send(command).await;
        sent.unwrap_or_else(|error| panic!("{error}: {described}"));
    }

    /// The group's last card and the copies that members have of it.
    pub(crate) fn shown(&self) -> (Value, Map<String, Value>) {
        let transcript = self.sim.transcript(&SimChat::group(DEMO_BOT, GROUP));
        let last = transcript.into_iter().rev().find(|it| it.card.is_some());
        let entry = last.expect("a card in the group");
        (entry.card.unwrap(), entry.card_copies)
    }
}

/// The answers of the corpus, by name.
pub(crate) fn answers() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards/answers");
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read_to_string(file.path()).unwrap())
        })
        .collect()
}

pub(crate) fn now_ms() -> i64 {
    SystemClock.now_ms()
}
