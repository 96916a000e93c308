//! What becomes of a message: turns, streams, queues and closings.

use std::time::Duration;

use crate::support::agents::{Scripted, Stuck, played};
use crate::support::{GROUP, House, OTHER, PATIENCE, Plan, USER, direct, eventually, group};
use serde_json::json;
use wecom::agent::{AgentEvent, AgentFailure, FailureClass};
use wecom::channel::AccountState;
use wecom::sim::{AckError, Entry, EntryKind, FaultRequest, Injection};
use wecom::texts;

use crate::support::BOT;

fn one_second_turns(config: &mut wecom::config::Config) {
    for account in config.accounts.values_mut() {
        account.turn_timeout = Duration::from_millis(300);
    }
}

#[tokio::test]
async fn a_first_message_is_answered_in_its_stream() {
    let house = House::open(Plan::default()).await;
    let asked = house.say("你好，世界");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(answer.text(), "你好，世界");
    assert!(
        answer.revisions >= 2,
        "the placeholder comes first: {answer:?}"
    );
    assert_eq!(house.bot_entries(&direct()).len(), 1);
    house.close().await;
}

#[tokio::test]
async fn the_placeholder_is_shown_while_the_agent_thinks() {
    let (house, turns) = House::played().await;
    let asked = house.say("hi");
    let thinking = |entry: &Entry| entry.kind == EntryKind::Stream && entry.thinking;
    house
        .sim
        .wait_for(&direct(), PATIENCE, thinking)
        .await
        .unwrap();
    let turn = turns.next().await;
    turn.say("partial");
    let growing = |entry: &Entry| entry.text() == "partial" && !entry.finished;
    house
        .sim
        .wait_for(&direct(), PATIENCE, growing)
        .await
        .unwrap();
    turn.say(" answer");
    turn.done();
    assert_eq!(
        house.answer(&direct(), &asked).await.text(),
        "partial answer"
    );
    house.close().await;
}

#[tokio::test]
async fn without_the_placeholder_a_silent_agent_sends_nothing() {
    let plan = Plan {
        channel: json!({"sendThinkingMessage": false}),
        ..Plan::agent(Scripted(vec![AgentEvent::Done]))
    };
    let house = House::open(plan).await;
    house.say("hi");
    eventually("a closed message", || async {
        let status = house.status().await;
        (status.last_outbound_at.is_some() && status.open_messages == 0).then_some(())
    })
    .await;
    assert_eq!(house.bot_entries(&direct()), []);
    house.close().await;
}

#[tokio::test]
async fn every_outcome_closes_the_stream_truthfully() {
    let failed = |class| {
        AgentEvent::Failed(AgentFailure {
            class,
            detail: "internal detail 4711".to_owned(),
        })
    };
    let text = |text: &str| AgentEvent::Text(text.to_owned());
    let cases: Vec<(Vec<AgentEvent>, &[&str])> = vec![
        (vec![AgentEvent::Done], &[texts::DONE]),
        (
            vec![text("half"), failed(FailureClass::Broken)],
            &["half\n\n", "以上内容不完整"],
        ),
        (
            vec![failed(FailureClass::Unreachable)],
            &["暂时无法连接", "编号"],
        ),
        (vec![text("half")], &["half\n\n", "以上内容不完整"]),
        (
            vec![text("a <think>b"), AgentEvent::Done],
            &["a &lt;think>b"],
        ),
    ];
    for (events, expected) in cases {
        let house = House::open(Plan::agent(Scripted(events.clone()))).await;
        let asked = house.say("hi");
        let answer = house.answer(&direct(), &asked).await;
        for part in expected {
            assert!(
                answer.text().contains(part),
                "{events:?} ends with {:?}",
                answer.text()
            );
        }
        assert!(
            !answer.text().contains("4711"),
            "no internals: {:?}",
            answer.text()
        );
        house.close().await;
    }
}

#[tokio::test]
async fn a_turn_that_takes_too_long_is_ended_and_says_so() {
    let house = House::open(Plan::agent(Stuck("half")).adjust(one_second_turns)).await;
    let asked = house.say("hi");
    let answer = house.answer(&direct(), &asked).await;
    assert_eq!(
        answer.text(),
        format!("half\n\n{}", texts::TIMED_OUT_PARTIAL)
    );
    house.close().await;
}

#[tokio::test]
async fn one_chat_keeps_its_order_while_another_runs_beside_it() {
    let (house, turns) = House::played().await;
    let first = house.say("first");
    let running = turns.next().await;
    let second = house.say("second");
    let queued = |entry: &Entry| {
        entry.req_id.as_ref() == Some(&second.req_id) && entry.text() == texts::QUEUED
    };
    house
        .sim
        .wait_for(&direct(), PATIENCE, queued)
        .await
        .unwrap();
    let elsewhere = house.say_in_group(OTHER, "@Helper other chat");

    let beside = turns.next().await;
    assert_eq!(beside.request.text, "other chat");
    beside.say("beside");
    beside.done();
    assert_eq!(house.answer(&group(), &elsewhere).await.text(), "beside");

    running.say("one");
    running.done();
    assert_eq!(house.answer(&direct(), &first).await.text(), "one");
    let next = turns.next().await;
    assert_eq!(next.request.text, "second");
    next.say("two");
    next.done();
    assert_eq!(house.answer(&direct(), &second).await.text(), "two");
    assert_eq!(
        house.bot_entries(&direct()).len(),
        2,
        "the notice became the answer"
    );
    house.close().await;
}

#[tokio::test]
async fn stop_overtakes_the_queue_and_the_next_message_goes_on() {
    let (house, turns) = House::played().await;
    let first = house.say("long work");
    let running = turns.next().await;
    running.say("so far");
    let waiting = house.say("next");
    let stop = house.say("停止。");
    assert_eq!(
        house.answer(&direct(), &stop).await.text(),
        texts::STOP_DONE
    );
    let stopped = house.answer(&direct(), &first).await;
    assert_eq!(
        stopped.text(),
        format!("so far\n\n{}", texts::STOPPED_PARTIAL)
    );
    tokio::time::timeout(PATIENCE, running.cancel.cancelled())
        .await
        .unwrap();
    let next = turns.next().await;
    assert_eq!(next.request.text, "next");
    next.say("done");
    next.done();
    assert_eq!(house.answer(&direct(), &waiting).await.text(), "done");
    let idle = house.say("/stop");
    assert_eq!(
        house.answer(&direct(), &idle).await.text(),
        texts::STOP_NOTHING
    );
    house.close().await;
}

#[tokio::test]
async fn a_repeated_push_is_answered_once() {
    let house = House::open(Plan::default()).await;
    let asked = house.say("once");
    house.answer(&direct(), &asked).await;
    assert!(house.sim.redeliver(&asked.msgid).unwrap());
    let marker = house.say("marker");
    house.answer(&direct(), &marker).await;
    let streams = house.bot_entries(&direct());
    assert_eq!(streams.len(), 2, "{streams:?}");
    assert!(house.sim.redeliver(&asked.msgid).unwrap());
    house.close().await;
}

#[tokio::test]
async fn a_flood_in_one_chat_is_bounded_and_answered_with_a_notice() {
    let (house, turns) = House::played().await;
    for n in 0..10_000 {
        house.say_in_group(USER, &format!("@Helper {n}"));
        if n == 100 {
            let busy = |entry: &Entry| entry.text() == texts::BUSY;
            house.sim.wait_for(&group(), PATIENCE, busy).await.unwrap();
        }
    }
    // Another chat is served meanwhile; its turn comes through behind the flood.
    let elsewhere = house.say("elsewhere");
    let mut answered = Vec::new();
    loop {
        let turn = turns.next().await;
        let text = turn.request.text.clone();
        turn.say("ok");
        turn.done();
        if text == "elsewhere" {
            break;
        }
        answered.push(text);
    }
    assert_eq!(house.answer(&direct(), &elsewhere).await.text(), "ok");
    while house.status().await.open_messages > 0 {
        if let Ok(turn) = tokio::time::timeout(Duration::from_millis(200), turns.next()).await {
            answered.push(turn.request.text.clone());
            turn.say("ok");
            turn.done();
        }
    }
    let numbers: Vec<usize> = answered.iter().map(|text| text.parse().unwrap()).collect();
    assert!(numbers.is_sorted(), "in order: {numbers:?}");
    assert!(
        (21..10_000).contains(&numbers.len()),
        "bounded: {}",
        numbers.len()
    );
    house.close().await;
}

#[tokio::test]
async fn a_long_answer_closes_the_stream_and_goes_on_in_messages() {
    let paragraph = "这是一个很长的段落。".repeat(40);
    let long = vec![paragraph; 50].join("\n\n");
    assert!(long.len() > 2 * 20_480);
    let events = vec![AgentEvent::Text(long.clone()), AgentEvent::Done];
    let house = House::open(Plan::agent(Scripted(events))).await;
    let asked = house.say("tell me all");
    house.answer(&direct(), &asked).await;
    house.settled().await;
    let parts = house.bot_entries(&direct());
    assert!(parts.len() >= 3, "{} parts", parts.len());
    assert!(parts.iter().all(|part| part.text().len() <= 20_480));
    let joined: Vec<&str> = parts.iter().map(Entry::text).collect();
    assert_eq!(joined.join("\n\n"), long);
    assert_eq!(parts[1].kind, EntryKind::Markdown);
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_a_restart_interrupts_goes_on_where_it_was() {
    let paragraph = "这是一个很长的段落。".repeat(600);
    let long = (0..5)
        .map(|n| format!("{n}{paragraph}"))
        .collect::<Vec<_>>();
    let long = long.join("\n\n");
    let events = vec![AgentEvent::Text(long.clone()), AgentEvent::Done];
    let house = House::open(Plan::agent(Scripted(events))).await;
    house.fault(&FaultRequest {
        ack_delay_ms: Some(400),
        ..FaultRequest::default()
    });
    house.say("tell me all");
    eventually("two messages of several", || async {
        (house.bot_entries(&direct()).len() >= 3).then_some(())
    })
    .await;
    let before = house.bot_entries(&direct()).len();
    let silent = vec![AgentEvent::Text("asked again".to_owned()), AgentEvent::Done];
    let agent: std::sync::Arc<dyn wecom::agent::Agent> = std::sync::Arc::new(Scripted(silent));
    let house = house.reopen(Some(agent)).await;
    house.settled().await;
    let parts = house.bot_entries(&direct());
    let mut texts: Vec<&str> = parts.iter().map(Entry::text).collect();
    let all = texts.len();
    texts.dedup();
    assert!(
        all - texts.len() <= 1,
        "only what was not confirmed is repeated"
    );
    assert!(before < all, "some were left: {before} of {all}");
    assert_eq!(texts.join("\n\n"), long);
    house.close().await;
}

#[tokio::test]
async fn an_endless_answer_is_cut_after_twenty_messages_and_says_so() {
    let endless = "字".repeat(1_000_000);
    let events = vec![AgentEvent::Text(endless), AgentEvent::Done];
    let house = House::open(Plan::agent(Scripted(events))).await;
    house.say("tell me everything");
    let last = |entry: &Entry| entry.text().ends_with(texts::REST_OMITTED);
    let last = house.sim.wait_for(&direct(), PATIENCE, last).await.unwrap();
    assert!(last.text().len() <= 20_480);
    house.settled().await;
    assert_eq!(house.bot_entries(&direct()).len(), 20);
    house.close().await;
}

#[tokio::test]
async fn a_message_of_twenty_megabytes_is_survived() {
    let (house, turns) = House::played().await;
    let asked = house.say(&"x".repeat(20 << 20));
    let turn = turns.next().await;
    assert_eq!(turn.request.text.len(), 20 << 20);
    turn.say("that was long");
    turn.done();
    assert_eq!(
        house.answer(&direct(), &asked).await.text(),
        "that was long"
    );
    let beyond = vec![b' '; 25 << 20];
    house.sim.inject_raw(&BOT.into(), beyond).unwrap();
    house
        .status_where("a lost connection", |status| {
            status.state == AccountState::Reconnecting
        })
        .await;
    house.subscribed().await;
    let asked = house.say("still there?");
    let turn = turns.next().await;
    turn.say("yes");
    turn.done();
    assert_eq!(house.answer(&direct(), &asked).await.text(), "yes");
    house.close().await;
}

#[tokio::test]
async fn an_expired_stream_hands_over_to_a_message() {
    let (house, turns) = House::played().await;
    house.say("slow question");
    let turn = turns.next().await;
    let shown = |entry: &Entry| entry.kind == EntryKind::Stream;
    house
        .sim
        .wait_for(&direct(), PATIENCE, shown)
        .await
        .unwrap();
    house.fault(&FaultRequest {
        expire_streams: true,
        ..FaultRequest::default()
    });
    turn.say("first half");
    let refused = |frame: &wecom::sim::RecordedFrame| frame.errcode() == Some(846_608);
    house
        .sim
        .wait_frame(&BOT.into(), PATIENCE, refused)
        .await
        .unwrap();
    turn.say(", second half");
    turn.done();
    let message = house.message(&direct()).await;
    assert_eq!(message.text(), "first half, second half");
    house.settled().await;
    assert_eq!(
        house.bot_entries(&direct()).len(),
        2,
        "the stream and one message"
    );
    house.close().await;
}

#[tokio::test]
async fn a_forgotten_req_id_hands_over_to_a_message() {
    let (house, turns) = House::played().await;
    house.say_in_group(USER, "@Helper hi");
    let turn = turns.next().await;
    house.fault(&FaultRequest {
        forget_req_ids: true,
        ..FaultRequest::default()
    });
    turn.say("answer");
    turn.done();
    let message = house.message(&group()).await;
    assert_eq!(message.text(), "answer");
    let sent = |frame: &wecom::sim::RecordedFrame| frame.cmd == "aibot_send_msg";
    let frame = house
        .sim
        .wait_frame(&BOT.into(), PATIENCE, sent)
        .await
        .unwrap();
    assert_eq!(frame.body["chatid"], GROUP, "letter case kept");
    assert_eq!(frame.body["chat_type"], 2);
    house.close().await;
}

#[tokio::test]
async fn a_running_answer_leaves_its_stream_before_it_expires() {
    let (agent, turns) = played();
    let plan = Plan::agent(agent).adjust(|config| {
        for account in config.accounts.values_mut() {
            account.stream_handover = Duration::from_millis(900);
        }
    });
    let house = House::open(plan).await;
    let asked = house.say("slow question");
    let turn = turns.next().await;
    turn.say("line one\nline two, unfinished");
    let closed = house.answer(&direct(), &asked).await;
    assert_eq!(
        closed.text(),
        format!("line one\n\n{}", texts::HANDED_OVER_PARTIAL)
    );
    turn.say(" now finished");
    turn.done();
    let message = house.message(&direct()).await;
    assert_eq!(message.text(), "line two, unfinished now finished");
    house.close().await;
}

#[tokio::test]
async fn a_refused_final_is_repeated_once_and_then_sent_as_a_message() {
    for (times, kind) in [(1, EntryKind::Stream), (2, EntryKind::Markdown)] {
        // A failure without text has no intermediate frames.
        let failure = AgentFailure {
            class: FailureClass::Broken,
            detail: String::new(),
        };
        let plan = Plan {
            channel: json!({"sendThinkingMessage": false}),
            ..Plan::agent(Scripted(vec![AgentEvent::Failed(failure)]))
        };
        let house = House::open(plan).await;
        let refuse = AckError {
            cmd: Some("aibot_respond_msg".to_owned()),
            errcode: 40_001,
            errmsg: "internal".to_owned(),
            times,
        };
        house.fault(&FaultRequest {
            ack_errors: Some(vec![refuse]),
            ..FaultRequest::default()
        });
        house.say("hi");
        let answer = |entry: &Entry| entry.text().contains("智能助手处理时出错");
        let answer = house
            .sim
            .wait_for(&direct(), PATIENCE, answer)
            .await
            .unwrap();
        assert_eq!(answer.kind, kind);
        house.settled().await;
        assert_eq!(house.bot_entries(&direct()).len(), 1);
        house.close().await;
    }
}

#[tokio::test]
async fn entering_the_chat_is_welcomed_where_the_policy_admits() {
    let welcome = json!({"welcomeText": "欢迎"});
    let house = House::open(Plan::channel(welcome)).await;
    house
        .sim
        .inject(Injection::event(BOT, USER, "enter_chat"))
        .unwrap();
    let welcomed = |entry: &Entry| entry.kind == EntryKind::Welcome;
    let entry = house
        .sim
        .wait_for(&direct(), PATIENCE, welcomed)
        .await
        .unwrap();
    assert_eq!(entry.text(), "欢迎");
    house.close().await;

    let strict = json!({"welcomeText": "欢迎", "dmPolicy": "allowlist", "allowFrom": [OTHER]});
    let house = House::open(Plan::channel(strict)).await;
    house
        .sim
        .inject(Injection::event(BOT, USER, "enter_chat"))
        .unwrap();
    let other = house.sim.inject(Injection::text(BOT, OTHER, "hi")).unwrap();
    let chat = wecom::sim::SimChat::direct(BOT, OTHER);
    house.answer(&chat, &other).await;
    assert_eq!(house.bot_entries(&direct()), []);
    house.close().await;
}

#[tokio::test]
async fn refused_senders_get_no_answer_and_unknown_ones_under_pairing_are_told_once() {
    let house = House::open(Plan::channel(
        json!({"dmPolicy": "pairing", "allowFrom": [OTHER]}),
    ))
    .await;
    let first = house.say("hello?");
    let told = house.answer(&direct(), &first).await;
    assert!(told.text().contains(USER), "{}", told.text());
    house.say("hello??");
    let other = house.sim.inject(Injection::text(BOT, OTHER, "hi")).unwrap();
    let chat = wecom::sim::SimChat::direct(BOT, OTHER);
    assert_eq!(house.answer(&chat, &other).await.text(), "hi");
    assert_eq!(house.bot_entries(&direct()).len(), 1);
    house.close().await;

    let house = House::open(Plan::channel(json!({"groupPolicy": "disabled"}))).await;
    house.say_in_group(USER, "@Helper hi");
    let direct_message = house.say("hi");
    house.answer(&direct(), &direct_message).await;
    assert_eq!(house.bot_entries(&group()), []);
    house.close().await;
}

#[tokio::test]
async fn the_version_check_is_answered() {
    let house = House::open(Plan::default()).await;
    house
        .sim
        .inject(Injection::service_event(BOT, "enter_check_update"))
        .unwrap();
    let answered = |frame: &wecom::sim::RecordedFrame| frame.cmd == "ww_ai_robot_enter_event";
    let frame = house
        .sim
        .wait_frame(&BOT.into(), PATIENCE, answered)
        .await
        .unwrap();
    assert_eq!(frame.body, json!({"version": "2026.4.29"}));
    house.close().await;
}

#[tokio::test]
async fn odd_messages_are_survived() {
    let house = House::open(Plan::default()).await;
    let bot = BOT.into();
    for raw in [
        "not json",
        "{}",
        "[1,2]",
        "\u{1}\u{2}",
        r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"x"},"body":{}}"#,
        r#"{"cmd":"aibot_msg_callback","headers":{},"body":{"msgtype":"text"}}"#,
        r#"{"cmd":"aibot_event_callback","headers":{"req_id":"e"},"body":{"msgtype":"event","event":{"eventtype":"brand_new"}}}"#,
        r#"{"cmd":"never_heard_of","headers":{"req_id":"y"},"body":{"msgtype":"text"}}"#,
        r#"{"headers":{"req_id":"nobody-waits"},"errcode":0}"#,
    ] {
        house.sim.inject_raw(&bot, raw).unwrap();
    }
    house.sim.inject_raw(&bot, vec![0xff, 0xfe, 0x00]).unwrap();
    let mut anonymous = Injection::text(BOT, USER, "from nobody");
    anonymous.omit.insert("from".to_owned());
    house.sim.inject(anonymous).unwrap();
    let hologram = Injection::message(BOT, USER, "hologram", json!({"x": 1}));
    let hologram = house.sim.inject(hologram).unwrap();
    assert_eq!(
        house.answer(&direct(), &hologram).await.text(),
        texts::UNKNOWN_TYPE
    );
    let asked = house.say("still there?");
    assert_eq!(house.answer(&direct(), &asked).await.text(), "still there?");
    house.close().await;
}
