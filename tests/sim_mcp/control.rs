//! The control API of the category servers, and the address service on the bot's socket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Sim};

use super::server::http;
use super::{demo, server, start};

/// A request to the control API; status and body.
async fn control(sim: &Sim, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}sim/{path}", sim.page_url());
    let request = http().request(method.parse().unwrap(), url);
    let answer = match body {
        Value::Null => request,
        body => request.json(&body),
    };
    let answer = answer.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// What the bot's socket answers for a category.
async fn address(sim: &Sim, category: &str) -> Value {
    let stream = tokio::net::TcpStream::connect(sim.addr()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(sim.bot_url(), stream)
        .await
        .unwrap();
    let subscribe = json!({ "bot_id": DEMO_BOT, "secret": DEMO_SECRET });
    let ask = json!({ "biz_type": category, "plugin_version": "1" });
    for (cmd, body) in [
        ("aibot_subscribe", subscribe),
        ("aibot_get_mcp_config", ask),
    ] {
        let frame = json!({ "cmd": cmd, "headers": { "req_id": cmd }, "body": body });
        socket.send(Message::text(frame.to_string())).await.unwrap();
    }
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let frame: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if frame["headers"]["req_id"] == "aibot_get_mcp_config" {
            return frame;
        }
    }
}

#[tokio::test]
async fn the_socket_gives_out_addresses_that_work() {
    let sim = start().await;
    let answer = address(&sim, "contact").await;
    let url = answer["body"]["url"].as_str().unwrap();
    assert_eq!(url, demo(&sim).url("contact").unwrap());
    let base = format!("http://{}/mcp/robot-contact?apikey=", sim.addr());
    assert!(url.starts_with(&base), "{url}");
    assert_eq!(answer["body"]["is_authed"], true);
    let unknown = address(&sim, "mail").await;
    assert_eq!(
        (&unknown["errcode"], &unknown["errmsg"]),
        (&json!(846_609), &json!("unsupported mcp biz type"))
    );
    let path = format!("mcp/{DEMO_BOT}/switches");
    let closed = json!({ "category": "todo", "open": false, "closed_code": 846_610 });
    assert_eq!(control(&sim, "PUT", &path, closed).await.0, 204);
    assert_eq!(address(&sim, "todo").await["errcode"], 846_610);
    sim.set_mcp_url(&DEMO_BOT.into(), "todo", "http://127.0.0.1:1/mcp")
        .unwrap();
    let set = address(&sim, "todo").await;
    assert_eq!(set["body"]["url"], "http://127.0.0.1:1/mcp");
}

#[tokio::test]
async fn everything_is_steered_over_http_too() {
    let sim = start().await;
    let at = json!({ "at": "2026-09-05 08:00:00" });
    assert_eq!(
        control(&sim, "PUT", "company/time", at.clone()).await,
        (200, at.clone())
    );
    assert_eq!(
        control(&sim, "GET", "company/time", Value::Null).await,
        (200, at)
    );
    let wrong = json!({ "at": "tomorrow" });
    assert_eq!(control(&sim, "PUT", "company/time", wrong).await.0, 400);

    let faults = format!("mcp/{DEMO_BOT}/faults");
    let busy = json!({ "method": "get_userlist", "fault": { "no_body": 503 } });
    assert_eq!(control(&sim, "POST", &faults, busy).await.0, 200);
    let contact = server(&sim, "contact", "LiNa");
    let refused = contact.try_call("get_userlist", json!({})).await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(
        control(&sim, "GET", &faults, Value::Null).await,
        (200, json!([]))
    );
    let unknown = json!({ "fault": { "no_such": 1 } });
    assert_eq!(control(&sim, "POST", &faults, unknown).await.0, 422);

    let said = json!({ "from": "zhangwei", "to": "LiNa", "text": "在吗" });
    assert_eq!(control(&sim, "POST", "company/messages", said).await.0, 204);
    let said = json!({ "from": "zhangwei", "to": "nobody", "text": "?" });
    assert_eq!(control(&sim, "POST", "company/messages", said).await.0, 400);
    let traits = json!({ "alias": "Nana" });
    let put = control(&sim, "PUT", "company/members/LiNa", traits).await;
    assert_eq!(put.0, 204);
    let listed = contact.ok("get_userlist", json!({})).await;
    assert_eq!(listed["userlist"][0]["alias"], "Nana");

    let path = "mcp/calls?category=contact&method=get_userlist";
    let (_, calls) = control(&sim, "GET", path, Value::Null).await;
    assert_eq!(calls.as_array().unwrap().len(), 2);
    assert_eq!(calls[0]["outcome"]["status"], 503);
    let (_, none) = control(&sim, "GET", "mcp/calls?category=doc", Value::Null).await;
    assert_eq!(none, json!([]));

    let switches = format!("mcp/{DEMO_BOT}/switches");
    let bad = json!({ "statefull": true });
    assert_eq!(control(&sim, "PUT", &switches, bad).await.0, 400);
    let sse = json!({ "answers": "sse", "stale_key": { "errcode": 853_000 } });
    assert_eq!(control(&sim, "PUT", &switches, sse).await.0, 204);
    let (_, all) = control(&sim, "GET", &switches, Value::Null).await;
    assert_eq!(
        (&all["msg"]["answers"], &all["msg"]["open"]),
        (&json!("sse"), &json!(true))
    );
}

#[tokio::test]
async fn a_reset_forgets_what_was_done() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    let args = json!({
        "content": "x",
        "follower_list": { "followers": [{ "follower_id": "LiNa" }] },
    });
    todo.ok("create_todo", args).await;
    assert_eq!(
        control(&sim, "POST", "company/reset", Value::Null).await.0,
        204
    );
    let listed = todo
        .ok("get_todo_list", json!({ "follower_id": "LiNa" }))
        .await;
    assert_eq!(listed["index_list"], json!([]));
}

#[test]
fn every_switch_and_fault_is_in_the_guide() {
    let guide = include_str!("../../docs/simulator.md");
    let names = |source: &'static str, begin: &str, prefix: &str| {
        let (_, body) = source.split_once(begin).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        body.lines()
            .filter_map(|line| line.strip_prefix("    ")?.strip_prefix(prefix))
            .filter_map(|line| line.split([':', ' ', '(', ',']).next())
            .filter(|name| name.starts_with(char::is_alphabetic))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let switches = include_str!("../../src/sim/mcp/switches.rs");
    let switches = names(switches, "pub struct McpSwitches {", "pub ");
    let faults = include_str!("../../src/sim/mcp/fault.rs");
    let faults = names(faults, "pub enum McpFaultKind {", "");
    assert!(
        switches.len() > 10 && faults.len() > 10,
        "{switches:?} {faults:?}"
    );
    for switch in switches {
        assert!(guide.contains(&format!("`{switch}`")), "{switch}");
    }
    for fault in faults {
        let mut key = String::new();
        for letter in fault.chars() {
            if letter.is_uppercase() && !key.is_empty() {
                key.push('_');
            }
            key.push(letter.to_ascii_lowercase());
        }
        assert!(guide.contains(&format!("\"{key}\"")), "{key}");
    }
}
