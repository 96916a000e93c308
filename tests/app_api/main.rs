//! The client of the HTTP API on real sockets against the simulator.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod doors;
mod media;
mod network;
mod secrets;
mod sending;
mod tokens;

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use wecom::config::{Account, AgentApp, Config, DmPolicy};
use wecom::ids::UserId;
use wecom::sim::{Seed, SeedApp, Sim, SimOptions};
use wecom::wecom::api::{ApiClient, ApiError, AppBody, AppMessage, Recipients, Sent};

/// Longer than anything here takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(20);
/// The company.
const CORP: &str = "wwCANARYCORP";
/// The app.
const AGENT: u64 = 1_000_002;
/// Its secret, which is looked for where it must not be.
const SECRET: &str = "CANARY-corp-secret-7f3a";

/// A simulator with the demo company, the app, a department (1) and a tag (7).
async fn start() -> Sim {
    let options = SimOptions {
        seed: Seed::demo(),
        ..SimOptions::default()
    };
    let sim = Sim::start(options).await.unwrap();
    let apps = sim.apps();
    apps.add(SeedApp::new(CORP, AGENT, SECRET)).unwrap();
    apps.set_party(1, "研发部", &["zhangwei".into(), "LiNa".into()]);
    apps.set_tag(7, "值班", &["wangfang".into()]);
    sim
}

/// An account with the app, whose API is the simulator's.
fn account(sim: &Sim) -> Account {
    let config = Config::unconfigured(Path::new("/nowhere"));
    let mut account = config.accounts.into_values().next().unwrap();
    account.agent_app = Some(AgentApp {
        corp_id: CORP.to_owned(),
        agent_id: Some(AGENT),
        receive: None,
        max_clock_skew: None,
        corp_secret: Some(SECRET.into()),
        welcome_text: None,
        dm_policy: DmPolicy::Open,
        allow_from: Vec::new(),
    });
    account.network.api_base_url = sim.api_url().parse().unwrap();
    account.network.retry_delay = Duration::from_millis(5);
    account
}

fn client(sim: &Sim) -> ApiClient {
    client_of(&account(sim))
}

fn client_of(account: &Account) -> ApiClient {
    ApiClient::of_account(account).unwrap().unwrap()
}

fn soon() -> Instant {
    Instant::now() + DEADLINE
}

fn text_to(to: Recipients, text: &str) -> AppMessage {
    AppMessage {
        agent_id: AGENT,
        to,
        body: AppBody::Text(text.to_owned()),
        duplicate_check: None,
    }
}

fn users(ids: &[&str]) -> Recipients {
    let ids: Vec<UserId> = ids.iter().copied().map(UserId::from).collect();
    Recipients::users(&ids).unwrap()
}

/// Sends a text to one member.
async fn say(client: &ApiClient, text: &str) -> Result<Sent, ApiError> {
    let message = text_to(users(&["zhangwei"]), text);
    client.send(&message, soon()).await
}

fn code(error: &ApiError) -> Option<i64> {
    error.code().map(wecom::wecom::api::ApiCode::number)
}
