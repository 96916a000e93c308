//! The same through the control API.

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, Seed, Sim, SimOptions};

use super::{DEADLINE, answer_in, app, direct, done, quiet, receiver::Receiver, start};

/// A request with a JSON body; status and body of the answer.
async fn call(sim: &Sim, method: &str, path: &str, body: &Value) -> (u16, Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = tokio::net::TcpStream::connect(sim.addr()).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        sim.addr(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn hook_json(hook: &wecom::sim::Webhook) -> Value {
    json!({ "url": hook.url, "token": hook.token.reveal(),
        "encodingAESKey": hook.encoding_aes_key.reveal() })
}

#[tokio::test]
async fn a_bot_with_a_webhook_needs_no_secret() {
    let receiver = Receiver::start(|got| {
        got.seal(&json!({ "msgtype": "stream",
            "stream": { "id": "s", "finish": true, "content": "hi" } }))
    })
    .await;
    let options = SimOptions {
        seed: Seed::demo(),
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    let bot =
        json!({ "id": "aibHOOK", "name": "钩子", "webhook": hook_json(&receiver.bot_hook()) });
    assert_eq!(call(&sim, "POST", "/sim/bots", &bot).await.0, 200);
    let said = json!({ "bot": "aibHOOK", "from": "LiNa", "parts": [{ "text": "hello" }] });
    let (_, said) = call(&sim, "POST", "/sim/say", &said).await;
    assert_eq!(said["delivered"], true);
    let chat = wecom::sim::SimChat::direct("aibHOOK", "LiNa");
    assert_eq!(answer_in(&sim, &chat).await.text(), "hi");

    let (_, state) = call(&sim, "GET", "/sim/state", &Value::Null).await;
    let called = |id: &str| {
        let bots = state["bots"].as_array().unwrap();
        bots.iter().find(|bot| bot["id"] == id).unwrap()["called"].clone()
    };
    assert_eq!(
        (called("aibHOOK"), called(DEMO_BOT)),
        (json!(true), json!(false))
    );
    let (_, calls) = call(
        &sim,
        "GET",
        "/sim/hooks/calls?owner=bot:aibHOOK&kind=text",
        &Value::Null,
    )
    .await;
    assert_eq!(calls[0]["attempts"][0]["status"], 200);
    let (_, none) = call(&sim, "GET", "/sim/hooks/calls?kind=image", &Value::Null).await;
    assert_eq!(none, json!([]));
    let (status, check) = call(&sim, "POST", "/sim/hooks/bot:aibHOOK/check", &Value::Null).await;
    assert_eq!((status, &check["problem"]), (200, &Value::Null));

    let hook = hook_json(&receiver.bot_hook());
    let path = format!("/sim/webhooks/{DEMO_BOT}");
    assert_eq!(call(&sim, "PUT", &path, &hook).await.0, 204);
    let said = json!({ "bot": DEMO_BOT, "from": "LiNa", "parts": [{ "text": "you too" }] });
    call(&sim, "POST", "/sim/say", &said).await;
    assert_eq!(answer_in(&sim, &direct("LiNa")).await.text(), "hi");
    assert_eq!(call(&sim, "DELETE", &path, &Value::Null).await.0, 204);
    let (_, said) = call(&sim, "POST", "/sim/say", &said).await;
    assert_eq!(said["delivered"], false);
    let (status, error) = call(
        &sim,
        "PUT",
        &path,
        &json!({ "url": "x", "token": "t", "encoding_aes_key": "k" }),
    )
    .await;
    assert_eq!(
        (status, &error["error"]),
        (
            400,
            &json!("`x` is no address: write http://… or https://…")
        )
    );
}

#[tokio::test]
async fn members_talk_to_apps() {
    let receiver = quiet().await;
    let sim = start(&receiver).await;
    let name = app().to_string();
    for (words, kind) in [
        (json!({ "text": "hi" }), "text"),
        (
            json!({ "file": { "type": "image", "name": "a.png", "base64": "iVBORw0KGgo=" } }),
            "image",
        ),
        (json!({ "voice": { "text": "说" } }), "voice"),
        (
            json!({ "location": { "latitude": 1.5, "longitude": 2.5, "label": "Here" } }),
            "location",
        ),
        (
            json!({ "link": { "title": "T", "url": "https://example.com" } }),
            "link",
        ),
    ] {
        let body = json!({ "app": name, "from": "LiNa", "say": words });
        let (status, said) = call(&sim, "POST", "/sim/apps/say", &body).await;
        assert_eq!((status, &said["delivered"]), (200, &json!(true)), "{said}");
        done(&sim, kind).await;
    }
    let event =
        json!({ "app": name, "from": "LiNa", "event": "click", "fields": { "EventKey": "m" } });
    assert_eq!(call(&sim, "POST", "/sim/apps/events", &event).await.0, 200);
    done(&sim, "click").await;
    assert!(
        receiver
            .got()
            .last()
            .unwrap()
            .plain
            .contains("<EventKey><![CDATA[m]]></EventKey>")
    );
    let press = json!({ "app": name, "from": "LiNa", "task_id": "t", "key": "k" });
    assert_eq!(call(&sim, "POST", "/sim/apps/press", &press).await.0, 404);

    let fault = json!({ "fault": "garbled", "on": "text" });
    let path = format!("/sim/hooks/app:{}/faults", name.replace('/', "%2F"));
    assert_eq!(call(&sim, "POST", &path, &fault).await.0, 200);
    let (_, faults) = call(&sim, "GET", &path, &Value::Null).await;
    assert_eq!(
        faults,
        json!([{ "on": "text", "times": 1, "fault": "garbled" }])
    );
    assert_eq!(call(&sim, "DELETE", &path, &Value::Null).await.0, 204);

    let (_, chats) = call(&sim, "GET", "/sim/chats", &Value::Null).await;
    assert_eq!(chats[0]["chat"], format!("app:{name}:LiNa"));
    assert_eq!(
        (&chats[0]["app"], &chats[0]["user"]),
        (&json!(name), &json!("LiNa"))
    );
    let (_, state) = call(&sim, "GET", "/sim/state", &Value::Null).await;
    let shown = json!([{ "id": name, "name": "应用1000002", "scope": null, "called": true }]);
    assert_eq!(state["apps"], shown);

    let silent = json!({ "app": name, "callback": null });
    assert_eq!(
        call(&sim, "PUT", "/sim/apps/callback", &silent).await.0,
        204
    );
    let body = json!({ "app": name, "from": "LiNa", "say": { "text": "hi" } });
    let (_, said) = call(&sim, "POST", "/sim/apps/say", &body).await;
    assert_eq!(said["delivered"], false);
    let callback = json!({ "app": name, "callback": hook_json(&receiver.app_hook()) });
    assert_eq!(
        call(&sim, "PUT", "/sim/apps/callback", &callback).await.0,
        204
    );
    let (_, said) = call(&sim, "POST", "/sim/apps/say", &body).await;
    assert_eq!(said["delivered"], true);
    let is_over = |call: &wecom::sim::HookCall| call.done && call.seq == 7;
    sim.wait_hook_call(DEADLINE, is_over).await.unwrap();
}
