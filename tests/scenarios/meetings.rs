//! Online meetings.

use futures_util::StreamExt;
use futures_util::stream;

use super::stage::SPEAKER;
use super::*;

/// A meeting that a member booked before.
async fn booked(stage: &Stage, title: &str, start: &str, people: &[&str]) -> String {
    let args = json!({
        "title": title, "meeting_start_datetime": start, "meeting_duration": 3600,
    });
    let mut args = args;
    if !people.is_empty() {
        args["invitees"] = json!({ "userid": people });
    }
    let made = stage.given(SPEAKER, "meeting.create_meeting", args).await;
    text(&made, "/meetingid").to_owned()
}

async fn listed(stage: &Stage, from: &str, to: &str) -> Vec<String> {
    let args = json!({ "begin_datetime": from, "end_datetime": to, "limit": 100 });
    let found = stage.call("meeting.list_user_meetings", args).await;
    let ids = list(&found, "/meetingid_list").iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

async fn info(stage: &Stage, id: &str) -> Value {
    stage
        .call("meeting.get_meeting_info", json!({ "meetingid": id }))
        .await
}

async fn seen(stage: &Stage, who: &str, id: &str) -> Value {
    stage
        .look(who, "meeting.get_meeting_info", json!({ "meetingid": id }))
        .await
}

fn members(info: &Value) -> Vec<String> {
    let mut ids = each(info, "/attendees/member", "/userid");
    ids.sort();
    ids
}

#[tokio::test]
async fn story_11_a_complete_wish_is_booked_at_once() {
    let stage = Stage::open(&["wecom-meeting-create"]).await;
    let args = json!({ "title": "周会", "meeting_start_datetime": "2026-09-02 15:00", "meeting_duration": 3600 });
    let made = stage.call("meeting.create_meeting", args).await;
    let code = text(&made, "/meeting_code");
    assert!(
        code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    assert!(text(&made, "/meeting_link").starts_with("https://"));
    stage.told(&["meeting.create_meeting"]);
    stage.teach("#会议号: ");
    let booked = seen(&stage, SPEAKER, text(&made, "/meetingid")).await;
    assert_eq!(text(&booked, "/meeting_start_datetime"), "2026-09-02 15:00");
    stage.close().await;
}

#[tokio::test]
async fn story_12_a_missing_title_is_one_question() {
    let stage = Stage::open(&["wecom-meeting-create"]).await;
    stage.ask();
    stage.told(&["!"]);
    // The tool would not let it pass either.
    let args = json!({ "meeting_start_datetime": "2026-09-02 15:00", "meeting_duration": 3600 });
    let refused = stage.refused("meeting.create_meeting", args).await;
    assert_eq!(refused["kind"], "invalid_args");
    assert_eq!(refused["violations"][0]["rule"], "required");
    stage.close().await;
}

#[tokio::test]
async fn story_13_ringing_one_person_only() {
    let stage = Stage::open(&["wecom-meeting-create", "wecom-contact-lookup"]).await;
    stage.call("contact.get_userlist", json!({})).await;
    let args = json!({
        "title": "评审", "meeting_start_datetime": "2026-09-02 15:00", "meeting_duration": 3600,
        "invitees": { "userid": ["gao.ming", "xu.an"] },
        "settings": { "remind_scope": 4, "ring_users": { "userid": ["gao.ming"] } },
    });
    let made = stage.call("meeting.create_meeting", args).await;
    stage.told(&["contact.get_userlist", "meeting.create_meeting"]);
    stage.teach("ring_users");
    let booked = seen(&stage, SPEAKER, text(&made, "/meetingid")).await;
    assert_eq!(booked["settings"]["remind_scope"], 4);
    stage.close().await;
}

#[tokio::test]
async fn story_14_minutes_before_a_meeting_do_not_exist() {
    let stage = Stage::open(&["wecom-meeting-create"]).await;
    let args = json!({ "title": "评审", "meeting_start_datetime": "2026-09-02 15:00", "meeting_duration": 3600 });
    stage.call("meeting.create_meeting", args).await;
    stage.told(&["meeting.create_meeting"]);
    stage.teach("no reminder before the start");
    stage.close().await;
}

#[tokio::test]
async fn story_15_cancelling_is_asked_about() {
    let stage = Stage::open(&["wecom-meeting-manage", "wecom-meeting-query"]).await;
    let id = booked(&stage, "发布评审", "2026-09-02 15:00", &["gao.ming"]).await;
    let ids = listed(&stage, "2026-09-02 00:00", "2026-09-02 23:59").await;
    assert_eq!(ids, std::slice::from_ref(&id));
    let found = info(&stage, &id).await;
    let facts = (
        text(&found, "/title"),
        text(&found, "/meeting_start_datetime"),
    );
    assert_eq!(
        facts,
        ("发布评审", "2026-09-02 15:00"),
        "what the question names"
    );
    stage.ask();
    stage
        .call("meeting.cancel_meeting", json!({ "meetingid": id }))
        .await;
    stage.told(&[
        "meeting.list_user_meetings",
        "meeting.get_meeting_info",
        "!",
        "meeting.cancel_meeting",
    ]);
    assert_eq!(seen(&stage, SPEAKER, &id).await["status"], 4);
    stage.close().await;
}

#[tokio::test]
async fn story_16_inviting_one_more_sends_the_whole_list() {
    let stage = Stage::open(&["wecom-meeting-manage", "wecom-contact-lookup"]).await;
    let id = booked(&stage, "发布评审", "2026-09-02 15:00", &["gao.ming"]).await;
    listed(&stage, "2026-09-02 00:00", "2026-09-02 23:59").await;
    let found = info(&stage, &id).await;
    stage.call("contact.get_userlist", json!({})).await;
    let mut people = members(&found);
    people.push("xu.an".to_owned());
    let invitees: Vec<Value> = people.iter().map(|id| json!({ "userid": id })).collect();
    let args = json!({ "meetingid": id, "invitees": invitees });
    stage.call("meeting.set_invite_meeting_members", args).await;
    stage.told(&[
        "meeting.list_user_meetings",
        "meeting.get_meeting_info",
        "contact.get_userlist",
        "meeting.set_invite_meeting_members",
    ]);
    let now = members(&seen(&stage, SPEAKER, &id).await);
    assert!(
        now.contains(&"gao.ming".to_owned()) && now.contains(&"xu.an".to_owned()),
        "{now:?}"
    );
    stage.close().await;
}

#[tokio::test]
async fn story_17_eight_meetings_are_read_five_at_a_time() {
    let stage = Stage::open(&["wecom-meeting-query"]).await;
    for number in 0..8 {
        booked(
            &stage,
            &format!("会议{number}"),
            &format!("2026-09-03 {:02}:00", 9 + number),
            &[],
        )
        .await;
    }
    let ids = listed(&stage, "2026-08-31 00:00", "2026-09-06 23:59").await;
    assert_eq!(ids.len(), 8);
    let read = stream::iter(&ids).map(|id| info(&stage, id)).buffered(5);
    let titles: Vec<Value> = read.map(|info| info["title"].clone()).collect().await;
    let expected: std::collections::BTreeSet<String> =
        (0..8).map(|it| format!("会议{it}")).collect();
    let titles: std::collections::BTreeSet<String> = titles
        .iter()
        .map(|it| it.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(titles, expected);
    let mut order = vec!["meeting.list_user_meetings"];
    order.extend(["meeting.get_meeting_info"; 8]);
    stage.told(&order);
    stage.teach("at most 5");
    stage.close().await;
}
