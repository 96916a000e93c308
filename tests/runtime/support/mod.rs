//! The whole runtime on real sockets against the simulator, as users run it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "the benches include it too, and each uses its part"
)]

pub mod agents;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wecom::agent::Agent;
use wecom::channel::{AccountState, AccountStatus, Backends, Runtime, Surroundings};
use wecom::clock::SystemClock;
use wecom::config::{Config, Environment, Location, load_text};
use wecom::ids::BotId;
use wecom::sim::{
    Entry, EntryKind, FaultRequest, Injected, Injection, Seed, Sim, SimChat, SimOptions,
};
use wecom::store::{SqliteStore, Store};

/// How long a thing that takes milliseconds may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const BOT: &str = "aibTEST01";
pub const SECRET: &str = "canary-secret-5e1f";
pub const USER: &str = "zhangsan";
pub const OTHER: &str = "lisi";
pub const GROUP: &str = "wrTESTGroup01";

/// A runtime with one account `default`, and the WeCom that it talks to.
pub struct House {
    pub sim: Sim,
    pub runtime: Runtime,
    pub store: Arc<dyn Store>,
    pub config: Config,
    pub home: Arc<tempfile::TempDir>,
}

/// What differs from house to house.
#[derive(Default)]
pub struct Plan {
    /// Keys of `channels.wecom` beside the credentials.
    pub channel: Value,
    /// Changes that the file does not allow, such as very short times.
    pub adjust: Option<fn(&mut Config)>,
    /// What answers; `None` is the configured echo.
    pub agent: Option<Arc<dyn Agent>>,
    /// Options of the simulator.
    pub sim: SimOptions,
}

impl Plan {
    pub fn channel(channel: Value) -> Self {
        Self {
            channel,
            ..Self::default()
        }
    }

    pub fn agent(agent: impl Agent + 'static) -> Self {
        Self {
            agent: Some(Arc::new(agent)),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn adjust(mut self, adjust: fn(&mut Config)) -> Self {
        self.adjust = Some(adjust);
        self
    }
}

/// Shows the log of a failed test; `WECOM_LOG` says how much of it.
fn log() {
    let filter = std::env::var("WECOM_LOG").unwrap_or_else(|_| "wecom=info".to_owned());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer()
        .try_init()
        .ok();
}

/// A simulator with two users, one group and the bot.
pub async fn simulator(options: SimOptions) -> Sim {
    log();
    let sim = Sim::start(SimOptions {
        seed: Seed::empty(),
        ..options
    })
    .await
    .unwrap();
    sim.add_bot(BOT, SECRET, "Helper").unwrap();
    sim.add_user(USER, "张三").unwrap();
    sim.add_user(OTHER, "李四").unwrap();
    sim.add_group(GROUP, "项目组", &[USER.into(), OTHER.into()], &[BOT.into()])
        .unwrap();
    sim
}

/// The runtime of a configuration on a state.
pub async fn start(config: &Config, store: Arc<dyn Store>, backends: Backends) -> Runtime {
    let surroundings = Surroundings::new(config, store, SystemClock::shared());
    Runtime::start(surroundings, backends).await.unwrap()
}

/// An environment that knows nothing of the machine's.
pub fn environment() -> Environment {
    Environment::from_variables(Vec::<(String, String)>::new())
}

/// The configuration of `text`, as if it stood in `home`.
pub fn configuration(home: &tempfile::TempDir, settings: &Value) -> Config {
    let location = Location {
        home: home.path().to_owned(),
        path: home.path().join("wecom.json"),
        read_only: true,
    };
    let loaded = load_text(&settings.to_string(), &location, &environment());
    loaded
        .unwrap_or_else(|error| panic!("{error}: {:?}", error.issues()))
        .config
}

/// The settings of one account at `url`, with more keys of `channels.wecom`.
pub fn settings(url: &str, more: &Value) -> Value {
    let mut channel = json!({
        "enabled": true,
        "dmPolicy": "open",
        "botId": BOT,
        "secret": SECRET,
        "websocketUrl": url,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        channel[key] = value.clone();
    }
    json!({ "channels": { "wecom": channel } })
}

impl House {
    /// Builds it and waits until the bot is subscribed.
    pub async fn open(plan: Plan) -> Self {
        let sim = simulator(plan.sim).await;
        let home = Arc::new(tempfile::tempdir().unwrap());
        let mut config = configuration(&home, &settings(&sim.bot_url(), &plan.channel));
        if let Some(adjust) = plan.adjust {
            adjust(&mut config);
        }
        let store = open_store(&home.path().join("state.db"));
        let backends = plan.agent.map_or(Backends::Configured, Backends::Only);
        let runtime = start(&config, store.clone(), backends).await;
        let house = Self {
            sim,
            runtime,
            store,
            config,
            home,
        };
        house.subscribed().await;
        house
    }

    /// With an agent that the test plays.
    pub async fn played() -> (Self, agents::Turns) {
        let (agent, turns) = agents::played();
        (Self::open(Plan::agent(agent)).await, turns)
    }

    /// Makes something go wrong for the bot.
    pub fn fault(&self, fault: &FaultRequest) {
        self.sim.faults(BOT).apply(fault).unwrap();
    }

    /// The first message (not a stream) that the bot sends into a chat.
    pub async fn message(&self, chat: &SimChat) -> Entry {
        let message = |entry: &Entry| entry.kind == EntryKind::Markdown;
        self.sim.wait_for(chat, PATIENCE, message).await.unwrap()
    }

    /// The same house with a new runtime on the same state, as after a restart.
    pub async fn reopen(self, agent: Option<Arc<dyn Agent>>) -> Self {
        let Self {
            sim,
            runtime,
            store,
            config,
            home,
        } = self;
        runtime
            .shutdown(Duration::ZERO, &CancellationToken::new())
            .await;
        drop((runtime, store));
        let store = open_store(&home.path().join("state.db"));
        let backends = agent.map_or(Backends::Configured, Backends::Only);
        let runtime = start(&config, store.clone(), backends).await;
        Self {
            sim,
            runtime,
            store,
            config,
            home,
        }
    }

    pub async fn subscribed(&self) {
        self.sim
            .wait_subscribed(&BotId::from(BOT), PATIENCE)
            .await
            .unwrap();
        let wanted = |status: &AccountStatus| status.state == AccountState::Connected;
        self.status_where("connected", wanted).await;
    }

    /// Lets a user write in the direct chat.
    pub fn say(&self, text: &str) -> Injected {
        self.sim.inject(Injection::text(BOT, USER, text)).unwrap()
    }

    /// Lets a user write in the group.
    pub fn say_in_group(&self, user: &str, text: &str) -> Injected {
        let mut injection = Injection::text(BOT, user, text);
        injection.group = Some(GROUP.into());
        self.sim.inject(injection).unwrap()
    }

    /// The finished stream that answers a message.
    pub async fn answer(&self, chat: &SimChat, to: &Injected) -> Entry {
        let answers = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.finished
                && entry.req_id.as_ref() == Some(&to.req_id)
        };
        self.sim.wait_for(chat, PATIENCE, answers).await.unwrap()
    }

    /// The bot's entries of a chat.
    pub fn bot_entries(&self, chat: &SimChat) -> Vec<Entry> {
        let mut entries = self.sim.transcript(chat);
        entries.retain(|entry| entry.from.id == BOT);
        entries
    }

    pub async fn status(&self) -> AccountStatus {
        self.runtime.status().await.remove(0)
    }

    /// Waits for a status of the account.
    pub async fn status_where(
        &self,
        what: &str,
        wanted: impl Fn(&AccountStatus) -> bool,
    ) -> AccountStatus {
        eventually(what, || async {
            let status = self.status().await;
            wanted(&status).then_some(status)
        })
        .await
    }

    /// Waits until nothing is open in the inbox.
    pub async fn settled(&self) {
        eventually("an inbox without open messages", || async {
            let open = self.store.open_messages(&"default".into()).await.unwrap();
            open.is_empty().then_some(())
        })
        .await;
    }

    /// Ends the house: nothing is left open, and the client broke no rule.
    pub async fn close(self) {
        self.settled().await;
        let left = self
            .runtime
            .shutdown(PATIENCE, &CancellationToken::new())
            .await;
        assert_eq!(left, 0, "nothing is left to the next start");
        assert_eq!(self.sim.violations(), [], "the client follows the protocol");
        self.sim.stop().await;
    }
}

pub fn open_store(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path).unwrap())
}

pub fn direct() -> SimChat {
    SimChat::direct(BOT, USER)
}

pub fn group() -> SimChat {
    SimChat::group(BOT, GROUP)
}

/// Asks again and again until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not come about"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
