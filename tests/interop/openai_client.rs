//! The official OpenAI client and our back end against the same endpoint: what it says to
//! ours in `tests/agent_openai` is what the official client understands.

use serde_json::json;

use super::model::{Answer, Model, calls, error};
use super::peer::Peer;

#[tokio::test]
async fn the_scripted_endpoint_streams_as_the_official_client_expects() {
    let model = Model::start().await;
    let mut peer = Peer::start_python("openai_client.py").await;
    let question = json!([{ "role": "user", "content": "hi" }]);
    let args = json!({ "url": model.url(), "messages": question });
    model.says(&["one ", "two ", "three"]);
    let said = peer.call("", "stream", args.clone()).await.unwrap();
    assert_eq!(
        said,
        json!({ "pieces": ["one ", "two ", "three"], "reason": "stop", "usage": 13, "calls": [] })
    );
    assert_eq!(model.last().body["messages"], question);

    let wanted = [
        ("c1", "wecom_mcp", json!({ "action": "list" })),
        ("c2", "wecom_cron", json!({})),
    ];
    model.answers(Answer::Stream(calls("Let me look.", &wanted)));
    let said = peer.call("", "stream", args).await.unwrap();
    assert_eq!(said["pieces"], json!(["Let me look."]));
    assert_eq!(said["reason"], "tool_calls");
    assert_eq!(
        said["calls"],
        json!([
            { "id": "c1", "name": "wecom_mcp", "arguments": "{\"action\":\"list\"}" },
            { "id": "c2", "name": "wecom_cron", "arguments": "{}" },
        ])
    );

    model.answers(error(429, "rate_limit_exceeded", "slow down"));
    let args = json!({ "url": model.url() });
    let said = peer.call("", "refused", args).await.unwrap();
    assert_eq!(
        said,
        json!({ "class": "RateLimitError", "status": 429, "code": "rate_limit_exceeded" })
    );
}
