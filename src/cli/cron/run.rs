//! `wecom cron run`: a run by hand.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use super::json_line;
use super::reach::Jobs;
use crate::cron::schedule::{Bare, parse_duration};
use crate::cron::service::{RunAnswer, RunRequest, RunsRequest};

/// Options of `wecom cron run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Its id, its name, or the beginning of the id (8 characters)
    #[arg(value_name = "ID")]
    job: String,
    /// Only if it is due
    #[arg(long)]
    due: bool,
    /// Wait until it is over, and print its record; exit 0 only if it succeeded
    #[arg(long)]
    wait: bool,
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    wait_timeout: Duration,
    /// How often to look
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    poll_interval: Duration,
    /// The output is JSON anyway
    #[arg(long, hide = true)]
    json: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let ms = parse_duration(text, Bare::Refused).map_err(|error| error.to_string())?;
    Ok(Duration::from_millis(ms))
}

pub(super) async fn run(args: &RunArgs, jobs: &Jobs) -> anyhow::Result<ExitCode> {
    let mode = if args.due {
        RunRequest::Due
    } else {
        RunRequest::Force
    };
    let run_id = match jobs.service().run(&args.job, mode).await? {
        RunAnswer::Enqueued { run_id } => run_id,
        refused => {
            json_line(&json!({ "ok": true, "ran": false, "reason": refused.reason() }))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    if !args.wait {
        json_line(&json!({ "ok": true, "enqueued": true, "runId": run_id }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let over = tokio::time::timeout(args.wait_timeout, record(args, jobs, &run_id)).await;
    let Ok(record) = over else {
        bail!("the run {run_id} is not over after {:?}", args.wait_timeout);
    };
    let record = record?;
    json_line(&record)?;
    let succeeded = record.get("completionStatus") == Some(&json!("succeeded"));
    Ok(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The run's record, once it is over.
async fn record(args: &RunArgs, jobs: &Jobs, run_id: &str) -> anyhow::Result<Map<String, Value>> {
    let request = RunsRequest {
        run_id: Some(run_id.to_owned()),
        limit: 1,
        ..RunsRequest::default()
    };
    loop {
        let mut page = jobs.service().runs(&request).await?;
        if let Some(record) = page.entries.pop() {
            return Ok(record);
        }
        tokio::time::sleep(args.poll_interval).await;
    }
}
