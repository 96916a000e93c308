//! Arguments that nobody foresaw.

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
