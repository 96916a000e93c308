//! The log: on standard error, readable by default, JSON on request.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Environment;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `WECOM_LOG`, else `RUST_LOG`, says what (`info`, `wecom=debug`, ...);
/// `default` is for when neither does.
pub(super) fn start(format: Format, environment: &Environment, default: &str) {
    let asked = environment
        .variable("WECOM_LOG")
        .or_else(|| environment.variable("RUST_LOG"));
    let filter =
        EnvFilter::try_new(asked.unwrap_or(default)).unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let may_log = || filter_fn(may_log);
    // An error says that a log was started already, which then stays.
    match format {
        Format::Text => log.finish().with(may_log()).try_init().ok(),
        Format::Json => {
            let log = log.json().flatten_event(true);
            log.finish().with(may_log()).try_init().ok()
        }
    };
}

/// The protocol's library writes whole messages, arguments and answers of tools among them,
/// from `info` on. Those are in no log, whatever the environment asks for.
fn may_log(event: &Metadata<'_>) -> bool {
    !event.target().starts_with("rmcp") || *event.level() <= Level::WARN
}
