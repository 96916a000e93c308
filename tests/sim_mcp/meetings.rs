//! The category `meeting`.

use serde_json::{Value, json};
use wecom::sim::MemberTraits;

use super::server::Server;
use super::{server, start};

fn tomorrow(title: &str, people: &[&str]) -> Value {
    json!({
        "title": title,
        "meeting_start_datetime": "2026-09-02 15:00",
        "meeting_duration": 3600,
        "invitees": { "userid": people },
        "settings": { "password": "4821", "enable_enter_mute": 1 },
    })
}

async fn status(meeting: &Server, id: &str) -> u64 {
    let info = meeting
        .ok("get_meeting_info", json!({ "meetingid": id }))
        .await;
    info["status"].as_u64().unwrap()
}

#[tokio::test]
async fn a_meeting_follows_the_clock_and_is_cancelled_by_its_creator() {
    let sim = start().await;
    let lina = server(&sim, "meeting", "LiNa");
    let made = lina
        .ok("create_meeting", tomorrow("评审", &["zhangwei"]))
        .await;
    let id = made["meetingid"].as_str().unwrap();
    let code = made["meeting_code"].as_str().unwrap();
    assert!(
        code.len() == 9 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    let info = lina
        .ok("get_meeting_info", json!({ "meetingid": id }))
        .await;
    assert_eq!(
        (
            &info["title"],
            &info["meeting_start_datetime"],
            &info["meeting_duration"]
        ),
        (&json!("评审"), &json!("2026-09-02 15:00"), &json!(3600))
    );
    assert_eq!(info["attendees"]["member"][0]["userid"], "zhangwei");
    assert_eq!(info["settings"]["password"], "4821");

    // The invited one reads it too, without the password, and may not change it.
    let zhangwei = server(&sim, "meeting", "zhangwei");
    let info = zhangwei
        .ok("get_meeting_info", json!({ "meetingid": id }))
        .await;
    assert_eq!(
        (
            &info["settings"]["password"],
            &info["settings"]["need_password"]
        ),
        (&Value::Null, &json!(true))
    );
    let cancel = json!({ "meetingid": id });
    assert_eq!(
        zhangwei.code("cancel_meeting", cancel.clone()).await,
        48_002
    );
    let stranger = server(&sim, "meeting", "wangfang");
    assert_eq!(
        stranger.code("get_meeting_info", cancel.clone()).await,
        40_058
    );

    for (at, expected) in [
        ("2026-09-02 14:59:59", 1),
        ("2026-09-02 15:00:00", 2),
        ("2026-09-02 16:00:00", 3),
    ] {
        sim.company().set_time(Some(at)).unwrap();
        assert_eq!(status(&lina, id).await, expected, "{at}");
    }
    sim.company().set_time(Some("2026-09-02 09:00:00")).unwrap();
    lina.ok("cancel_meeting", cancel.clone()).await;
    lina.ok("cancel_meeting", cancel).await;
    assert_eq!(status(&lina, id).await, 4);
}

#[tokio::test]
async fn only_own_meetings_are_listed_in_pages() {
    let sim = start().await;
    let lina = server(&sim, "meeting", "LiNa");
    let mut codes = Vec::new();
    for n in 0..3 {
        let made = lina
            .ok("create_meeting", tomorrow(&n.to_string(), &["zhangwei"]))
            .await;
        codes.push(made["meeting_code"].clone());
    }
    codes.dedup();
    assert_eq!(codes.len(), 3);
    let range = json!({
        "begin_datetime": "2026-09-02 00:00",
        "end_datetime": "2026-09-02 23:59",
        "limit": 2,
    });
    let zhangwei = server(&sim, "meeting", "zhangwei");
    let pages = zhangwei
        .pages("list_user_meetings", range.clone(), "meetingid_list")
        .await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    let stranger = server(&sim, "meeting", "wangfang");
    let none = stranger.ok("list_user_meetings", range).await;
    assert_eq!(none["meetingid_list"], json!([]));
    let other_day = json!({ "begin_datetime": "2026-09-03 00:00" });
    let none = lina.ok("list_user_meetings", other_day).await;
    assert_eq!(none["meetingid_list"], json!([]));
    let far = json!({ "begin_datetime": "2026-07-01 00:00" });
    assert_eq!(lina.code("list_user_meetings", far).await, 40_058);
}

#[tokio::test]
async fn the_invited_are_replaced_and_some_have_no_account() {
    let sim = start().await;
    let traits = MemberTraits {
        meeting_account: Some(false),
        ..MemberTraits::default()
    };
    sim.company().set_traits("liuyang", traits).unwrap();
    let lina = server(&sim, "meeting", "LiNa");
    let made = lina
        .ok("create_meeting", tomorrow("x", &["zhangwei", "liuyang"]))
        .await;
    assert_eq!(made["excess_users"], json!(["liuyang"]));
    let id = made["meetingid"].clone();
    let people = json!([{ "userid": "wangfang" }, { "userid": "zhangwei" }]);
    let args = json!({ "meetingid": id, "invitees": people });
    lina.ok("set_invite_meeting_members", args).await;
    let info = lina
        .ok("get_meeting_info", json!({ "meetingid": id }))
        .await;
    let members: Vec<_> = info["attendees"]["member"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|member| member["userid"].as_str())
        .collect();
    assert_eq!(members, ["wangfang", "zhangwei"]);
    let unknown = json!({ "meetingid": id, "invitees": [{ "userid": "nobody" }] });
    assert_eq!(
        lina.code("set_invite_meeting_members", unknown).await,
        60_111
    );
    let mut past = tomorrow("x", &[]);
    past["meeting_start_datetime"] = json!("2026-09-01 09:00");
    past["invitees"] = Value::Null;
    assert_eq!(lina.code("create_meeting", past).await, 40_058);
}
