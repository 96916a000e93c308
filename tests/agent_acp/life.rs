//! The life of the program: crashes, hangs, and its end.

use std::time::Duration;

use wecom::agent::{AcpAgent, Agent};
use wecom::config::{AgentBackend, Config};
use wecom::texts;

use crate::support::{House, Plan, direct, eventually};
use crate::{ask, backend, house, lives};

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_told_and_the_next_message_is_answered() {
    let house = house().await;
    let pid = ask(&house, "pid").await;
    let asked = house.say("crash");
    let told = house.answer(&direct(), &asked).await;
    assert!(told.text().starts_with("going down"), "{}", told.text());
    assert_ne!(told.text(), "going down", "it is told");
    let next = ask(&house, "pid").await;
    assert_ne!(next, pid, "another process");
    assert!(lives(&next) && !lives(&pid));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_the_answer_and_nothing_else() {
    let house = house().await;
    let pid = ask(&house, "pid").await;
    let asked = house.say("hang");
    house
        .sim
        .wait_for(&direct(), crate::support::PATIENCE, |entry| {
            entry.text() == "hanging"
        })
        .await
        .unwrap();
    house.say("/stop");
    let answer = house.answer(&direct(), &asked).await;
    assert!(
        answer.text().ends_with(texts::STOPPED_PARTIAL),
        "{}",
        answer.text()
    );
    assert_eq!(ask(&house, "pid").await, pid, "the program goes on");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_when_the_back_end_ends() {
    let house = house().await;
    let (agent, child) = (ask(&house, "pid").await, ask(&house, "child").await);
    assert!(lives(&agent) && lives(&child));
    house.close().await;
    eventually("an end of the program and its child", || async {
        (!lives(&agent) && !lives(&child)).then_some(())
    })
    .await;
}

fn idle_at_once(config: &mut Config) {
    let mut backend = backend();
    backend.idle = Duration::from_millis(300);
    config.agents.list[0].backend = AgentBackend::Acp(backend);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_program_ends_and_comes_back_with_its_session() {
    let house = House::open(Plan::default().adjust(idle_at_once)).await;
    let (session, pid) = (ask(&house, "session").await, ask(&house, "pid").await);
    eventually("the program's end", || async {
        (!lives(&pid)).then_some(())
    })
    .await;
    assert_eq!(ask(&house, "session").await, session);
    house.close().await;
}

fn logged_out(config: &mut Config) {
    let mut backend = backend();
    backend.args = vec!["--logged-out".to_owned()];
    config.agents.list[0].backend = AgentBackend::Acp(backend);
}

fn nowhere(config: &mut Config) {
    let mut backend = backend();
    "/nonexistent/agent".clone_into(&mut backend.command);
    config.agents.list[0].backend = AgentBackend::Acp(backend);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_answer_says_so() {
    for (adjust, said) in [
        (logged_out as fn(&mut Config), texts::Failure::Broken),
        (nowhere, texts::Failure::Unreachable),
    ] {
        let house = House::open(Plan::default().adjust(adjust)).await;
        let answer = ask(&house, "hello").await;
        assert!(
            !answer.is_empty() && !answer.contains("hello"),
            "{said:?}: {answer}"
        );
        house.close().await;
    }
}

/// The type is what the runtime makes of the settings.
#[test]
fn the_agent_is_an_agent() {
    fn is_agent<A: Agent>() {}
    is_agent::<AcpAgent>();
}
