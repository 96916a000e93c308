//! `wecom mcp`: the MCP server for one client, tool calls by hand, and clients' tokens.

mod call;
mod config;
mod person;
mod stdio;
pub(super) mod surroundings;
mod token;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::EXIT_CONFIG;
use crate::config::{Environment, Location};

/// Arguments of `wecom mcp`; without a subcommand it serves.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct McpArgs {
    #[command(subcommand)]
    command: Option<McpCommand>,
    #[command(flatten)]
    serve: stdio::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum McpCommand {
    /// Show the methods of a category
    List(call::ListArgs),
    /// Call a method, as an agent would
    Call(call::CallArgs),
    /// Tokens of MCP clients that connect over HTTP
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Print what to write into the configuration of an MCP client
    Config(config::ConfigArgs),
}

/// Exit status 0, or 1 where a call answered `ok: false`; 69 where a daemon is needed and
/// none runs, 78 for a configuration that can't be used.
pub(super) fn run(
    args: McpArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    match args.command {
        None => stdio::run(&args.serve, location, environment),
        Some(McpCommand::List(args)) => call::list(&args, location, environment),
        Some(McpCommand::Call(args)) => call::call(&args, location, environment),
        Some(McpCommand::Token(command)) => token::run(command, location, environment),
        Some(McpCommand::Config(args)) => config::run(&args, location, environment),
    }
}
