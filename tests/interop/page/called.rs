//! A person talks on the page to those who are called: an app, and a bot with a webhook.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use wecom::config::{AesKey, CallbackKeys};
use wecom::sim::{SeedApp, Sim, Webhook};
use wecom::wecom::callback::{
    AppCallback, AppContent, AppEvent, CallbackCipher, CallbackQuery, reply_json, sealed_json,
    sealed_xml,
};

use super::browser::Browser;
use super::start;
use crate::DEADLINE;

const CORP: &str = "wwPAGE";
const AGENT: u64 = 1_000_002;
const SECRET: &str = "page-secret";
const TOKEN: &str = "pageToken";
/// The same in `page-app.mjs`: a square of eight blue pixels each way.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQyHuGFTEMLQkA72RfAUS1t+kAAAAASUVORK5CYII=";

fn cipher(receiver: Option<&str>) -> CallbackCipher {
    let keys = CallbackKeys {
        token: TOKEN.into(),
        aes_key: AesKey::new([7; 32]),
    };
    CallbackCipher::new(&keys, receiver)
}

fn hook(listener: &TcpListener) -> Webhook {
    let key = STANDARD.encode([7; 32]);
    let url = format!("http://{}/", listener.local_addr().unwrap());
    Webhook::new(&url, TOKEN, key.trim_end_matches('='))
}

fn serve(listener: TcpListener, router: Router) {
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
}

/// An app that passes on what it is told.
async fn called_app(sim: &Sim) -> mpsc::Receiver<AppCallback> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut app = SeedApp::new(CORP, AGENT, SECRET).called_at(hook(&listener));
    "审批".clone_into(&mut app.name);
    sim.apps().add(app).unwrap();
    let (sender, told) = mpsc::channel(16);
    let take = async |State(told): State<mpsc::Sender<AppCallback>>,
                      RawQuery(query): RawQuery,
                      body: Bytes| {
        let cipher = cipher(Some(CORP));
        let sealed = sealed_xml(&body).unwrap();
        let query = CallbackQuery::parse(&query.unwrap()).unwrap();
        assert!(cipher.verify(&query, &sealed));
        let plain = cipher.open(&sealed).unwrap();
        let callback = AppCallback::parse(&plain).unwrap();
        told.send(callback).await.unwrap();
        "success"
    };
    let router = Router::new().fallback(take).with_state(sender);
    serve(listener, router);
    told
}

async fn next(told: &mut mpsc::Receiver<AppCallback>) -> AppContent {
    let callback = timeout(DEADLINE, told.recv()).await.unwrap().unwrap();
    assert_eq!(callback.sender, Some("zhangwei".into()));
    callback.content
}

async fn ask(sim: &Sim, method: &str, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(sim.addr()).await.unwrap();
    let request = format!(
        "{method} /cgi-bin/{path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        sim.addr(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

async fn post(sim: &Sim, call: &str, body: &Value) {
    let path = format!("gettoken?corpid={CORP}&corpsecret={SECRET}");
    let token = ask(sim, "GET", &path, &json!({})).await["access_token"].clone();
    let path = format!("{call}?access_token={}", token.as_str().unwrap());
    let answer = ask(sim, "POST", &path, body).await;
    assert_eq!(answer["errcode"], 0, "{answer}");
}

async fn send(sim: &Sim, msgtype: &str, content: Value) {
    let mut body = json!({ "touser": "zhangwei", "agentid": AGENT, "msgtype": msgtype });
    body[msgtype] = content;
    post(sim, "message/send", &body).await;
}

#[tokio::test]
async fn a_person_talks_with_an_app() {
    let sim = start().await;
    let mut told = called_app(&sim).await;
    let mut person = Browser::run("page-app.mjs", &sim.page_url()).await;
    let entered = next(&mut told).await;
    assert_eq!(entered, AppContent::Event(AppEvent::EnterAgent));
    let text = "你好，<a href=\"https://example.com/help\">这里</a>有说明";
    send(&sim, "text", json!({ "content": text })).await;
    person.reaches("greeted").await;

    assert_eq!(next(&mut told).await, AppContent::Text("请假".to_owned()));
    let notice = json!({ "title": "规则", "url": "https://example.com/rules",
        "description": "<div class=\"gray\">2026 年</div><div class=\"highlight\">提前一天</div>" });
    send(&sim, "textcard", notice).await;
    let card = json!({ "card_type": "button_interaction", "main_title": { "title": "请假申请" },
        "button_list": [{ "text": "提交", "style": 1, "key": "ok" }], "task_id": "leave@1" });
    send(&sim, "template_card", card).await;
    let AppContent::Event(AppEvent::Card {
        click,
        response_code,
        ..
    }) = next(&mut told).await
    else {
        panic!("a click");
    };
    assert_eq!(
        (click.event_key.as_str(), click.task_id.as_str()),
        ("ok", "leave@1")
    );
    let code = response_code.unwrap();
    let change = json!({ "userids": ["zhangwei"], "agentid": AGENT,
        "response_code": code.reveal(), "button": { "replace_name": "已提交" } });
    post(&sim, "message/update_template_card", &change).await;
    person.reaches("submitted").await;

    let AppContent::Image { media } = next(&mut told).await else {
        panic!("a picture");
    };
    let file = sim.apps().file(&media.unwrap()).unwrap();
    assert_eq!(file, STANDARD.decode(PICTURE).unwrap());
    assert_eq!(
        next(&mut told).await,
        AppContent::Text("附上照片".to_owned())
    );
    person.reaches("picture").await;
    let AppContent::Voice { media, transcript } = next(&mut told).await else {
        panic!("a voice message");
    };
    assert!(
        sim.apps()
            .file(&media.unwrap())
            .unwrap()
            .starts_with(b"#!AMR")
    );
    assert_eq!(transcript.as_deref(), Some("谢谢"));
    person.reaches("voice").await;
    person.reaches("faults").await;
    person.leaves().await;
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn a_person_talks_with_a_bot_that_is_called() {
    let sim = start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = hook(&listener);
    sim.set_webhook(wecom::sim::DEMO_BOT, Some(webhook))
        .unwrap();
    let answer = async |RawQuery(query): RawQuery, body: Bytes| {
        let cipher = cipher(None);
        let query = CallbackQuery::parse(&query.unwrap()).unwrap();
        let sealed = sealed_json(&body).unwrap();
        assert!(cipher.verify(&query, &sealed));
        let frame: Value = serde_json::from_str(&cipher.open(&sealed).unwrap()).unwrap();
        let mut stream = json!({ "id": "s", "finish": false, "content": "在画了" });
        let reply = match frame["msgtype"].as_str() {
            Some("event") => json!({ "msgtype": "text", "text": { "content": "你好" } }),
            Some("text") => json!({ "msgtype": "stream", "stream": stream }),
            _ => {
                stream["finish"] = json!(true);
                stream["content"] = json!("画好了");
                stream["msg_item"] = json!([{ "msgtype": "image", "image": {
                    "base64": PICTURE, "md5": "410c5ada591bca42fb434d3fc76ad2f7" } }]);
                json!({ "msgtype": "stream", "stream": stream })
            }
        };
        reply_json(&cipher, &query.timestamp, &query.nonce, &reply)
    };
    serve(listener, Router::new().fallback(answer));
    let mut person = Browser::run("page-webhook.mjs", &sim.page_url()).await;
    person.reaches("welcomed").await;
    person.reaches("drawn").await;
    person.leaves().await;
    assert_eq!(sim.violations(), []);
}
