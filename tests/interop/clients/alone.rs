//! `wecom mcp` where no daemon runs: skills are there all the same, and a call says what is
//! missing.

use serde_json::json;

use super::{Sdk, tour};
use crate::daemon::Home;

async fn skills_are_served_and_calls_say_what_is_missing(sdk: Sdk) {
    let home = Home::new("ws://127.0.0.1:9");
    let mut client = sdk.start().await;
    let about = client.connect(&home.stdio()).await;
    tour::it_says_what_it_is(&about);
    tour::it_offers_two_tools(&mut client).await;
    tour::every_skill_is_read_by_the_extension(&mut client).await;
    tour::a_skill_is_read_without_it(&mut client).await;

    let list = json!({ "action": "list", "category": "todo" });
    let told = tour::use_tool(&mut client, list).await;
    assert_eq!(told["error"]["kind"], "not_connected", "{told}");
    let next = told["error"]["next"].as_str().unwrap_or_default();
    assert!(next.contains("wecom run"), "{told}");
    let unknown = json!({ "name": "no_such_tool", "arguments": {} });
    let refused = client.try_call("callTool", unknown).await;
    assert_eq!(refused.unwrap_err()["code"], -32602);
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_1() {
    skills_are_served_and_calls_say_what_is_missing(Sdk::TypeScript1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2() {
    skills_are_served_and_calls_say_what_is_missing(Sdk::TypeScript2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_without_sessions() {
    skills_are_served_and_calls_say_what_is_missing(Sdk::TypeScript2Modern).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    skills_are_served_and_calls_say_what_is_missing(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_without_sessions() {
    skills_are_served_and_calls_say_what_is_missing(Sdk::PythonModern).await;
}
