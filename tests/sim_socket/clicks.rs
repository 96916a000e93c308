//! What people do with cards and answers, beside writing.

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, EntryKind, Rating, Sim, SimChat, SimError};

use super::client::Client;
use super::http::{call, post};
use super::{direct, start, subscribed};

const GROUP: &str = "wrDEMOProject01";

fn vote() -> Value {
    json!({ "card_type": "vote_interaction", "main_title": { "title": "Lunch" },
        "checkbox": { "question_key": "lunch", "mode": 1, "option_list": [
            { "id": "noodles", "text": "Noodles" }, { "id": "rice", "text": "Rice" } ] },
        "submit_button": { "text": "Vote", "key": "go" }, "task_id": "task_lunch" })
}

/// Shows a card to a chat.
async fn show(client: &mut Client, chat: &str, chat_type: u8, card: &Value) {
    let body = json!({ "chatid": chat, "chat_type": chat_type, "msgtype": "template_card",
        "template_card": card });
    let ack = client.request("aibot_send_msg", body).await;
    assert_eq!(ack["errcode"], 0, "{ack}");
}

fn card_in(sim: &Sim, chat: &SimChat) -> wecom::sim::Entry {
    let mut entries = sim.transcript(chat);
    entries.retain(|entry| entry.kind == EntryKind::TemplateCard);
    entries.pop().unwrap()
}

#[tokio::test]
async fn a_vote_in_a_group_changes_the_voters_card_only() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let chat = SimChat::group(DEMO_BOT, GROUP);
    sim.open_chat(&chat).unwrap();
    show(&mut client, GROUP, 2, &vote()).await;

    let lina = sim.member(DEMO_BOT, "LiNa").in_group(GROUP);
    let chosen: &[(&str, &[&str])] = &[("lunch", &["rice"])];
    lina.choose("task_lunch", "go", chosen).unwrap();
    let push = client.next().await;
    assert_eq!(
        (&push["body"]["chatid"], &push["body"]["from"]["userid"]),
        (&json!(GROUP), &json!("LiNa"))
    );
    assert_eq!(
        push["body"]["event"]["template_card_event"],
        json!({ "card_type": "vote_interaction", "event_key": "go", "task_id": "task_lunch",
            "selected_items": { "selected_item": [
                { "question_key": "lunch", "option_ids": { "option_id": ["rice"] } } ] } })
    );
    let mut closed = vote();
    closed["checkbox"]["disable"] = json!(true);
    closed["submit_button"]["text"] = json!("Voted");
    let update = json!({ "response_type": "update_template_card", "userids": ["LiNa"],
        "template_card": closed });
    let req_id = push["headers"]["req_id"].as_str().unwrap();
    let ack = client
        .reply("aibot_respond_update_msg", req_id, update)
        .await;
    assert_eq!(ack["errcode"], 0, "{ack}");
    let shown = card_in(&sim, &chat);
    assert_eq!(shown.card, Some(vote()), "the others can still vote");
    assert_eq!(shown.card_copies["LiNa"], closed);

    let again = lina.choose("task_lunch", "go", chosen);
    assert!(matches!(again, Err(SimError::Invalid(_))), "she has voted");
    let other = sim.member(DEMO_BOT, "wangfang").in_group(GROUP);
    other.choose("task_lunch", "go", chosen).unwrap();
    assert_eq!(client.next().await["body"]["from"]["userid"], "wangfang");
}

#[tokio::test]
async fn what_is_not_on_the_card_cannot_be_pressed() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    sim.open_chat(&direct("LiNa")).unwrap();
    show(&mut client, "LiNa", 1, &vote()).await;
    let lina = sim.member(DEMO_BOT, "LiNa");
    let none = lina.press("task_lunch", "go");
    assert!(
        matches!(none, Err(SimError::Invalid(_))),
        "nothing is chosen"
    );
    assert!(matches!(
        lina.press("task_lunch", "stop"),
        Err(SimError::Invalid(_))
    ));
    let unknown = [
        lina.press("task_other", "go"),
        sim.member(DEMO_BOT, "wangfang").press("task_lunch", "go"),
        sim.member("aibNONE", "LiNa").press("task_lunch", "go"),
    ];
    for refused in unknown {
        assert!(
            matches!(refused, Err(SimError::Unknown { .. })),
            "{refused:?}"
        );
    }
    let body = json!({ "bot": DEMO_BOT, "from": "LiNa", "task_id": "task_lunch", "key": "go",
        "answers": { "lunch": ["soup"] } });
    assert_eq!(
        call(&sim, "POST", "/sim/press", Some(&body)).await.status,
        400
    );
    let body = json!({ "bot": DEMO_BOT, "from": "LiNa", "task_id": "task_lunch", "key": "go",
        "answers": { "lunch": ["rice", "noodles"] } });
    assert_eq!(post(&sim, "/sim/press", body).await["delivered"], true);
    let push = client.next().await;
    let items = &push["body"]["event"]["template_card_event"]["selected_items"]["selected_item"];
    assert_eq!(
        items[0]["option_ids"]["option_id"],
        json!(["rice", "noodles"])
    );
}

#[tokio::test]
async fn an_answer_is_rated_and_the_rating_taken_back() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let lina = sim.member(DEMO_BOT, "LiNa");
    let asked = lina.say("?").unwrap();
    client.next().await;
    let stream = json!({ "id": "s", "finish": true, "content": "42", "feedback": { "id": "fb" } });
    let body = json!({ "msgtype": "stream", "stream": stream });
    let ack = client
        .reply("aibot_respond_msg", asked.req_id.as_str(), body)
        .await;
    assert_eq!(ack["errcode"], 0, "{ack}");
    let ratings = || {
        let entries = sim.transcript(&direct("LiNa"));
        let rated = entries.iter().find(|entry| entry.feedback_id.is_some());
        Value::Object(rated.unwrap().ratings.clone())
    };
    let bad = Rating::Inaccurate {
        content: "too short".to_owned(),
        reasons: vec![2, 4],
    };
    let cases = [
        (
            Rating::Accurate,
            json!({ "id": "fb", "type": 1 }),
            json!({ "LiNa": 1 }),
        ),
        (
            bad,
            json!({ "id": "fb", "type": 2, "content": "too short",
                "inaccurate_reason_list": [2, 4] }),
            json!({ "LiNa": 2 }),
        ),
        (
            Rating::Withdrawn,
            json!({ "id": "fb", "type": 3 }),
            json!({}),
        ),
    ];
    for (rating, detail, shown) in cases {
        lina.rate("fb", &rating).unwrap();
        let event = &client.next().await["body"]["event"];
        assert_eq!(event["feedback_event"], detail);
        assert_eq!(ratings(), shown);
    }
}

#[tokio::test]
async fn events_come_in_the_order_of_what_people_do() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let lina = sim.member(DEMO_BOT, "LiNa");
    lina.enter_chat().unwrap();
    lina.say("hello").unwrap();
    lina.send_image(b"picture".as_slice()).unwrap();
    lina.clone()
        .in_group(GROUP)
        .change_permissions(&[1, 2])
        .unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let body = client.next().await["body"].clone();
        let event = body["event"]["eventtype"].as_str();
        seen.push(event.or(body["msgtype"].as_str()).unwrap().to_owned());
        if event == Some("auth_change_event") {
            assert_eq!(
                body["event"]["auth_change_event"],
                json!({ "auth_list": [1, 2] })
            );
            assert_eq!(body["from"], json!({ "userid": "LiNa", "chat_id": GROUP }));
            assert!(body.get("chatid").is_none());
        }
    }
    assert_eq!(seen, ["enter_chat", "text", "image", "auth_change_event"]);
}
