use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::catalogue;
use crate::clock::ManualClock;
use crate::identity::Identity;
use crate::ids::{AccountId, UserId};
use crate::interceptors::RemoteTool;
use crate::interceptors::testing::{call, remote};

mod anything;
mod on_the_wire;
mod rules;

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
