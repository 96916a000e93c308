use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::channel::outbound::doors::{
    AppReceiver, DoorError, Limits, MediaAnswer, MediaItem, MediaProblem, NotSent, Receipt,
    RefusalClass, Tag,
};
use crate::channel::outbound::report::{Door, Invalid, Status};
use crate::channel::outbound::request::{Origin, RequestVia};
use crate::config::{Account, AgentApp, BotSocket, Config, SocketTiming, TlsFiles};
use crate::ids::Chat;
use crate::ids::ChatKind::{Direct, Group};
use crate::secret::Secret;
use crate::store::{NewMessage, RouteVia, SqliteStore, Store};

type Answer = Result<Receipt, DoorError>;

/// A door that answers as told, in order, and then takes everything.
#[derive(Debug, Default)]
struct Fake {
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<String>>,
    media: Mutex<VecDeque<Result<Receipt, MediaProblem>>>,
    tags: Vec<Tag>,
    checked: Mutex<Vec<bool>>,
}

impl Fake {
    fn telling(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Self::default()
        }
    }

    fn answer(&self, call: String) -> Answer {
        let mut calls = self.calls.lock().unwrap();
        calls.push(call);
        let id = format!("id{}", calls.len());
        let taken = Receipt {
            message_id: Some(id),
            ..Receipt::default()
        };
        self.answers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Ok(taken))
    }

    fn media_answer(&self, to: &str, item: &MediaItem) -> MediaAnswer {
        let name = item.name();
        self.calls
            .lock()
            .unwrap()
            .push(format!("{to} media {name}"));
        let result = self.media.lock().unwrap().pop_front();
        MediaAnswer {
            name,
            note: None,
            result: result.unwrap_or_else(|| Ok(Receipt::default())),
        }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl BotDoor for Fake {
    async fn send(&self, chat: &Chat, markdown: &str, _: Limits) -> Answer {
        self.answer(format!("{chat} {markdown}"))
    }

    async fn send_media(&self, chat: &Chat, item: &MediaItem, _: Limits) -> MediaAnswer {
        self.media_answer(&chat.to_string(), item)
    }
}

#[async_trait]
impl AppDoor for Fake {
    async fn send(&self, _: &Account, to: &AppReceiver, text: &str, limits: Limits) -> Answer {
        let check = limits.duplicate_check.is_some();
        self.checked.lock().unwrap().push(check);
        self.answer(format!("{to:?} {text}"))
    }

    async fn send_media(
        &self,
        _: &Account,
        to: &AppReceiver,
        item: &MediaItem,
        _: Limits,
    ) -> MediaAnswer {
        self.media_answer(&format!("{to:?}"), item)
    }

    async fn tags(&self, _: &Account) -> Result<Vec<Tag>, DoorError> {
        self.calls.lock().unwrap().push("tags".to_owned());
        Ok(self.tags.clone())
    }
}

#[derive(Clone, Copy)]
struct Has {
    bot: bool,
    app: bool,
}

const BOTH: Has = Has {
    bot: true,
    app: true,
};

fn config(has: Has) -> Config {
    let home = Path::new("/nowhere");
    let mut config = Config::unconfigured(home);
    let mut account = Account::unconfigured(config.default_account.clone(), home);
    if has.bot {
        account.bot_socket = Some(BotSocket {
            bot_id: "bot".into(),
            secret: Secret::new("secret"),
            url: "ws://127.0.0.1:1/".parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: None,
            reclaim: None,
        });
    }
    if has.app {
        account.agent_app = Some(AgentApp {
            corp_id: "corp".to_owned(),
            agent_id: Some(7),
            receive: None,
            max_clock_skew: None,
            corp_secret: Some(Secret::new("secret")),
            welcome_text: None,
            dm_policy: account.access.dm_policy,
            allow_from: Vec::new(),
        });
    }
    config.accounts.insert(account.id.clone(), account);
    config
}

struct House {
    bot: Arc<Fake>,
    app: Arc<Fake>,
    planner: Planner,
}

impl House {
    fn new(config: Config, bot: Fake, app: Fake) -> Self {
        let (bot, app) = (Arc::new(bot), Arc::new(app));
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let live = LiveConfig::new(config);
        Self {
            planner: Planner::new(live, store, bot.clone(), app.clone()),
            bot,
            app,
        }
    }

    async fn send(&self, target: &str, text: &str) -> DeliveryReport {
        let sent = self.planner.send(&request(target, text)).await;
        sent.unwrap()
    }

    /// Frames of the bot and calls of the app so far.
    fn counts(&self) -> (usize, usize) {
        (self.bot.calls().len(), self.app.calls().len())
    }
}

fn request(target: &str, text: &str) -> SendRequest {
    SendRequest {
        target: target.to_owned(),
        text: Some(text.to_owned()),
        ..SendRequest::default()
    }
}

fn down() -> Answer {
    Err(DoorError::NotSent {
        reason: NotSent::NotConnected,
        message: "down".to_owned(),
    })
}

fn refused(code: i64, class: RefusalClass) -> Answer {
    Err(DoorError::Refused {
        code,
        message: String::new(),
        class,
    })
}

fn lost() -> Answer {
    Err(DoorError::Unknown)
}

#[expect(clippy::unnecessary_wraps, reason = "the answers of a table are alike")]
fn without(users: &[&str]) -> Answer {
    Ok(Receipt {
        message_id: Some("m".to_owned()),
        invalid: Invalid {
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            ..Invalid::default()
        },
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the answers of a table are alike")]
fn taken() -> Answer {
    Ok(Receipt::default())
}

#[tokio::test]
async fn target_by_bot_by_app() {
    use RefusalClass::{Configuration, Content, RateLimited, Receiver};
    use Status::{Delivered, Failed, Partial, Unknown};
    let fine = taken;
    let no_chat = || refused(93_006, Receiver);
    let token = || refused(42_001, Configuration);
    let address = || refused(60_020, Configuration);
    let nobody = || refused(81_013, Receiver);
    let busy = || refused(45_009, RateLimited);
    let bad = || refused(40_058, Content);
    let one_gone = || without(&["b"]);
    // target, bot, app; status, frames, calls
    let cases = [
        ("user:a", fine(), fine(), Delivered, 1, 0),
        ("user:a", down(), fine(), Delivered, 1, 1),
        ("user:a", no_chat(), fine(), Delivered, 1, 1),
        ("user:a", busy(), fine(), Delivered, 1, 1),
        ("user:a", lost(), fine(), Unknown, 1, 0),
        ("user:a", bad(), fine(), Failed, 1, 0),
        ("user:a", down(), token(), Failed, 1, 1),
        ("user:a", down(), address(), Failed, 1, 1),
        ("user:a", down(), nobody(), Failed, 1, 1),
        ("user:a", down(), lost(), Unknown, 1, 1),
        ("user:a", down(), without(&["a"]), Failed, 1, 1),
        ("group:wrA", fine(), fine(), Delivered, 1, 0),
        ("group:wrA", no_chat(), fine(), Delivered, 1, 1),
        (
            "group:wrA",
            no_chat(),
            refused(86_008, Receiver),
            Failed,
            1,
            1,
        ),
        ("group:wrA", busy(), fine(), Failed, 1, 0),
        ("group:wrA", lost(), fine(), Unknown, 1, 0),
        ("user:a|b", fine(), fine(), Delivered, 0, 1),
        ("user:a|b", fine(), one_gone(), Partial, 0, 1),
        ("user:a|b", fine(), without(&["a", "b"]), Failed, 0, 1),
        ("user:a|b", fine(), token(), Delivered, 2, 1),
        ("user:a|b", no_chat(), address(), Partial, 2, 1),
        ("user:a|b", lost(), address(), Unknown, 2, 1),
        ("user:a|b", fine(), nobody(), Failed, 0, 1),
        ("user:a|b", fine(), lost(), Unknown, 0, 1),
        ("party:5", fine(), fine(), Delivered, 0, 1),
        ("party:5", fine(), token(), Failed, 0, 1),
        ("tag:3", fine(), fine(), Delivered, 0, 1),
        ("tag:3", fine(), lost(), Unknown, 0, 1),
        ("@all", fine(), fine(), Delivered, 0, 1),
        ("wecom-agent:a", fine(), address(), Failed, 0, 1),
        ("wecom-agent:group:wrA", fine(), fine(), Delivered, 0, 1),
    ];
    for (n, (target, bot, app, status, frames, calls)) in cases.into_iter().enumerate() {
        let house = House::new(config(BOTH), Fake::telling([bot]), Fake::telling([app]));
        let report = house.send(target, "hi").await;
        let found = (report.status, house.counts());
        assert_eq!(found, (status, (frames, calls)), "{n}: {target} {report:?}");
        let ok = status == Delivered || (status == Partial && report.error.is_none());
        assert_eq!(report.ok, ok, "{n}: {target}");
    }
}

#[tokio::test]
async fn a_department_is_the_apps_while_the_bot_is_up() {
    let answer = Ok(Receipt {
        message_id: Some("MSGID-1".to_owned()),
        ..Receipt::default()
    });
    let house = House::new(config(BOTH), Fake::default(), Fake::telling([answer]));
    let report = house.send("party:1", "hi").await;
    assert_eq!(house.counts(), (0, 1));
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "ok": true, "status": "delivered", "channel": "wecom", "account": "default",
            "to": "party:1", "via": "agent", "messageIds": ["MSGID-1"], "parts": 1,
            "fallback": null, "warnings": [],
            "invalid": { "users": [], "parties": [], "tags": [] }
        })
    );
}

#[tokio::test]
async fn what_is_missing_is_named_before_any_call() {
    let error = async |has, target: &str, via| {
        let mut config = config(has);
        if let Some(account) = config.accounts.values_mut().next()
            && let Some(app) = &mut account.agent_app
        {
            app.agent_id = None;
        }
        let house = House::new(config, Fake::default(), Fake::default());
        let request = SendRequest {
            via,
            ..request(target, "hi")
        };
        let error = house.planner.send(&request).await.unwrap_err();
        assert_eq!(house.counts(), (0, 0));
        format!("{} {error}", error.code())
    };
    let any = RequestVia::Any;
    let bot = Has {
        bot: true,
        app: false,
    };
    let none = Has {
        bot: false,
        app: false,
    };
    let app_keys = error(bot, "party:1", any).await;
    assert!(
        app_keys.starts_with("needs_agent a department"),
        "{app_keys}"
    );
    assert!(
        app_keys.contains("`channels.wecom.agent.corpSecret`"),
        "{app_keys}"
    );
    assert!(app_keys.contains("trusted IPs"), "{app_keys}");
    let no_number = error(BOTH, "@all", any).await;
    assert!(
        no_number.contains("set `channels.wecom.agent.agentId`;"),
        "{no_number}"
    );
    let agent_only = error(bot, "wecom-agent:a", any).await;
    assert!(
        agent_only.starts_with("needs_agent a member"),
        "{agent_only}"
    );
    let flag = error(bot, "user:a", RequestVia::Agent).await;
    assert!(flag.starts_with("needs_agent"), "{flag}");
    let no_route = error(none, "user:a", any).await;
    assert!(no_route.starts_with("no_route"), "{no_route}");
    let by_bot = error(BOTH, "tag:3", RequestVia::Bot).await;
    assert!(by_bot.starts_with("not_by_bot"), "{by_bot}");
}

#[tokio::test]
async fn accounts_are_never_guessed() {
    let house = House::new(config(BOTH), Fake::default(), Fake::default());
    let mut request = request("user:a", "hi");
    request.account = Some("nowhere".to_owned());
    let error = house.planner.send(&request).await.unwrap_err();
    assert_eq!(error.code(), "unknown_account");
    let mut config = config(BOTH);
    config
        .accounts
        .values_mut()
        .for_each(|account| account.enabled = false);
    let house = House::new(config, Fake::default(), Fake::default());
    request.account = None;
    let error = house.planner.send(&request).await.unwrap_err();
    assert_eq!(error.code(), "account_disabled");
    assert_eq!(house.counts(), (0, 0));
}

#[tokio::test]
async fn a_break_in_the_middle_sends_the_rest_another_way() {
    let mut config = config(BOTH);
    for account in config.accounts.values_mut() {
        account.text_chunk_limit = 128;
    }
    let line = |c: &str| c.repeat(100);
    let text = [line("a"), line("b"), line("c")].join("\n");
    let house = House::new(
        config.clone(),
        Fake::telling([taken(), down()]),
        Fake::default(),
    );
    let report = house.send("user:u", &text).await;
    assert_eq!(report.status, Status::Delivered);
    assert_eq!(report.parts, 3);
    assert_eq!(report.via, Some(Door::Agent));
    let fallback = report.fallback.unwrap();
    assert_eq!(
        (fallback.from, fallback.reason.as_str()),
        (Door::Bot, "not_connected")
    );
    let by_app = house.app.calls();
    assert!(by_app[0].ends_with(&line("b")) && by_app[1].ends_with(&line("c")));
    assert_eq!(house.counts(), (2, 2));

    // Not confirmed: the second piece may be there, so nothing follows.
    let house = House::new(config, Fake::telling([taken(), lost()]), Fake::default());
    let report = house.send("user:u", &text).await;
    assert_eq!((report.status, report.ok), (Status::Unknown, false));
    assert_eq!((report.parts, house.counts()), (1, (2, 0)));
}

#[tokio::test]
async fn a_text_found_too_long_is_cut_once_more() {
    let text = format!("{}\n{}", "a".repeat(2_500), "b".repeat(1_000));
    let bot = Fake::telling([refused(45_002, RefusalClass::TooLong)]);
    let house = House::new(config(BOTH), bot, Fake::default());
    let report = house.send("user:u", &text).await;
    assert_eq!((report.status, report.parts), (Status::Delivered, 2));
    assert_eq!(house.counts(), (3, 0));
    assert_eq!(report.warnings.len(), 1);
}

#[tokio::test]
async fn media_come_first_then_the_caption_with_what_failed() {
    let bot = Fake::default();
    bot.media.lock().unwrap().extend([
        Ok(Receipt::default()),
        Err(MediaProblem::Unusable("too large".to_owned())),
    ]);
    let house = House::new(config(BOTH), bot, Fake::default());
    let request = SendRequest {
        media: vec!["a.png".to_owned(), "/secret/path/b.zip".to_owned()],
        ..request("user:u", "look")
    };
    let report = house.planner.send(&request).await.unwrap();
    assert_eq!(
        house.bot.calls(),
        [
            "default/direct/u media a.png",
            "default/direct/u media b.zip",
            "default/direct/u look\n\n⚠️ 「b.zip」未能发送。"
        ]
    );
    assert_eq!((report.status, report.ok), (Status::Partial, false));
    assert!(report.error.unwrap().message.contains("b.zip: too large"));
}

#[tokio::test]
async fn a_very_long_text_is_its_beginning_and_a_file() {
    let text = format!("{}\n", "x".repeat(3_000)).repeat(21);
    let house = House::new(config(BOTH), Fake::default(), Fake::default());
    let report = house.send("group:wrA", &text).await;
    let calls = house.bot.calls();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].ends_with("media 全文.md"), "{}", calls[1]);
    assert_eq!((report.status, report.parts), (Status::Delivered, 2));
    assert!(report.warnings[0].contains("21 messages"));
}

#[tokio::test]
async fn tags_are_resolved_once_and_repeats_are_checked_for_jobs_only() {
    let app = Fake {
        tags: vec![Tag {
            id: 3,
            name: "Ops".to_owned(),
        }],
        ..Fake::default()
    };
    let house = House::new(config(BOTH), Fake::default(), app);
    house.send("tag:ops", "one").await;
    let job = SendRequest {
        origin: Origin::Cron,
        ..request("tag:Ops", "two")
    };
    house.planner.send(&job).await.unwrap();
    let report = house.send("tag:Missing", "three").await;
    assert_eq!(
        house.app.calls(),
        [
            "tags",
            "Tags([\"3\"]) one",
            "Tags([\"3\"]) two",
            "tags",
            "Tags([\"Missing\"]) three"
        ]
    );
    assert_eq!(*house.app.checked.lock().unwrap(), [false, true, false]);
    assert!(report.warnings[0].contains("`Missing` is sent as it is written"));
}

#[tokio::test]
async fn guesses_are_checked_against_who_writes() {
    let store = SqliteStore::in_memory().unwrap();
    let heard = |id: &str, kind, chat: &str, sender: &str| NewMessage {
        chat: Chat {
            account: "default".into(),
            kind,
            id: chat.into(),
        },
        sender: sender.into(),
        via: RouteVia::Bot,
        message_id: id.into(),
        req_id: "r".into(),
        stream_id: "s".into(),
        payload: String::new(),
        received_at_ms: 1,
        begins: false,
    };
    let messages = vec![
        heard("1", Direct, "1001", "1001"),
        heard("2", Direct, "WRobert", "WRobert"),
        heard("3", Group, "wrProject", "LiNa"),
    ];
    store.record(messages).await.unwrap();
    let config = config(BOTH);
    let meaning = async |target: &str| match resolve(&config, &store, &request(target, "x")).await {
        Ok(resolved) => resolved.target,
        Err(error) => error.code().to_owned(),
    };
    for (target, expected) in [
        ("1001", "ambiguous_target"),
        ("party:1001", "party:1001"),
        ("user:1001", "user:1001"),
        ("1002", "party:1002"),
        ("wrobert", "user:WRobert"),
        ("group:wrobert", "group:wrobert"),
        ("wrproject", "group:wrProject"),
        ("group:WRPROJECT", "group:wrProject"),
        ("lina", "user:LiNa"),
        ("wrOther", "group:wrOther"),
    ] {
        assert_eq!(meaning(target).await, expected, "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_apps_quota_is_waited_for_and_then_said() {
    let house = House::new(config(BOTH), Fake::default(), Fake::default());
    for _ in 0..30 {
        assert!(house.send("wecom-agent:a", "x").await.ok);
    }
    let began = tokio::time::Instant::now();
    let report = house.send("wecom-agent:A", "x").await;
    assert!(report.ok && began.elapsed() >= std::time::Duration::from_secs(59));
    let flood = format!("{}\n", "x".repeat(2_000)).repeat(18);
    let (first, second) = tokio::join!(
        house.send("wecom-agent:a", &flood),
        house.send("wecom-agent:a", &flood)
    );
    assert!(first.ok || second.ok);
    let late = house.send("wecom-agent:b", "x").await;
    assert!(late.ok, "everybody has a quota of their own");
}
