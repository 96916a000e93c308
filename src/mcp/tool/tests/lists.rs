//! What a list is answered with.

use super::*;

async fn listed(servers: &Arc<FakeServers>, more: Value) -> Map<String, Value> {
    let reply = tools(servers).run(list_of(more), context()).await;
    obeys_its_schema(&reply);
    assert!(!reply.is_error);
    reply.structured
}

fn names(structured: &Map<String, Value>) -> Vec<&str> {
    let tools = structured["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect()
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}},
           "additionalProperties": false})
}

#[tokio::test]
async fn methods_are_listed_with_clean_schemas() {
    let servers = FakeServers::new();
    servers.lists(vec![remote("get_a", Some(schema())), remote("do_b", None)]);
    assert_eq!(
        Value::Object(listed(&servers, json!({})).await),
        json!({
            "ok": true, "account": "default", "category": "todo", "count": 2,
            "tools": [
                {"name": "get_a", "description": "Does get_a.\nAt length.",
                 "inputSchema": {"type": "object", "properties":
                     {"n": {"type": "integer", "description": "(min 1)"}}}},
                {"name": "do_b", "description": "Does do_b.\nAt length."},
            ],
        })
    );
    let raw = listed(&servers, json!({"raw_schema": true})).await;
    assert_eq!(raw["tools"][0]["inputSchema"], schema());
}

#[tokio::test]
async fn a_list_can_be_narrowed_down() {
    let servers = FakeServers::new();
    servers.lists(
        ["get_a", "get_b", "do_c"]
            .map(|name| remote(name, None))
            .into(),
    );
    for (more, expected) in [
        (json!({"method": "get_a"}), &["get_a"][..]),
        (json!({"method": "get_*"}), &["get_a", "get_b"]),
        (json!({"method": "*"}), &["get_a", "get_b", "do_c"]),
    ] {
        assert_eq!(names(&listed(&servers, more).await), expected);
    }
    let short = listed(&servers, json!({"detail": "names", "method": "do_c"})).await;
    assert_eq!(
        short["tools"],
        json!([{"name": "do_c", "description": "Does do_c."}])
    );
    for (method, note) in [
        ("get_aa", "Closest names: `get_a`"),
        ("set_*", "No method begins with `set_`."),
        (
            "get_userlist",
            "`get_userlist` belongs to the category `contact`",
        ),
    ] {
        let none = listed(&servers, json!({"method": method})).await;
        assert_eq!((&none["count"], &none["tools"]), (&json!(0), &json!([])));
        let said = none["notes"][0].as_str().unwrap();
        assert!(said.starts_with(note), "{said}");
    }
}

#[tokio::test]
async fn an_empty_category_has_the_same_shape() {
    let none = listed(&FakeServers::new(), json!({})).await;
    assert_eq!((&none["count"], &none["tools"]), (&json!(0), &json!([])));
    assert_eq!(none["notes"], json!(["This category has no methods yet."]));
}

#[tokio::test]
async fn a_list_that_nobody_wants_whole_becomes_names() {
    let servers = FakeServers::new();
    let long = json!({"type": "object", "description": "x".repeat(1_500)});
    let many = |count: usize| -> Vec<_> {
        (0..count)
            .map(|number| remote(&format!("get_{number}"), Some(long.clone())))
            .collect()
    };
    servers.lists(many(30));
    assert!(
        listed(&servers, json!({})).await["tools"][0]
            .get("inputSchema")
            .is_some()
    );
    servers.lists(many(60));
    let names_only = listed(&servers, json!({})).await;
    assert_eq!(names_only["count"], 60);
    assert!(names_only["tools"][0].get("inputSchema").is_none());
    let note = names_only["notes"][0].as_str().unwrap();
    assert!(note.contains("`method`"), "{note}");
    for asked in [json!({"detail": "full"}), json!({"method": "get_*"})] {
        let full = listed(&servers, asked).await;
        assert!(full["tools"][59].get("inputSchema").is_some());
    }
}

#[tokio::test]
async fn what_is_not_open_is_not_listed() {
    let servers = FakeServers::new();
    servers.lists(vec![
        remote("get_todo_list", None),
        remote("delete_todo", None),
    ]);
    let mut reads = context();
    reads.scope = Arc::new(Scope {
        categories: vec!["todo".to_owned()],
        read_only: true,
        ..Scope::default()
    });
    let reply = tools(&servers).run(list_of(json!({})), reads.clone()).await;
    assert_eq!(names(&reply.structured), ["get_todo_list"]);
    assert_eq!(
        reply.structured["notes"],
        json!(["1 more are not open to this credential."])
    );
    let closed = list_of(json!({"category": "doc"}));
    let reply = tools(&servers).run(closed, reads).await;
    assert_eq!(reply.structured["error"]["kind"], "authorization");
}
