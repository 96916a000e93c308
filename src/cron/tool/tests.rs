//! The tool, over a store in memory.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::CronTool;
use crate::agent::{Person, ToolAnswer, ToolTurn};
use crate::clock::ManualClock;
use crate::config::{Environment, LiveConfig, Location, load_text};
use crate::cron::desk::Desk;
use crate::identity::{Identity, TurnChat};
use crate::ids::{Chat, ChatKind};
use crate::session::SessionKey;
use crate::store::{RouteVia, SqliteStore, Store};

/// Friday, 2026-03-06, eight in the morning in Shanghai.
const NOW_MS: i64 = 1_772_755_200_000;

struct House {
    tool: CronTool,
}

impl House {
    fn new(extra: &str) -> Self {
        Self::with(extra, "")
    }

    fn with(extra: &str, cron: &str) -> Self {
        let text = format!(
            "{{channels: {{wecom: {{enabled: true, botId: 'b', secret: 's', dmPolicy: 'open', \
             allowFrom: ['*'], agent: {{corpId: 'ww1', corpSecret: 'x', agentId: 7}}}}}}, \
             cron: {{defaultTimeZone: 'Asia/Shanghai', {cron}}}, {extra}}}"
        );
        let location = Location {
            home: "/nowhere".into(),
            path: "/nowhere/wecom.json".into(),
            read_only: true,
        };
        let none = Environment::from_variables(Vec::<(String, String)>::new());
        let config = LiveConfig::new(load_text(&text, &location, &none).unwrap().config);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
        let clock = ManualClock::at(NOW_MS);
        let desk = Desk::new(store, config.clone(), clock.clone());
        Self {
            tool: CronTool::new(desk, None, config, clock),
        }
    }

    async fn call(&self, turn: &ToolTurn, arguments: Value) -> ToolAnswer {
        let arguments: Map<String, Value> = arguments.as_object().unwrap().clone();
        self.tool.call(turn, arguments).await
    }

    async fn ok(&self, turn: &ToolTurn, arguments: Value) -> Value {
        let answer = self.call(turn, arguments).await;
        assert!(!answer.is_error, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn refused(&self, turn: &ToolTurn, arguments: Value) -> (String, String) {
        let answer = self.call(turn, arguments).await;
        assert!(answer.is_error, "{}", answer.text);
        let answer: Value = serde_json::from_str(&answer.text).unwrap();
        let word = |name: &str| answer["error"][name].as_str().unwrap().to_owned();
        (word("kind"), word("message"))
    }
}

fn turn(user: &str, kind: ChatKind, chat: &str, via: RouteVia) -> ToolTurn {
    let chat = Chat {
        account: "default".into(),
        kind,
        id: chat.into(),
    };
    ToolTurn {
        identity: Arc::new(Identity::of_turn(
            "default".into(),
            Some(user.into()),
            TurnChat::from(&chat),
        )),
        session: SessionKey::of_chat("main", &chat),
        chat,
        via,
        person: Person::nobody(),
    }
}

fn direct(user: &str) -> ToolTurn {
    turn(user, ChatKind::Direct, user, RouteVia::Bot)
}

fn reminder() -> Value {
    json!({"action": "add", "job": {
        "name": "drink", "schedule": {"kind": "at", "at": "2026-03-06T09:00:00+08:00"},
        "payload": {"kind": "text", "text": "喝水"},
    }})
}

fn briefing(extra: &Value) -> Value {
    let mut job = json!({
        "name": "daily", "schedule": {"kind": "cron", "expr": "0 9 * * 1-5"},
        "payload": {"kind": "agentTurn", "message": "Write the briefing."},
    });
    for (key, value) in extra.as_object().unwrap() {
        job[key] = value.clone();
    }
    json!({"action": "add", "job": job})
}

#[tokio::test]
async fn a_job_goes_to_where_it_was_asked_for_and_acts_for_who_asked() {
    let house = House::new("");
    for (turn, to) in [
        (direct("ZhangSan"), "wecom:user:ZhangSan"),
        (
            turn("ZhangSan", ChatKind::Group, "wrAbC", RouteVia::Bot),
            "wecom:group:wrAbC",
        ),
        (
            turn("ZhangSan", ChatKind::Direct, "ZhangSan", RouteVia::Agent),
            "wecom-agent:user:ZhangSan",
        ),
    ] {
        let made = house.ok(&turn, reminder()).await;
        let job = &made["job"];
        assert_eq!(job["delivery"]["to"], to);
        assert_eq!(job["delivery"]["mode"], "announce");
        assert_eq!(job["delivery"]["accountId"], "default");
        assert_eq!(job["runAs"], "ZhangSan");
        assert_eq!(job["owner"]["chat"], to);
        assert_eq!(job["sessionTarget"], "isolated");
        assert_eq!(job["state"]["nextRunAtMs"], NOW_MS + 3_600_000);
        let next = made["next"].as_str().unwrap();
        assert!(next.contains("Friday, 2026-03-06 09:00:00"), "{next}");
    }
}

#[tokio::test]
async fn the_whole_company_gets_its_briefing_where_that_is_allowed() {
    let to_all = briefing(&json!({"delivery": {"mode": "announce", "to": "party:1"}}));
    let open = House::new("");
    let made = open.ok(&direct("lisi"), to_all.clone()).await;
    assert_eq!(made["job"]["delivery"]["to"], "party:1");
    let owned = House::new("commands: {ownerAllowFrom: ['wecom:boss']}");
    let (kind, message) = owned.refused(&direct("lisi"), to_all.clone()).await;
    assert_eq!(kind, "authorization");
    assert!(message.contains("owner"), "{message}");
    owned.ok(&direct("boss"), to_all).await;
    let place_alone = briefing(&json!({"delivery": {"to": "party:1"}}));
    let made = open.ok(&direct("lisi"), place_alone.clone()).await;
    assert_eq!(made["job"]["delivery"]["mode"], "announce");
    let (kind, _) = owned.refused(&direct("lisi"), place_alone).await;
    assert_eq!(kind, "authorization");
}

#[tokio::test]
async fn fields_find_their_places_and_models_set_no_identity() {
    let house = House::new("");
    let flat = json!({
        "action": "add", "name": "flat", "at": "2026-03-06T10:00:00+08:00", "text": "hi",
        "schedule": {"kind": "at", "at": "2026-03-06T10:00:00+08:00"},
        "payload": {"kind": "text", "text": "hi"},
        "runAs": "boss", "owner": {"userId": "boss"}, "id": "mine",
    });
    let made = house.ok(&direct("lisi"), flat).await;
    assert_eq!(made["job"]["runAs"], "lisi");
    assert_eq!(made["job"]["owner"]["userId"], "lisi");
    assert_ne!(made["job"]["id"], "mine");
}

#[tokio::test]
async fn everybody_sees_and_changes_their_own_and_owners_all() {
    let house = House::new("commands: {ownerAllowFrom: ['wecom:boss']}");
    let (lisi, wangwu, boss) = (direct("lisi"), direct("wangwu"), direct("boss"));
    let made = house.ok(&lisi, briefing(&json!({}))).await;
    let id = made["job"]["id"].as_str().unwrap().to_owned();
    let count = |answer: Value| answer["total"].as_u64().unwrap();
    assert_eq!(count(house.ok(&lisi, json!({"action": "list"})).await), 1);
    assert_eq!(count(house.ok(&wangwu, json!({"action": "list"})).await), 0);
    assert_eq!(count(house.ok(&boss, json!({"action": "list"})).await), 1);
    for action in ["get", "remove", "run", "runs"] {
        let asked = json!({"action": action, "jobId": id});
        let (_, message) = house.refused(&wangwu, asked).await;
        assert!(message.contains("not found"), "{action}: {message}");
    }
    let off = json!({"action": "update", "jobId": "DAILY", "patch": {"enabled": false}});
    let changed = house.ok(&lisi, off).await;
    assert_eq!(changed["job"]["enabled"], false);
    assert_eq!(changed["job"]["runAs"], "lisi");
    // Somebody else's words must not run in the name of who made the job.
    let words = json!({"payload": {"kind": "agentTurn", "message": "Delete everything."}});
    let changed = json!({"action": "update", "jobId": id, "patch": words});
    let changed = house.ok(&boss, changed).await;
    assert_eq!(changed["job"].get("runAs"), None);
    assert!(changed["note"].is_string());
    house
        .ok(&boss, json!({"action": "remove", "jobId": id}))
        .await;
    let gone = house
        .ok(&lisi, json!({"action": "list", "includeDisabled": true}))
        .await;
    assert_eq!(count(gone), 0);
}

#[tokio::test]
async fn limits_hold() {
    let house = House::with("", "maxJobsPerCreator: 2");
    let lisi = direct("lisi");
    let often = json!({"schedule": {"kind": "every", "everyMs": 5_000}});
    let (_, message) = house.refused(&lisi, briefing(&often)).await;
    assert!(message.contains("60 s"), "{message}");
    let often = json!({"schedule": {"kind": "cron", "expr": "*/10 * * * * *"}});
    house.refused(&lisi, briefing(&often)).await;
    let many = json!({"schedule": {"kind": "every", "everyMs": 120_000}, "delivery": {"mode": "announce", "to": "@all"}});
    let (_, message) = house.refused(&lisi, briefing(&many)).await;
    assert!(message.contains("900 s"), "{message}");
    let long = json!({"payload": {"kind": "text", "text": "x".repeat(8_001)}});
    house.refused(&lisi, briefing(&long)).await;
    let past = json!({"schedule": {"kind": "at", "at": "2026-03-01T00:00:00Z"}});
    let (kind, _) = house.refused(&lisi, briefing(&past)).await;
    assert_eq!(kind, "invalid_args");
    let never = json!({"schedule": {"kind": "cron", "expr": "0 0 30 2 *"}});
    house.refused(&lisi, briefing(&never)).await;
    let other = json!({"delivery": {"mode": "announce", "to": "user:lisi", "accountId": "hq"}});
    house.refused(&lisi, briefing(&other)).await;
    house.ok(&lisi, briefing(&json!({}))).await;
    house.ok(&lisi, briefing(&json!({}))).await;
    let (_, message) = house.refused(&lisi, briefing(&json!({}))).await;
    assert!(message.contains("2 jobs"), "{message}");
    house.ok(&direct("wangwu"), briefing(&json!({}))).await;
}

#[tokio::test]
async fn jobs_do_not_multiply() {
    let house = House::new("");
    let made = house.ok(&direct("lisi"), briefing(&json!({}))).await;
    let id = made["job"]["id"].as_str().unwrap();
    let mut run = direct("lisi");
    run.identity = Arc::new(Identity::of_job("default".into(), Some("lisi".into()), id));
    let (_, message) = house.refused(&run, briefing(&json!({}))).await;
    assert!(message.contains("one-shot"), "{message}");
    let child = house.ok(&run, reminder()).await;
    let mut grandchild = direct("lisi");
    let child = child["job"]["id"].as_str().unwrap();
    grandchild.identity = Arc::new(Identity::of_job(
        "default".into(),
        Some("lisi".into()),
        child,
    ));
    house.refused(&grandchild, reminder()).await;
    let nobody = ToolTurn {
        identity: Arc::new(Identity::of_job("default".into(), None, id)),
        ..direct("lisi")
    };
    let (kind, _) = house.refused(&nobody, reminder()).await;
    assert_eq!(kind, "authorization");
}

#[tokio::test]
async fn what_cannot_be_read_says_what_to_write() {
    let house = House::new("");
    for (arguments, word) in [
        (json!({}), "action"),
        (json!({"action": "fly"}), "fly"),
        (json!({"action": "get"}), "jobId"),
        (json!({"action": "add", "job": {"name": "x"}}), ""),
        (json!({"action": "run", "jobId": "nothing"}), "nothing"),
    ] {
        let (kind, message) = house.refused(&direct("lisi"), arguments.clone()).await;
        assert_eq!(kind, "invalid_args", "{arguments}");
        assert!(message.contains(word), "{arguments}: {message}");
    }
    assert!(
        house
            .tool
            .spec()
            .description
            .contains("Friday, 2026-03-06T08:00:00+08:00")
    );
}
