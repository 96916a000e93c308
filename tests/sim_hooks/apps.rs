//! Apps: what they are told, what is fetched, and what their chats show.

use std::sync::Arc;

use serde_json::{Value, json};
use wecom::ids::UserId;
use wecom::sim::{AppSaid, Entry, EntryKind, Sim, SimChat};
use wecom::wecom::callback::{AppCallback, AppContent, AppEvent};

use super::receiver::Receiver;
use super::{AGENT, CORP, SECRET, answer_in, app, done, quiet, reasons, start};

fn chat(user: &str) -> SimChat {
    SimChat::app(app(), user)
}

/// A request to the API, with its answer's head and body.
async fn ask(sim: &Sim, method: &str, path: &str, body: &Value) -> (String, Vec<u8>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = tokio::net::TcpStream::connect(sim.addr()).await.unwrap();
    let request = format!(
        "{method} /cgi-bin/{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        sim.addr(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let blank = answer
        .windows(4)
        .position(|bytes| bytes == b"\r\n\r\n")
        .unwrap();
    let content = answer.split_off(blank + 4);
    (String::from_utf8(answer).unwrap().to_lowercase(), content)
}

async fn token(sim: &Sim) -> String {
    let path = format!("gettoken?corpid={CORP}&corpsecret={SECRET}");
    let (_, body) = ask(sim, "GET", &path, &Value::Null).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

async fn post(sim: &Sim, call: &str, body: &Value) -> Value {
    let path = format!("{call}?access_token={}", token(sim).await);
    let (_, body) = ask(sim, "POST", &path, body).await;
    serde_json::from_slice(&body).unwrap()
}

async fn send(sim: &Sim, to: &str, msgtype: &str, content: Value) -> Value {
    let mut body = json!({ "touser": to, "agentid": AGENT, "msgtype": msgtype });
    body[msgtype] = content;
    let answer = post(sim, "message/send", &body).await;
    assert_eq!(answer["errcode"], 0, "{answer}");
    answer
}

/// What came of a member's words at the other end.
async fn told(sim: &Sim, receiver: &Arc<Receiver>, said: &AppSaid, kind: &str) -> AppCallback {
    assert!(said.delivered);
    done(sim, kind).await;
    let got = receiver.got();
    AppCallback::parse(&got.last().unwrap().plain).unwrap()
}

#[tokio::test]
async fn everything_that_a_member_says_is_told() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let lina = sim.app_member(app(), "LiNa");
    let text = "a ]]> <b> &amp; 你好 😀";
    let said = lina.say(text).unwrap();
    let callback = told(&sim, &receiver, &said, "text").await;
    assert_eq!(callback.corp_id.as_deref(), Some(CORP));
    assert_eq!(callback.sender, Some(UserId::from("LiNa")));
    assert_eq!(callback.agent_id, Some(AGENT));
    assert_eq!(callback.message_id, said.msgid);
    assert!(callback.created_at.is_some());
    assert_eq!(callback.content, AppContent::Text(text.to_owned()));

    let said = lina.send_image(b"\x89PNG-image".as_slice()).unwrap();
    let callback = told(&sim, &receiver, &said, "image").await;
    assert_eq!(
        callback.content,
        AppContent::Image {
            media: said.media_id
        }
    );

    let said = lina.send_voice(b"#!AMR\nsound".as_slice()).unwrap();
    let callback = told(&sim, &receiver, &said, "voice").await;
    let voice = AppContent::Voice {
        media: said.media_id,
        transcript: None,
    };
    assert_eq!(callback.content, voice);

    let said = lina.send_video(b"video".as_slice()).unwrap();
    let callback = told(&sim, &receiver, &said, "video").await;
    assert_eq!(
        callback.content,
        AppContent::Video {
            media: said.media_id
        }
    );

    let said = lina
        .send_file("日报.json", b"{\"errcode\": 1}".as_slice())
        .unwrap();
    let callback = told(&sim, &receiver, &said, "file").await;
    let media = said.media_id.unwrap();
    let file = AppContent::File {
        media: Some(media.clone()),
        name: Some("日报.json".to_owned()),
    };
    assert_eq!(callback.content, file);
    let path = format!(
        "media/get?access_token={}&media_id={media}",
        token(&sim).await
    );
    let (head, body) = ask(&sim, "GET", &path, &Value::Null).await;
    assert_eq!(body, b"{\"errcode\": 1}");
    assert!(
        head.contains("content-type: application/json") && head.contains("content-disposition")
    );

    let said = lina.send_location(39.9, 116.25, "天安门").unwrap();
    let AppContent::Location(place) = told(&sim, &receiver, &said, "location").await.content else {
        panic!("a place");
    };
    assert_eq!(
        (place.latitude.as_str(), place.longitude.as_str()),
        ("39.9", "116.25")
    );
    assert_eq!(place.label, "天安门");

    let said = lina
        .send_link("Title", "What", "https://example.com/?a=1&b=2")
        .unwrap();
    let callback = told(&sim, &receiver, &said, "link").await;
    let AppContent::Link { title, url, .. } = callback.content else {
        panic!("a link");
    };
    assert_eq!(
        (title.as_str(), url.as_str()),
        ("Title", "https://example.com/?a=1&b=2")
    );

    let said = lina.enter().unwrap();
    assert_eq!(said.msgid, None);
    let callback = told(&sim, &receiver, &said, "enter_agent").await;
    assert_eq!(callback.content, AppContent::Event(AppEvent::EnterAgent));

    let kinds: Vec<EntryKind> = sim
        .transcript(&chat("LiNa"))
        .iter()
        .map(|it| it.kind)
        .collect();
    let expected = [
        EntryKind::Text,
        EntryKind::Image,
        EntryKind::Voice,
        EntryKind::Video,
        EntryKind::File,
        EntryKind::Location,
        EntryKind::Link,
        EntryKind::Event,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(reasons(&sim), Vec::<String>::new());
}

#[tokio::test]
async fn who_does_not_see_an_app_cannot_talk_to_it() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let mut narrow = wecom::sim::SeedApp::new(CORP, 7, "s").called_at(receiver.app_hook());
    narrow.scope = Some(["LiNa".into()].into());
    let id = narrow.id();
    sim.apps().add(narrow.clone()).unwrap();
    assert!(sim.apps().add(narrow).is_err(), "twice");
    assert!(sim.app_member(id.clone(), "LiNa").say("hi").is_ok());
    assert!(sim.app_member(id.clone(), "zhangwei").say("hi").is_err());
    assert!(sim.app_member(id, "nobody").say("hi").is_err());
    assert!(
        sim.app_member(wecom::sim::AppId::new(CORP, 8), "LiNa")
            .say("hi")
            .is_err()
    );
    sim.apps().set_callback(&app(), None).unwrap();
    let said = sim.app_member(app(), "LiNa").say("hi").unwrap();
    assert!(!said.delivered, "nobody is called");
}

#[tokio::test]
async fn what_an_app_sends_is_in_its_chats() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    send(
        &sim,
        "LiNa|zhangwei",
        "text",
        json!({ "content": "morning" }),
    )
    .await;
    for user in ["LiNa", "zhangwei"] {
        let entry = answer_in(&sim, &chat(user)).await;
        assert_eq!((entry.kind, entry.text()), (EntryKind::Text, "morning"));
        assert_eq!(entry.from.id, app().to_string());
    }
    assert_eq!(sim.transcript(&chat("wangfang")), []);
    send(&sim, "LiNa", "markdown", json!({ "content": "**b**" })).await;
    let card = json!({ "title": "t", "description": "d", "url": "https://example.com" });
    send(&sim, "LiNa", "textcard", card.clone()).await;
    let said = sim
        .app_member(app(), "LiNa")
        .send_file("a.txt", b"alphabet".as_slice())
        .unwrap();
    send(&sim, "LiNa", "file", json!({ "media_id": said.media_id })).await;
    let sent = send(&sim, "LiNa", "text", json!({ "content": "never mind" })).await;
    let recalled = post(&sim, "message/recall", &json!({ "msgid": sent["msgid"] })).await;
    assert_eq!(recalled["errcode"], 0);

    let entries = sim.transcript(&chat("LiNa"));
    let from_app: Vec<&Entry> = entries.iter().filter(|entry| entry.is_from_bot()).collect();
    let kinds: Vec<EntryKind> = from_app.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Text,
            EntryKind::Markdown,
            EntryKind::TextCard,
            EntryKind::File,
            EntryKind::Event
        ]
    );
    assert_eq!(from_app[2].detail, Some(card));
    assert_eq!(from_app[3].media.as_ref().unwrap().name, "a.txt");
    assert_eq!(from_app[4].text(), "recalled");
}

#[tokio::test]
async fn a_click_gives_the_right_to_change_the_card() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let card = json!({ "card_type": "button_interaction", "main_title": { "title": "Leave?" },
        "task_id": "leave@1", "button_list": [
            { "text": "Yes", "key": "yes", "style": 3 }, { "text": "No", "key": "no" } ],
        "action_menu": { "desc": "more", "action_list": [{ "text": "Mute", "key": "mute" }] } });
    send(&sim, "LiNa|zhangwei", "template_card", card).await;
    let lina = sim.app_member(app(), "LiNa");
    assert!(lina.press("leave@1", "maybe").is_err());
    assert!(lina.press("other", "yes").is_err());
    let said = lina.press("leave@1", "mute").unwrap();
    let callback = told(&sim, &receiver, &said, "template_card_menu_event").await;
    let AppContent::Event(AppEvent::Card { is_menu: true, .. }) = callback.content else {
        panic!("{callback:?}");
    };
    let said = lina.press("leave@1", "yes").unwrap();
    let callback = told(&sim, &receiver, &said, "template_card_event").await;
    let AppContent::Event(AppEvent::Card {
        click,
        response_code,
        is_menu: false,
    }) = callback.content
    else {
        panic!("a click");
    };
    assert_eq!(click.task_id, "leave@1");
    assert_eq!(click.event_key, "yes");
    let code = response_code.unwrap();
    let change = json!({ "userids": ["LiNa"], "agentid": AGENT, "response_code": code.reveal(),
        "button": { "replace_name": "Approved" } });
    assert_eq!(
        post(&sim, "message/update_template_card", &change).await["errcode"],
        0
    );
    let again = post(&sim, "message/update_template_card", &change).await;
    assert_ne!(again["errcode"], 0, "once only");
    let button = |user: &str| {
        let entries = sim.transcript(&chat(user));
        let card = entries.iter().find_map(|entry| entry.card.clone()).unwrap();
        card["button_list"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (button("LiNa").as_str(), button("zhangwei").as_str()),
        ("Approved", "Yes")
    );
    assert!(lina.press("leave@1", "yes").is_err(), "it was replaced");
    assert!(lina.press("leave@1", "").is_err());
    assert!(
        sim.app_member(app(), "zhangwei")
            .press("leave@1", "no")
            .is_ok()
    );
}

#[tokio::test]
async fn what_is_chosen_on_a_card_is_told() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let card = json!({ "card_type": "vote_interaction", "main_title": { "title": "Lunch" },
        "task_id": "lunch@1", "submit_button": { "text": "Send", "key": "send" },
        "checkbox": { "question_key": "q", "mode": 1, "option_list": [
            { "id": "a", "text": "noodles" }, { "id": "b", "text": "rice" } ] } });
    send(&sim, "LiNa", "template_card", card).await;
    let lina = sim.app_member(app(), "LiNa");
    let said = lina
        .choose("lunch@1", "send", &[("q", &["a", "b"])])
        .unwrap();
    told(&sim, &receiver, &said, "template_card_event").await;
    let plain = receiver.got().remove(0).plain;
    let selected = "<SelectedItems><SelectedItem><QuestionKey><![CDATA[q]]></QuestionKey>\
        <OptionIds><OptionId><![CDATA[a]]></OptionId><OptionId><![CDATA[b]]></OptionId>\
        </OptionIds></SelectedItem></SelectedItems>";
    assert!(plain.contains(selected), "{plain}");
}

#[tokio::test]
async fn any_event_can_happen() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let lina = sim.app_member(app(), "LiNa");
    let said = lina.cause("click", &[("EventKey", "menu_1")]).unwrap();
    let callback = told(&sim, &receiver, &said, "click").await;
    let event = AppEvent::Other {
        name: "click".to_owned(),
        key: "menu_1".to_owned(),
    };
    assert_eq!(callback.content, AppContent::Event(event));
    assert!(lina.cause("click", &[("no name", "")]).is_err());
}
