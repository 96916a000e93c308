//! The `wecom` program.

use std::io::{stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use wecom::cli::config::{ConfigCommand, Session, run};
use wecom::clock::SystemClock;
use wecom::config::{Environment, locate};

/// An AI agent's seat in WeCom (企业微信)
#[derive(Debug, Parser)]
#[command(name = "wecom", version)]
struct Arguments {
    /// Configuration file
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the configuration and change it
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[expect(clippy::print_stderr, reason = "the program's last word")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = Environment::from_process();
    let location = locate(arguments.config.as_deref(), &environment);
    let Command::Config(command) = arguments.command;
    let mut session = Session {
        location: &location,
        environment: &environment,
        clock: &SystemClock,
        input: &mut stdin(),
        out: &mut stdout(),
        err: &mut stderr(),
        reload: &|| anyhow::bail!("no daemon answers: start it with `wecom run`"),
    };
    match run(command, &mut session) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
