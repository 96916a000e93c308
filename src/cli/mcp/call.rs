//! `wecom mcp list` and `wecom mcp call`: the tool, used by hand.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Map, Value};

use super::person::AtTerminal;
use super::surroundings;
use crate::cli::{EXIT_UNAVAILABLE, print, tokio_runtime};
use crate::config::{Environment, Location};
use crate::daemon::{self, ContactError};
use crate::interceptors::{Delivery, Progress};
use crate::mcp::server::{DaemonRunner, ToolRunner};
use crate::mcp::tool::{CallContext, ToolReply};

/// Options of `wecom mcp list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Category, such as contact, doc, msg or todo
    category: String,

    /// Only the method of that name; a prefix ending in * shows several
    method: Option<String>,

    /// Names and descriptions only
    #[arg(long)]
    names: bool,

    #[command(flatten)]
    whom: Whom,
}

/// Options of `wecom mcp call`.
#[derive(Debug, Args)]
pub(super) struct CallArgs {
    /// Category, such as contact, doc, msg or todo
    category: String,

    /// Method
    method: String,

    /// Arguments, a JSON object
    #[arg(default_value = "{}", value_name = "JSON")]
    arguments: String,

    /// The server's answer as it came
    #[arg(long)]
    raw: bool,

    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, Args)]
struct Whom {
    /// Member that it acts for [default: none, only what the bot may do by itself]
    #[arg(long = "as", value_name = "USERID")]
    user: Option<String>,

    /// Account whose bot acts [default: the default account]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
}

pub(super) fn list(
    args: &ListArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let mut arguments = Map::new();
    arguments.insert("action".to_owned(), "list".into());
    arguments.insert("category".to_owned(), args.category.as_str().into());
    if let Some(method) = &args.method {
        arguments.insert("method".to_owned(), method.as_str().into());
    }
    if args.names {
        arguments.insert("detail".to_owned(), "names".into());
    }
    use_tool(arguments, &args.whom, false, location, environment)
}

pub(super) fn call(
    args: &CallArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let mut arguments = Map::new();
    for (name, text) in [
        ("action", "call"),
        ("category", &args.category),
        ("method", &args.method),
        // The tool takes a text as well, and says what is wrong with it.
        ("args", &args.arguments),
    ] {
        arguments.insert(name.to_owned(), text.into());
    }
    use_tool(arguments, &args.whom, args.raw, location, environment)
}

fn use_tool(
    arguments: Map<String, Value>,
    whom: &Whom,
    raw: bool,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    if let Err(error @ ContactError::NotRunning { .. }) = daemon::find(&location.home) {
        print::note(&format!("error: {error}"));
        return Ok(ExitCode::from(EXIT_UNAVAILABLE));
    }
    let config = surroundings::configuration(location, environment);
    let account = surroundings::account(&config, whom.account.as_deref())?;
    let files = surroundings::files(&config, &account, environment);
    let identity = surroundings::operator(account, whom.user.as_deref())?;
    let context = CallContext {
        delivery: Delivery::Path,
        files: Arc::new(files),
        progress: Progress::to(|step| print::note(&step.message)),
        confirm: Arc::new(AtTerminal),
        raw,
        ..CallContext::new(Arc::new(identity))
    };
    let runner = DaemonRunner::new(location.home.clone());
    let reply = tokio_runtime()?.block_on(runner.run(arguments, context));
    print::line(&reply.text());
    Ok(exit_code(&reply))
}

fn exit_code(reply: &ToolReply) -> ExitCode {
    if reply.is_error {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
