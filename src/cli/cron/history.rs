//! `wecom cron runs`: what became of runs.

use clap::{Args, ValueEnum};

use super::json_line;
use super::reach::Jobs;
use crate::cron::service::{MAX_LISTED, RUNS_LISTED, RunsRequest};

/// Options of `wecom cron runs`.
#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    /// Those of this job only: its id, its name, or the beginning of the id
    #[arg(value_name = "ID")]
    job: Option<String>,
    /// The same; the id of a removed job too
    #[arg(long, value_name = "ID", conflicts_with = "job")]
    id: Option<String>,
    /// How many are shown
    #[arg(long, value_name = "N", default_value_t = RUNS_LISTED, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LISTED)))]
    limit: u32,
    /// How many are passed over
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// The newest or the oldest first
    #[arg(long, value_enum, default_value_t = Sort::Desc)]
    sort: Sort,
    /// Those that ended like this
    #[arg(long, value_enum, default_value_t = Status::All)]
    status: Status,
    /// Those whose delivery ended like this
    #[arg(long, value_enum)]
    delivery_status: Option<Delivery>,
    /// Those that say this
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// This one
    #[arg(long, value_name = "ID")]
    run_id: Option<String>,
    /// The output is JSON anyway
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    Asc,
    Desc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    All,
    Ok,
    Error,
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Delivery {
    Delivered,
    NotDelivered,
    Unknown,
    NotRequested,
}

pub(super) async fn run(args: RunsArgs, jobs: &Jobs) -> anyhow::Result<()> {
    // The words are those of the records.
    let word = |value: clap::builder::PossibleValue| value.get_name().to_owned();
    let status = Some(args.status).filter(|status| *status != Status::All);
    let request = RunsRequest {
        job: args.job.or(args.id),
        run_id: args.run_id,
        status: status
            .and_then(|status| status.to_possible_value())
            .map(word),
        delivery_status: args
            .delivery_status
            .and_then(|status| status.to_possible_value())
            .map(word),
        query: args.query,
        oldest_first: args.sort == Sort::Asc,
        offset: args.offset,
        limit: args.limit,
    };
    json_line(&jobs.service().runs(&request).await?)
}
