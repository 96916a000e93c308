//! The back end for programs that speak the Agent Client Protocol: a real program, made of
//! the protocol's own crate, behind the runtime and the simulator.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod life;
mod permissions;
mod sessions;
#[path = "../runtime/support/mod.rs"]
mod support;
mod turns;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use wecom::config::{AcpBackend, AcpPermissions, AgentBackend, Config};
use wecom::sim::SimChat;

use support::{House, Plan, USER, direct};

/// The agent of the tests. `cargo test` alone builds it with everything else; where only
/// this test is built, it is built here.
fn agent() -> PathBuf {
    static AGENT: OnceLock<PathBuf> = OnceLock::new();
    AGENT.get_or_init(built_agent).clone()
}

fn built_agent() -> PathBuf {
    let wecom = Path::new(env!("CARGO_BIN_EXE_wecom"));
    let agent = wecom.with_file_name("examples").join("acp_agent");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent_acp/agent.rs");
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    if changed(&agent).is_ok_and(|built| built >= changed(&source).unwrap()) {
        return agent;
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--example", "acp_agent"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the agent is built");
    agent
}

/// Its settings.
fn backend() -> AcpBackend {
    AcpBackend {
        command: agent().to_string_lossy().into_owned(),
        args: Vec::new(),
        surroundings: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        env: BTreeMap::new(),
        cwd: None,
        permissions: AcpPermissions::Ask,
        permission_timeout: Duration::from_mins(1),
        start_timeout: Duration::from_secs(20),
        idle: Duration::from_mins(30),
        mcp: true,
    }
}

fn answers_by_acp(config: &mut Config) {
    config.agents.list[0].backend = AgentBackend::Acp(backend());
}

/// A house whose agent is the program.
async fn house() -> House {
    House::open(Plan::default().adjust(answers_by_acp)).await
}

/// The words that answer what somebody says in the direct chat.
async fn ask(house: &House, text: &str) -> String {
    let asked = house.say(text);
    house.answer(&direct(), &asked).await.text().to_owned()
}

/// The same in the direct chat of anybody.
async fn ask_as(house: &House, user: &str, text: &str) -> String {
    if user == USER {
        return ask(house, text).await;
    }
    let injection = wecom::sim::Injection::text(support::BOT, user, text);
    let asked = house.sim.inject(injection).unwrap();
    let chat = SimChat::direct(support::BOT, user);
    house.answer(&chat, &asked).await.text().to_owned()
}

/// Whether a process is there and no corpse.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
