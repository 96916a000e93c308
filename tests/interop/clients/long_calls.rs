//! Progress of a call that takes long, and a caller who gives up.

use serde_json::json;

use super::Sdk;
use crate::fixtures::server::FixtureServer;

async fn progress_arrives_and_giving_up_reaches_the_server(sdk: Sdk) {
    let server = FixtureServer::start().await;
    let mut client = sdk.start().await;
    client
        .connect(&json!({ "url": server.url(), "token": FixtureServer::TOKEN }))
        .await;

    let call = json!({ "name": "test_tool_with_progress", "arguments": {} });
    client.call("callTool", call).await;
    for done in [0.0, 50.0, 100.0] {
        let seen = client.peer.event("client", "progress").await;
        let seen = (seen["progress"].as_f64(), seen["total"].as_f64());
        assert_eq!(seen, (Some(done), Some(100.0)));
    }

    let endless = json!({ "name": "test_endless", "arguments": {} });
    let gave_up = client.call("interruptTool", endless).await;
    assert_eq!(gave_up, true);
    server.cancelled_call().await;

    // The connection is as good as before.
    let call = json!({ "name": "test_simple_text", "arguments": {} });
    let result = client.call("callTool", call).await;
    assert_eq!(result["content"][0]["text"], "A simple text.");
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_1() {
    progress_arrives_and_giving_up_reaches_the_server(Sdk::TypeScript1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2() {
    progress_arrives_and_giving_up_reaches_the_server(Sdk::TypeScript2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typescript_2_without_sessions() {
    progress_arrives_and_giving_up_reaches_the_server(Sdk::TypeScript2Modern).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python() {
    progress_arrives_and_giving_up_reaches_the_server(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_without_sessions() {
    progress_arrives_and_giving_up_reaches_the_server(Sdk::PythonModern).await;
}
