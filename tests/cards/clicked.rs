use serde_json::{Value, json};
use wecom::channel::cards::{CardSession, SentCard, event_text, prepare, update};
use wecom::ids::{AccountId, Chat, ChatKind, UserId};
use wecom::store::{CardStore, SqliteStore};

use crate::stage::{GROUP, Stage, now_ms};

/// Prepares a card, sends it to the group and keeps it.
async fn send(stage: &Stage, store: &SqliteStore, card: Value) -> String {
    let chat = Chat {
        account: "default".into(),
        kind: ChatKind::Group,
        id: GROUP.into(),
    };
    let session = CardSession {
        agent: "main".to_owned(),
        key: "group".to_owned(),
    };
    let prepared = prepare(card, now_ms()).unwrap();
    let sent = SentCard::registered(&prepared, chat, session, now_ms());
    store.keep_card(sent.to_stored()).await.unwrap();
    stage
        .send(GROUP, ChatKind::Group, prepared.card.to_value())
        .await;
    prepared.card.task_id().to_owned()
}

/// A member clicks; the card is looked up, updated and the answer kept. Returns whether the
/// agent is told, and what.
async fn click(
    stage: &mut Stage,
    store: &SqliteStore,
    user: &str,
    detail: Value,
) -> (bool, String) {
    let (envelope, event) = stage.click(user, detail).await;
    let account = AccountId::new("default");
    let found = store.find_card(&account, &event.task_id, now_ms()).await;
    let card = SentCard::from_stored(found.unwrap().unwrap()).unwrap();
    let text = event_text(&envelope, &event, Some(&card));
    let clicker = UserId::new(user);
    let update = update(&card, &event, &clicker);
    if let Some(answer) = update.answer {
        let kept = store
            .record_card_answer(&account, &event.task_id, &clicker, answer.to_record())
            .await;
        assert!(kept.unwrap());
    }
    if let Some(card) = update.card {
        stage.update(envelope.req_id, &clicker, card).await;
    }
    (update.route, text)
}

fn detail(kind: &str, key: &str, task: &str, items: &[(&str, &[&str])]) -> Value {
    let items: Vec<_> = items
        .iter()
        .map(|(question, ids)| json!({ "question_key": question, "option_ids": { "option_id": ids } }))
        .collect();
    json!({ "card_type": kind, "event_key": key, "task_id": task,
        "selected_items": { "selected_item": items } })
}

#[tokio::test]
async fn a_vote_in_a_group_is_each_members_own() {
    let mut stage = Stage::start().await;
    let store = SqliteStore::in_memory().unwrap();
    let vote = json!({ "card_type": "vote_interaction", "task_id": "lunch_1788246000",
        "title": "午饭", "mode": 1, "options": [{ "id": "a", "text": "面" }, { "id": "b", "text": "饭" }],
        "checkbox": { "question_key": "q" }, "submit_button": { "text": "投票", "key": "s" } });
    let task = send(&stage, &store, vote).await;
    let vote = |ids: &[&str]| detail("vote_interaction", "s", &task, &[("q", ids)]);

    let (told, text) = click(&mut stage, &store, "LiNa", vote(&["a"])).await;
    assert!(
        told && text.contains("- q [午饭]: a (面)")
            && text.contains("agent_task_id: lunch_1788246000")
    );
    assert!(click(&mut stage, &store, "zhangwei", vote(&["b"])).await.0);
    assert!(
        !click(&mut stage, &store, "LiNa", vote(&["a"])).await.0,
        "the same again"
    );

    let (card, copies) = stage.shown();
    assert_eq!(
        card["checkbox"]["disable"],
        Value::Null,
        "nobody else's card changes"
    );
    let ticks = |user: &str| {
        let options = copies[user]["checkbox"]["option_list"].as_array().unwrap();
        options
            .iter()
            .map(|it| it["is_checked"] == true)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (ticks("LiNa"), ticks("zhangwei")),
        (vec![true, false], vec![false, true])
    );
    assert_eq!(stage.sim.violations(), []);
}

#[tokio::test]
async fn a_pressed_button_locks_the_clickers_copy() {
    let mut stage = Stage::start().await;
    let store = SqliteStore::in_memory().unwrap();
    let card = json!({ "card_type": "button_interaction", "title": "请假",
        "button_selection": { "question_key": "why", "options": [{ "id": "x", "text": "好" }] },
        "buttons": [{ "text": "同意", "key": "yes" }, { "text": "拒绝", "key": "no" }] });
    let task = send(&stage, &store, card).await;
    let press = |key: &str| detail("button_interaction", key, &task, &[("why", &["x"])]);

    let (told, text) = click(&mut stage, &store, "LiNa", press("yes")).await;
    assert!(told && text.contains("button_text: 同意") && text.contains("- why: x (好)"));
    let (_, copies) = stage.shown();
    let locked = copies["LiNa"].clone();
    assert_eq!(locked["button_list"].as_array().unwrap().len(), 1);

    let inert = locked["button_list"][0]["key"].as_str().unwrap().to_owned();
    let (told, _) = click(&mut stage, &store, "LiNa", press(&inert)).await;
    assert!(!told);
    assert_eq!(stage.shown().1["LiNa"], locked);
    assert_eq!(stage.sim.violations(), []);
}

#[tokio::test]
async fn selections_are_settled() {
    let mut stage = Stage::start().await;
    let store = SqliteStore::in_memory().unwrap();
    let card = json!({ "card_type": "multiple_interaction", "title": "场地", "selectors": [
        { "question_key": "day", "title": "日期", "options": [{ "id": "thu", "text": "周四" },
            { "id": "fri", "text": "周五" }] },
        { "question_key": "hour", "title": "时段", "options": [{ "id": "am", "text": "上午" }] }],
        "submit_button": { "text": "预订", "key": "book" } });
    let task = send(&stage, &store, card).await;
    let items: &[(&str, &[&str])] = &[("day", &["fri"]), ("hour", &["am"])];
    let book = detail("multiple_interaction", "book", &task, items);
    let (told, text) = click(&mut stage, &store, "LiNa", book).await;
    assert!(told && text.contains("- day [日期]: fri (周五)"));
    let (_, copies) = stage.shown();
    assert_eq!(copies["LiNa"]["select_list"][0]["selected_id"], "fri");
    assert_eq!(copies["LiNa"]["submit_button"]["text"], "已提交");
    assert_eq!(stage.sim.violations(), []);
}

#[tokio::test]
async fn a_menu_stays_and_is_told_each_time() {
    let mut stage = Stage::start().await;
    let store = SqliteStore::in_memory().unwrap();
    let card = json!({ "card_type": "button_interaction", "title": "菜单",
        "buttons": [{ "text": "待办", "key": "menu:todo" }] });
    let task = send(&stage, &store, card).await;
    for _ in 0..2 {
        let press = detail("button_interaction", "menu:todo", &task, &[]);
        assert!(click(&mut stage, &store, "LiNa", press).await.0);
    }
    assert_eq!(stage.shown().1.len(), 0);
    assert_eq!(stage.sim.violations(), []);
}
