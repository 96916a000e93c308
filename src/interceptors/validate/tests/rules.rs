//! Rules between arguments.

use super::*;

/// `(name, category, method, arguments, path and rule of the one mistake)`.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    Value,
    (&'static str, &'static str),
);

fn message(begin: &str, end: &str) -> Value {
    json!({"chat_type": 2, "chatid": "wrA", "begin_time": begin, "end_time": end})
}

fn event(more: Value) -> Value {
    let mut schedule =
        json!({"start_time": "2026-09-02 14:00:00", "end_time": "2026-09-02 15:00:00"});
    if let (Value::Object(schedule), Value::Object(more)) = (&mut schedule, more) {
        schedule.extend(more);
    }
    json!({"schedule": schedule})
}

fn area(rows: usize, columns: usize, text: &str) -> Value {
    let cells = vec![json!({"cell_value": {"text": text}}); columns];
    json!({"docid": "d", "sheet_id": "s", "grid_data": {"start_row": 0, "start_column": 0,
           "rows": vec![json!({"values": cells}); rows]}})
}

fn cases_of_time() -> Vec<Case> {
    vec![
        (
            "C1 an event ends after it begins",
            "schedule",
            "create_schedule",
            event(json!({"end_time": "2026-09-02 14:00:00"})),
            ("/schedule/end_time", "end_before_begin"),
        ),
        (
            "C1 a range does not end before it begins",
            "schedule",
            "get_schedule_list_by_range",
            json!({"start_time": "2026-09-02", "end_time": "2026-09-01"}),
            ("/end_time", "end_before_begin"),
        ),
        (
            "C2 messages of the last seven days",
            "msg",
            "get_message",
            message("2026-08-23 23:00:00", "2026-08-30 00:00:00"),
            ("/begin_time", "out_of_window"),
        ),
        (
            "C2 no messages of the future",
            "msg",
            "get_msg_chat_list",
            json!({"begin_time": "2026-08-30 00:00:00", "end_time": "2026-08-31 23:59:59"}),
            ("/end_time", "out_of_window"),
        ),
        (
            "C3 thirty days back",
            "meeting",
            "list_user_meetings",
            json!({"begin_datetime": "2026-07-31 23:59"}),
            ("/begin_datetime", "out_of_window"),
        ),
        (
            "C3 thirty days ahead",
            "todo",
            "get_todo_list",
            json!({"follower_id": "a", "deadline_end_time": "2026-10-01 00:00:00"}),
            ("/deadline_end_time", "out_of_window"),
        ),
        (
            "C5 a day that there is",
            "meeting",
            "create_meeting",
            json!({"title": "x", "meeting_start_datetime": "2027-02-29 15:00",
                   "meeting_duration": 3600}),
            ("/meeting_start_datetime", "no_such_time"),
        ),
    ]
}

fn cases_of_contents() -> Vec<Case> {
    vec![
        (
            "C6 bytes, not characters",
            "msg",
            "send_message",
            json!({"chat_type": 1, "chatid": "a", "msgtype": "text",
                   "text": {"content": "林".repeat(683)}}),
            ("/text/content", "max_bytes"),
        ),
        (
            "C7 bytes of an id",
            "msg",
            "get_msg_media",
            json!({"media_id": "林".repeat(86)}),
            ("/media_id", "max_bytes"),
        ),
        (
            "C8 one way of reminding",
            "schedule",
            "create_schedule",
            event(
                json!({"reminders": {"is_remind": 1, "remind_before_event_secs": 900,
                                       "remind_time_diffs": [-900]}}),
            ),
            ("/schedule/reminders", "at_most_one"),
        ),
        (
            "C9 a whole day begins with it",
            "schedule",
            "create_schedule",
            event(json!({"is_whole_day": 1, "end_time": "2026-09-02 23:59:59"})),
            ("/schedule/start_time", "whole_day"),
        ),
        (
            "C10 the kind of document fits",
            "doc",
            "get_doc_content",
            json!({"docid": "https://doc.weixin.qq.com/smartpage/a1_x", "type": 2}),
            ("/url", "link_kind"),
        ),
        (
            "C12 ten thousand cells",
            "doc",
            "sheet_update_range_data",
            area(51, 197, "x"),
            ("/grid_data/rows", "max_cells"),
        ),
        (
            "C13 a formula is no text",
            "doc",
            "sheet_update_range_data",
            area(1, 1, "=A1"),
            ("/grid_data/rows/0/values/0/cell_value/text", "formula"),
        ),
        (
            "C13 in an appended row as well",
            "doc",
            "sheet_append_data",
            json!({"docid": "d", "sheet_id": "s",
                   "row": {"values": [{"cell_value": {"text": "=SUM(A1)"}}]}}),
            ("/row/values/0/cell_value/text", "formula"),
        ),
    ]
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let cases = cases_of_time().into_iter().chain(cases_of_contents());
    for (name, category, method, args, (path, rule)) in cases {
        let found = mistakes(category, method, args);
        assert_eq!(found, [(path.to_owned(), rule)], "{name}");
    }
}

#[test]
fn what_lies_on_a_bound_passes() {
    for (name, category, method, args) in [
        (
            "C1 a range of one second",
            "msg",
            "get_message",
            message("2026-08-30 00:00:00", "2026-08-30 00:00:00"),
        ),
        (
            "C1 a range of one day",
            "schedule",
            "get_schedule_list_by_range",
            json!({"start_time": "2026-09-01", "end_time": "2026-09-01"}),
        ),
        (
            "C2 to the second, and a clock that is off",
            "msg",
            "get_message",
            message("2026-08-24 00:00:00", "2026-08-31 00:00:59"),
        ),
        (
            "C3 whole days",
            "meeting",
            "list_user_meetings",
            json!({"begin_datetime": "2026-08-01 00:00", "end_datetime": "2026-09-30 23:59"}),
        ),
        (
            "C6 2,048 bytes",
            "msg",
            "send_message",
            json!({"chat_type": 1, "chatid": "a", "msgtype": "text",
                   "text": {"content": "x".repeat(2_048)}}),
        ),
        (
            "C9 days alone",
            "schedule",
            "create_schedule",
            event(json!({"is_whole_day": 1, "start_time": "2026-09-02",
                         "end_time": "2026-09-02"})),
        ),
        (
            "C12 10,000 cells",
            "doc",
            "sheet_update_range_data",
            area(50, 200, "x"),
        ),
    ] {
        let result = check(category, method, args).map(|call| call.notes.warnings());
        assert_eq!(result, Ok(Vec::new()), "{name}");
    }
}

#[test]
fn what_is_only_doubtful_is_warned_of() {
    let meeting =
        |at: &str| json!({"title": "x", "meeting_start_datetime": at, "meeting_duration": 3600});
    let mut uneven = area(2, 2, "x");
    let rows = uneven.pointer_mut("/grid_data/rows/0/values").unwrap();
    rows.as_array_mut().unwrap().pop();
    let page = |content: &str| json!({"pages": [{"page_content": content}]});
    for (name, category, method, args, warned) in [
        (
            "C4",
            "meeting",
            "create_meeting",
            meeting("2026-08-31 00:01"),
            false,
        ),
        (
            "C4",
            "meeting",
            "create_meeting",
            meeting("2026-08-31 00:00"),
            true,
        ),
        ("C12", "doc", "sheet_update_range_data", uneven, true),
        (
            "C14",
            "doc",
            "smartpage_create",
            page("<grid><area width-ratio=\"0.5\"></area><area width-ratio=\"0.5\"></area></grid>"),
            false,
        ),
        (
            "C14",
            "doc",
            "smartpage_create",
            page("<grid><area width-ratio=\"0.5\"></area><area width-ratio=\"0.4\"></area></grid>"),
            true,
        ),
    ] {
        let warnings = warnings(category, method, args.clone());
        assert_eq!(!warnings.is_empty(), warned, "{name}: {args} {warnings:?}");
    }
}

#[test]
fn a_document_is_named_once() {
    let link = "https://doc.weixin.qq.com/doc/w3_a?scode=1";
    assert_eq!(
        sent("doc", "get_doc_content", json!({"docid": link, "type": 2})),
        json!({"type": 2, "url": link})
    );
    assert_eq!(
        sent(
            "doc",
            "get_doc_content",
            json!({"docid": "d", "url": link, "type": 2})
        ),
        json!({"docid": "d", "type": 2})
    );
}
