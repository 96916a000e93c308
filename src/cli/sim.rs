//! `wecom sim`: the simulator by itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::{EXIT_UNAVAILABLE, print, run::asked_to_stop, tokio_runtime};
use crate::sim::{DEMO_BOT, DEMO_SECRET, Seed, Sim, SimError, SimOptions};

/// Options of `wecom sim`.
#[derive(Debug, Args)]
pub(super) struct SimArgs {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:19790", value_name = "ADDRESS")]
    bind: SocketAddr,

    /// Allow an address that other machines reach: the control API has no password
    #[arg(long)]
    allow_remote: bool,

    /// Start without the demo's bot, users and groups
    #[arg(long)]
    empty: bool,

    /// Bots, users, groups and apps to begin with, as JSON; webhooks and callbacks included
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

pub(super) fn run(args: &SimArgs) -> anyhow::Result<ExitCode> {
    let mut seed = if args.empty {
        Seed::empty()
    } else {
        Seed::demo()
    };
    if let Some(path) = &args.seed {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let others = Seed::from_json(&text)
            .with_context(|| format!("{} does not say who exists", path.display()))?;
        seed = seed.with(others);
    }
    let options = SimOptions {
        bind: args.bind,
        allow_remote: args.allow_remote,
        seed,
        ..SimOptions::default()
    };
    tokio_runtime()?.block_on(async {
        let sim = match Sim::start(options).await {
            Ok(sim) => sim,
            Err(error @ (SimError::Bind { .. } | SimError::NotLoopback(_))) => {
                print::error(&error.into());
                return Ok(ExitCode::from(EXIT_UNAVAILABLE));
            }
            Err(error) => return Err(error.into()),
        };
        print::line(&format!("chat page   {}", sim.page_url()));
        print::line(&format!("bot socket  {}", sim.bot_url()));
        print::line(&format!("app API     {}/", sim.api_url()));
        if !args.empty {
            print::line(&format!(
                "demo bot    botId {DEMO_BOT}, secret {DEMO_SECRET}"
            ));
        }
        asked_to_stop().await?;
        sim.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
