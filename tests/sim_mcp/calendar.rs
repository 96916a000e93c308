//! The category `schedule`.

use serde_json::{Value, json};
use wecom::sim::Sim;

use super::server::Server;
use super::{server, start};

async fn create(schedule: &Server, event: Value) -> String {
    let made = schedule
        .ok("create_schedule", json!({ "schedule": event }))
        .await;
    made["schedule_id"].as_str().unwrap().to_owned()
}

async fn detail(schedule: &Server, id: &str) -> Value {
    let args = json!({ "schedule_id_list": [id] });
    schedule.ok("get_schedule_detail", args).await["schedule"][0].clone()
}

async fn review(sim: &Sim) -> (Server, String) {
    let lina = server(sim, "schedule", "LiNa");
    let id = create(
        &lina,
        json!({
            "start_time": "2026-09-02 14:00:00",
            "end_time": "2026-09-02 15:00:00",
            "summary": "方案走查",
            "attendees": [{ "userid": "zhangwei" }],
            "reminders": { "is_remind": 1, "remind_before_event_secs": 900 },
        }),
    )
    .await;
    (lina, id)
}

#[tokio::test]
async fn an_event_is_made_listed_read_and_changed() {
    let sim = start().await;
    let (lina, id) = review(&sim).await;
    let zhangwei = server(&sim, "schedule", "zhangwei");
    let day = json!({ "start_time": "2026-09-02", "end_time": "2026-09-02" });
    let listed = zhangwei.ok("get_schedule_list_by_range", day.clone()).await;
    assert_eq!(listed["schedule_id_list"], json!([id]));
    let expected = json!({
        "schedule_id": id,
        "summary": "方案走查",
        "description": "",
        "start_time": 1_788_328_800,
        "end_time": 1_788_332_400,
        "location": "",
        "status": 0,
        "is_whole_day": 0,
        "admins": ["LiNa"],
        "attendees": [{ "userid": "zhangwei", "response_status": 1 }],
        "reminders": { "is_remind": 1, "remind_before_event_secs": 900, "timezone": 8 },
    });
    assert_eq!(detail(&zhangwei, &id).await, expected);
    let update = json!({ "schedule": { "schedule_id": id, "summary": "评审" } });
    assert_eq!(
        zhangwei.code("update_schedule", update.clone()).await,
        48_002
    );
    lina.ok("update_schedule", update).await;
    assert_eq!(detail(&lina, &id).await["summary"], "评审");
    let stranger = server(&sim, "schedule", "wangfang");
    assert_eq!(detail(&stranger, &id).await, Value::Null);
    let far = json!({ "start_time": "2026-07-01", "end_time": "2026-09-02" });
    assert_eq!(lina.code("get_schedule_list_by_range", far).await, 40_058);
    let backwards = json!({
        "start_time": "2026-09-02 15:00:00",
        "end_time": "2026-09-02 15:00:00",
    });
    let refused = lina
        .code("create_schedule", json!({ "schedule": backwards }))
        .await;
    assert_eq!(refused, 40_058);

    lina.ok("cancel_schedule", json!({ "schedule_id": id }))
        .await;
    assert_eq!(detail(&lina, &id).await["status"], 1);
}

#[tokio::test]
async fn a_whole_day_stays_one_until_it_is_told_not_to() {
    let sim = start().await;
    let lina = server(&sim, "schedule", "LiNa");
    let id = create(
        &lina,
        json!({ "start_time": "2026-09-04", "end_time": "2026-09-04", "is_whole_day": 1 }),
    )
    .await;
    let times = |event: &Value| (event["start_time"].as_i64(), event["end_time"].as_i64());
    let (begin, end) = (1_788_451_200, 1_788_537_599);
    assert_eq!(times(&detail(&lina, &id).await), (Some(begin), Some(end)));
    let mut change = json!({
        "schedule_id": id,
        "start_time": "2026-09-04 10:00:00",
        "end_time": "2026-09-04 11:00:00",
    });
    lina.ok("update_schedule", json!({ "schedule": change }))
        .await;
    let still = detail(&lina, &id).await;
    assert_eq!(
        (times(&still), &still["is_whole_day"]),
        ((Some(begin), Some(end)), &json!(1))
    );
    change["is_whole_day"] = json!(0);
    lina.ok("update_schedule", json!({ "schedule": change }))
        .await;
    let plain = detail(&lina, &id).await;
    let expected = (Some(begin + 36_000), Some(begin + 39_600));
    assert_eq!(
        (times(&plain), &plain["is_whole_day"]),
        (expected, &json!(0))
    );
}

#[tokio::test]
async fn people_come_and_go_and_keep_their_answer() {
    let sim = start().await;
    let (lina, id) = review(&sim).await;
    sim.company().respond(&id, "zhangwei", 2).unwrap();
    let add = json!({ "schedule_id": id, "attendees": [{ "userid": "wangfang" }, { "userid": "zhangwei" }] });
    lina.ok("add_schedule_attendees", add.clone()).await;
    lina.ok("add_schedule_attendees", add).await;
    let expected = json!([
        { "userid": "zhangwei", "response_status": 2 },
        { "userid": "wangfang", "response_status": 1 },
    ]);
    assert_eq!(detail(&lina, &id).await["attendees"], expected);
    let remove = json!({ "schedule_id": id, "attendees": [{ "userid": "zhangwei" }] });
    lina.ok("del_schedule_attendees", remove).await;
    let rest = json!([{ "userid": "wangfang", "response_status": 1 }]);
    assert_eq!(detail(&lina, &id).await["attendees"], rest);
    let unknown = json!({ "schedule_id": id, "attendees": [{ "userid": "nobody" }] });
    assert_eq!(lina.code("add_schedule_attendees", unknown).await, 60_111);
}

#[tokio::test]
async fn busy_is_who_is_in_an_event_that_stands() {
    let sim = start().await;
    let (lina, id) = review(&sim).await;
    let asked = json!({
        "check_user_list": ["zhangwei", "wangfang", "nobody"],
        "start_time": "2026-09-02 14:30:00",
        "end_time": "2026-09-02 18:00:00",
    });
    let rows = async |who: &Server| {
        let answer = who.ok("check_availability", asked.clone()).await;
        answer["user_busy_list"].clone()
    };
    let slot = json!({
        "start_time": "2026-09-02 14:00:00",
        "end_time": "2026-09-02 15:00:00",
        "schedule_id": id,
        "subject": "方案走查",
    });
    let free = json!({ "userid": "wangfang", "busy_slots": [] });
    let expected = json!([{ "userid": "zhangwei", "busy_slots": [slot] }, free]);
    assert_eq!(rows(&lina).await, expected);
    // What it is about is for those who are in it.
    let stranger = server(&sim, "schedule", "liuyang");
    let seen = rows(&stranger).await;
    assert_eq!(seen[0]["busy_slots"][0].get("subject"), None);
    sim.company().respond(&id, "zhangwei", 4).unwrap();
    assert_eq!(rows(&lina).await[0]["busy_slots"], json!([]));
    sim.company().respond(&id, "zhangwei", 2).unwrap();
    lina.ok("cancel_schedule", json!({ "schedule_id": id }))
        .await;
    assert_eq!(rows(&lina).await[0]["busy_slots"], json!([]));
}
