//! `wecom mcp --standalone`: the client's own process has the bot.

use serde_json::json;
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Seed, Sim, SimOptions};

use super::DEADLINE;
use super::server::legacy_call;
use super::stdio_client::Client;

#[tokio::test]
async fn it_connects_the_bot_and_calls_act_for_the_member() {
    let sim = Sim::start(SimOptions {
        seed: Seed::demo(),
        ..SimOptions::default()
    })
    .await
    .unwrap();
    let home = tempfile::tempdir().unwrap();
    let settings = json!({
        "channels": { "wecom": {
            "enabled": true, "websocketUrl": sim.bot_url(),
            "botId": DEMO_BOT, "secret": DEMO_SECRET,
        } },
    });
    std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
    let mut client = Client::ready(home.path(), &["--standalone", "--user", "LiNa"]).await;
    sim.wait_subscribed(&DEMO_BOT.into(), DEADLINE)
        .await
        .unwrap();
    let mut call = legacy_call("get_userlist", None);
    call["params"]["arguments"]["category"] = "contact".into();
    let answer = client.ask(&call).await;
    let structured = &answer["result"]["structuredContent"];
    assert_eq!(structured["ok"], true, "{answer}");
    assert!(structured["data"]["userlist"].is_array());

    let second = Client::start(home.path(), &["--standalone"]);
    let (said, status) = second.close().await;
    assert!(said.is_empty() && !status.success(), "the state is in use");
    let (_, status) = client.close().await;
    assert!(status.success());
}
