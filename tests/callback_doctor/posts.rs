//! What a posted event may be answered with.

use axum::response::Response;

use crate::house::{House, Report, app_cipher, bot_cipher, other_cipher};
use crate::server::{Call, Server, changed, daemon, response};
use wecom::wecom::callback::{CallbackQuery, reply_json};

/// Answers as the daemon does, but to a post with this.
async fn bot_that_answers(
    answer: impl Fn(&Call) -> Response + Clone + Send + Sync + 'static,
) -> Report {
    let cipher = bot_cipher();
    let server = Server::plain(move |call| {
        if call.is_get {
            daemon(&cipher, false, call)
        } else {
            answer(call)
        }
    })
    .await;
    House::new().doctor(&server.bot()).await
}

/// An answer to a request by other keys, or about another nonce.
fn enveloped(
    cipher: &wecom::wecom::callback::CallbackCipher,
    call: &Call,
    nonce: Option<&str>,
) -> Response {
    let query = CallbackQuery::parse(&call.query).unwrap();
    let nonce = nonce.unwrap_or(&query.nonce);
    let nothing = serde_json::json!({});
    response(200, &reply_json(cipher, &query.timestamp, nonce, &nothing))
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_says_yes_to_everything() {
    let server = Server::plain(|_| response(200, "success")).await;
    let report = House::new().doctor(&server.app()).await;
    assert_eq!(report.status, 1);
    report.fix("ok", "acknowledged with `success`");
    let fix = report.fix(
        "error",
        "a wrong signature (POST): answered 200; it was accepted",
    );
    assert!(fix.contains("by itself"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_takes_old_requests() {
    let cipher = app_cipher();
    let server = Server::plain(move |call| {
        let answer = daemon(&cipher, true, call);
        let is_stale = |text: &str| text.contains("stale_timestamp");
        let mut stale = false;
        let answer = changed(answer, |text| {
            stale = is_stale(&text);
            text
        });
        if stale {
            response(200, "success")
        } else {
            answer
        }
    })
    .await;
    let report = House::new().doctor(&server.app()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    let fix = report.fix(
        "warning",
        "an old request (POST): answered 200; it was accepted",
    );
    assert!(
        fix.contains("channels.wecom.webhook.maxClockSkewSec"),
        "{fix}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_somebody_else() {
    let cipher = bot_cipher();
    let server = Server::plain(move |call| {
        let answer = daemon(&cipher, false, call);
        if answer.status() == 403 {
            response(500, "")
        } else {
            answer
        }
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    report.fix(
        "warning",
        "a wrong signature (POST): answered 500, where the daemon says",
    );
    report.fix(
        "warning",
        "an old request (POST): answered 500, where the daemon says",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_where_the_bot_should_be() {
    let report = bot_that_answers(|_| response(200, "success")).await;
    let fix = report.fix("error", "an agent app answers where the bot should");
    assert!(fix.contains("/plugins/wecom/bot"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_where_the_app_should_be() {
    let cipher = app_cipher();
    let server = Server::plain(move |call| {
        if call.is_get {
            daemon(&cipher, true, call)
        } else {
            enveloped(&cipher, call, None)
        }
    })
    .await;
    let report = House::new().doctor(&server.app()).await;
    let fix = report.fix("error", "a bot answers where the agent app should");
    assert!(fix.contains("/plugins/wecom/agent"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_none() {
    let report = bot_that_answers(|_| response(200, "OK")).await;
    report.fix(
        "error",
        "200 without an encrypted answer (2 bytes, text/plain;charset=utf-8)",
    );

    let cipher = app_cipher();
    for (body, seen) in [
        ("", "200 with an empty body"),
        ("success\n", "200 without `success` (8 bytes"),
    ] {
        let cipher = cipher.clone();
        let server = Server::plain(move |call| {
            if call.is_get {
                daemon(&cipher, true, call)
            } else {
                response(200, body)
            }
        })
        .await;
        let report = House::new().doctor(&server.app()).await;
        report.fix("error", seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_a_cache() {
    let report = bot_that_answers(|call| enveloped(&bot_cipher(), call, Some("7"))).await;
    let fix = report.fix("error", "the answer is to another request");
    assert!(fix.contains("caching"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_by_other_keys() {
    let report =
        bot_that_answers(|call| enveloped(&other_cipher(Some("other"), 0), call, None)).await;
    assert!(
        report
            .fix("error", "signed with another token")
            .contains("`token`")
    );

    let report = bot_that_answers(|call| enveloped(&other_cipher(None, 9), call, None)).await;
    let fix = report.fix("error", "the answer does not open");
    assert!(fix.contains("`encodingAESKey`"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_talks() {
    let report = bot_that_answers(|call| {
        let query = CallbackQuery::parse(&call.query).unwrap();
        let word = serde_json::json!({ "msgtype": "text", "text": { "content": "hi" } });
        response(
            200,
            &reply_json(&bot_cipher(), &query.timestamp, &query.nonce, &word),
        )
    })
    .await;
    report.fix("error", "says something to an event that nobody knows");
}
