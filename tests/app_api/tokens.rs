//! One token for many, renewed once when it is no longer taken.

use futures_util::future::join_all;
use wecom::sim::ApiFault;

use super::{CORP, account, client, client_of, code, say, soon, start};

#[tokio::test]
async fn fifty_at_a_time_ask_for_one_token() {
    let sim = start().await;
    let client = client(&sim);
    let texts: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let sent = join_all(texts.iter().map(|text| say(&client, text))).await;
    assert!(sent.iter().all(Result::is_ok));
    assert_eq!(sim.apps().count("gettoken"), 1);
    // The same when all find the token expired at once.
    sim.apps().expire_tokens();
    let sent = join_all(texts.iter().map(|text| say(&client, text))).await;
    assert!(sent.iter().all(Result::is_ok));
    assert_eq!(sim.apps().count("gettoken"), 2);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once() {
    for number in [42_001, 40_014, 40_001] {
        let sim = start().await;
        let client = client(&sim);
        let apps = sim.apps();
        apps.fault(ApiFault::error(number, "").on("message/send"))
            .unwrap();
        say(&client, "once").await.unwrap();
        assert_eq!(apps.count("message/send"), 2, "{number}");
        assert_eq!(apps.count("gettoken"), 2, "{number}");
        assert_eq!(apps.messages().len(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_twice_is_an_error() {
    let sim = start().await;
    let client = client(&sim);
    let fault = ApiFault::error(42_001, "access_token expired");
    sim.apps().fault(fault.on("message/send").times(0)).unwrap();
    let error = say(&client, "never").await.unwrap_err();
    assert_eq!(code(&error), Some(42_001));
    assert!(!error.may_have_arrived());
    assert_eq!(sim.apps().count("message/send"), 2);
    assert_eq!(sim.apps().count("gettoken"), 2);
}

#[tokio::test]
async fn tokens_that_wecom_forgot_are_renewed() {
    let sim = start().await;
    let client = client(&sim);
    say(&client, "a").await.unwrap();
    sim.apps().forget_tokens();
    say(&client, "b").await.unwrap();
    assert_eq!(sim.apps().messages().len(), 2);
    assert_eq!(sim.apps().count("gettoken"), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_not_tried_again_at_once() {
    let sim = start().await;
    let mut account = account(&sim);
    account.agent_app.as_mut().unwrap().corp_secret = Some("wrong".into());
    let client = client_of(&account);
    for _ in 0..3 {
        let error = say(&client, "x").await.unwrap_err();
        assert_eq!(code(&error), Some(40_001));
        assert!(error.to_string().contains("agent.corpSecret"), "{error}");
    }
    assert_eq!(sim.apps().count("gettoken"), 1);
    assert_eq!(sim.apps().count("message/send"), 0);
}

#[tokio::test]
async fn a_wrong_company_is_told() {
    let sim = start().await;
    let mut account = account(&sim);
    account.agent_app.as_mut().unwrap().corp_id = format!("{CORP}x");
    let error = client_of(&account).check(soon()).await.unwrap_err();
    assert_eq!(code(&error), Some(40_013));
    assert!(error.to_string().contains("agent.corpId"), "{error}");
}

#[tokio::test]
async fn trouble_with_the_token_request_passes() {
    let sim = start().await;
    let apps = sim.apps();
    apps.fault(ApiFault::error(-1, "system busy").on("gettoken"))
        .unwrap();
    apps.fault(ApiFault::new(wecom::sim::ApiFaultKind::Drop).on("gettoken"))
        .unwrap();
    client(&sim).check(soon()).await.unwrap();
    assert_eq!(apps.count("gettoken"), 3);
}

#[tokio::test]
async fn a_check_finds_an_address_that_is_not_trusted() {
    let sim = start().await;
    let text = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info";
    sim.apps()
        .fault(ApiFault::error(60_020, text).on("getcallbackip"))
        .unwrap();
    let client = client(&sim);
    let error = client.check(soon()).await.unwrap_err().to_string();
    assert!(error.contains("203.0.113.7"), "{error}");
    assert!(error.contains("egressProxyUrl"), "{error}");
    client.check(soon()).await.unwrap();
}
