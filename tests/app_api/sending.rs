//! Messages: who gets them, what is repeated, and what is said about the rest.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use wecom::ids::UserId;
use wecom::sim::{ApiFault, ApiFaultKind, SeedApp};
use wecom::wecom::api::{
    ApiError, AppBody, AppMessage, CardChange, CardUpdate, ChatMessage, InvalidRecipients,
    Recipients, TextCard, Unsendable,
};

use super::{AGENT, CORP, account, client, client_of, code, say, soon, start, text_to, users};

fn ids(ids: &[&str]) -> Vec<UserId> {
    ids.iter().copied().map(UserId::from).collect()
}

#[tokio::test]
async fn members_departments_tags_and_everybody_are_reached() {
    let sim = start().await;
    let client = client(&sim);
    let tags = ["7".to_owned()];
    for (to, members) in [
        (users(&["LINA", "zhangwei"]), vec!["LiNa", "zhangwei"]),
        (Recipients::parties(&[1]).unwrap(), vec!["zhangwei", "LiNa"]),
        (Recipients::tags(&tags).unwrap(), vec!["wangfang"]),
        (
            Recipients::new(&ids(&["LiNa"]), &[1], &tags).unwrap(),
            vec!["LiNa", "zhangwei", "wangfang"],
        ),
        (
            Recipients::everybody(),
            vec!["LiNa", "liuyang", "wangfang", "zhangwei"],
        ),
    ] {
        let sent = client
            .send(&text_to(to, "你好\n世界"), soon())
            .await
            .unwrap();
        let entry = sim.apps().messages().pop().unwrap();
        assert_eq!(entry.msgid, sent.message_id);
        assert_eq!(entry.members, ids(&members));
        assert_eq!(entry.text(), "你好\n世界");
        assert!(sent.invalid.is_empty());
    }
    let call = sim.apps().calls().pop().unwrap();
    let version = concat!("wecom/", env!("CARGO_PKG_VERSION"));
    assert_eq!(call.user_agent.as_deref(), Some(version));
}

#[tokio::test]
async fn a_partial_failure_is_a_success_with_a_list() {
    let sim = start().await;
    sim.apps().set_licensed("wangfang", false);
    let to = Recipients::new(
        &ids(&["LiNa", "Nobody", "wangfang"]),
        &[1, 99],
        &["8".to_owned()],
    );
    let sent = client(&sim)
        .send(&text_to(to.unwrap(), "x"), soon())
        .await
        .unwrap();
    let expected = InvalidRecipients {
        users: vec!["nobody".to_owned()],
        parties: vec!["99".to_owned()],
        tags: vec!["8".to_owned()],
        unlicensed: vec!["wangfang".to_owned()],
    };
    assert_eq!(sent.invalid, expected);
    assert_eq!(sim.apps().messages()[0].members, ids(&["LiNa", "zhangwei"]));
    assert_eq!(sim.apps().count("message/send"), 1);
}

#[tokio::test]
async fn nobody_valid_is_an_error_about_the_receivers() {
    let sim = start().await;
    let message = text_to(users(&["nobody"]), "x");
    let error = client(&sim).send(&message, soon()).await.unwrap_err();
    assert_eq!(code(&error), Some(81_013));
    assert!(error.to_string().contains("可见范围"), "{error}");
    assert_eq!(sim.apps().count("message/send"), 1);
}

#[tokio::test]
async fn a_message_without_answer_is_not_repeated() {
    let sim = start().await;
    let mut account = account(&sim);
    account.network.timeout = Duration::from_secs(1);
    let client = client_of(&account);
    client.check(soon()).await.unwrap();
    let faults = [ApiFaultKind::Delay(3_000), ApiFaultKind::Drop];
    for (n, fault) in faults.into_iter().enumerate() {
        let fault = ApiFault::new(fault).on("message/send").applied();
        sim.apps().fault(fault).unwrap();
        let error = say(&client, &n.to_string()).await.unwrap_err();
        assert!(matches!(error, ApiError::NoAnswer { .. }), "{error}");
        assert!(error.may_have_arrived());
        assert_eq!(sim.apps().count("message/send"), n + 1);
    }
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again() {
    let http = |status| ApiFaultKind::Http {
        status,
        body: "<html>".to_owned(),
    };
    let busy = ApiFaultKind::Error {
        errcode: -1,
        errmsg: "system busy".to_owned(),
    };
    let sim = start().await;
    let client = client(&sim);
    for fault in [http(429), http(502), http(503), http(504), busy] {
        let before = sim.apps().count("message/send");
        let two = ApiFault::new(fault.clone()).on("message/send").times(2);
        sim.apps().fault(two).unwrap();
        say(&client, "third time").await.unwrap();
        assert_eq!(sim.apps().count("message/send") - before, 3, "{fault:?}");
    }
    assert_eq!(sim.apps().messages().len(), 5);
    // The attempts are counted.
    let all = ApiFault::new(http(503)).on("message/send").times(0);
    sim.apps().fault(all).unwrap();
    let before = sim.apps().count("message/send");
    let error = say(&client, "never").await.unwrap_err();
    assert_eq!(error, ApiError::Http { status: 503 });
    assert!(!error.may_have_arrived());
    assert_eq!(sim.apps().count("message/send") - before, 3);
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_not_repeated() {
    let sim = start().await;
    let client = client(&sim);
    for (status, body, may_have_arrived) in [
        (200, "<html>log in</html>", true),
        (200, "[0]", true),
        (500, r#"{"errcode":0}"#, true),
        (404, "", false),
        (302, "", false),
    ] {
        let before = sim.apps().count("message/send");
        let body = body.to_owned();
        let fault = ApiFault::new(ApiFaultKind::Http { status, body });
        sim.apps().fault(fault.on("message/send")).unwrap();
        let error = say(&client, "x").await.unwrap_err();
        assert_eq!(error.may_have_arrived(), may_have_arrived, "{status}");
        assert_eq!(sim.apps().count("message/send") - before, 1, "{status}");
    }
}

#[tokio::test]
async fn a_limit_is_waited_for_where_there_is_time() {
    let sim = start().await;
    let client = client(&sim);
    let limit = |number| ApiFault::error(number, "api freq out of limit").on("message/send");
    // A minute is longer than there is: the error comes at once.
    sim.apps().fault(limit(45_009)).unwrap();
    let begun = Instant::now();
    assert_eq!(code(&say(&client, "x").await.unwrap_err()), Some(45_009));
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(sim.apps().count("message/send"), 1);
    // Too many at a time is over soon.
    sim.apps().fault(limit(45_033)).unwrap();
    let begun = Instant::now();
    say(&client, "x").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(sim.apps().count("message/send"), 3);
}

#[tokio::test]
async fn what_would_be_cut_is_not_sent() {
    let sim = start().await;
    let client = client(&sim);
    let longest = format!("{}ab", "企".repeat(682));
    say(&client, &longest).await.unwrap();
    let error = say(&client, &format!("{longest}c")).await.unwrap_err();
    assert!(
        matches!(
            error,
            ApiError::Unsendable(Unsendable::TooLong { actual: 2_049, .. })
        ),
        "{error}"
    );
    let messages = sim.apps().messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].text(), messages[0].cut), (longest.as_str(), 0));
}

#[tokio::test]
async fn every_kind_of_message_arrives() {
    let sim = start().await;
    let client = client(&sim);
    let card = TextCard {
        title: "审批".to_owned(),
        description: "<div class=\"gray\">今天</div>".to_owned(),
        url: "https://oa.example/1".to_owned(),
        button: None,
    };
    for (body, expected) in [
        (
            AppBody::Markdown("**粗**".to_owned()),
            json!({ "content": "**粗**" }),
        ),
        (
            AppBody::TextCard(card),
            json!({
                "title": "审批", "description": "<div class=\"gray\">今天</div>",
                "url": "https://oa.example/1",
            }),
        ),
    ] {
        let kind = body.kind();
        let to = users(&["LiNa"]);
        let message = AppMessage {
            body,
            ..text_to(to, "")
        };
        client.send(&message, soon()).await.unwrap();
        let entry = sim.apps().messages().pop().unwrap();
        assert_eq!((entry.msgtype.as_str(), entry.body), (kind, expected));
    }
}

#[tokio::test]
async fn a_card_can_be_changed_once() {
    let sim = start().await;
    let client = client(&sim);
    let card = serde_json::from_value(json!({
        "card_type": "button_interaction",
        "main_title": { "title": "发布？" },
        "button_list": [{ "text": "好", "style": 1, "key": "yes" }],
        "task_id": "T1",
    }));
    let message = AppMessage {
        body: AppBody::TemplateCard(Box::new(card.unwrap())),
        ..text_to(users(&["LiNa"]), "")
    };
    let sent = client.send(&message, soon()).await.unwrap();
    let update = CardUpdate {
        agent_id: AGENT,
        to: users(&["LiNa"]),
        response_code: sent.response_code.unwrap(),
        change: CardChange::Closed("已发布".to_owned()),
    };
    client.update_card(&update, soon()).await.unwrap();
    let body = sim.apps().calls().pop().unwrap().body;
    assert_eq!(body["button"], json!({ "replace_name": "已发布" }));
    let error = client.update_card(&update, soon()).await.unwrap_err();
    assert_eq!(code(&error), Some(42_022));
}

#[tokio::test]
async fn only_chats_of_the_app_are_written_into() {
    let sim = start().await;
    let apps = sim.apps();
    apps.add(SeedApp::new(CORP, 7, "other")).unwrap();
    apps.set_chat("C1", AGENT, &ids(&["LiNa", "liuyang"]));
    apps.set_chat("C7", 7, &ids(&["LiNa"]));
    let client = client(&sim);
    let say_in = async |chat: &str| {
        let message = ChatMessage {
            chat: chat.into(),
            body: AppBody::Text("群".to_owned()),
        };
        client.send_into_chat(&message, soon()).await
    };
    let sent = say_in("C1").await.unwrap();
    assert_eq!(sent.message_id, None);
    let entry = apps.messages().pop().unwrap();
    assert_eq!(entry.members, ids(&["LiNa", "liuyang"]));
    assert_eq!(code(&say_in("c1").await.unwrap_err()), Some(86_003));
    let foreign = say_in("C7").await.unwrap_err();
    assert_eq!(code(&foreign), Some(86_008));
    assert!(foreign.advice().is_some());
}

#[tokio::test]
async fn a_message_can_be_taken_back() {
    let sim = start().await;
    let client = client(&sim);
    let sent = say(&client, "oops").await.unwrap();
    client
        .recall(&sent.message_id.unwrap(), soon())
        .await
        .unwrap();
    assert!(sim.apps().messages()[0].recalled);
}

#[tokio::test]
async fn an_identical_message_is_dropped_where_that_is_asked_for() {
    let sim = start().await;
    let client = client(&sim);
    let mut message = text_to(users(&["LiNa"]), "daily");
    message.duplicate_check = Some(Duration::from_mins(30));
    for _ in 0..2 {
        client.send(&message, soon()).await.unwrap();
    }
    assert_eq!(sim.apps().messages().len(), 1);
    message.duplicate_check = None;
    for _ in 0..2 {
        client.send(&message, soon()).await.unwrap();
    }
    assert_eq!(sim.apps().messages().len(), 3);
}

#[tokio::test]
async fn the_tags_of_the_company_are_listed() {
    let sim = start().await;
    let tags = client(&sim).tags(soon()).await.unwrap();
    let tags: Vec<_> = tags.into_iter().map(|tag| (tag.id, tag.name)).collect();
    assert_eq!(tags, [(7, "值班".to_owned())]);
}
