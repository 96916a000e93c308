//! The command line: one file a command.

mod api_check;
mod channels;
pub mod config;
mod cron;
mod demo;
mod doctor;
mod logging;
mod manual;
mod mcp;
mod message;
mod pairing;
mod print;
mod reload;
mod route;
mod run;
mod sim;
pub mod skills;
mod status;
#[cfg(unix)]
mod supervisor;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::clock::SystemClock;
use crate::config::{Environment, Location, locate};

/// Exit status for a configuration that can't be used (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;
/// Exit status when a port, the state directory or the daemon is not available
/// (`EX_UNAVAILABLE`).
const EXIT_UNAVAILABLE: u8 = 69;

/// An AI agent's seat in WeCom (企业微信).
#[derive(Debug, Parser)]
#[command(name = "wecom", version, max_term_width = 100)]
pub struct Cli {
    /// Configuration file [default: $WECOM_CONFIG, else wecom.json in the state directory]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,

    /// Log format on standard error
    #[arg(long, global = true, value_enum, default_value_t = logging::Format::Text)]
    log_format: logging::Format,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it in a simulated WeCom, with an agent of rules: no account, no key
    Demo(demo::DemoArgs),
    /// Run the daemon: connect every configured account
    Run(run::RunArgs),
    /// Run the WeCom simulator by itself
    Sim(sim::SimArgs),
    /// Show on one screen how everything is
    Status(status::StatusArgs),
    /// Find out why something does not work, and what to do
    Doctor(doctor::DoctorArgs),
    /// Accounts: set up, look at, take away
    #[command(subcommand)]
    Channels(channels::ChannelsCommand),
    /// People who asked for access: list, approve, reject, revoke
    #[command(subcommand)]
    Pairing(pairing::PairingCommand),
    /// Which agent answers whom, and why
    #[command(subcommand)]
    Route(route::RouteCommand),
    /// Send messages to members, chats, departments and tags
    #[command(subcommand)]
    Message(message::MessageCommand),
    /// Jobs that run by themselves: make, look at, change, run
    #[command(visible_alias = "automations")]
    Cron(cron::CronArgs),
    /// Read, change and check the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Skills that teach an agent to use WeCom: look at them, check them, install them
    #[command(subcommand)]
    Skills(skills::SkillsCommand),
    /// Serve MCP to the program that started this one, call methods by hand, manage clients
    Mcp(mcp::McpArgs),
    /// Print what a shell needs to complete commands and options
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(manual::ManArgs),
}

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::from_process();
    let location = locate(cli.config.as_deref(), &environment);
    logging::start(cli.log_format, &environment, cli.command.default_log());
    match cli.command.run(location, environment) {
        Ok(code) => code,
        Err(error) => {
            print::error(&error);
            ExitCode::FAILURE
        }
    }
}

impl Command {
    /// What is logged when the environment does not say: a daemon tells what it does, a
    /// command speaks through its output.
    fn default_log(&self) -> &'static str {
        match self {
            Self::Run(_) => "info",
            Self::Demo(_)
            | Self::Sim(_)
            | Self::Status(_)
            | Self::Doctor(_)
            | Self::Channels(_)
            | Self::Config(_)
            | Self::Cron(_)
            | Self::Pairing(_)
            | Self::Route(_)
            | Self::Mcp(_)
            | Self::Message(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Skills(_) => "warn",
        }
    }

    fn run(self, location: Location, environment: Environment) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(args) => demo::run(&args, environment),
            Self::Run(args) => run::run(&args, location, environment),
            Self::Sim(args) => sim::run(&args),
            Self::Status(args) => status::run(&args, &location, &environment),
            Self::Doctor(args) => doctor::run(&args, &location, &environment),
            Self::Channels(command) => channels::run(command, &location, &environment),
            Self::Pairing(command) => pairing::run(command, &location, &environment),
            Self::Route(command) => route::run(&command, &location, &environment),
            Self::Mcp(args) => mcp::run(args, &location, &environment),
            Self::Message(command) => message::run(command, &location, &environment),
            Self::Cron(args) => cron::run(args, &location, &environment),
            Self::Completions(args) => manual::completions(&args),
            Self::Man(args) => manual::man(&args),
            Self::Config(command) => {
                let mut session = config::Session {
                    location: &location,
                    environment: &environment,
                    clock: &SystemClock,
                    input: &mut std::io::stdin(),
                    out: &mut std::io::stdout(),
                    err: &mut std::io::stderr(),
                    reload: &|| reload::ask_daemon(&location),
                };
                Ok(ExitCode::from(config::run(command, &mut session)?))
            }
            Self::Skills(command) => {
                let mut session = skills::Session {
                    location: &location,
                    environment: &environment,
                    project: std::env::current_dir()?,
                    out: &mut std::io::stdout(),
                    err: &mut std::io::stderr(),
                };
                Ok(ExitCode::from(skills::run(command, &mut session)?))
            }
        }
    }
}

/// The runtime that commands with tasks use.
fn tokio_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
