//! What the check of the address may be answered with.

use std::time::Duration;

use axum::response::Response;

use crate::house::{House, app_cipher, bot_cipher};
use crate::server::{Call, Server, changed, daemon, response, typed};

/// Answers as the daemon does, but to a check with this.
async fn bot_whose_echo(
    change: impl Fn(Response) -> Response + Clone + Send + Sync + 'static,
) -> Server {
    let cipher = bot_cipher();
    Server::plain(move |call| {
        let answer = daemon(&cipher, false, call);
        if call.is_get { change(answer) } else { answer }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_in_good_order() {
    let server = bot_whose_echo(|answer| answer).await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    for seen in [
        "this machine itself",
        "the check of the address (GET): echoed after ",
        "a signed event (POST): acknowledged, the answer opens to `{}` after ",
        "a wrong signature (POST): refused",
        "an old request (POST): refused",
        "agrees with this machine's",
    ] {
        report.fix("ok", seen);
    }
    assert_eq!(report.lines().len(), 6, "{:#?}", report.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_app_in_good_order() {
    let cipher = app_cipher();
    let server = Server::plain(move |call| daemon(&cipher, true, call)).await;
    let report = House::new().doctor(&server.app()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    report.fix("ok", "a signed event (POST): acknowledged with `success`");
    assert_eq!(report.count("ok"), 6, "{:#?}", report.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_path_of_a_proxy_both_are_called() {
    let (bot, app) = (bot_cipher(), app_cipher());
    let server = Server::plain(move |call: &Call| {
        // As somebody who sends everything to the bot.
        if call.is_get || call.body.starts_with(b"{") {
            daemon(&bot, false, call)
        } else {
            daemon(&app, true, call)
        }
    })
    .await;
    let report = House::new().doctor(&server.url("/im/callback")).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    report.fix("ok", "agrees with this machine's");
    for who in ["default bot: ", "default agent app: "] {
        let is_of = |line: &&String| line.contains(who) && line.contains("POST");
        assert_eq!(report.lines().iter().filter(is_of).count(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let server = Server::plain(|_| {
        let mut answer = response(301, "");
        let target = "https://www.example.com/wecom/bot?echostr=x"
            .parse()
            .unwrap();
        answer.headers_mut().insert("location", target);
        answer
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 1);
    let seen = "(GET): redirected to https://www.example.com/wecom/bot, 301";
    assert!(
        report
            .fix("error", seen)
            .contains("enter the final address")
    );

    let login = Server::plain(|_| {
        let mut answer = response(302, "");
        let target = "/login?next=%2Fwecom".parse().unwrap();
        answer.headers_mut().insert("location", target);
        answer
    })
    .await;
    let report = House::new().doctor(&login.bot()).await;
    let seen = format!("(GET): redirected to {}, 302", login.url("/login"));
    report.fix("error", &seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_around_the_text_is_named() {
    for (before, after, seen) in [
        ("\"", "\"", "with quotes around it"),
        ("\u{feff}", "", "with a byte order mark around it"),
        ("", "\n", "with a line break around it"),
        ("", " ", "with blanks around it"),
        (
            "\u{feff}\"",
            "\"\r\n",
            "a byte order mark and quotes and a line break",
        ),
    ] {
        let server =
            bot_whose_echo(move |answer| changed(answer, |text| format!("{before}{text}{after}")))
                .await;
        let report = House::new().doctor(&server.bot()).await;
        assert_eq!(report.status, 1);
        assert!(report.fix("error", seen).contains("byte for byte"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page() {
    for mime in ["text/html", "text/plain"] {
        let page = "\n<!DOCTYPE html><html><title>Just a moment...</title></html>";
        let server = bot_whose_echo(move |_| typed(200, mime, page)).await;
        let report = House::new().doctor(&server.bot()).await;
        let fix = report.fix("error", "(GET): a web page, answered 200");
        assert!(fix.contains("login"), "{fix}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_text_as_a_web_page() {
    let server = bot_whose_echo(|mut answer| {
        answer
            .headers_mut()
            .insert("content-type", "text/html; charset=utf-8".parse().unwrap());
        answer
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    report.fix("warning", "its Content-Type is a web page's");
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_are_not_the_one() {
    let sealed = |call: &Call| {
        let mut pairs = url::form_urlencoded::parse(call.query.as_bytes());
        let echo = pairs.find(|(name, _)| name == "echostr");
        response(200, &echo.unwrap().1)
    };
    let unchanged = Server::plain(sealed).await;
    let report = House::new().doctor(&unchanged.bot()).await;
    report.fix("error", "still encrypted");

    for (body, seen) in [("", "200 and empty"), ("it works", "200 with 8 bytes")] {
        let server = bot_whose_echo(move |_| response(200, body)).await;
        let report = House::new().doctor(&server.bot()).await;
        assert_eq!(report.status, 1);
        report.fix("error", seen);
    }

    let packed = bot_whose_echo(|_| {
        let mut answer = response(200, "\u{1f}\u{8}");
        let gzip = "gzip".parse().unwrap();
        answer.headers_mut().insert("content-encoding", gzip);
        answer
    })
    .await;
    let report = House::new().doctor(&packed.bot()).await;
    assert!(report.fix("error", "compressed").contains("rewrites"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer() {
    let cipher = bot_cipher();
    let slow = Duration::from_millis(1_100);
    let server = Server::after(slow, move |call| daemon(&cipher, false, call)).await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    report.fix("warning", "the admin console waits 1 s");
    report.fix("warning", "WeCom sends a message again after 5 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_in_time() {
    let never = Duration::from_hours(1);
    let server = Server::after(never, |_| response(200, "success")).await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 1);
    let fix = report.fix("error", "(GET): no answer within 5 s");
    assert!(fix.contains("wecom status"), "{fix}");
    report.fix("error", "(POST): no answer within 5 s");
}
