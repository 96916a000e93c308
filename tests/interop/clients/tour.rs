//! What every client does with the server: look round, call, fail, read a skill.

use serde_json::{Value, json};

use super::{Client, Sdk};
use crate::daemon::{Daemon, Door, MEMBER};

const SKILL: &str = "wecom-edit-todo";
const SKILL_URI: &str = "skill://wecom-edit-todo/SKILL.md";
const SKILL_TEXT: &str = include_str!("../../../skills/wecom-edit-todo/SKILL.md");

const SKILLS: usize = 16;

async fn over_http(sdk: Sdk) {
    let daemon = Daemon::start(Door::Closed).await;
    let mut stranger = sdk.start().await;
    let refused = stranger.try_connect(&json!({ "url": daemon.url() })).await;
    assert!(refused.is_err(), "a client without a token: {refused:?}");
    tour(sdk, &daemon.http()).await;
}

async fn over_stdio(sdk: Sdk) {
    let daemon = Daemon::start(Door::Closed).await;
    tour(sdk, &daemon.stdio()).await;
}

async fn tour(sdk: Sdk, way: &Value) {
    let mut client = sdk.start().await;
    let about = client.connect(way).await;
    it_says_what_it_is(&about);
    it_offers_two_tools(&mut client).await;
    it_lists_and_calls_methods(&mut client).await;
    it_says_what_went_wrong(&mut client).await;
    every_skill_is_read_by_the_extension(&mut client).await;
    a_skill_is_read_without_it(&mut client).await;
    client.close().await;
}

pub(super) fn it_says_what_it_is(about: &Value) {
    assert_eq!(about["server"]["name"], "wecom");
    assert_eq!(about["server"]["version"], env!("CARGO_PKG_VERSION"));
    let said = about["instructions"].as_str().unwrap();
    assert!(
        said.contains("wecom_skill") && said.contains(MEMBER),
        "{said}"
    );
    let skills = &about["capabilities"]["extensions"]["io.modelcontextprotocol/skills"];
    assert_eq!(skills["directoryRead"], true, "{about}");
}

pub(super) async fn it_offers_two_tools(client: &mut Client) {
    let listed = client.call("listTools", Value::Null).await;
    let tools = listed["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["wecom_mcp", "wecom_skill"]);
    let reads: Vec<&Value> = tools
        .iter()
        .map(|tool| &tool["annotations"]["readOnlyHint"])
        .collect();
    assert_eq!(reads, [false, true]);
    assert_eq!(tools[0]["outputSchema"]["type"], "object");
}

async fn it_lists_and_calls_methods(client: &mut Client) {
    let listed = use_tool(client, json!({ "action": "list", "category": "todo" })).await;
    assert_eq!(listed["ok"], true, "{listed}");
    let methods = listed["tools"].as_array().unwrap();
    assert!(
        methods
            .iter()
            .any(|method| method["name"] == "get_todo_list"),
        "{listed}"
    );

    let content = "Read the interop report";
    let create = json!({
        "action": "call", "category": "todo", "method": "create_todo", "args": {
            "content": content,
            "follower_list": { "followers": [{ "follower_id": MEMBER, "follower_status": 1 }] },
        },
    });
    let created = use_tool(client, create).await;
    assert_eq!(created["ok"], true, "{created}");
    let id = &created["data"]["todo_id"];

    // Arguments as text: many models write them so.
    let detail = json!({
        "action": "call", "category": "todo", "method": "get_todo_detail",
        "args": json!({ "todo_id_list": [id] }).to_string(),
    });
    let read = use_tool(client, detail).await;
    assert_eq!(read["data"]["data_list"][0]["content"], content, "{read}");
}

async fn it_says_what_went_wrong(client: &mut Client) {
    let unknown = json!({ "action": "call", "category": "todo", "method": "no_such", "args": {} });
    let told = use_tool(client, unknown).await;
    assert_eq!(
        (
            &told["ok"],
            &told["error"]["kind"],
            &told["error"]["retryable"]
        ),
        (&json!(false), &json!("unknown_method"), &json!(false)),
        "{told}"
    );
    assert!(told["error"]["next"].is_string(), "{told}");
}

/// Calls `wecom_mcp`: the structured answer, which the text must equal. Every package
/// checks it against the tool's schema.
pub(super) async fn use_tool(client: &mut Client, arguments: Value) -> Value {
    let call = json!({ "name": "wecom_mcp", "arguments": arguments });
    let mut result = client.call("callTool", call).await;
    let answer = result["structuredContent"].take();
    let failed = result["isError"].as_bool().unwrap_or_default();
    assert_eq!(answer["ok"], !failed, "{answer}");
    let text = result["content"][0]["text"].as_str().unwrap();
    let pretty: Value = serde_json::from_str(text).unwrap();
    assert_eq!(pretty, answer);
    answer
}

pub(super) async fn every_skill_is_read_by_the_extension(client: &mut Client) {
    let skills = client.call("skills", Value::Null).await;
    let read = skills["read"].as_array().unwrap();
    assert_eq!(skills["refused"], json!([]));
    assert_eq!(read.len(), SKILLS);
    let skill = read.iter().find(|skill| skill["name"] == SKILL).unwrap();
    assert_eq!(skill["files"][SKILL_URI], SKILL_TEXT);
}

pub(super) async fn a_skill_is_read_without_it(client: &mut Client) {
    let call = json!({ "name": "wecom_skill", "arguments": { "name": SKILL } });
    let by_tool = client.call("callTool", call).await;
    assert_eq!(by_tool["content"][0]["text"], SKILL_TEXT);

    let listed = client.call("listResources", Value::Null).await;
    let resources = listed["resources"].as_array().unwrap();
    assert!(
        resources
            .iter()
            .any(|resource| resource["uri"] == SKILL_URI)
    );
    let by_uri = client
        .call("readResource", json!({ "uri": SKILL_URI }))
        .await;
    assert_eq!(by_uri["contents"][0]["text"], SKILL_TEXT);
    let nothing = json!({ "uri": "skill://no-such/SKILL.md" });
    let missing = client.try_call("readResource", nothing).await;
    assert!(missing.is_err(), "{missing:?}");

    let listed = client.call("listPrompts", Value::Null).await;
    assert_eq!(listed["prompts"].as_array().unwrap().len(), SKILLS);
    let wish = "Remind me of the report";
    let prompt = json!({ "name": SKILL, "arguments": { "request": wish } });
    let by_prompt = client.call("getPrompt", prompt).await;
    let messages = &by_prompt["messages"];
    assert_eq!(messages[0]["content"]["resource"]["text"], SKILL_TEXT);
    assert_eq!(messages[1]["content"]["text"], wish);
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_1_over_http() {
    over_http(Sdk::TypeScript1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_1_over_stdio() {
    over_stdio(Sdk::TypeScript1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_over_http() {
    over_http(Sdk::TypeScript2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_over_stdio() {
    over_stdio(Sdk::TypeScript2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_without_sessions_over_http() {
    over_http(Sdk::TypeScript2Modern).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_without_sessions_over_stdio() {
    over_stdio(Sdk::TypeScript2Modern).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_over_http() {
    over_http(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_over_stdio() {
    over_stdio(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_without_sessions_over_http() {
    over_http(Sdk::PythonModern).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_without_sessions_over_stdio() {
    over_stdio(Sdk::PythonModern).await;
}
