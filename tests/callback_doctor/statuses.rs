//! What a refusal says.

use crate::house::{House, Report, app_cipher, bot_cipher, other_cipher};
use crate::server::{Server, daemon, response, typed};

/// A server that gives everybody the same.
async fn always(status: u16, server: &'static str, body: &'static str) -> Report {
    let server = Server::plain(move |_| {
        let mut answer = response(status, body);
        if !server.is_empty() {
            let headers = answer.headers_mut();
            headers.insert("server", server.parse().unwrap());
        }
        answer
    })
    .await;
    House::new().doctor(&server.bot()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_of_others_have_their_remedies() {
    for (status, remedy) in [
        (400, "plain http on a port of https"),
        (401, "a login or a firewall"),
        (403, "a login or a firewall"),
        (
            404,
            "/plugins/wecom/bot[/ACCOUNT], /wecom/bot[/ACCOUNT], /wecom",
        ),
        (405, "GET and POST are needed"),
        (413, "client_max_body_size"),
        (429, "limits requests"),
        (502, "`wecom run` must be up"),
        (504, "127.0.0.1:19789"),
        (500, "check where the reverse proxy sends the path"),
    ] {
        let report = always(status, "nginx/1.27", "").await;
        assert_eq!(report.status, 1);
        for what in ["(GET)", "(POST)"] {
            let fix = report.fix("error", &format!("{what}: answered {status} by nginx/1.27"));
            assert!(fix.contains(remedy), "{status}: {fix}");
        }
        // Refusing everything is no sign of health.
        assert!(!report.lines().iter().any(|line| line.contains(": refused")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_let_through() {
    let cipher = bot_cipher();
    let server = Server::plain(move |call| {
        if call.is_get {
            daemon(&cipher, false, call)
        } else {
            response(405, "")
        }
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    report.fix("ok", "(GET): echoed");
    report.fix("error", "a signed event (POST): answered 405");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_refuses_is_not_the_daemon() {
    let page = "<html>403 account_not_found</html>";
    let server = Server::plain(move |_| typed(403, "text/html", page)).await;
    let report = House::new().doctor(&server.bot()).await;
    let fix = report.fix("error", "(GET): answered 403");
    assert!(fix.contains("a login or a firewall"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token() {
    let cipher = other_cipher(Some("another"), 0);
    let server = Server::plain(move |call| daemon(&cipher, false, call)).await;
    let report = House::new().doctor(&server.bot()).await;
    let fix = report.fix(
        "error",
        "(GET): the daemon answered 403: no account there has",
    );
    assert!(fix.contains("another `token`"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key() {
    let cipher = other_cipher(None, 9);
    let server = Server::plain(move |call| daemon(&cipher, false, call)).await;
    let report = House::new().doctor(&server.bot()).await;
    let seen = "(POST): the daemon answered 400: the signature is right, but it cannot decrypt";
    let fix = report.fix("error", seen);
    assert!(fix.contains("`encodingAESKey` or `receiveId`"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_company() {
    // The bot's keys have no receiver, so that what comes for the app's is taken: the other
    // way round it is not.
    let cipher = app_cipher();
    let server = Server::plain(move |call| daemon(&cipher, true, call)).await;
    let house = House::with(
        "{ channels: { wecom: { enabled: true, dmPolicy: 'pairing', agent: { \
         corpId: 'ww99999999999999aa', token: 'canaryTOKEN1', \
         encodingAESKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' } } } }",
    );
    let report = house.doctor(&server.app()).await;
    let fix = report.fix("error", "(GET): the daemon answered 400");
    assert!(fix.contains("`agent.corpId`"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_lost() {
    let cipher = bot_cipher();
    let server = Server::plain(move |call| {
        let mut call = call.clone();
        call.query.clear();
        daemon(&cipher, false, &call)
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    let fix = report.fix(
        "error",
        "(POST): the daemon answered 400: the query has not arrived",
    );
    assert!(fix.contains("drops the query"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_the_daemon() {
    for (status, body, seen, fix) in [
        (
            403,
            "stale_timestamp",
            "too old or from the future",
            "timedatectl",
        ),
        (
            401,
            "account_conflict",
            "several accounts",
            "its own `token`",
        ),
        (
            404,
            "agent_not_configured",
            "no account there answers",
            "switch the account on",
        ),
        (413, "payload_too_large", "too large", "pass the body on"),
        (
            400,
            "missing encrypt field",
            "has not arrived as it was sent",
            "unchanged",
        ),
    ] {
        let report = always(status, "", body).await;
        let found = report.fix("error", &format!("(POST): the daemon answered {status}: "));
        assert!(found.contains(fix), "{seen}: {found}");
        assert!(report.lines().iter().any(|line| line.contains(seen)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off() {
    let cipher = bot_cipher();
    let server = Server::plain(move |call| {
        let mut answer = daemon(&cipher, false, call);
        let date = "Fri, 02 Jan 2026 03:04:05 GMT".parse().unwrap();
        answer.headers_mut().insert("date", date);
        answer
    })
    .await;
    let report = House::new().doctor(&server.bot()).await;
    assert_eq!(report.status, 0, "{:#?}", report.lines());
    let fix = report.fix("warning", "this machine's clock is ");
    assert!(fix.contains("timedatectl"), "{fix}");
}
