//! The back end for OpenAI-compatible endpoints: a scripted endpoint on a real socket behind
//! the runtime and the simulator.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod briefing;
mod failures;
mod memory;
mod model;
#[path = "../runtime/support/mod.rs"]
mod support;
mod tools;
mod turns;

use std::sync::Arc;

use serde_json::{Value, json};
use wecom::channel::Backends;
use wecom::sim::SimOptions;

use model::Model;
use support::{House, configuration, direct, open_store, settings, simulator, start};

/// The key of the endpoint, which nothing may show.
const KEY: &str = "sk-canary-3b1d";

/// The settings of a bot whose agent is the model, with more keys of the back end.
fn file(bot_url: &str, model: &Model, more: &Value) -> Value {
    let mut backend = json!({
        "type": "openai", "baseUrl": model.url(), "apiKey": KEY, "model": model::NAME,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        backend[key] = value.clone();
    }
    let mut file = settings(bot_url, &json!({}));
    file["agents"] = json!({ "list": [{ "id": "main", "backend": backend }] });
    file
}

/// A house whose agent is the model.
async fn house(model: &Model, more: Value) -> House {
    equipped(model, more, Backends::Configured).await
}

async fn equipped(model: &Model, more: Value, backends: Backends) -> House {
    let sim = simulator(SimOptions::default()).await;
    let home = Arc::new(tempfile::tempdir().unwrap());
    let config = configuration(&home, &file(&sim.bot_url(), model, &more));
    let store = open_store(&home.path().join("state.db"));
    let runtime = start(&config, store.clone(), backends).await;
    let house = House {
        sim,
        runtime,
        store,
        config,
        home,
    };
    house.subscribed().await;
    house
}

/// The words that answer what somebody says in the direct chat.
async fn ask(house: &House, text: &str) -> String {
    let asked = house.say(text);
    house.answer(&direct(), &asked).await.text().to_owned()
}
