//! The category `msg`, and the simulator's chats behind it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, Injection, SaidContent, Saying, Sim, SimChat};

use super::{server, start};

const GROUP: &str = "wrDEMOProject01";

/// The last week.
fn week() -> Value {
    json!({ "begin_time": "2026-08-25 10:00:00", "end_time": "2026-09-01 10:00:00" })
}

/// What a member reads in a chat.
async fn read(sim: &Sim, member: &str, chat_type: u8, chatid: &str) -> Vec<Value> {
    let mut args = week();
    args["chat_type"] = json!(chat_type);
    args["chatid"] = json!(chatid);
    let msg = server(sim, "msg", member);
    msg.pages("get_message", args, "messages").await.concat()
}

fn texts(messages: &[Value]) -> Vec<(&str, &str)> {
    let text = |message: &'_ Value| message["text"]["content"].as_str().is_some();
    messages
        .iter()
        .filter(|message| text(message))
        .map(|message| {
            let from = message["userid"].as_str().unwrap();
            (from, message["text"]["content"].as_str().unwrap())
        })
        .collect()
}

fn send(chat_type: u8, chatid: &str, text: &str) -> Value {
    json!({
        "chat_type": chat_type,
        "chatid": chatid,
        "msgtype": "text",
        "text": { "content": text },
    })
}

fn said(from: &str, to: &str, at: &str, text: &str) -> Saying {
    Saying {
        from: from.into(),
        to: Some(to.into()),
        group: None,
        at: Some(at.to_owned()),
        content: SaidContent::Text(text.to_owned()),
    }
}

#[tokio::test]
async fn what_people_write_to_the_bot_is_read_by_them_alone() {
    let sim = start().await;
    sim.inject(Injection::text(DEMO_BOT, "LiNa", "你好"))
        .unwrap();
    let group = Injection::text(DEMO_BOT, "wangfang", "@小助手 总结").in_group(GROUP);
    sim.inject(group).unwrap();
    assert_eq!(
        texts(&read(&sim, "LiNa", 1, "LiNa").await),
        [("LiNa", "你好")]
    );
    let found = read(&sim, "LiNa", 2, GROUP).await;
    assert_eq!(texts(&found), [("wangfang", "@小助手 总结")]);
    assert_eq!(found[0]["send_time"], "2026-09-01 10:00:00");
    let lina = server(&sim, "msg", "LiNa");
    let chats = lina.ok("get_msg_chat_list", week()).await["chats"].clone();
    let row = |id: &str, name: &str| {
        json!({
            "chat_id": id,
            "chat_name": name,
            "last_msg_time": "2026-09-01 10:00:00",
            "msg_count": 1,
        })
    };
    assert_eq!(
        chats,
        json!([row("LiNa", "小助手"), row(GROUP, "项目讨论组")])
    );
    // Not a member of the group; and its id with other letters is another one.
    let mut args = week();
    args["chat_type"] = json!(2);
    args["chatid"] = json!(GROUP);
    let liuyang = server(&sim, "msg", "liuyang");
    assert_eq!(liuyang.code("get_message", args.clone()).await, 93_006);
    args["chatid"] = json!(GROUP.to_lowercase());
    assert_eq!(lina.code("get_message", args).await, 93_006);
    let none = server(&sim, "msg", "liuyang")
        .ok("get_msg_chat_list", week())
        .await;
    assert_eq!(none["chats"], json!([]));
}

#[tokio::test]
async fn what_is_sent_is_seen_on_both_sides_and_on_the_page() {
    let sim = start().await;
    let lina = server(&sim, "msg", "LiNa");
    lina.ok("send_message", send(1, "zhangwei", "改到三点"))
        .await;
    lina.ok("send_message", send(2, GROUP, "大家好")).await;
    for (member, other) in [("LiNa", "zhangwei"), ("zhangwei", "LiNa")] {
        let found = read(&sim, member, 1, other).await;
        assert_eq!(texts(&found), [("LiNa", "改到三点")], "{member}");
    }
    let found = read(&sim, "wangfang", 2, GROUP).await;
    assert_eq!(texts(&found), [(DEMO_BOT, "大家好")]);
    for chat in [
        SimChat::direct(DEMO_BOT, "zhangwei"),
        SimChat::group(DEMO_BOT, GROUP),
    ] {
        let shown = sim.transcript(&chat);
        assert!(shown.len() == 1 && shown[0].is_from_bot(), "{chat}");
    }
    let chinese = "字".repeat(683);
    for (chat_type, chatid, text, code) in [
        (1, "nobody", "x", 93_006),
        (2, "wrNOWHERE", "x", 93_006),
        (2, "wrdemoproject01", "x", 93_006),
        (1, "zhangwei", chinese.as_str(), 45_002),
    ] {
        let args = send(chat_type, chatid, text);
        assert_eq!(lina.code("send_message", args).await, code, "{chatid}");
    }
}

#[tokio::test]
async fn only_the_last_seven_days_are_within_reach() {
    let sim = start().await;
    let company = sim.company();
    company
        .say(said("zhangwei", "LiNa", "2026-08-24 10:00:00", "too old"))
        .unwrap();
    company
        .say(said("LiNa", "zhangwei", "2026-08-30 10:00:00", "一"))
        .unwrap();
    assert_eq!(
        texts(&read(&sim, "zhangwei", 1, "LiNa").await),
        [("LiNa", "一")]
    );
    let lina = server(&sim, "msg", "LiNa");
    for (begin, end) in [
        ("2026-08-24 10:00:00", "2026-09-01 10:00:00"),
        ("2026-08-30 10:00:00", "2026-09-02 10:00:00"),
        ("2026-08-31 10:00:00", "2026-08-30 10:00:00"),
    ] {
        let args = json!({ "begin_time": begin, "end_time": end });
        assert_eq!(
            lina.code("get_msg_chat_list", args).await,
            40_058,
            "{begin}"
        );
    }
}

#[tokio::test]
async fn long_chats_come_in_pages() {
    let sim = start().await;
    for n in 0..60 {
        let at = format!("2026-08-31 10:00:{n:02}");
        let saying = said("LiNa", "zhangwei", &at, &n.to_string());
        sim.company().say(saying).unwrap();
    }
    let mut args = week();
    args["chat_type"] = json!(1);
    args["chatid"] = json!("LiNa");
    let zhangwei = server(&sim, "msg", "zhangwei");
    let pages = zhangwei.pages("get_message", args, "messages").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 10]);
    assert_eq!(texts(&pages[1])[9].1, "59");
}

#[tokio::test]
async fn a_file_is_fetched_by_its_id() {
    let sim = start().await;
    let saying = Saying {
        from: "zhangwei".into(),
        to: None,
        group: Some(GROUP.into()),
        at: None,
        content: SaidContent::Media {
            kind: "image".to_owned(),
            name: "拓扑图.png".to_owned(),
            base64: STANDARD.encode(b"\x89PNG"),
        },
    };
    sim.company().say(saying).unwrap();
    let found = read(&sim, "LiNa", 2, GROUP).await;
    assert_eq!(found[0]["image"]["name"], "拓扑图.png");
    let id = found[0]["image"]["media_id"].clone();
    let lina = server(&sim, "msg", "LiNa");
    let item = lina.ok("get_msg_media", json!({ "media_id": id })).await;
    let expected = json!({
        "media_id": id,
        "name": "拓扑图.png",
        "type": "image",
        "base64_data": STANDARD.encode(b"\x89PNG"),
    });
    assert_eq!(item["media_item"], expected);
    let stranger = server(&sim, "msg", "liuyang");
    let asked = json!({ "media_id": id });
    assert_eq!(stranger.code("get_msg_media", asked).await, 40_007);
    let unknown = json!({ "media_id": "mda_0" });
    assert_eq!(lina.code("get_msg_media", unknown).await, 40_007);
}
