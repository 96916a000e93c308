//! Whatever comes in: no panic, and an answer in the catalogue's form.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::examples::{Stage, examples};
use super::*;

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0..4_u8).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        select(vec![
            "任务",
            "状态",
            "dcT7k0pQx2nYB4v1m",
            "q3Xk9a",
            "BB08J2",
            "rK31zz",
            "="
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![
            "\\PC{0,4}",
            select(vec!["docid", "sheet_id", "text", "id", "values", "type"])
                .prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The node with this number, counted from the top.
fn node<'v>(value: &'v mut Value, number: &mut usize) -> Option<&'v mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().find_map(|inner| node(inner, number)),
        Value::Object(members) => members.values_mut().find_map(|inner| node(inner, number)),
        _ => None,
    }
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_object_is_answered(
        method in select(OUTPUTS.keys().copied().collect::<Vec<_>>()),
        args in prop::collection::btree_map(
            select(vec![
                "docid", "url", "sheet_id", "properties", "fields", "field_ids", "records",
                "record_ids", "limit", "cursor", "type", "task_id", "content", "grid_data",
            ]),
            json_value(),
            0..6,
        ),
    ) {
        let args = args.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        // What it is answered, `call` checks.
        let _ = Client::new().call(method, &Value::Object(args));
    }

    #[test]
    fn a_request_with_anything_in_it_is_answered(
        changes in prop::collection::vec(
            (any::<Index>(), any::<Index>(), json_value()),
            1..12,
        ),
    ) {
        let mut stage = Stage::new().with_records();
        let examples = examples();
        for (example, place, new) in changes {
            let (method, example) = example.get(&examples);
            let mut request = example.request.clone();
            // The request itself stays an object.
            let mut number = 1 + place.index(nodes(&request) - 1);
            *node(&mut request, &mut number).unwrap() = new;
            let request = stage.translated(&request);
            let _ = stage.client.call(method, &request);
        }
        // Whatever was written can be read.
        for document in stage.client.docs.documents() {
            if document.kind != Kind::SmartPage {
                stage.client.markdown(&document.docid);
            }
        }
    }
}
