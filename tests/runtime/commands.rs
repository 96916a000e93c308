//! What people command, and what only looks like it.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wecom::agent::{Agent, AgentEvent, TurnRequest};
use wecom::session::SessionKey;
use wecom::sim::{Entry, Injected, SimChat};
use wecom::texts;

use crate::support::{BOT, GROUP, House, OTHER, PATIENCE, Plan, USER, direct, eventually, group};

/// Answers with what it was told, and notes what it forgot.
#[derive(Debug, Default, Clone)]
struct Minded(Arc<Mutex<Vec<String>>>);

impl Agent for Minded {
    fn run(&self, turn: TurnRequest, _cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let events = [AgentEvent::Text(turn.text), AgentEvent::Done];
        stream::iter(events).boxed()
    }

    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        self.0.lock().unwrap().push(session.to_string());
        Box::pin(std::future::ready(()))
    }
}

/// What the bot says to a message, in one piece.
async fn told(house: &House, chat: &SimChat, asked: &Injected) -> String {
    house.answer(chat, asked).await.text().to_owned()
}

/// How often the bot said something in a chat.
fn said(house: &House, chat: &SimChat, text: &str) -> usize {
    let said = house.bot_entries(chat);
    said.iter().filter(|entry| entry.text() == text).count()
}

#[tokio::test]
async fn everybody_who_may_talk_has_the_plain_commands() {
    let listed = json!({ "dmPolicy": "allowlist", "allowFrom": [USER] });
    let house = House::open(Plan::channel(listed)).await;
    let help = house.say("/help");
    assert_eq!(
        told(&house, &direct(), &help).await,
        texts::access::help(&[])
    );
    let own = house.say(" /WhoAmI ");
    assert_eq!(
        told(&house, &direct(), &own).await,
        texts::access::who_am_i(USER, None)
    );
    let here = house.say_in_group(OTHER, "@Helper /whoami");
    let expected = texts::access::who_am_i(OTHER, Some(GROUP));
    assert_eq!(told(&house, &group(), &here).await, expected);
    let status = house.say("/status");
    let status = told(&house, &direct(), &status).await;
    for part in ["main", "default", "空闲", "排队 0 条"] {
        assert!(status.contains(part), "{part}: {status}");
    }
    house.close().await;
}

#[tokio::test]
async fn who_may_not_command_is_told_the_key_and_nothing_reaches_the_agent() {
    let listed = json!({ "dmPolicy": "allowlist", "allowFrom": [USER], "groupPolicy": "open" });
    let house = House::open(Plan::channel(listed)).await;
    let refused = house.say_in_group(OTHER, "@Helper /status");
    let text = told(&house, &group(), &refused).await;
    let expected = texts::access::command_refused(OTHER, "channels.wecom.allowFrom");
    assert_eq!(text, expected);
    // What only looks like a command is a text like any other.
    for text in ["/tmp/x", "see /status", "//status", "/unknown"] {
        let asked = house.say_in_group(OTHER, &format!("@Helper {text}"));
        assert_eq!(told(&house, &group(), &asked).await, text);
    }
    house.close().await;
}

#[tokio::test]
async fn a_new_conversation_forgets_the_old_one_and_begins_with_what_follows() {
    let agent = Minded::default();
    let house = House::open(Plan::agent(agent.clone())).await;
    let first = house.say("/new");
    assert_eq!(
        told(&house, &direct(), &first).await,
        texts::access::SESSION_NEW
    );
    let second = house.say("/reset 今天的安排");
    assert_eq!(told(&house, &direct(), &second).await, "今天的安排");
    let in_group = house.say_in_group(OTHER, "@Helper /new");
    assert_eq!(
        told(&house, &group(), &in_group).await,
        texts::access::SESSION_NEW
    );
    let forgotten = agent.0.lock().unwrap().clone();
    let own = format!("main:default:direct:{USER}");
    let shared = format!("main:default:group:{GROUP}");
    assert_eq!(forgotten, [own.clone(), own, shared]);
    house.close().await;
}

#[tokio::test]
async fn a_command_that_is_pushed_again_is_obeyed_once() {
    let (house, turns) = House::played().await;
    let help = house.say("/help");
    house.answer(&direct(), &help).await;
    let one = house.say("one");
    let running = turns.next().await;
    let stop = house.say("停止。");
    house.answer(&direct(), &stop).await;
    house.answer(&direct(), &one).await;
    assert!(running.cancel.is_cancelled());
    drop(running);

    let two = house.say("two");
    let running = turns.next().await;
    for repeated in [&help, &stop] {
        assert!(house.sim.redeliver(&repeated.msgid).unwrap());
    }
    // What comes after the repeats is queued behind the turn that still runs.
    let three = house.say("three");
    let waits = |entry: &Entry| {
        entry.req_id.as_ref() == Some(&three.req_id) && entry.from.id == BOT && !entry.finished
    };
    house
        .sim
        .wait_for(&direct(), PATIENCE, waits)
        .await
        .unwrap();
    assert!(!running.cancel.is_cancelled());
    assert_eq!(said(&house, &direct(), &texts::access::help(&[])), 1);
    running.say("2");
    running.done();
    assert_eq!(told(&house, &direct(), &two).await, "2");
    turns.next().await.done();
    house.answer(&direct(), &three).await;
    house.close().await;
}

#[tokio::test]
async fn a_stranger_is_told_a_code_once_and_talks_when_it_is_approved() {
    let pairing = json!({ "dmPolicy": "pairing" });
    let house = House::open(Plan::channel(pairing)).await;
    let first = house.say("let me in");
    let told_code = told(&house, &direct(), &first).await;
    let request = house.runtime.pairings().pending().await.unwrap().remove(0);
    let command = told_code.lines().find(|line| line.starts_with("wecom "));
    assert!(told_code.contains(USER), "{told_code}");
    let expected = format!("wecom pairing approve {}", request.code);
    assert_eq!(command, Some(expected.as_str()));

    house.say("hello?");
    house.sim.member(BOT, USER).enter_chat().unwrap();
    house
        .status_where("both refused", |status| status.refused >= 2)
        .await;
    let approved = house.runtime.pairings();
    approved
        .approve(&request.code.to_lowercase(), None)
        .await
        .unwrap();
    let asked = house.say("now?");
    assert_eq!(told(&house, &direct(), &asked).await, "now?");
    assert_eq!(
        house.bot_entries(&direct()).len(),
        2,
        "one code, one answer"
    );

    // What is approved for direct chats says nothing about commands of the list of others.
    house
        .runtime
        .pairings()
        .revoke(&"default".into(), &USER.into())
        .await
        .unwrap();
    house.say("still?");
    eventually("a new code", || async {
        let pending = house.runtime.pairings().pending().await.unwrap();
        pending
            .first()
            .is_some_and(|again| again.code != request.code)
            .then_some(())
    })
    .await;
    house.close().await;
}
