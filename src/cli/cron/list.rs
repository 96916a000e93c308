//! `wecom cron list`: the jobs.

use clap::Args;

use super::reach::Jobs;
use super::table::{Column, Form, lines};
use super::{json_line, print, words};
use crate::clock::{Clock, SystemClock};
use crate::cron::job::Payload;
use crate::cron::normalise::Quarantined;
use crate::cron::service::{ListRequest, ListedJob, Listing, MAX_LISTED};

/// The columns and their widths; longer values are cut.
const COLUMNS: [Column; 12] = [
    Column("ID", 36),
    Column("Declaration", 24),
    Column("Name", 24),
    Column("Schedule", 32),
    Column("Next", 10),
    Column("Last", 10),
    Column("Status", 19),
    Column("Target", 9),
    Column("Delivery", 64),
    Column("Agent ID", 10),
    Column("Owner", 24),
    Column("Model", 20),
];

/// Options of `wecom cron list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Disabled and invalid ones too
    #[arg(long)]
    all: bool,
    /// Those of this agent only
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// How many are shown
    #[arg(long, value_name = "N", default_value_t = MAX_LISTED, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_LISTED)))]
    limit: u32,
    /// How many are passed over
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &ListArgs, jobs: &Jobs) -> anyhow::Result<()> {
    let request = ListRequest {
        all: args.all,
        agent: args.agent.clone(),
        offset: args.offset,
        limit: args.limit,
    };
    let listing = jobs.service().list(&request).await?;
    if args.json {
        return json_line(&listing);
    }
    let hidden = match listing.hidden {
        0 => String::new(),
        1 => " 1 is disabled (--all).".to_owned(),
        hidden => format!(" {hidden} are disabled (--all)."),
    };
    if listing.jobs.is_empty() && listing.invalid.is_empty() {
        print::line(&format!("No automations.{hidden}"));
        return Ok(());
    }
    let now_ms = SystemClock.now_ms();
    let mut rows: Vec<Vec<String>> = (listing.jobs.iter())
        .map(|job| row(job, &listing, now_ms))
        .collect();
    rows.extend(listing.invalid.iter().map(invalid));
    for line in lines(&COLUMNS, &rows, Form::of_stdout()) {
        print::line(&line);
    }
    if !hidden.is_empty() {
        print::note(&format!("note:{hidden}"));
    }
    for row in &listing.invalid {
        print::note(&format!("invalid: {row}"));
    }
    if let Some(next) = listing.next_offset {
        let total = listing.total;
        print::note(&format!(
            "note: {total} in all; --offset {next} shows the next"
        ));
    }
    Ok(())
}

fn row(listed: &ListedJob, listing: &Listing, now_ms: i64) -> Vec<String> {
    let job = &listed.job;
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let owner = job.owner.as_ref();
    let owner = owner.and_then(|owner| owner.user_id.as_deref().or(owner.agent_id.as_deref()));
    let model = match &job.payload {
        Payload::AgentTurn(turn) => turn.model.as_deref(),
        _ => None,
    };
    let delivery = listing.delivery_previews.get(job.id.as_str());
    vec![
        job.id.to_string(),
        or_dash(job.declaration_key.as_deref()),
        one_line(&job.name),
        words::schedule(job),
        words::relative(job.state.next_run_at_ms, now_ms),
        words::relative(job.state.last_run_at_ms, now_ms),
        listed.status.clone(),
        job.session_target.to_string(),
        or_dash(delivery.map(|preview| preview.label.as_str())),
        or_dash(listed.effective_agent_id.as_deref()),
        or_dash(owner),
        or_dash(model),
    ]
}

fn invalid(row: &Quarantined) -> Vec<String> {
    let name = row.job.get("name").and_then(|name| name.as_str());
    let mut cells = vec!["-".to_owned(); COLUMNS.len()];
    for (position, cell) in [
        (0, row.id().unwrap_or_else(|| "-".to_owned())),
        (2, one_line(name.unwrap_or("-"))),
        (6, "invalid".to_owned()),
    ] {
        if let Some(place) = cells.get_mut(position) {
            *place = cell;
        }
    }
    cells
}

/// A name that was made from several lines stays in its cell, and moves no cursor.
fn one_line(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(visible).collect()
}
