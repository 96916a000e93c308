use super::*;
use crate::catalogue;

/// Every schema in `value`, with where it is.
fn visit(value: &Value, at: &str, look: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            look(at, members);
            for (key, value) in members {
                visit(value, &format!("{at}/{key}"), look);
            }
        }
        Value::Array(items) => {
            for item in items {
                visit(item, at, look);
            }
        }
        _ => {}
    }
}

#[test]
fn the_style_is_the_servers() {
    let method = catalogue::method("todo", "create_todo").unwrap();
    let schema = render("create_todo", &method.input_schema);
    assert_eq!(schema["title"], "create_todoArguments");
    assert_eq!(schema["properties"]["content"]["title"], "Content");
    assert_eq!(
        schema["properties"]["follower_list"]["$ref"],
        "#/$defs/FollowerList"
    );
    let end = &schema["properties"]["end_time"];
    assert_eq!(end["anyOf"][0]["type"], "string");
    assert_eq!(end["anyOf"][1], json!({ "type": "null" }));
    assert_eq!(
        (&end["default"], end.get("description").is_some()),
        (&Value::Null, true)
    );
    let followers = &schema["$defs"]["FollowerList"]["properties"]["followers"];
    assert_eq!(followers["items"]["$ref"], "#/$defs/Followers");
    let send = catalogue::method("msg", "send_message").unwrap();
    let send = render("send_message", &send.input_schema);
    assert_eq!(send["properties"]["msgtype"]["const"], "text");
}

#[test]
fn every_schema_keeps_the_style_and_takes_the_examples() {
    for method in catalogue::methods() {
        let name = method.name.as_str();
        let schema = render(name, &method.input_schema);
        visit(&schema, "", &mut |at, members| {
            assert_ne!(
                members.get("additionalProperties"),
                Some(&json!(false)),
                "{name}{at}"
            );
            let is_object = members.get("type") == Some(&json!("object"));
            if let (true, Some(Value::Object(properties))) = (is_object, members.get("properties"))
            {
                for (property, part) in properties {
                    assert!(part.get("title").is_some(), "{name}{at}/{property}");
                }
            }
        });
        let validator = jsonschema::validator_for(&schema).unwrap();
        for example in &method.examples {
            let found = validator.validate(&example.request);
            assert!(found.is_ok(), "{name}: {found:?}");
        }
    }
}

#[test]
fn equal_parts_are_shared_and_others_are_not() {
    let person = json!({ "type": "object", "properties": { "userid": { "type": "string" } } });
    let other = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    let list = |items: &Value| json!({ "type": "array", "items": items });
    let nested = json!({ "type": "object", "properties": { "user": other } });
    let schema = json!({
        "type": "object",
        "properties": { "user": list(&person), "nested": nested },
    });
    let rendered = render("x", &schema);
    let defs: Vec<&String> = rendered["$defs"].as_object().unwrap().keys().collect();
    assert_eq!(defs, ["User", "User2", "Nested"]);
}

#[test]
fn the_lenient_schema_ignores_what_it_does_not_know() {
    let method = catalogue::method("contact", "get_userlist").unwrap();
    let strict = jsonschema::validator_for(&method.input_schema).unwrap();
    let lenient = jsonschema::validator_for(&lenient(&method.input_schema)).unwrap();
    let unknown = json!({ "keyword": "x" });
    assert!(!strict.is_valid(&unknown) && lenient.is_valid(&unknown));
}
