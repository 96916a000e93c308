//! What arrives, what does not, and what is said about it.

use wecom::channel::outbound::{Door, Status};
use wecom::sim::{AckError, DEMO_BOT, FaultRequest, SimChat};

use super::house::{GROUP, House, MEMBER, request};

#[tokio::test]
async fn every_form_that_a_bot_serves_arrives() {
    let house = House::new().await;
    let (direct, group) = (
        SimChat::direct(DEMO_BOT, MEMBER),
        SimChat::group(DEMO_BOT, GROUP),
    );
    let cases = [
        (MEMBER.to_owned(), "user:LiNa"),
        (format!("user:{MEMBER}"), "user:LiNa"),
        (format!("wecom:user：{MEMBER}"), "user:LiNa"),
        (GROUP.to_owned(), "group:wrDEMOLunch02"),
        (format!("chat:{GROUP}"), "group:wrDEMOLunch02"),
        (format!("WECOM:group:{GROUP}"), "group:wrDEMOLunch02"),
    ];
    for (target, canonical) in &cases {
        let report = house.send(target, "news").await;
        assert_eq!(report.status, Status::Delivered, "{target} {report:?}");
        assert_eq!(
            (report.to.as_str(), report.via),
            (*canonical, Some(Door::Bot))
        );
        assert!(
            report.message_ids[0].starts_with("aibot_send_msg"),
            "{report:?}"
        );
    }
    assert_eq!(house.said(&direct), ["news"; 3]);
    assert_eq!(house.said(&group), ["news"; 3]);
    house.close().await;
}

#[tokio::test]
async fn a_chat_that_the_bot_is_not_in_is_told_as_such() {
    let house = House::new().await;
    let report = house.send("group:wrDEMOProject01", "news").await;
    assert_eq!((report.status, report.ok), (Status::Failed, false));
    let error = report.error.unwrap();
    assert_eq!(error.code, "93006");
    assert!(
        error.message.contains("the bot is not in this chat"),
        "{}",
        error.message
    );
    assert_eq!(house.sends().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn too_much_at_once_is_sent_again_a_moment_later() {
    let house = House::new().await;
    house.fault(&FaultRequest {
        ack_errors: Some(vec![AckError {
            cmd: Some("aibot_send_msg".to_owned()),
            errcode: 45_009,
            errmsg: "api freq out of limit".to_owned(),
            times: 1,
        }]),
        ..FaultRequest::default()
    });
    let report = house.send(MEMBER, "news").await;
    assert_eq!((report.status, report.parts), (Status::Delivered, 1));
    assert_eq!(house.said(&SimChat::direct(DEMO_BOT, MEMBER)), ["news"]);
    assert_eq!(house.sends().len(), 2);
    house.close().await;
}

#[tokio::test]
async fn what_may_have_arrived_is_not_sent_again() {
    let house = House::new().await;
    // The frame takes effect, its acknowledgement is lost with the connection.
    house.fault(&FaultRequest {
        disconnect_after_frames: Some(1),
        ..FaultRequest::default()
    });
    let report = house.send(MEMBER, "news").await;
    assert_eq!((report.status, report.ok), (Status::Unknown, false));
    assert_eq!(report.error.unwrap().code, "unconfirmed");
    assert_eq!(house.said(&SimChat::direct(DEMO_BOT, MEMBER)), ["news"]);
    assert_eq!(house.sends().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn a_long_text_arrives_in_order() {
    let house = House::new().await;
    let lines: Vec<String> = (0..60)
        .map(|n| format!("{n}: {}", "企".repeat(200)))
        .collect();
    let text = lines.join("\n");
    let report = house.send(GROUP, &text).await;
    let said = house.said(&SimChat::group(DEMO_BOT, GROUP));
    assert_eq!(report.status, Status::Delivered);
    assert_eq!(
        (report.parts, report.message_ids.len()),
        (said.len(), said.len())
    );
    assert!(said.len() > 2);
    assert!(
        said.iter()
            .all(|piece| piece.encode_utf16().count() <= 4_000)
    );
    assert_eq!(said.join("\n"), text);
    house.close().await;
}

#[tokio::test]
async fn a_dry_run_sends_no_frame() {
    let house = House::new().await;
    let resolved = house
        .planner
        .resolve(&request(GROUP, "news"))
        .await
        .unwrap();
    assert_eq!(resolved.target, "group:wrDEMOLunch02");
    assert_eq!((resolved.via, resolved.pieces), (Door::Bot, 1));
    assert!(house.sends().is_empty());
    let error = house
        .planner
        .send(&request("party:1", "news"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "needs_agent");
    assert!(house.sends().is_empty());
    house.close().await;
}
