//! Accounts side by side: kicked, refused, reloaded, restarted.

use std::sync::Arc;
use std::time::Duration;

use crate::support::agents::Scripted;
use crate::support::{
    BOT, House, PATIENCE, Plan, SECRET, configuration, direct, eventually, open_store, simulator,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wecom::agent::AgentEvent;
use wecom::channel::{AccountState, Applied, Backends, ResumeError, Runtime};
use wecom::config::Config;
use wecom::ids::AccountId;
use wecom::sim::{Entry, EntryKind, FaultRequest, Injection, RefuseSubscribe, SimChat, SimOptions};

#[tokio::test]
async fn a_kicked_account_stays_down_until_it_is_resumed() {
    let house = House::open(Plan::default()).await;
    let bot = BOT.into();
    let before = house.sim.connection(&bot).connects_total;
    house.fault(&FaultRequest {
        kick: true,
        ..FaultRequest::default()
    });
    let kicked = |status: &wecom::channel::AccountStatus| status.state == AccountState::Kicked;
    let status = house.status_where("kicked", kicked).await;
    assert!(!status.running);
    let error = status.last_error.unwrap();
    for part in [
        "took over",
        "second instance",
        "wecom channels resume default",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(
        house.sim.connection(&bot).connects_total,
        before,
        "no reconnect"
    );

    let unknown = house
        .runtime
        .resume(&AccountId::new("nobody"))
        .await
        .unwrap_err();
    assert!(matches!(unknown, ResumeError::Unknown { .. }), "{unknown}");
    house
        .runtime
        .resume(&AccountId::new("default"))
        .await
        .unwrap();
    house.subscribed().await;
    let asked = house.say("back?");
    assert_eq!(house.answer(&direct(), &asked).await.text(), "back?");
    house.close().await;
}

#[tokio::test]
async fn an_answer_waits_for_the_connection_and_arrives_once() {
    let (house, turns) = House::played().await;
    let asked = house.say("hi");
    let turn = turns.next().await;
    house.fault(&FaultRequest {
        drop: true,
        refuse_tcp: Some(1_500),
        ..FaultRequest::default()
    });
    house
        .status_where("not connected", |status| {
            status.state != AccountState::Connected
        })
        .await;
    turn.say("the answer");
    turn.done();
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "the answer");
    house.settled().await;
    assert_eq!(house.bot_entries(&direct()).len(), 1);
    house.close().await;
}

#[tokio::test]
async fn after_a_restart_open_messages_are_answered_and_decided_answers_not_asked_again() {
    let (house, turns) = House::played().await;
    let asked = house.say("interrupted");
    let waiting = house.say("waiting behind it");
    let turn = turns.next().await;
    turn.say("half an ans");
    eventually("both recorded", || async {
        let open = house.store.open_messages(&"default".into()).await.unwrap();
        (open.len() == 2).then_some(())
    })
    .await;
    let events = vec![
        AgentEvent::Text("whole answer".to_owned()),
        AgentEvent::Done,
    ];
    let house = house.reopen(Some(Arc::new(Scripted(events)))).await;
    assert_eq!(house.answer(&direct(), &asked).await.text(), "whole answer");
    assert_eq!(
        house.answer(&direct(), &waiting).await.text(),
        "whole answer"
    );
    house.settled().await;
    assert_eq!(
        house.bot_entries(&direct()).len(),
        2,
        "{:?}",
        house.bot_entries(&direct())
    );
    drop(turn);
    house.close().await;
}

#[tokio::test]
async fn an_answer_decided_before_a_restart_goes_out_after_it() {
    let (house, turns) = House::played().await;
    let asked = house.say("hi");
    let turn = turns.next().await;
    house.fault(&FaultRequest {
        drop: true,
        refuse_tcp: Some(2_000),
        ..FaultRequest::default()
    });
    house
        .status_where("not connected", |status| {
            status.state != AccountState::Connected
        })
        .await;
    turn.say("decided");
    turn.done();
    eventually("a decided answer", || async {
        let open = house.store.open_messages(&"default".into()).await.unwrap();
        matches!(open.first()?.stage, wecom::store::Stage::Answered { .. }).then_some(())
    })
    .await;
    // The new agent would say something else, if it were asked.
    let events = vec![AgentEvent::Text("asked again".to_owned()), AgentEvent::Done];
    let house = house.reopen(Some(Arc::new(Scripted(events)))).await;
    assert_eq!(house.answer(&direct(), &asked).await.text(), "decided");
    house.settled().await;
    assert_eq!(house.bot_entries(&direct()).len(), 1);
    house.close().await;
}

#[tokio::test]
async fn where_the_stream_is_gone_a_restart_answers_with_a_message() {
    let (house, turns) = House::played().await;
    house.say("hi");
    let _turn = turns.next().await;
    house.fault(&FaultRequest {
        forget_req_ids: true,
        ..FaultRequest::default()
    });
    let events = vec![AgentEvent::Text("late answer".to_owned()), AgentEvent::Done];
    let house = house.reopen(Some(Arc::new(Scripted(events)))).await;
    let message = house.message(&direct()).await;
    assert_eq!(message.text(), "late answer");
    house.close().await;
}

#[tokio::test]
async fn shutdown_lets_a_running_turn_finish() {
    let (house, turns) = House::played().await;
    let asked = house.say("hi");
    let turn = turns.next().await;
    let hurry = CancellationToken::new();
    let (left, answer) = tokio::join!(house.runtime.shutdown(PATIENCE, &hurry), async {
        turn.say("finished in time");
        turn.done();
        house.answer(&direct(), &asked).await
    });
    assert_eq!((left, answer.text()), (0, "finished in time"));
}

/// Two bots on one simulator, two accounts in one file.
async fn two_accounts() -> (wecom::sim::Sim, tempfile::TempDir, serde_json::Value) {
    let sim = simulator(SimOptions::default()).await;
    sim.add_bot("aibTEST02", "second-secret", "Second").unwrap();
    let settings = json!({ "channels": { "wecom": {
        "enabled": true, "dmPolicy": "open", "websocketUrl": sim.bot_url(),
        "accounts": {
            "hq": { "botId": BOT, "secret": SECRET },
            "plant": { "botId": "aibTEST02", "secret": "second-secret" },
        },
    } }, "bindings": [
        { "agentId": "main", "match": { "channel": "wecom", "accountId": "*" } },
    ] });
    (sim, tempfile::tempdir().unwrap(), settings)
}

async fn start(home: &tempfile::TempDir, config: &Config) -> Runtime {
    let store = open_store(&home.path().join("state.db"));
    crate::support::start(config, store, Backends::Configured).await
}

fn ids(names: &[&str]) -> Vec<AccountId> {
    names.iter().map(|name| AccountId::new(*name)).collect()
}

#[tokio::test]
async fn a_reload_leaves_unchanged_connections_alone() {
    let (sim, home, mut settings) = two_accounts().await;
    let runtime = start(&home, &configuration(&home, &settings)).await;
    let (hq, plant) = (BOT.into(), "aibTEST02".into());
    sim.wait_subscribed(&hq, PATIENCE).await.unwrap();
    sim.wait_subscribed(&plant, PATIENCE).await.unwrap();
    let connects = || {
        (
            sim.connection(&hq).subscribes_total,
            sim.connection(&plant).subscribes_total,
        )
    };
    assert_eq!(connects(), (1, 1));

    let same = runtime.apply(&configuration(&home, &settings)).await;
    assert_eq!(
        same,
        Applied {
            unchanged: ids(&["hq", "plant"]),
            ..Applied::default()
        }
    );

    settings["channels"]["wecom"]["accounts"]["plant"]["welcomeText"] = json!("hello");
    let live = runtime.apply(&configuration(&home, &settings)).await;
    let expected = Applied {
        unchanged: ids(&["hq"]),
        updated: ids(&["plant"]),
        ..Applied::default()
    };
    assert_eq!(live, expected);
    sim.inject(Injection::event(
        "aibTEST02",
        crate::support::USER,
        "enter_chat",
    ))
    .unwrap();
    let chat = SimChat::direct("aibTEST02", crate::support::USER);
    let welcome = |entry: &Entry| entry.kind == EntryKind::Welcome;
    sim.wait_for(&chat, PATIENCE, welcome).await.unwrap();
    assert_eq!(connects(), (1, 1));

    settings["channels"]["wecom"]["accounts"]["plant"]["websocket"] =
        json!({"heartbeatMs": 20_000});
    let reconnected = runtime.apply(&configuration(&home, &settings)).await;
    assert_eq!(reconnected.reconnected, ids(&["plant"]));
    sim.wait_connection(&plant, PATIENCE, |info| info.subscribes_total == 2)
        .await
        .unwrap();
    assert_eq!(connects(), (1, 2));

    settings["channels"]["wecom"]["accounts"]["plant"]["enabled"] = json!(false);
    let stopped = runtime.apply(&configuration(&home, &settings)).await;
    assert_eq!(stopped.stopped, ids(&["plant"]));
    sim.wait_connection(&plant, PATIENCE, |info| !info.subscribed)
        .await
        .unwrap();
    assert!(sim.connection(&hq).subscribed);
    runtime.shutdown(PATIENCE, &CancellationToken::new()).await;
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn a_refused_account_does_not_hold_up_the_others() {
    let (sim, home, settings) = two_accounts().await;
    let refuse = RefuseSubscribe {
        errcode: 853_000,
        errmsg: "invalid bot_id or secret".to_owned(),
        times: 1,
    };
    let refuse = FaultRequest {
        refuse_subscribe: Some(refuse),
        ..FaultRequest::default()
    };
    sim.faults("aibTEST02").apply(&refuse).unwrap();
    let runtime = start(&home, &configuration(&home, &settings)).await;
    sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
    let asked = sim
        .inject(Injection::text(BOT, crate::support::USER, "hi"))
        .unwrap();
    let answered = |entry: &Entry| {
        entry.finished
            && entry.req_id.as_ref() == Some(&asked.req_id)
            && entry.kind == EntryKind::Stream
    };
    sim.wait_for(&direct(), PATIENCE, answered).await.unwrap();
    // Once refused, it tries again after a second.
    sim.wait_subscribed(&"aibTEST02".into(), PATIENCE)
        .await
        .unwrap();
    runtime
        .shutdown(Duration::from_secs(1), &CancellationToken::new())
        .await;
}
