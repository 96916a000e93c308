//! `wecom demo`: simulator, daemon and demo agent in one process, over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{EXIT_UNAVAILABLE, print, run::asked_to_stop, tokio_runtime};
use crate::clock::SystemClock;
use crate::config::{Environment, Location, load_text};
use crate::daemon::{Daemon, DaemonOptions, StartError};
use crate::ids::{AccountId, UserId};
use crate::mcp::credentials::MintRequest;
use crate::secret::Secret;
use crate::sim::{
    DEMO_BOT, DEMO_SECRET, Entry, EntryKind, Injection, Seed, Sim, SimChat, SimError, SimOptions,
};

/// Where the page is when the port is free, so that its address can be kept.
const PAGE_PORT: u16 = 19790;

/// Where the daemon is when the port is free, so that a registration of its MCP server can
/// be kept.
const DAEMON_PORT: u16 = 19791;

/// Name of the MCP client that the banner registers.
const CLIENT: &str = "demo";

/// The member who speaks for `--say`.
const SPEAKER: &str = "zhangwei";

/// Pause between two pieces of an answer, so that a person sees it stream in.
const PIECE_DELAY_MS: u64 = 40;

/// How long things that take milliseconds may take before something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// Options of `wecom demo`.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Say this in a direct chat, print the answer as it streams in, and exit
    #[arg(long, value_name = "TEXT", value_parser = something)]
    say: Option<String>,

    /// Port of the chat page [default: 19790, or a free one if that is taken]
    #[arg(long)]
    port: Option<u16>,
}

/// WeCom sends no empty messages.
fn something(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("there is nothing to say in it");
    }
    Ok(text.to_owned())
}

pub(super) fn run(args: &DemoArgs, environment: Environment) -> anyhow::Result<ExitCode> {
    tokio_runtime()?.block_on(demo(args, environment))
}

async fn demo(args: &DemoArgs, environment: Environment) -> anyhow::Result<ExitCode> {
    let sim = match start_sim(args.port).await {
        Ok(sim) => sim,
        Err(error @ SimError::Bind { .. }) => {
            print::error(&error.into());
            return Ok(ExitCode::from(EXIT_UNAVAILABLE));
        }
        Err(error) => return Err(error.into()),
    };
    // Gone when the demo ends: a demo leaves nothing behind.
    let home = tempfile::tempdir().context("cannot make a directory for the demo's state")?;
    let options = |port| daemon_options(&sim, home.path(), &environment, port);
    let daemon = match Daemon::start(options(DAEMON_PORT)?).await {
        Err(StartError::Bind { .. }) => Daemon::start(options(0)?).await?,
        started => started?,
    };
    sim.wait_subscribed(&DEMO_BOT.into(), PATIENCE).await?;
    if let Some(text) = &args.say {
        say(&sim, text).await?;
    } else {
        let member = MintRequest {
            id: CLIENT.to_owned(),
            account: AccountId::new("default"),
            user: Some(UserId::new(SPEAKER)),
            read_only: false,
            categories: Vec::new(),
            ttl_s: None,
        };
        let minted = daemon.credentials().mint(member).await?;
        banner(&sim, &daemon, &minted.token);
        asked_to_stop().await?;
    }
    daemon
        .shutdown(Duration::from_secs(1), &CancellationToken::new())
        .await;
    sim.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn start_sim(port: Option<u16>) -> Result<Sim, SimError> {
    let at = |port| SimOptions {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        seed: Seed::demo(),
        ..SimOptions::default()
    };
    match Sim::start(at(port.unwrap_or(PAGE_PORT))).await {
        Err(SimError::Bind { .. }) if port.is_none() => Sim::start(at(0)).await,
        started => started,
    }
}

fn daemon_options(
    sim: &Sim,
    home: &Path,
    environment: &Environment,
    port: u16,
) -> anyhow::Result<DaemonOptions> {
    let settings = json!({
        "channels": { "wecom": {
            "enabled": true,
            "name": "小助手",
            "dmPolicy": "open",
            "botId": DEMO_BOT,
            "secret": DEMO_SECRET,
            "websocketUrl": sim.bot_url(),
            "welcomeText": "你好，我是小助手。发送「帮助」看看我会什么。\nHi! Say `help` to see what I can do.",
        } },
        "agents": { "defaults": { "backend": { "type": "demo", "pieceDelayMs": PIECE_DELAY_MS } } },
        "gateway": { "port": port, "reload": { "mode": "off" } },
    });
    let location = Location {
        home: home.to_owned(),
        path: home.join("wecom.json"),
        read_only: true,
    };
    let loaded = load_text(&settings.to_string(), &location, environment)?;
    Ok(DaemonOptions {
        location,
        environment: environment.clone(),
        loaded,
        clock: SystemClock::shared(),
    })
}

fn banner(sim: &Sim, daemon: &Daemon, token: &Secret) {
    let server = format!("http://{}/mcp", daemon.address());
    print::line("");
    print::line(
        "  wecom demo: a simulated WeCom, the channel runtime, a demo agent, an MCP server.",
    );
    print::line("");
    print::line(&format!("  Chat page   {}", sim.page_url()));
    print::line(&format!("  MCP server  {server}"));
    print::line(&format!("  Health      http://{}/readyz", daemon.address()));
    print::line("");
    print::line(
        "  Open the page, pick a person, write to 小助手, in a group with @小助手. Say 帮助 (or",
    );
    print::line(
        "  help) to see what it can do: look up to-dos, send a picture or a card, remind you",
    );
    print::line("  in a minute. Send it a picture, quote a message.");
    print::line("");
    print::line("  Ctrl-C ends the demo.");
    print::line("");
    print::line(&format!(
        "  An agent can act in this WeCom as {SPEAKER}. Claude Code:"
    ));
    print::line("");
    print::line(&format!(
        "    claude mcp add --transport http wecom {server} --header \"Authorization: Bearer {}\"",
        token.reveal()
    ));
    print::line("");
    print::line("  Any other MCP client: the same address and header, Streamable HTTP. The token");
    print::line("  ends with the demo.");
    print::line("");
}

/// One turn on the terminal: what the person says, and the answer while it grows.
async fn say(sim: &Sim, text: &str) -> anyhow::Result<()> {
    let injected = sim.inject(Injection::text(DEMO_BOT, SPEAKER, text))?;
    if !injected.delivered {
        bail!("the bot is not connected");
    }
    print::line(&format!("{SPEAKER}: {text}"));
    print::piece("小助手: ");
    let chat = SimChat::direct(DEMO_BOT, SPEAKER);
    let is_answer = |entry: &Entry| {
        entry.kind == EntryKind::Stream && entry.req_id.as_ref() == Some(&injected.req_id)
    };
    let mut printed = String::new();
    loop {
        let grown = |entry: &Entry| {
            is_answer(entry) && (entry.finished || (!entry.thinking && entry.text() != printed))
        };
        let answer = sim.wait_for(&chat, PATIENCE, grown).await?;
        match answer.text().strip_prefix(printed.as_str()) {
            Some(more) => print::piece(more),
            // The text was replaced, not continued.
            None => print::piece(&format!("\n{}", answer.text())),
        }
        answer.text().clone_into(&mut printed);
        if answer.finished {
            print::line("");
            return Ok(());
        }
    }
}
