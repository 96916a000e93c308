//! The control API and the page.

use serde_json::{Value, json};
use wecom::sim::DEMO_BOT;

use super::http::{call, call_as, get, post};
use super::{start, subscribed};

#[tokio::test]
async fn the_company_is_listed_and_grows() {
    let sim = start().await;
    let _client = subscribed(&sim).await;
    post(
        &sim,
        "/sim/users",
        json!({ "id": "ChenHao", "name": "陈浩" }),
    )
    .await;
    let bot = json!({ "id": "aibNEW", "secret": "s", "name": "New" });
    post(&sim, "/sim/bots", bot.clone()).await;
    let group = json!({ "name": "G", "members": ["ChenHao"], "bots": ["aibNEW"] });
    let group_id = post(&sim, "/sim/groups", group).await["id"].clone();

    let state = get(&sim, "/sim/state").await;
    assert_eq!(
        state["bots"],
        json!([{ "id": DEMO_BOT, "name": "小助手", "connected": true, "called": false },
            { "id": "aibNEW", "name": "New", "connected": false, "called": false }])
    );
    let users = state["users"].as_array().unwrap();
    assert!(
        users.contains(&json!({ "id": "ChenHao", "name": "陈浩" })),
        "{users:?}"
    );
    let groups = state["groups"].as_array().unwrap();
    let expected =
        json!({ "id": group_id, "name": "G", "members": ["ChenHao"], "bots": ["aibNEW"] });
    assert!(groups.contains(&expected), "{groups:?}");

    let again = call(&sim, "POST", "/sim/bots", Some(&bot)).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["error"], "bot `aibNEW` exists already");
}

#[tokio::test]
async fn messages_and_events_are_injected() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    let message = json!({ "bot": DEMO_BOT, "from": "LiNa", "group": "wrDEMOProject01",
        "msgtype": "text", "text": { "content": "@小助手 hi" },
        "quote": { "msgtype": "text", "text": { "content": "old" } }, "omit": ["create_time"] });
    let injected = post(&sim, "/sim/messages", message).await;
    assert_eq!(injected["delivered"], true);
    assert_eq!(
        client.next().await,
        json!({ "cmd": "aibot_msg_callback", "headers": { "req_id": injected["req_id"] },
            "body": { "msgid": injected["msgid"], "aibotid": DEMO_BOT,
                "chatid": "wrDEMOProject01", "chattype": "group", "from": { "userid": "LiNa" },
                "msgtype": "text", "text": { "content": "@小助手 hi" },
                "quote": { "msgtype": "text", "text": { "content": "old" } } } })
    );
    for event in [
        json!({ "task_id": "t" }),
        json!({ "template_card_event": { "task_id": "t" } }),
    ] {
        let body = json!({ "bot": DEMO_BOT, "from": "LiNa", "eventtype": "template_card_event",
            "event": event });
        post(&sim, "/sim/events", body).await;
        let push = client.next().await;
        let expected = json!({ "eventtype": "template_card_event",
            "template_card_event": { "task_id": "t" } });
        assert_eq!(push["body"]["event"], expected, "{event}");
    }
    let msgid = injected["msgid"].clone();
    let again = post(&sim, "/sim/redeliver", json!({ "msgid": msgid })).await;
    assert_eq!(again, json!({ "delivered": true }));
    assert_eq!(client.next().await["body"]["msgid"], msgid);
    post(&sim, "/sim/raw", json!({ "bot": DEMO_BOT, "text": "{}" })).await;
    assert_eq!(client.next().await, json!({}));
    post(
        &sim,
        "/sim/raw",
        json!({ "bot": DEMO_BOT, "base64": "/wA=", "binary": true }),
    )
    .await;
    assert_eq!(client.next_raw().await.into_data().as_ref(), [0xff, 0x00]);
}

#[tokio::test]
async fn chats_are_listed_newest_first() {
    let sim = start().await;
    assert_eq!(get(&sim, "/sim/chats").await, json!([]));
    let text = |from: &str, group: Option<&str>| {
        json!({ "bot": DEMO_BOT, "from": from, "group": group, "msgtype": "text",
            "text": { "content": format!("by\n{from}") } })
    };
    post(&sim, "/sim/messages", text("LiNa", None)).await;
    post(
        &sim,
        "/sim/messages",
        text("zhangwei", Some("wrDEMOLunch02")),
    )
    .await;
    let mut chats = get(&sim, "/sim/chats").await;
    for chat in chats.as_array_mut().unwrap() {
        assert!(chat["last_at"].take().as_i64().unwrap() > 0);
    }
    let group = format!("group:{DEMO_BOT}:wrDEMOLunch02");
    let direct = format!("direct:{DEMO_BOT}:LiNa");
    assert_eq!(
        chats,
        json!([
            { "chat": group, "bot": DEMO_BOT, "group": "wrDEMOLunch02", "last_at": null,
              "preview": "by zhangwei" },
            { "chat": direct, "bot": DEMO_BOT, "user": "LiNa", "last_at": null,
              "preview": "by LiNa" },
        ])
    );
    let path = format!("/sim/chats/{}", direct.replace(':', "%3A"));
    let transcript = get(&sim, &path).await;
    let entry = &transcript["entries"][0];
    assert_eq!(
        (&entry["type"], &entry["content"]),
        (&json!("text"), &json!("by\nLiNa"))
    );
    assert_eq!(entry["from"], json!({ "kind": "user", "id": "LiNa" }));
}

#[tokio::test]
async fn mistakes_are_explained() {
    let sim = start().await;
    let text = json!({ "content": "x" });
    let cases: [(&str, Value, u16, &str); 8] = [
        (
            "/sim/messages",
            json!({ "bot": "aibX", "from": "LiNa", "msgtype": "text", "text": text }),
            404,
            "unknown bot",
        ),
        (
            "/sim/messages",
            json!({ "bot": DEMO_BOT, "from": "nobody", "msgtype": "text", "text": text }),
            404,
            "unknown user",
        ),
        (
            "/sim/messages",
            json!({ "bot": DEMO_BOT, "msgtype": "text", "text": text }),
            400,
            "needs a sender",
        ),
        (
            "/sim/messages",
            json!({ "bot": DEMO_BOT, "from": "LiNa", "msgtype": "text" }),
            400,
            "`text` is missing",
        ),
        (
            "/sim/messages",
            json!({ "from": "LiNa", "msgtype": "text" }),
            422,
            "bot",
        ),
        (
            "/sim/redeliver",
            json!({ "msgid": "no" }),
            404,
            "unknown message",
        ),
        ("/sim/raw", json!({ "bot": DEMO_BOT }), 400, "either"),
        (
            "/sim/groups",
            json!({ "name": "G", "members": ["nobody"], "bots": [] }),
            404,
            "nobody",
        ),
    ];
    for (path, body, status, text) in cases {
        let answer = call(&sim, "POST", path, Some(&body)).await;
        assert_eq!(answer.status, status, "{path} {body}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(text), "{path} {body}: {error}");
    }
    assert_eq!(
        call(&sim, "GET", "/sim/chats/nonsense", None).await.status,
        400
    );
    assert_eq!(call(&sim, "GET", "/sim/media/none", None).await.status, 404);
    assert_eq!(call(&sim, "GET", "/sim/nonsense", None).await.status, 404);
}

#[tokio::test]
async fn other_names_and_origins_are_refused() {
    let sim = start().await;
    let own = sim.addr().to_string();
    let port = sim.addr().port();
    let cases: [(&[(&str, &str)], u16); 5] = [
        (&[("host", &own), ("origin", &format!("http://{own}"))], 200),
        (&[("host", &format!("localhost:{port}"))], 200),
        (&[("host", "evil.example")], 403),
        (&[("host", &own), ("origin", "http://evil.example")], 403),
        (&[("host", &own), ("origin", "null")], 403),
    ];
    for (headers, status) in cases {
        let answer = call_as(&sim, "GET", "/sim/state", None, headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

#[tokio::test]
async fn what_the_handle_knows_is_served_too() {
    let sim = start().await;
    let mut client = subscribed(&sim).await;
    client.request("aibot_dance", json!({})).await;
    let frames = get(&sim, &format!("/sim/frames/{DEMO_BOT}")).await;
    assert_eq!(frames[1]["cmd"], "aibot_dance");
    assert_eq!(frames[1]["ack"]["errcode"], 40_058);
    assert_eq!(
        get(&sim, "/sim/violations").await[0]["reason"],
        "unknown command"
    );
    let connection = get(&sim, &format!("/sim/connections/{DEMO_BOT}")).await;
    assert_eq!(
        (&connection["subscribed"], sim.sockets_total()),
        (&json!(true), 1)
    );
    let urls = json!({ "doc": "http://127.0.0.1:1/x" });
    let put = call(&sim, "PUT", &format!("/sim/mcp/{DEMO_BOT}"), Some(&urls)).await;
    assert_eq!(put.status, 204);
    let ack = client
        .request("aibot_get_mcp_config", json!({ "biz_type": "doc" }))
        .await;
    assert_eq!(ack["body"]["url"], "http://127.0.0.1:1/x");
}

#[tokio::test]
async fn the_page_is_at_the_root() {
    let sim = start().await;
    let page = call(&sim, "GET", "/", None).await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("text/html"), "{}", page.head);
    assert_eq!(
        call(&sim, "GET", "/no/such/file.js", None).await.status,
        404
    );
}
