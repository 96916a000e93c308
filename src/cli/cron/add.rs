//! `wecom cron add`: a new job.

use clap::Args;
use serde_json::{Value, json};

use super::options::JobOptions;
use super::reach::Jobs;
use super::{Usage, json_line, words};
use crate::clock::{Clock, SystemClock};
use crate::cron::normalise::read_job;

/// What the help ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  A briefing for department 1 on workdays at nine:
    wecom cron add --name briefing --cron '0 9 * * 1-5' --tz Asia/Shanghai \\
        --message 'Write the morning briefing.' --to party:1
  A reminder in twenty minutes, without an agent:
    wecom cron add --name tea --at 20m --text 'Tea is ready' --to user:lina
  The same in short; the name is made from the text:
    wecom cron add '0 9 * * 1-5' 'Write the morning briefing.' --to user:lina";

/// Options of `wecom cron add`.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// When: a cron expression, a time, a duration from now, or 'every 20m'
    #[arg(value_name = "SCHEDULE", group = "when")]
    schedule: Option<String>,
    /// What an agent is asked
    #[arg(value_name = "MESSAGE", group = "what", id = "words")]
    words: Option<String>,

    /// What people call it
    #[arg(long, value_name = "TEXT", required_unless_present = "schedule")]
    name: Option<String>,
    /// Its id [default: a random one]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Makes it idempotent: a job with the same key is changed instead
    #[arg(long, value_name = "KEY")]
    declaration_key: Option<String>,
    /// Don't run it by itself yet
    #[arg(long)]
    disabled: bool,

    #[command(flatten)]
    options: JobOptions,
}

pub(super) async fn run(args: AddArgs, jobs: &Jobs) -> anyhow::Result<()> {
    let mut options = args.options;
    if let Some(schedule) = &args.schedule {
        positional(schedule, &mut options)?;
    }
    if args.words.is_some() {
        options.message = args.words;
    }
    one_of_each(&options)?;
    let now_ms = SystemClock.now_ms();
    let mut fields = options.fields(None, now_ms)?;
    for (key, value) in [
        ("id", args.id),
        ("name", args.name),
        ("declarationKey", args.declaration_key),
    ] {
        if let Some(value) = value {
            fields.insert(key.to_owned(), Value::String(value));
        }
    }
    if args.disabled {
        fields.insert("enabled".to_owned(), json!(false));
    }
    if options.text.is_some() && !fields.contains_key("delivery") {
        return Err(Usage::new("--text is sent to somebody: name them with --to").into());
    }
    let job = read_job(fields, now_ms).map_err(Usage::new)?;
    let job = jobs.service().add(job).await?;
    json_line(&job)?;
    words::hints(&job, &jobs.config);
    jobs.settle().await;
    Ok(())
}

/// Exactly one schedule and one payload. Options that exclude each other the parser has
/// refused already.
fn one_of_each(options: &JobOptions) -> Result<(), Usage> {
    let JobOptions {
        cron,
        every,
        at,
        message,
        text,
        system_event,
        session,
        ..
    } = options;
    if cron.is_none() && every.is_none() && at.is_none() {
        return Err(Usage::new("when? Give one of --cron, --every and --at"));
    }
    if message.is_none() && text.is_none() && system_event.is_none() {
        return Err(Usage::new(
            "what? Give one of --message, --text and --system-event",
        ));
    }
    match session.as_deref() {
        Some("main") if system_event.is_none() => {
            Err(Usage::new("--session main goes with --system-event"))
        }
        Some(session) if session != "main" && system_event.is_some() => {
            Err(Usage::new("--system-event goes to --session main"))
        }
        _ => Ok(()),
    }
}

/// The first word in place of an option: a cron expression unless it looks like something
/// else.
fn positional(schedule: &str, options: &mut JobOptions) -> Result<(), Usage> {
    let text = schedule.trim();
    if let Some(every) = text.strip_prefix("every ") {
        let ms = crate::cron::schedule::parse_duration(every, crate::cron::schedule::Bare::Refused);
        options.every = Some(ms.map_err(|error| Usage::new(error.to_string()))?);
    } else if text.starts_with('@') || text.split_whitespace().count() > 1 {
        options.cron = Some(text.to_owned());
    } else {
        options.at = Some(text.to_owned());
    }
    Ok(())
}
