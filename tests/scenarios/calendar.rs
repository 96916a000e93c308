//! The calendar.

use super::stage::SPEAKER;
use super::*;

/// 2026-09-01 00:00:00 (UTC+8) in Unix seconds.
const MIDNIGHT: i64 = 1_788_192_000;
const HOUR: i64 = 3_600;

async fn event(
    stage: &Stage,
    who: &str,
    summary: &str,
    start: &str,
    end: &str,
    people: &[&str],
) -> String {
    let people: Vec<Value> = people.iter().map(|id| json!({ "userid": id })).collect();
    let schedule =
        json!({ "summary": summary, "start_time": start, "end_time": end, "attendees": people });
    let made = stage
        .given(
            who,
            "schedule.create_schedule",
            json!({ "schedule": schedule }),
        )
        .await;
    text(&made, "/schedule_id").to_owned()
}

/// Today's events of the speaker: ids, then details.
async fn today(stage: &Stage) -> Vec<Value> {
    let range = json!({ "start_time": "2026-09-01 00:00:00", "end_time": "2026-09-01 23:59:59" });
    let found = stage
        .call("schedule.get_schedule_list_by_range", range)
        .await;
    let ids = json!({ "schedule_id_list": found["schedule_id_list"] });
    let read = stage.call("schedule.get_schedule_detail", ids).await;
    list(&read, "/schedule").to_vec()
}

async fn seen(stage: &Stage, id: &str) -> Value {
    let ids = json!({ "schedule_id_list": [id] });
    let read = stage
        .look(SPEAKER, "schedule.get_schedule_detail", ids)
        .await;
    list(&read, "/schedule")[0].clone()
}

#[tokio::test]
async fn story_18_todays_events_without_cancelled_ones() {
    let stage = Stage::open(&["wecom-schedule"]).await;
    let day = |hour: &str| format!("2026-09-01 {hour}:00:00");
    event(&stage, SPEAKER, "走查", &day("14"), &day("15"), &[]).await;
    let gone = event(&stage, SPEAKER, "取消的", &day("16"), &day("17"), &[]).await;
    stage
        .given(
            SPEAKER,
            "schedule.cancel_schedule",
            json!({ "schedule_id": gone }),
        )
        .await;
    let events = today(&stage).await;
    let shown: Vec<&Value> = events.iter().filter(|it| it["status"] == 0).collect();
    assert_eq!(shown.len(), 1, "{events:?}");
    assert_eq!(
        shown[0]["start_time"],
        MIDNIGHT + 14 * HOUR,
        "14:00 in UTC+8"
    );
    stage.told(&[
        "schedule.get_schedule_list_by_range",
        "schedule.get_schedule_detail",
    ]);
    stage.close().await;
}

#[tokio::test]
async fn story_19_moving_an_event_keeps_its_length() {
    let stage = Stage::open(&["wecom-schedule"]).await;
    let id = event(
        &stage,
        SPEAKER,
        "走查",
        "2026-09-01 14:00:00",
        "2026-09-01 15:30:00",
        &[],
    )
    .await;
    today(&stage).await;
    stage.ask();
    let moved = json!({ "schedule_id": id, "start_time": "2026-09-01 15:00:00", "end_time": "2026-09-01 16:30:00" });
    stage
        .call("schedule.update_schedule", json!({ "schedule": moved }))
        .await;
    stage.told(&[
        "schedule.get_schedule_list_by_range",
        "schedule.get_schedule_detail",
        "!",
        "schedule.update_schedule",
    ]);
    let now = seen(&stage, &id).await;
    let times = (
        now["start_time"].as_i64().unwrap(),
        now["end_time"].as_i64().unwrap(),
    );
    assert_eq!(
        times,
        (MIDNIGHT + 15 * HOUR, MIDNIGHT + 16 * HOUR + HOUR / 2)
    );
    stage.close().await;
}

#[tokio::test]
async fn story_20_a_whole_day_becomes_an_hour() {
    let stage = Stage::open(&["wecom-schedule"]).await;
    let whole = json!({
        "summary": "值班", "is_whole_day": 1,
        "start_time": "2026-09-01 00:00:00", "end_time": "2026-09-01 23:59:59",
    });
    let made = stage
        .given(
            SPEAKER,
            "schedule.create_schedule",
            json!({ "schedule": whole }),
        )
        .await;
    let id = text(&made, "/schedule_id");
    assert_eq!(today(&stage).await[0]["is_whole_day"], 1);
    stage.ask();
    let timed = json!({
        "schedule_id": id, "is_whole_day": 0,
        "start_time": "2026-09-01 14:00:00", "end_time": "2026-09-01 15:00:00",
    });
    stage
        .call("schedule.update_schedule", json!({ "schedule": timed }))
        .await;
    stage.told(&[
        "schedule.get_schedule_list_by_range",
        "schedule.get_schedule_detail",
        "!",
        "schedule.update_schedule",
    ]);
    let now = seen(&stage, id).await;
    assert_eq!(
        (&now["is_whole_day"], &now["start_time"]),
        (&json!(0), &json!(MIDNIGHT + 14 * HOUR))
    );
    stage.close().await;
}

/// Minutes of the day of a `YYYY-MM-DD HH:mm:ss`.
fn minute(time: &str) -> i64 {
    let part = |range| {
        time.get(range)
            .and_then(|it: &str| it.parse::<i64>().ok())
            .unwrap()
    };
    part(11..13) * 60 + part(14..16)
}

#[tokio::test]
async fn story_21_an_hour_that_is_free_for_all() {
    let stage = Stage::open(&["wecom-schedule", "wecom-contact-lookup"]).await;
    let day = |time: &str| format!("2026-09-02 {time}:00");
    event(
        &stage,
        "gao.ming",
        "面试",
        &day("13:00"),
        &day("14:30"),
        &[],
    )
    .await;
    event(&stage, "xu.an", "看牙", &day("15:00"), &day("16:00"), &[]).await;
    stage.call("contact.get_userlist", json!({})).await;
    let args = json!({
        "check_user_list": [SPEAKER, "gao.ming", "xu.an"],
        "start_time": "2026-09-02 12:00:00", "end_time": "2026-09-02 18:00:00",
    });
    let busy = stage.call("schedule.check_availability", args).await;
    let busy: Vec<(i64, i64)> = list(&busy, "/user_busy_list")
        .iter()
        .flat_map(|person| list(person, "/busy_slots"))
        .map(|slot| {
            (
                minute(text(slot, "/start_time")),
                minute(text(slot, "/end_time")),
            )
        })
        .collect();
    let is_free = |start: i64| {
        busy.iter()
            .all(|(from, to)| start + 60 <= *from || start >= *to)
    };
    let free: Vec<i64> = (12 * 60..=17 * 60)
        .step_by(15)
        .filter(|start| is_free(*start))
        .take(3)
        .collect();
    assert_eq!(free, [12 * 60, 16 * 60, 16 * 60 + 15]);
    stage.ask();
    let schedule = json!({
        "summary": "讨论", "start_time": "2026-09-02 16:00:00", "end_time": "2026-09-02 17:00:00",
        "attendees": [{ "userid": "gao.ming" }, { "userid": "xu.an" }],
    });
    stage
        .call("schedule.create_schedule", json!({ "schedule": schedule }))
        .await;
    stage.told(&[
        "contact.get_userlist",
        "schedule.check_availability",
        "!",
        "schedule.create_schedule",
    ]);
    stage.teach("15 min");
    let range = json!({ "start_time": "2026-09-02 16:00:00", "end_time": "2026-09-02 17:00:00" });
    let theirs = stage
        .look("xu.an", "schedule.get_schedule_list_by_range", range)
        .await;
    assert_eq!(list(&theirs, "/schedule_id_list").len(), 1);
    stage.close().await;
}

#[tokio::test]
async fn story_42_my_calendar_in_a_group_is_mine_alone() {
    let stage = Stage::open(&["wecom-schedule"]).await;
    let at = |hour: &str| format!("2026-09-01 {hour}:00:00");
    event(&stage, SPEAKER, "走查", &at("14"), &at("15"), &[]).await;
    event(&stage, "gao.ming", "面试", &at("16"), &at("17"), &[]).await;
    let events = today(&stage).await;
    let titles: Vec<&str> = events.iter().map(|it| text(it, "/summary")).collect();
    assert_eq!(titles, ["走查"]);
    stage.told(&[
        "schedule.get_schedule_list_by_range",
        "schedule.get_schedule_detail",
    ]);
    stage.teach("In a group conversation give private results");
    stage.close().await;
}
