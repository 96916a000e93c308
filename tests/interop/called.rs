//! The program is called over HTTP by somebody who seals with `@wecom/crypto` or `wechatpy`,
//! and whose answers those open.

use serde_json::{Value, json};

use super::callee::{
    BOT, CORP, Caller, House, KEY, OTHER_KEY, OTHER_TOKEN, TOKEN, document, said, text,
};
use super::peer::Peer;

/// Both packages, by name.
async fn peers() -> [(&'static str, Peer); 2] {
    [
        ("@wecom/crypto", Peer::start("callbacks.mjs").await),
        ("wechatpy", Peer::start_python("callbacks.py").await),
    ]
}

/// The query of a request, and what a package sealed for it.
async fn sealed(peer: &mut Peer, keys: &Value, message: &str) -> (String, Value, Value) {
    // Only the time and the nonce are ours.
    let caller = Caller::of_bot();
    let mut args = json!({
        "keys": keys, "timestamp": caller.timestamp, "nonce": caller.nonce, "message": message,
    });
    let made = peer.call("", "seal", args.clone()).await.unwrap();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("msg_signature", made["signature"].as_str().unwrap())
        .append_pair("timestamp", &caller.timestamp)
        .append_pair("nonce", &caller.nonce)
        .finish();
    args.as_object_mut().unwrap().remove("message");
    (query, made, args)
}

#[tokio::test]
async fn a_bot_is_called_and_its_answer_is_opened() {
    let house = House::open(json!({})).await;
    let keys = json!({ "token": TOKEN, "aesKey": KEY, "receiver": "" });
    for (n, (name, mut peer)) in peers().await.into_iter().enumerate() {
        let message = said(&format!("m{n}"), &format!("你好 😀 {name}"));
        let (query, made, mut args) = sealed(&mut peer, &keys, &message.to_string()).await;
        let body = json!({ "encrypt": made["sealed"] }).to_string();
        let answer = house
            .request("POST", "/plugins/wecom/bot", &query, body.as_bytes())
            .await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let envelope: Value = serde_json::from_str(&answer.body).unwrap();
        args["sealed"] = envelope["encrypt"].clone();
        args["signature"] = envelope["msgsignature"].clone();
        let opened = peer.call("", "open", args).await.unwrap();
        let opened: Value = serde_json::from_str(opened["message"].as_str().unwrap()).unwrap();
        let stream = opened["stream"]["id"].as_str().unwrap();
        let last = house.poll_to_end(stream).await;
        assert_eq!(last["stream"]["content"], format!("你好 😀 {name}"));
        assert!(!BOT.is_empty());
    }
}

#[tokio::test]
async fn an_app_is_called_and_its_address_is_checked() {
    let house = House::open(json!({})).await;
    let keys = json!({ "token": OTHER_TOKEN, "aesKey": OTHER_KEY, "receiver": CORP });
    for (n, (name, mut peer)) in peers().await.into_iter().enumerate() {
        let path = "/plugins/wecom/agent";
        let (query, made, _) = sealed(&mut peer, &keys, "7214035581996170283").await;
        let echo = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("echostr", made["sealed"].as_str().unwrap())
            .finish();
        let answer = house
            .request("GET", path, &format!("{query}&{echo}"), b"")
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "7214035581996170283")
        );

        let words = format!("你好 😀 {name}");
        let message = document(&text(&n.to_string(), &words));
        let (query, made, _) = sealed(&mut peer, &keys, &message).await;
        let sealed = made["sealed"].as_str().unwrap();
        let body = format!("<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>");
        let answer = house.request("POST", path, &query, body.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "success"),
            "{name}"
        );
        house.app_says(&words).await;
    }
}
