//! What is about to leave.

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
