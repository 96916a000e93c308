//! Who is not served, and what he is told.

use serde_json::json;

use crate::house::{Caller, House, KEY, OTHER_KEY, OTHER_TOKEN, TOKEN, document, said, text};

const BOT_PATHS: [&str; 5] = [
    "/plugins/wecom/bot",
    "/plugins/wecom/bot/default",
    "/wecom/bot",
    "/wecom/bot/default/",
    "/wecom",
];

const APP_PATHS: [&str; 4] = [
    "/plugins/wecom/agent",
    "/plugins/wecom/agent/default",
    "/wecom/agent/",
    "/wecom/agent/default",
];

#[tokio::test]
async fn every_path_of_a_bot_answers_the_check_and_callbacks() {
    let house = House::open(json!({})).await;
    for path in BOT_PATHS {
        let caller = Caller::of_bot();
        let answer = house
            .request("GET", path, &caller.echo("7214035581996170283"), b"")
            .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "7214035581996170283"),
            "{path}"
        );
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");

        let (query, body) = caller.json(&said(path, "hi"));
        let answer = house.request("POST", path, &query, &body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let message = caller.open_json(&answer.body);
        assert_eq!(message["msgtype"], "stream", "{path}");
    }
}

#[tokio::test]
async fn every_path_of_an_agent_app_answers_the_check_and_callbacks() {
    let house = House::open(json!({})).await;
    for (n, path) in APP_PATHS.into_iter().enumerate() {
        let caller = Caller::of_app();
        let answer = house.request("GET", path, &caller.echo("42"), b"").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "42"), "{path}");

        let (query, body) = caller.xml(&document(&text(&n.to_string(), "hi")));
        let answer = house.request("POST", path, &query, &body).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "success"),
            "{path}"
        );
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn a_plus_that_a_proxy_decoded_does_no_harm() {
    let house = House::open(json!({})).await;
    let caller = Caller::of_bot();
    let query = caller.echo("7214035581996170283").replace("%2B", "+");
    let answer = house.request("GET", "/wecom/bot", &query, b"").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "7214035581996170283")
    );
}

#[tokio::test]
async fn what_a_bot_refuses() {
    let house = House::open(json!({})).await;
    let caller = Caller::of_bot();
    let (query, body) = caller.json(&said("m", "hi"));
    let path = "/plugins/wecom/bot";
    let huge = vec![b' '; 1024 * 1024 + 1];
    let stranger = Caller::with(OTHER_TOKEN, KEY, "").json(&said("m", "hi"));
    let other_key = Caller::with(TOKEN, OTHER_KEY, "").json(&said("m", "hi"));
    let stale = {
        let mut caller = caller.clone();
        caller.timestamp = "1760000001".to_owned();
        caller.json(&said("m", "hi"))
    };
    let unsigned = query.replace("msg_signature", "other");
    let shifted = query.replace("msg_signature=", "msg_signature=0");
    let cases: Vec<(&str, &str, &str, Vec<u8>, u16, &str)> = vec![
        (
            "POST",
            path,
            "",
            body.clone(),
            400,
            "missing required query parameters",
        ),
        (
            "POST",
            path,
            &unsigned,
            body.clone(),
            400,
            "missing required query parameters",
        ),
        (
            "POST",
            path,
            &shifted,
            body.clone(),
            403,
            "account_not_found",
        ),
        ("POST", path, &query, huge, 413, "payload_too_large"),
        ("POST", path, &query, b" ".to_vec(), 400, "empty payload"),
        (
            "POST",
            path,
            &query,
            b"nonsense".to_vec(),
            400,
            "invalid JSON body",
        ),
        (
            "POST",
            path,
            &query,
            b"null".to_vec(),
            400,
            "invalid JSON body",
        ),
        (
            "POST",
            path,
            &query,
            b"[]".to_vec(),
            400,
            "invalid JSON body",
        ),
        (
            "POST",
            path,
            &query,
            b"7".to_vec(),
            400,
            "invalid JSON body",
        ),
        (
            "POST",
            path,
            &query,
            b"{}".to_vec(),
            400,
            "missing encrypt field",
        ),
        (
            "POST",
            path,
            &stranger.0,
            stranger.1,
            403,
            "account_not_found",
        ),
        (
            "POST",
            path,
            &other_key.0,
            other_key.1,
            400,
            "decrypt_failed",
        ),
        ("POST", path, &stale.0, stale.1, 403, "stale_timestamp"),
        ("PUT", path, &query, body.clone(), 405, "method_not_allowed"),
        (
            "POST",
            "/plugins/wecom/bot/nobody",
            &query,
            body.clone(),
            404,
            "not_found",
        ),
        (
            "POST",
            "/wecom/nobody",
            &query,
            body.clone(),
            404,
            "not_found",
        ),
        (
            "POST",
            "/plugins/wecom/nonsense",
            &query,
            body.clone(),
            404,
            "not_found",
        ),
        (
            "GET",
            path,
            &query,
            Vec::new(),
            400,
            "missing required query parameters",
        ),
    ];
    for (method, path, query, body, status, error) in cases {
        let answer = house.request(method, path, query, &body).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (status, error),
            "{method} {path} {answer:?}"
        );
        assert!(
            !answer.body.contains("default"),
            "names no account: {}",
            answer.body
        );
        if status == 405 {
            assert_eq!(answer.headers["allow"], "GET, POST");
        }
    }
    for plain in ["null", "[]", "3", "\"x\"", "no json"] {
        let (query, body) = caller.json_of(plain);
        let answer = house.request("POST", path, &query, &body).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (400, "decrypt_failed"),
            "{plain}"
        );
    }
    let check = Caller::with(TOKEN, OTHER_KEY, "").echo("1");
    let answer = house.request("GET", path, &check, b"").await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (403, "decrypt_failed")
    );
}

#[tokio::test]
async fn what_an_agent_app_refuses() {
    let house = House::open(json!({})).await;
    let caller = Caller::of_app();
    let (query, body) = caller.xml(&document(&text("1", "hi")));
    let path = "/plugins/wecom/agent";
    let foreign = Caller::with(OTHER_TOKEN, OTHER_KEY, "wwOTHER").xml(&document(&text("1", "x")));
    let stranger = Caller::with(TOKEN, OTHER_KEY, "wwCORP0001").xml(&document(&text("1", "x")));
    let no_xml = caller.xml("hello");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xml><Encrypt>&a;</Encrypt></xml>";
    let inner_bomb =
        caller.xml("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xml><MsgType>&a;</MsgType></xml>");
    let stale = {
        let mut caller = caller.clone();
        caller.timestamp = "1760000001".to_owned();
        caller.xml(&document(&text("1", "x")))
    };
    let huge = vec![b' '; 1024 * 1024 + 1];
    let cases: Vec<(&str, &str, &str, Vec<u8>, u16, &str)> = vec![
        ("POST", path, "", body.clone(), 400, "missing_parameters"),
        (
            "POST",
            path,
            &stranger.0,
            stranger.1,
            401,
            "account_not_found",
        ),
        ("POST", path, &foreign.0, foreign.1, 400, "decrypt_failed"),
        ("POST", path, &stale.0, stale.1, 403, "stale_timestamp"),
        ("POST", path, &query, huge, 413, "payload_too_large"),
        ("POST", path, &query, Vec::new(), 400, "missing_encrypt"),
        (
            "POST",
            path,
            &query,
            b"<xml></xml>".to_vec(),
            400,
            "missing_encrypt",
        ),
        (
            "POST",
            path,
            &query,
            bomb.as_bytes().to_vec(),
            400,
            "missing_encrypt",
        ),
        ("POST", path, &no_xml.0, no_xml.1, 400, "invalid_xml"),
        (
            "POST",
            path,
            &inner_bomb.0,
            inner_bomb.1,
            400,
            "invalid_xml",
        ),
        (
            "DELETE",
            path,
            &query,
            body.clone(),
            405,
            "method_not_allowed",
        ),
        (
            "POST",
            "/wecom/agent/nobody",
            &query,
            body.clone(),
            404,
            "agent_not_configured",
        ),
    ];
    for (method, path, query, body, status, error) in cases {
        let answer = house.request(method, path, query, &body).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (status, error),
            "{method} {path} {answer:?}"
        );
    }
    let check = Caller::with(OTHER_TOKEN, OTHER_KEY, "wwOTHER").echo("1");
    let answer = house.request("GET", path, &check, b"").await;
    assert_eq!(
        (answer.status, answer.error().as_str()),
        (400, "decrypt_failed")
    );
}

#[tokio::test]
async fn accounts_that_share_a_token_are_told_apart() {
    let bot = |key: &str, id: &str| json!({ "token": TOKEN, "encodingAESKey": key, "botId": id });
    let accounts = json!({ "accounts": {
        "one": bot(KEY, "bot-one"),
        "two": bot(OTHER_KEY, "bot-two"),
    }});
    let house = House::open(accounts).await;
    for (key, account) in [(KEY, "one"), (OTHER_KEY, "two")] {
        let caller = Caller::with(TOKEN, key, "");
        let (query, body) = caller.json(&said(account, "/status"));
        let answer = house
            .request("POST", "/plugins/wecom/bot", &query, &body)
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let content = caller.open_json(&answer.body)["stream"]["content"].to_string();
        assert!(content.contains(account), "{content}");
    }
    // The path of one account is no way to the other.
    let (query, body) = Caller::with(TOKEN, OTHER_KEY, "").json(&said("x", "hi"));
    let answer = house.request("POST", "/wecom/bot/one", &query, &body).await;
    assert_eq!(answer.error(), "decrypt_failed");
}

#[tokio::test]
async fn nobody_is_called_where_nobody_listens() {
    let house = House::open(json!({})).await;
    let mut config = house.config.clone();
    let account = config.accounts.values_mut().next().unwrap();
    account.bot_webhook = None;
    account.agent_app.as_mut().unwrap().receive = None;
    house.runtime.apply(&config).await;
    for (path, error) in [
        ("/wecom/bot", "not_found"),
        ("/wecom/agent", "agent_not_configured"),
    ] {
        let answer = house.request("POST", path, "", b"").await;
        assert_eq!((answer.status, answer.error().as_str()), (404, error));
    }
}

#[tokio::test]
async fn the_keys_of_before_are_good_for_a_minute() {
    let house = House::open(json!({})).await;
    let mut config = house.config.clone();
    let account = config.accounts.values_mut().next().unwrap();
    let webhook = account.bot_webhook.as_mut().unwrap();
    webhook.callback.token = "newToken".into();
    house.runtime.apply(&config).await;
    for token in [TOKEN, "newToken"] {
        let caller = Caller::with(token, KEY, "");
        let (query, body) = caller.json(&said(token, "hi"));
        let answer = house.request("POST", "/wecom/bot", &query, &body).await;
        assert_eq!(answer.status, 200, "{token}: {answer:?}");
        // Each is answered with its own keys.
        caller.open_json(&answer.body);
    }
}
