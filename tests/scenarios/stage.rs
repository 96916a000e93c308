//! The company, the tool before it, and the record of a story.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wecom::catalogue;
use wecom::channel::{Backends, Runtime, Surroundings};
use wecom::clock::{ManualClock, SharedClock};
use wecom::config::{Environment, LiveConfig, Location, load_text};
use wecom::daemon::Toolbox;
use wecom::files::MediaStore;
use wecom::ids::{BotId, UserId};
use wecom::mcp::category::Servers;
use wecom::mcp::credentials::{Credentials, SessionCredentials};
use wecom::mcp::tool::{CallContext, Tools};
use wecom::sim::{McpFault, McpFaultKind, Seed, SeedBot, SeedGroup, SeedUser, Sim, SimOptions};
use wecom::skills::Skills;
use wecom::store::{SqliteStore, Store};

/// Who speaks in every story: 张伟.
pub(crate) const SPEAKER: &str = "zhangwei";
/// The group that the stories know; the case of its letters matters.
pub(crate) const GROUP: &str = "wrQ7k2Zx0aBcD";
/// Company time at the beginning, a Tuesday: 2026-09-01 10:00:00 (UTC+8).
const NOW_MS: i64 = 1_788_228_000_000;
/// Longer than anything takes on a busy machine; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(20);
const BOT: &str = "aibSTORY01";
/// A question to the person in a story's order of calls.
const QUESTION: &str = "!";

/// One conversation's surroundings.
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    /// A folder that the speaker's client may name files in.
    pub(crate) workspace: PathBuf,
    tools: Tools,
    servers: Servers,
    credentials: Credentials,
    runtime: Runtime,
    skills: Vec<&'static str>,
    /// Requests that were made while the story was prepared.
    prepared: Mutex<Option<usize>>,
    /// How many calls were made before each question.
    questions: Mutex<Vec<usize>>,
    _folders: [tempfile::TempDir; 2],
}

impl Stage {
    /// The company on the first of September at ten, nothing done yet. `skills` are those
    /// that the agent follows.
    pub(crate) async fn open(skills: &[&'static str]) -> Self {
        let clock: SharedClock = ManualClock::at(NOW_MS);
        let sim = Sim::start(SimOptions {
            seed: company(),
            clock: clock.clone(),
            ..SimOptions::default()
        })
        .await
        .unwrap();
        let home = tempfile::tempdir().unwrap();
        let folder = folder();
        let workspace = folder.path().to_owned();
        let config = configuration(home.path(), &workspace, &sim);
        let state = SqliteStore::open(&home.path().join("state.db")).unwrap();
        let state: Arc<dyn Store> = Arc::new(state);
        let surroundings = Surroundings {
            config: config.clone(),
            media: MediaStore::new(config.clone(), clock.clone()),
            store: state.clone(),
            clock: clock.clone(),
            user_home: None,
        };
        let started = Runtime::start(surroundings.clone(), Backends::Configured);
        let runtime = started.await.unwrap();
        let bot = BotId::from(BOT);
        sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
        let Toolbox { tools, servers, .. } = Toolbox::new(surroundings, runtime.bots());
        let sessions = SessionCredentials::new();
        let credentials = Credentials::load(config, state, clock, sessions).await;
        Self {
            tools,
            servers,
            credentials: credentials.unwrap(),
            runtime,
            sim,
            workspace,
            skills: skills.to_vec(),
            prepared: Mutex::default(),
            questions: Mutex::default(),
            _folders: [home, folder],
        }
    }

    /// What a member did before the story begins; returns the answer's data.
    pub(crate) async fn given(&self, who: &str, method: &str, args: Value) -> Value {
        let begun = self.prepared.lock().unwrap().is_some();
        assert!(!begun, "{method} is no part of the story");
        data(method, self.run(who, method, args).await)
    }

    /// A step of the story: a call for the speaker that succeeds; returns its data.
    pub(crate) async fn call(&self, method: &str, args: Value) -> Value {
        data(method, self.step(method, args).await)
    }

    /// A step of the story: a call that fails; returns its error.
    pub(crate) async fn refused(&self, method: &str, args: Value) -> Value {
        let reply = self.step(method, args).await;
        assert_eq!(reply["ok"], false, "{method}: {reply}");
        reply["error"].clone()
    }

    /// A step of the story: the agent asks, and the person says yes.
    pub(crate) fn ask(&self) {
        let made = self.requests().len();
        self.begin();
        self.questions.lock().unwrap().push(made);
    }

    /// A look at the state after the story, as a member sees it.
    pub(crate) async fn look(&self, who: &str, method: &str, args: Value) -> Value {
        data(method, self.run(who, method, args).await)
    }

    /// Lets something go wrong with the next call of a method.
    pub(crate) fn fault(&self, method: &str, applied: bool, fault: McpFaultKind) {
        let name = method.rsplit('.').next().unwrap();
        let mut standing = McpFault::new(fault).on(name).times(0);
        standing.applied = applied;
        self.sim.mcp(BOT).fault(standing).unwrap();
    }

    /// Settings of the simulated servers.
    pub(crate) fn mcp(&self) -> wecom::sim::McpHandle {
        self.sim.mcp(BOT)
    }

    /// Ends the story: these calls reached the servers, in this order, `!` being a
    /// question.
    #[track_caller]
    pub(crate) fn told(&self, order: &[&str]) {
        let story = self.order();
        assert_eq!(story, order);
        let asked_at = story.iter().position(|name| name == QUESTION);
        for (index, name) in story.iter().enumerate() {
            let Some((category, method)) = name.split_once('.') else {
                continue;
            };
            let method = catalogue::method(category, method).unwrap();
            let asked = asked_at.is_some_and(|at| at < index);
            if asked_at.is_some() && !asked {
                assert!(
                    method.annotations.read_only_hint,
                    "{name} before the question"
                );
            }
            if method.confirm == "always" {
                assert!(asked, "{name} without a question");
            }
            self.teach(&method.name);
        }
    }

    /// The calls and questions of the story so far.
    pub(crate) fn order(&self) -> Vec<String> {
        self.begin();
        let mut made = self.requests();
        for (index, at) in self.questions.lock().unwrap().iter().enumerate() {
            made.insert(at + index, QUESTION.to_owned());
        }
        let begin = self.prepared.lock().unwrap().unwrap_or_default();
        made.split_off(begin)
    }

    /// Asserts that one of the story's skills has these words.
    #[track_caller]
    pub(crate) fn teach(&self, words: &str) {
        assert!(
            self.skills
                .iter()
                .any(|name| skill_text(name).contains(words)),
            "none of {:?} says {words:?}",
            self.skills
        );
    }

    /// Ends everything; the client broke no rule.
    pub(crate) async fn close(self) {
        self.servers.shutdown().await;
        let hard = CancellationToken::new();
        self.runtime.shutdown(PATIENCE, &hard).await;
        assert_eq!(self.sim.violations(), []);
        self.sim.stop().await;
    }

    fn begin(&self) {
        let made = self.requests().len();
        self.prepared.lock().unwrap().get_or_insert(made);
    }

    async fn step(&self, method: &str, args: Value) -> Value {
        self.begin();
        self.run(SPEAKER, method, args).await
    }

    /// Runs the tool for a member, whose client has a token of the member's name.
    async fn run(&self, who: &str, method: &str, args: Value) -> Value {
        let (category, name) = method.split_once('.').unwrap();
        let credential = self.credentials.find(&token(who)).unwrap();
        let mut context = CallContext::new(credential.identity().clone());
        context.delivery = credential.delivery();
        context.files = credential.files().clone();
        context.scope = credential.scope().clone();
        let arguments = json!({
            "action": "call", "category": category, "method": name, "args": args,
        });
        let Value::Object(arguments) = arguments else {
            return Value::Null;
        };
        Value::Object(self.tools.run(arguments, context).await.structured)
    }

    /// Names of the methods that were called at the servers so far, uploads left out: an
    /// agent does not make them.
    fn requests(&self) -> Vec<String> {
        let calls = self.sim.mcp_calls();
        let named = calls.iter().filter_map(|call| {
            let method = call.method.as_ref()?;
            Some(format!("{}.{method}", call.category))
        });
        named.filter(|name| !name.contains(".upload_")).collect()
    }

    /// Arguments of the last request of a method, as the server got them.
    pub(crate) fn sent(&self, method: &str) -> Value {
        let name = method.rsplit('.').next().unwrap();
        let calls = self.sim.mcp_calls();
        let last = calls
            .iter()
            .rev()
            .find(|call| call.method.as_deref() == Some(name));
        last.unwrap_or_else(|| panic!("no {method} was sent"))
            .arguments
            .clone()
    }
}

/// A folder of its own that is not hidden: hidden ones are never read from.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("story-").tempdir().unwrap()
}

/// All texts of a skill.
pub(crate) fn skill_text(name: &str) -> String {
    let skills = Skills::built_in();
    let skill = skills.get(name).unwrap();
    skill
        .files()
        .iter()
        .filter_map(|file| file.text())
        .collect()
}

#[track_caller]
fn data(method: &str, mut reply: Value) -> Value {
    assert_eq!(reply["ok"], true, "{method}: {reply}");
    reply["data"].take()
}

fn token(who: &str) -> String {
    format!("token-of-{who}")
}

/// Two of the members have one name.
const MEMBERS: [(&str, &str, &str); 6] = [
    (SPEAKER, "张伟", "David"),
    ("lin.yue", "林越", "Lynn"),
    ("gao.ming", "高铭", ""),
    ("xu.an", "许安", "Ann"),
    ("wangfang", "王芳", "Fang"),
    ("wang.fang2", "王芳", "Fiona"),
];

fn company() -> Seed {
    Seed {
        bots: vec![SeedBot {
            id: BOT.into(),
            secret: "story-secret".into(),
            name: "小助手".to_owned(),
            webhook: None,
        }],
        users: MEMBERS
            .iter()
            .map(|(id, name, alias)| SeedUser {
                id: (*id).into(),
                name: (*name).to_owned(),
                alias: (*alias).to_owned(),
            })
            .collect(),
        groups: vec![SeedGroup {
            id: GROUP.into(),
            name: "发布小组".to_owned(),
            members: [SPEAKER, "lin.yue", "gao.ming"].map(UserId::from).to_vec(),
            bots: vec![BOT.into()],
        }],
        apps: Vec::new(),
    }
}

fn configuration(home: &Path, workspace: &Path, sim: &Sim) -> LiveConfig {
    let client = |(id, _, _): &(&str, &str, &str)| {
        json!({
            "id": format!("client-{id}"), "token": token(id), "account": "default",
            "user": id, "fileRoots": [workspace], "delivery": "path",
        })
    };
    let clients: Vec<Value> = MEMBERS.iter().map(client).collect();
    let settings = json!({ "channels": { "wecom": {
        "botId": BOT, "secret": "story-secret", "websocketUrl": sim.bot_url(),
        "mcp": { "clients": clients },
    } } });
    let location = Location {
        home: home.to_owned(),
        path: home.join("wecom.json"),
        read_only: true,
    };
    let environment = Environment::from_variables::<&str, &str>([]);
    let loaded = load_text(&settings.to_string(), &location, &environment);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}: {:?}", error.issues()));
    LiveConfig::new(loaded.config)
}
