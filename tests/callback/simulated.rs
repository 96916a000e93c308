//! The simulator calls a bot and an app that the program is, as WeCom would: it checks every
//! answer, asks for streams, fetches nothing that it was not told, and shows what people see.

use std::time::Duration;

use serde_json::json;
use wecom::agent::AttachmentKind;
use wecom::sim::{
    AppId, CallbackPace, Entry, EntryKind, HookFault, HookFaultKind, PartyKind, SimChat, Webhook,
};
use wecom::texts;

use crate::house::{AGENT_ID, BOT, CORP, House, KEY, OTHER_KEY, OTHER_TOKEN, TOKEN, USER};
use crate::support::PATIENCE;
use crate::support::agents::Turns;

/// A picture that is one.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

fn pace() -> CallbackPace {
    CallbackPace {
        poll_interval: Duration::from_millis(50),
        ..CallbackPace::default()
    }
}

fn app() -> AppId {
    AppId::new(CORP, AGENT_ID)
}

/// A house whose bot and app the simulator calls.
async fn called() -> (House, Turns) {
    let (house, turns) = House::paced(json!({ "welcomeText": "你好！" }), pace()).await;
    let address = |path: &str| format!("http://{}{path}", house.address);
    let sim = &house.sim;
    sim.add_bot(BOT, "unused", "Helper").unwrap();
    let hook = Webhook::new(&address("/plugins/wecom/bot"), TOKEN, KEY);
    sim.set_webhook(BOT, Some(hook)).unwrap();
    let hook = Webhook::new(&address("/plugins/wecom/agent"), OTHER_TOKEN, OTHER_KEY);
    sim.apps().set_callback(&app(), Some(hook)).unwrap();
    (house, turns)
}

fn direct() -> SimChat {
    SimChat::direct(BOT, USER)
}

fn app_chat() -> SimChat {
    SimChat::app(app(), USER)
}

impl House {
    /// The first entry of a chat by somebody else than a member that `wanted` accepts.
    async fn shown(&self, chat: &SimChat, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let by_us = |entry: &Entry| entry.from.kind != PartyKind::User && wanted(entry);
        self.sim.wait_for(chat, PATIENCE, by_us).await.unwrap()
    }

    #[track_caller]
    fn nothing_was_wrong(&self) {
        assert_eq!(self.sim.violations(), []);
    }
}

fn says(text: &str) -> impl Fn(&Entry) -> bool {
    let text = text.to_owned();
    move |entry| entry.finished && entry.content.as_deref() == Some(text.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_addresses_can_be_saved_in_the_console() {
    let (house, _turns) = called().await;
    for call in [
        house
            .sim
            .hooks()
            .check(wecom::ids::BotId::from(BOT))
            .await
            .unwrap(),
        house.sim.hooks().check(app()).await.unwrap(),
    ] {
        assert_eq!(call.problem, None, "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_a_webhook_bot() {
    let (house, turns) = called().await;
    let member = house.sim.member(BOT, USER);
    member.enter_chat().unwrap();
    house
        .shown(&direct(), |entry| entry.kind == EntryKind::Welcome)
        .await;

    member.say("what time is it?").unwrap();
    let turn = turns.next().await;
    turn.say("It is ");
    house
        .shown(&direct(), |entry| {
            entry.content.as_deref() == Some("It is ")
        })
        .await;
    turn.say("noon.");
    turn.done();
    let answer = house.shown(&direct(), says("It is noon.")).await;
    assert_eq!(answer.kind, EntryKind::Stream);
    assert!(answer.revisions >= 3, "it grew: {answer:?}");

    let said = member.send_image(PICTURE).unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.attachments.len(), 1, "{:?}", turn.request);
    assert_eq!(turn.request.attachments[0].kind, AttachmentKind::Image);
    assert_eq!(
        std::fs::read(&turn.request.attachments[0].path).unwrap(),
        PICTURE
    );
    turn.say("A dot.");
    turn.done();
    house.shown(&direct(), says("A dot.")).await;

    member.quoting(said.entry).say("this one").unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.attachments.len(), 1, "the quoted picture");
    turn.done();
    house.shown(&direct(), says(texts::DONE)).await;
    house.nothing_was_wrong();
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_and_a_card_of_a_webhook_bot() {
    let (house, turns) = called().await;
    let workspace = house.config.agents.workspace_of("main");
    std::fs::create_dir_all(&workspace).unwrap();
    let picture = workspace.join("dot.png");
    std::fs::write(&picture, PICTURE).unwrap();
    let member = house.sim.member(BOT, USER);
    member.say("show and ask").unwrap();
    let turn = turns.next().await;
    let card = json!({
        "card_type": "button_interaction",
        "main_title": { "title": "Lunch?" },
        "button_list": [{ "text": "Yes", "key": "yes" }, { "text": "No", "key": "no" }],
        "task_id": "lunch",
    });
    turn.say(&format!(
        "Look.\nMEDIA: {}\n```json\n{card}\n```\n",
        picture.display()
    ));
    turn.done();
    house.shown(&direct(), says("Look.")).await;
    let card = house
        .shown(&direct(), |entry| entry.kind == EntryKind::TemplateCard)
        .await;
    let task = card.card.as_ref().unwrap()["task_id"].as_str().unwrap();
    member.press(task, "yes").unwrap();
    let turn = turns.next().await;
    assert!(turn.request.text.contains("yes"), "{}", turn.request.text);
    house
        .shown(&direct(), |entry| {
            entry.kind == EntryKind::TemplateCard && entry.revisions > 1
        })
        .await;
    turn.say("Noted.");
    turn.done();
    // A click has no stream: the answer comes by its response_url.
    let noted = house.shown(&direct(), says("Noted.")).await;
    assert_eq!(noted.kind, EntryKind::Markdown);
    house.nothing_was_wrong();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_on_the_way_to_a_webhook_bot() {
    let (house, turns) = called().await;
    let hooks = house.sim.hooks();
    let bot = || wecom::ids::BotId::from(BOT);
    let member = house.sim.member(BOT, USER);

    hooks
        .fault(bot(), HookFault::new(HookFaultKind::Twice))
        .unwrap();
    member.say("twice").unwrap();
    let turn = turns.next().await;
    turn.say("once");
    turn.done();
    house.shown(&direct(), says("once")).await;
    hooks.clear_faults(bot());

    for kind in [
        HookFaultKind::WrongSignature,
        HookFaultKind::StaleTimestamp(600),
        HookFaultKind::TamperedBody,
        HookFaultKind::Garbled,
    ] {
        let fault = HookFault::new(kind).on("text").times(1);
        hooks.fault(bot(), fault).unwrap();
        let before = hooks.calls().last().unwrap().seq;
        member.say("refused").unwrap();
        let refused = house
            .sim
            .wait_hook_call(PATIENCE, |call| {
                call.kind == "text" && call.done && call.seq > before
            })
            .await
            .unwrap();
        assert!(matches!(refused.status(), Some(400 | 403)), "{refused:?}");
    }
    assert!(
        turns.none_for(Duration::from_millis(300)).await,
        "none of them is worked on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_asked_for_comes_another_way() {
    let (house, turns) = called().await;
    let hooks = house.sim.hooks();
    let bot = wecom::ids::BotId::from(BOT);
    hooks
        .fault(bot, HookFault::new(HookFaultKind::NoPoll))
        .unwrap();
    let member = house.sim.member(BOT, USER);
    member.say("hello?").unwrap();
    let turn = turns.next().await;
    turn.say("here");
    turn.done();
    // Half a minute passes before nobody can be expected to ask any more.
    let chat = direct();
    let late = house.sim.wait_for(&chat, Duration::from_mins(1), |entry| {
        entry.kind == EntryKind::Markdown && entry.content.as_deref() == Some("here")
    });
    late.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_an_agent_app() {
    let (house, turns) = called().await;
    let member = house.sim.app_member(app(), USER);
    member.say("你好 😀 <b>&amp;").unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.text, "你好 😀 <b>&amp;");
    turn.say("Hello!");
    turn.done();
    house.shown(&app_chat(), says("Hello!")).await;

    member
        .send_file("报告.json", br#"{"a":1}"#.as_slice())
        .unwrap();
    let turn = turns.next().await;
    assert_eq!(turn.request.attachments[0].name, "报告.json");
    turn.done();
    member.send_location(23.1, 113.3, "广州塔").unwrap();
    let turn = turns.next().await;
    assert!(
        turn.request.text.contains("广州塔"),
        "{}",
        turn.request.text
    );
    let workspace = house.config.agents.workspace_of("main");
    std::fs::create_dir_all(&workspace).unwrap();
    let picture = workspace.join("图.png");
    std::fs::write(&picture, PICTURE).unwrap();
    turn.say(&format!("A map.\nMEDIA: {}\n", picture.display()));
    turn.done();
    house
        .shown(&app_chat(), |entry| entry.kind == EntryKind::Image)
        .await;
    house.shown(&app_chat(), says("A map.")).await;

    member.say("ask me").unwrap();
    let turn = turns.next().await;
    let card = json!({
        "card_type": "button_interaction",
        "main_title": { "title": "Lunch?" },
        "button_list": [{ "text": "Yes", "key": "yes" }],
        "task_id": "lunch",
    });
    turn.say(&format!("```json\n{card}\n```\n"));
    turn.done();
    let card = house
        .shown(&app_chat(), |entry| entry.kind == EntryKind::TemplateCard)
        .await;
    let task = card.card.as_ref().unwrap()["task_id"].as_str().unwrap();
    member.press(task, "yes").unwrap();
    let turn = turns.next().await;
    assert!(turn.request.text.contains("yes"), "{}", turn.request.text);
    turn.say("Noted.");
    turn.done();
    house.shown(&app_chat(), says("Noted.")).await;
    house
        .shown(&app_chat(), |entry| {
            entry.kind == EntryKind::TemplateCard && entry.revisions > 1
        })
        .await;
    house.nothing_was_wrong();
}
