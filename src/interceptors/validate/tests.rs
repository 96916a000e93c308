use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::catalogue;
use crate::clock::ManualClock;
use crate::identity::Identity;
use crate::ids::{AccountId, UserId};
use crate::interceptors::RemoteTool;
use crate::interceptors::testing::{call, remote};

/// Monday, 2026-08-31 00:00:00 in China.
const NOW_MS: i64 = 1_788_105_600_000;

fn validate() -> Validate {
    Validate::new(ManualClock::at(NOW_MS))
}

fn check(category: &str, method: &str, args: Value) -> Result<ToolCall, ToolError> {
    let mut call = call(category, method, args);
    validate().check(&mut call, None).map(|()| call)
}

fn list(tools: Vec<RemoteTool>) -> ToolList {
    ToolList { tools, cut: false }
}

/// Arguments as they are sent on.
fn sent(category: &str, method: &str, args: Value) -> Value {
    Value::Object(check(category, method, args).unwrap().args)
}

/// Path and rule of each mistake.
fn mistakes(category: &str, method: &str, args: Value) -> Vec<(String, &'static str)> {
    let error = check(category, method, args).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgs, "{error}");
    error
        .violations
        .into_iter()
        .map(|violation| (violation.path, violation.rule))
        .collect()
}

fn warnings(category: &str, method: &str, args: Value) -> Vec<String> {
    check(category, method, args).unwrap().notes.warnings()
}

#[test]
fn every_example_of_the_catalogue_passes_as_it_is() {
    for method in catalogue::methods() {
        if UPLOADS.contains(&method.name.as_str()) {
            continue;
        }
        for example in method.agent_examples() {
            let call = check(&method.category, &method.name, example.request.clone())
                .unwrap_or_else(|error| panic!("{}: {error} {:?}", method.name, error.violations));
            assert_eq!(Value::Object(call.args), example.request, "{}", method.name);
            assert_eq!(call.notes.warnings(), [""; 0], "{}", method.name);
        }
    }
}

#[test]
fn every_counter_example_of_the_catalogue_is_refused() {
    for method in catalogue::methods() {
        for example in &method.counter_examples {
            let refused = check(&method.category, &method.name, example.request.clone());
            let error = refused.map(|call| call.args).expect_err(&example.why);
            assert_eq!(error.kind, ErrorKind::InvalidArgs, "{}", example.why);
            assert!(!error.violations.is_empty(), "{}", example.why);
            assert!(error.expected.is_some(), "{}", example.why);
        }
    }
}

#[test]
fn members_without_a_value_are_dropped_except_in_cells() {
    assert_eq!(
        sent(
            "todo",
            "get_todo_list",
            json!({"follower_id": "a", "cursor": null, "limit": null})
        ),
        json!({"follower_id": "a"})
    );
    assert_eq!(
        sent(
            "disk",
            "disk_list",
            json!({"a": null, "b": {"c": null, "d": 0}})
        ),
        json!({"b": {"d": 0}})
    );
    let cell = json!({"docid": "d", "sheet_id": "s",
        "records": [{"record_id": "r", "values": {"Done": null}}]});
    assert_eq!(
        mistakes("doc", "smartsheet_update_records", cell),
        [("/records/0/values/Done".to_owned(), "anyOf")]
    );
}

#[test]
fn me_is_the_requester_wherever_a_user_id_is_expected() {
    for (category, method, args, expected) in [
        (
            "todo",
            "get_todo_list",
            json!({"follower_id": "@me"}),
            json!({"follower_id": "zhangsan"}),
        ),
        (
            "schedule",
            "check_availability",
            json!({"check_user_list": ["@me", "lisi"], "start_time": "2026-09-02",
                   "end_time": "2026-09-02"}),
            json!({"check_user_list": ["zhangsan", "lisi"], "start_time": "2026-09-02",
                   "end_time": "2026-09-02"}),
        ),
        (
            "msg",
            "send_message",
            json!({"chat_type": "1", "chatid": "@me", "msgtype": "text",
                   "text": {"content": "@me"}}),
            json!({"chat_type": 1, "chatid": "zhangsan", "msgtype": "text",
                   "text": {"content": "@me"}}),
        ),
        (
            "doc",
            "smartsheet_add_records",
            json!({"docid": "d", "sheet_id": "s",
                   "records": [{"values": {"Owner": [{"user_id": "@me"}]}}]}),
            json!({"docid": "d", "sheet_id": "s",
                   "records": [{"values": {"Owner": [{"user_id": "zhangsan"}]}}]}),
        ),
    ] {
        assert_eq!(sent(category, method, args), expected, "{method}");
    }
    // A group is nobody.
    let group = json!({"chat_type": 2, "chatid": "@me", "msgtype": "text",
                       "text": {"content": "x"}});
    assert_eq!(sent("msg", "send_message", group.clone()), group);
}

#[test]
fn without_a_requester_nobody_is_me() {
    let identity = Arc::new(Identity::of_operator(AccountId::new("default"), None));
    let args = json!({"follower_id": "@me"});
    let args = args.as_object().unwrap().clone();
    let mut call = ToolCall::new(identity, "todo", "get_todo_list", args);
    let error = validate().check(&mut call, None).unwrap_err();
    assert_eq!(error.violations[0].rule, "no_requester");
    assert_eq!(error.violations[0].path, "/follower_id");
}

#[test]
fn a_requester_that_fits_no_header_is_refused() {
    let user = Some(UserId::new("张三"));
    let identity = Arc::new(Identity::of_operator(AccountId::new("default"), user));
    let mut call = ToolCall::new(identity, "contact", "get_userlist", serde_json::Map::new());
    let error = validate().check(&mut call, None).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgs);
    assert_eq!(error.reason, Some("requester_not_sendable"));
}

#[test]
fn only_an_interceptor_uploads() {
    let args = json!({"docid": "d", "base64_content": "AAAA"});
    let mut direct = call("doc", "upload_doc_image", args.clone());
    let error = validate().check(&mut direct, None).unwrap_err();
    assert_eq!(error.reason, Some("not_for_models"));
    let mut nested = direct.nested(
        "upload_doc_image",
        args.as_object().unwrap().clone(),
        std::time::Duration::from_mins(1),
    );
    assert!(validate().check(&mut nested, None).is_ok());
}

#[test]
fn an_alias_becomes_what_it_stands_for() {
    let args = json!({"docid": "d", "sheet_id": "s", "records": [{"values": {"a": 1}}]});
    let call = check("doc", "smartsheet_add_records_auto_file", args).unwrap();
    assert_eq!(call.method, "smartsheet_add_records");
}

#[test]
fn strings_are_read_where_they_are_not_taken() {
    assert_eq!(
        sent(
            "meeting",
            "create_meeting",
            json!({"title": "12", "meeting_start_datetime": "2026-09-01 15:00",
                   "meeting_duration": " 3600 ",
                   "settings": {"enable_waiting_room": "true", "remind_scope": "3"}})
        ),
        json!({"title": "12", "meeting_start_datetime": "2026-09-01 15:00",
               "meeting_duration": 3600,
               "settings": {"enable_waiting_room": true, "remind_scope": 3}})
    );
    let words = json!({"follower_id": "a", "limit": "ten"});
    assert_eq!(
        mistakes("todo", "get_todo_list", words),
        [("/limit".to_owned(), "type")]
    );
}

#[test]
fn names_are_taken_once() {
    assert_eq!(
        sent(
            "todo",
            "get_todo_detail",
            json!({"todo_id_list": ["a", "b", "a"]})
        ),
        json!({"todo_id_list": ["a", "b"]})
    );
    let doubled: Vec<String> = (0..40).map(|number| format!("t{}", number % 20)).collect();
    assert!(check("todo", "get_todo_detail", json!({"todo_id_list": doubled})).is_ok());
    assert_eq!(
        sent(
            "todo",
            "create_todo",
            json!({"content": "x", "follower_list": {"followers": [
                {"follower_id": "@me"}, {"follower_id": "zhangsan"}]}})
        ),
        json!({"content": "x", "follower_list": {"followers": [{"follower_id": "zhangsan"}]}})
    );
}

#[test]
fn a_misspelt_argument_that_is_needed_is_refused_with_its_name() {
    for (category, method, args, path, hint) in [
        (
            "msg",
            "get_message",
            json!({"chat_type": 2, "chat_id": "wrA", "begin_time": "2026-08-30 00:00:00",
                   "end_time": "2026-08-30 01:00:00"}),
            "/chatid",
            "`chat_id` is written `chatid` here",
        ),
        (
            "meeting",
            "create_meeting",
            json!({"title": "x", "start_time": "2026-09-01 15:00", "meeting_duration": 3600}),
            "/meeting_start_datetime",
            "`start_time` is written `meeting_start_datetime` here",
        ),
        (
            "meeting",
            "create_meeting",
            json!({"title": "x", "meeting_start_datetime": "2026-09-01 15:00", "duration": 60}),
            "/meeting_duration",
            "`duration` is written `meeting_duration` and counts seconds; a value below 300 is \
             probably minutes",
        ),
        (
            "todo",
            "delete_todo",
            json!({"todoid": "t"}),
            "/todo_id",
            "`todoid` is written `todo_id` here",
        ),
        (
            "todo",
            "create_todo",
            json!({"content": "x", "followers": ["a"]}),
            "/follower_list",
            "`followers` stands inside: {\"follower_list\": {\"followers\": [...]}}",
        ),
        (
            "msg",
            "send_message",
            json!({"chat_type": 1, "chatid": "a", "msgtype": "text", "content": "x"}),
            "/text",
            "`content` stands inside: {\"text\": {\"content\": \"...\"}}",
        ),
    ] {
        let error = check(category, method, args).map(|_| ()).unwrap_err();
        let violation = &error.violations[0];
        assert_eq!(
            (
                violation.path.as_str(),
                violation.rule,
                violation.hint.as_str()
            ),
            (path, "required", hint)
        );
    }
}

#[test]
fn an_argument_that_nobody_knows_is_sent_with_a_warning() {
    assert_eq!(
        warnings(
            "meeting",
            "list_user_meetings",
            json!({"begin_time": "2026-08-31 00:00", "colour": 1})
        ),
        [
            "/begin_time is not an argument of this method and probably has no effect; \
             `begin_datetime` may be meant.",
            "/colour is not an argument of this method and probably has no effect.",
        ]
    );
    // Unless the server lists it.
    let tool = remote(
        "list_user_meetings",
        Some(json!({"properties": {"colour": {}, "limit": {}}})),
    );
    let mut call = call("meeting", "list_user_meetings", json!({"colour": 1}));
    validate()
        .check(&mut call, Some(&list(vec![tool])))
        .unwrap();
    assert_eq!(call.notes.warnings(), [""; 0]);
    assert_eq!(call.args.len(), 1);
}

#[test]
fn an_older_server_is_not_sent_what_it_lacks() {
    let april = remote(
        "change_todo_user_status",
        Some(json!({"properties": {"todo_id": {}, "user_status": {}}})),
    );
    let list = list(vec![april]);
    for args in [
        json!({"todo_id": "t", "follower_id": "@me", "user_status": 1}),
        json!({"todo_id": "t", "user_status": 1}),
    ] {
        let mut call = call("todo", "change_todo_user_status", args);
        validate().check(&mut call, Some(&list)).unwrap();
        assert_eq!(
            Value::Object(call.args),
            json!({"todo_id": "t", "user_status": 1})
        );
    }
}

#[test]
fn a_method_that_is_nowhere_is_refused() {
    let live = list(vec![
        remote("get_todo_list", None),
        remote("todo_archive", None),
    ]);
    for (category, method, live, refused) in [
        ("msg", "get_todo_list", None, true),
        ("todo", "get_todo_lists", Some(&live), true),
        // The list may be filtered.
        ("todo", "create_todo", Some(&live), false),
        ("todo", "todo_archive", Some(&live), false),
        // Nobody knows.
        ("todo", "todo_archive", None, false),
    ] {
        let content = json!({"content": "x",
            "follower_list": {"followers": [{"follower_id": "a"}]}});
        let mut call = call(category, method, content);
        let result = validate().check(&mut call, live);
        let kind = result.err().map(|error| error.kind);
        assert_eq!(
            kind,
            refused.then_some(ErrorKind::UnknownMethod),
            "{method}"
        );
    }
    let mut call = call("todo", "get_todo_lists", json!({}));
    let error = validate().check(&mut call, Some(&live)).unwrap_err();
    assert_eq!(
        error.next.unwrap(),
        "Closest names: `get_todo_list`, `todo_archive`. `wecom_mcp list todo` shows what there is."
    );
}

#[test]
fn ten_mistakes_are_named_and_more_are_counted() {
    let records: Vec<Value> = (0..15).map(|_| json!({})).collect();
    let args = json!({"docid": "d", "sheet_id": "s", "records": records});
    let error = check("doc", "smartsheet_add_records", args)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.violations.len(), 10);
    assert!(error.message.ends_with("(14 more)."), "{}", error.message);
}

#[test]
fn a_refusal_shows_what_is_expected() {
    let error = check("todo", "delete_todo", json!({}))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.message,
        "delete_todo was not called: /todo_id breaks the rule `required`."
    );
    assert_eq!(
        error.expected,
        Some(json!({"todo_id*": "string: To-do id"}))
    );
}

mod rules {
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
        let meeting = |at: &str| json!({"title": "x", "meeting_start_datetime": at, "meeting_duration": 3600});
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
                page(
                    "<grid><area width-ratio=\"0.5\"></area><area width-ratio=\"0.5\"></area></grid>",
                ),
                false,
            ),
            (
                "C14",
                "doc",
                "smartpage_create",
                page(
                    "<grid><area width-ratio=\"0.5\"></area><area width-ratio=\"0.4\"></area></grid>",
                ),
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
}

mod on_the_wire {
    use super::*;

    fn check(method: &str, args: &Value, live: Option<Value>) -> Result<(), ToolError> {
        let live = live.map(|schema| remote(method, Some(schema)));
        check_wire("todo", method, args.as_object().unwrap(), live.as_ref())
    }

    #[test]
    fn the_servers_own_schema_wins() {
        let live = json!({"type": "object", "properties": {"todo_id": {"type": "string"}},
                          "required": ["todo_id", "reason"], "additionalProperties": false});
        let error = check("delete_todo", &json!({"todo_id": "t"}), Some(live.clone())).unwrap_err();
        assert_eq!(error.violations[0].path, "/reason");
        // It may forbid what it ignores.
        let more = json!({"todo_id": "t", "reason": "r", "extra": 1});
        assert_eq!(check("delete_todo", &more, Some(live)), Ok(()));
    }

    #[test]
    fn without_one_the_catalogue_counts() {
        assert!(check("delete_todo", &json!({"todo_id": "t"}), None).is_ok());
        assert!(check("delete_todo", &json!({}), None).is_err());
        assert!(check("todo_archive", &json!({}), None).is_ok());
    }

    #[test]
    fn a_schema_that_cannot_be_used_is_passed_over() {
        for schema in [
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"type": 3}),
        ] {
            assert!(check("delete_todo", &json!({}), Some(schema.clone())).is_err());
            assert!(check("delete_todo", &json!({"todo_id": "t"}), Some(schema)).is_ok());
        }
    }

    #[test]
    fn bytes_that_are_written_while_sending_are_not_missed() {
        for (method, args) in [
            ("upload_doc_image", json!({"docid": "d"})),
            ("upload_doc_file", json!({"file_name": "a.pdf"})),
        ] {
            let args = args.as_object().unwrap();
            assert_eq!(check_wire("doc", method, args, None), Ok(()), "{method}");
        }
    }

    #[test]
    fn every_wire_example_passes() {
        for method in catalogue::methods() {
            for example in &method.examples {
                let args = example.request.as_object().unwrap();
                let result = check_wire(&method.category, &method.name, args, None);
                assert_eq!(result, Ok(()), "{}", method.name);
            }
        }
    }
}

mod anything {
    use proptest::prelude::*;

    use super::*;

    /// Arguments that mostly have the names of real ones.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
            prop::sample::select(vec![
                "@me",
                "2026-02-31 10:00:00",
                "2026-09-01",
                "99",
                "true",
                "=A1",
                "https://doc.weixin.qq.com/sheet/e3_x",
            ])
            .prop_map(Value::from),
        ];
        let name = prop_oneof![
            prop::sample::select(vec![
                "docid",
                "url",
                "sheet_id",
                "records",
                "values",
                "schedule",
                "start_time",
                "end_time",
                "begin_time",
                "chat_type",
                "chatid",
                "userid",
                "invitees",
                "follower_list",
                "followers",
                "follower_id",
                "grid_data",
                "rows",
                "cell_value",
                "text",
                "content",
                "pages",
                "page_content",
                "is_whole_day",
                "reminders",
                "limit",
            ])
            .prop_map(str::to_owned),
            ".{0,8}",
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..5)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>())
                    .prop_map(Value::from),
            ]
        })
    }

    proptest! {
        #[test]
        fn is_accepted_or_refused(args in values(), place in 0..catalogue::methods().len()) {
            let method = &catalogue::methods()[place];
            let args = if args.is_object() { args } else { json!({"content": args}) };
            match check(&method.category, &method.name, args) {
                // What passed passes as it was sent on.
                Ok(call) => {
                    let again = check(&call.category, &call.method, Value::Object(call.args.clone()));
                    prop_assert_eq!(again.map(|again| again.args), Ok(call.args));
                }
                Err(error) => {
                    prop_assert!(error.violations.len() <= MAX_VIOLATIONS);
                    prop_assert_eq!(error.kind, ErrorKind::InvalidArgs);
                }
            }
        }
    }
}
