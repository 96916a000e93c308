//! What `docs/simulator.md` shows works as it is written there.

use serde_json::Value;

use super::http::call;
use super::{start, subscribed};

#[tokio::test]
async fn every_request_of_the_guide_works() {
    let sim = start().await;
    let _client = subscribed(&sim).await;
    let guide = include_str!("../../docs/simulator.md");
    let mut tried = 0;
    for block in guide.split("```http\n").skip(1) {
        let (request, _) = block.split_once("```").unwrap();
        let (line, body) = request.split_once('\n').unwrap();
        let (method, path) = line.split_once(' ').unwrap();
        let body: Option<Value> = match body.trim() {
            "" => None,
            json => Some(serde_json::from_str(json).unwrap()),
        };
        let answer = call(&sim, method, path, body.as_ref()).await;
        assert!(answer.status < 300, "{line}: {}", answer.json());
        tried += 1;
    }
    assert!(tried > 15, "only {tried} requests found");
}

#[test]
fn every_fault_is_in_the_guide() {
    let guide = include_str!("../../docs/simulator.md");
    let faults = include_str!("../../src/sim/faults.rs");
    let (_, request) = faults.split_once("pub struct FaultRequest {").unwrap();
    let (request, _) = request.split_once("\n}").unwrap();
    let keys: Vec<&str> = request
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
        .collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        assert!(guide.contains(&format!("| `{key}` |")), "{key}");
    }
}
