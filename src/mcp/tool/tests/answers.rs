//! What a call is answered with.

use super::*;

async fn answered(server: Answer) -> ToolReply {
    let servers = FakeServers::new();
    servers.answers(Ok(server));
    let reply = tools(&servers)
        .run(call_of("contact", "get_userlist", json!({})), context())
        .await;
    obeys_its_schema(&reply);
    reply
}

fn items(content: Vec<Content>) -> Answer {
    Answer::new(AccountId::new("default"), 0, content)
}

fn item(value: Value) -> Content {
    match value {
        Value::Object(item) => Content::Other(item),
        other => panic!("an item is an object, not {other}"),
    }
}

#[tokio::test]
async fn a_business_answer_is_data() {
    let reply = answered(answer(&json!({"errcode": 0, "userlist": []}))).await;
    assert_eq!(
        reply.text(),
        r#"{
  "ok": true,
  "account": "default",
  "category": "contact",
  "method": "get_userlist",
  "data": {
    "errcode": 0,
    "userlist": []
  }
}"#
    );
}

#[tokio::test]
async fn anything_else_is_content_as_it_came() {
    for texts in [&["hello"][..], &[r#"{"a":1}"#, "more"], &[]] {
        let content: Vec<Content> = texts.iter().map(|text| Content::text(*text)).collect();
        let expected: Vec<Value> = content.iter().map(Content::to_value).collect();
        let reply = answered(items(content)).await;
        assert_eq!(reply.structured["content"], json!(expected));
        assert!(!reply.structured.contains_key("data"));
    }
}

#[tokio::test]
async fn structured_content_is_data() {
    let structured = json!({"a": 1}).as_object().cloned();
    let server = items(vec![Content::text("in words")]).with(structured, false, None);
    assert_eq!(answered(server).await.structured["data"], json!({"a": 1}));
}

#[tokio::test]
async fn links_to_files_stand_behind_the_answer() {
    let link = item(json!({"type": "resource_link", "uri": "wecom-media://default/1"}));
    let server = answer(&json!({"errcode": 0})).with_item(link.clone());
    let reply = answered(server).await;
    assert_eq!(reply.structured["data"], json!({"errcode": 0}));
    assert_eq!(reply.items, [link]);
}

#[tokio::test]
async fn a_business_error_is_an_error() {
    let reply = answered(answer(&json!({
        "errcode": 851_013,
        "errmsg": "no authority, hint: [1], from ip: 203.0.113.9, more info at https://x.test/?e=1",
        "help_message": "open https://work.weixin.qq.com/auth?a=1 please",
        "docid": "d",
    })))
    .await;
    let text = reply.text();
    let error = &reply.structured["error"];
    assert_eq!(error["kind"], "authorization");
    assert_eq!(error["errcode"], 851_013);
    assert_eq!(error["retryable"], false);
    assert_eq!(error["help"]["url"], "https://work.weixin.qq.com/auth?a=1");
    assert_eq!(
        error["data"],
        json!({"errcode": 851_013, "errmsg": "no authority", "docid": "d"})
    );
    for secret in ["203.0.113.9", "hint", "x.test"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn an_answer_that_is_marked_is_an_error() {
    let server = items(vec![Content::text("Unknown thing")]).with(None, true, None);
    let error = answered(server).await.structured["error"].clone();
    assert_eq!(
        (&error["kind"], &error["message"]),
        (&json!("business"), &json!("Unknown thing"))
    );
}

#[tokio::test]
async fn the_operator_can_have_the_servers_own_result() {
    let servers = FakeServers::new();
    servers.says(&json!({"errcode": 7}));
    let mut context = context();
    context.raw = true;
    let reply = tools(&servers)
        .run(call_of("contact", "get_userlist", json!({})), context)
        .await;
    let text = json!({"errcode": 7}).to_string();
    assert_eq!(
        Value::Object(reply.structured),
        json!({"content": [{"type": "text", "text": text}]})
    );
}

#[tokio::test]
async fn an_unknown_method_is_answered_with_near_ones() {
    let servers = FakeServers::new();
    servers.answers(Err(ToolError::new(
        ErrorKind::UnknownMethod,
        "No such tool.",
    )));
    let reply = tools(&servers)
        .run(call_of("todo", "get_todo", json!({})), context())
        .await;
    obeys_its_schema(&reply);
    let next = reply.structured["error"]["next"].as_str().unwrap();
    assert!(next.contains("`get_todo_list`"), "{next}");
}

#[tokio::test]
async fn wrong_arguments_are_answered_without_a_call() {
    let servers = FakeServers::new();
    for (arguments, kind) in [
        (json!({}), "invalid_args"),
        (
            json!({"action": "call", "category": "todo"}),
            "invalid_args",
        ),
        (
            json!({"action": "call", "category": "todo", "method": "m", "args": "{"}),
            "invalid_args",
        ),
    ] {
        let arguments = arguments.as_object().unwrap().clone();
        let reply = tools(&servers).run(arguments, context()).await;
        obeys_its_schema(&reply);
        assert_eq!(reply.structured["error"]["kind"], kind);
    }
    assert!(servers.calls().is_empty());
}

#[tokio::test]
async fn what_a_model_writes_names_nobody() {
    let servers = FakeServers::new();
    let mut arguments = call_of(
        "contact",
        "get_userlist",
        json!({"x-openclaw-wecom-userid": "ceo", "requester": "ceo"}),
    );
    arguments.insert("userid".to_owned(), "ceo".into());
    let reply = tools(&servers).run(arguments, context()).await;
    obeys_its_schema(&reply);
    let calls = servers.calls();
    assert_eq!(calls[0].identity(), &zhangsan());
    let warning = reply.structured["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("`userid` is not a field"), "{warning}");
}

#[derive(Debug)]
struct Remarks;

#[async_trait]
impl Interceptor for Remarks {
    fn name(&self) -> &'static str {
        "remarks"
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        call.notes.add("noted");
        call.notes.warn("doubtful");
        next.run(call).await
    }
}

#[tokio::test]
async fn remarks_are_told_with_success_and_failure() {
    for errcode in [0, 7] {
        let servers = FakeServers::new();
        servers.says(&json!({"errcode": errcode}));
        let reply = tools_with(&servers, vec![Arc::new(Remarks)], McpConfirm::Off)
            .run(
                call_of("todo", "delete_todo", json!({"todo_id": "t"})),
                context(),
            )
            .await;
        assert_eq!(reply.structured["notes"], json!(["noted"]));
        assert_eq!(reply.structured["warnings"], json!(["doubtful"]));
    }
}

#[derive(Debug)]
struct Panics;

#[async_trait]
impl Interceptor for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    async fn call(&self, _: ToolCall, _: Next<'_>) -> Result<Answer, ToolError> {
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let servers = FakeServers::new();
    let tools = tools_with(&servers, vec![Arc::new(Panics)], McpConfirm::Off);
    for method in ["get_todo_list", "create_todo"] {
        let reply = tools
            .run(call_of("todo", method, json!({})), context())
            .await;
        obeys_its_schema(&reply);
        assert_eq!(reply.structured["error"]["kind"], "internal");
        assert_eq!(reply.structured["error"]["maybe_executed"], true);
    }
}

#[tokio::test]
async fn a_credential_does_what_its_scope_admits() {
    let servers = FakeServers::new();
    let mut context = context();
    context.scope = Arc::new(Scope {
        read_only: true,
        ..Scope::default()
    });
    let reply = tools(&servers)
        .run(
            call_of("todo", "delete_todo", json!({"todo_id": "t"})),
            context,
        )
        .await;
    obeys_its_schema(&reply);
    assert_eq!(reply.structured["error"]["kind"], "authorization");
    assert_eq!(reply.structured["error"]["reason"], "out_of_scope");
    assert!(servers.calls().is_empty());
}

#[derive(Debug)]
struct SaysYes;

#[async_trait]
impl Confirm for SaysYes {
    async fn ask(&self, _: Question) -> Confirmed {
        Confirmed::Yes
    }
}

#[tokio::test]
async fn a_person_is_asked_only_about_what_would_run() {
    let servers = FakeServers::new();
    let tools = tools_with(&servers, Vec::new(), McpConfirm::Elicit);
    let delete = |args: Value| call_of("todo", "delete_todo", args);
    let reply = tools.run(delete(json!({"todo_id": "t"})), context()).await;
    assert_eq!(reply.structured["error"]["reason"], "not_confirmed");
    let reply = tools.run(delete(json!({})), context()).await;
    assert_eq!(reply.structured["error"]["kind"], "invalid_args");
    assert!(servers.calls().is_empty());
    let mut asks = context();
    asks.confirm = Arc::new(SaysYes);
    let reply = tools.run(delete(json!({"todo_id": "t"})), asks).await;
    assert!(!reply.is_error);
}
