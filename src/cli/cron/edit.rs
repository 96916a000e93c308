//! `wecom cron edit`: a job that becomes different.

use clap::Args;
use serde_json::{Map, Value, json};

use super::options::JobOptions;
use super::reach::Jobs;
use super::{Usage, json_line, words};
use crate::clock::{Clock, SystemClock};
use crate::cron::job::{Delivery, DeliveryChannel, SessionTarget};

/// What the help ends with.
pub(super) const EXAMPLES: &str = "\
Examples:
  Half an hour earlier, same days and zone:
    wecom cron edit briefing --cron '30 8 * * 1-5'
  To somebody else; account and the rest stay:
    wecom cron edit briefing --to party:2
  With the agent's own model again:
    wecom cron edit briefing --clear-model";

/// Options of `wecom cron edit`.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// Its id, its name, or the beginning of the id (8 characters)
    #[arg(value_name = "ID")]
    job: String,

    /// What people call it
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Run it by itself again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Don't run it by itself
    #[arg(long)]
    disable: bool,
    /// A failed delivery makes the run fail
    #[arg(long, help_heading = "Where", conflicts_with = "best_effort_deliver")]
    no_best_effort_deliver: bool,

    #[command(flatten)]
    clear: Clear,

    #[command(flatten)]
    options: JobOptions,
}

/// What goes back to its default.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "flags of a command line, named as they are written"
)]
struct Clear {
    /// The default agent
    #[arg(long, help_heading = "Back to the default", conflicts_with = "agent")]
    clear_agent: bool,
    /// No session
    #[arg(
        long,
        help_heading = "Back to the default",
        conflicts_with = "session_key"
    )]
    clear_session_key: bool,
    /// The agent's model
    #[arg(long, help_heading = "Back to the default", conflicts_with = "model")]
    clear_model: bool,
    /// No other models
    #[arg(
        long,
        help_heading = "Back to the default",
        conflicts_with = "fallbacks"
    )]
    clear_fallbacks: bool,
    /// As much thinking as the agent does
    #[arg(
        long,
        help_heading = "Back to the default",
        conflicts_with = "thinking"
    )]
    clear_thinking: bool,
    /// The agent's tools
    #[arg(long, help_heading = "Back to the default", conflicts_with = "tools")]
    clear_tools: bool,
    /// No target
    #[arg(long, help_heading = "Back to the default", conflicts_with = "to")]
    clear_to: bool,
    /// Where the job was made
    #[arg(long, help_heading = "Back to the default", conflicts_with = "channel")]
    clear_channel: bool,
    /// The default account
    #[arg(long, help_heading = "Back to the default", conflicts_with = "account")]
    clear_account: bool,
    /// Has no meaning in WeCom
    #[arg(long, hide = true, conflicts_with = "thread_id")]
    clear_thread_id: bool,
    /// No longer name
    #[arg(
        long,
        help_heading = "Back to the default",
        conflicts_with = "display_name"
    )]
    clear_display_name: bool,
}

pub(super) async fn run(args: EditArgs, jobs: &Jobs) -> anyhow::Result<()> {
    let before = jobs.service().get(&args.job).await?.job;
    let mut patch = args.options.fields(Some(&before), SystemClock.now_ms())?;
    if let Some(name) = args.name {
        patch.insert("name".to_owned(), Value::String(name));
    }
    if args.enable || args.disable {
        patch.insert("enabled".to_owned(), json!(args.enable));
    }
    if args.no_best_effort_deliver {
        insert(&mut patch, Some("delivery"), "bestEffort", Value::Null);
    }
    args.clear.apply(&mut patch);
    // A payload of another kind needs a session of another kind.
    if args.options.session.is_none() {
        let was_main = before.session_target == SessionTarget::Main;
        let becomes_main = args.options.system_event.is_some();
        let has_words = args.options.message.is_some() || args.options.text.is_some();
        let session = match (was_main, becomes_main, has_words) {
            (false, true, _) => Some("main"),
            (true, _, true) => Some("isolated"),
            _ => None,
        };
        if let Some(session) = session {
            patch.insert("sessionTarget".to_owned(), json!(session));
        }
    }
    if keeps_channel(before.delivery.as_ref())
        && args.options.channel.is_none()
        && let Some(Value::Object(delivery)) = patch.get_mut("delivery")
    {
        delivery.shift_remove("channel");
    }
    if patch.is_empty() {
        return Err(Usage::new("nothing to change: name what shall be different").into());
    }
    let job = jobs.service().edit(before.id.as_str(), &patch).await?;
    json_line(&job)?;
    words::hints(&job, &jobs.config);
    jobs.settle().await;
    Ok(())
}

/// Whether a new target leaves the channel as it is: with `last` there is no target.
fn keeps_channel(delivery: Option<&Delivery>) -> bool {
    delivery.is_some_and(|delivery| delivery.channel() == DeliveryChannel::Wecom)
}

impl Clear {
    fn apply(&self, patch: &mut Map<String, Value>) {
        for (wanted, object, key) in [
            (self.clear_agent, None, "agentId"),
            (self.clear_session_key, None, "sessionKey"),
            (self.clear_display_name, None, "displayName"),
            (self.clear_model, Some("payload"), "model"),
            (self.clear_fallbacks, Some("payload"), "fallbacks"),
            (self.clear_thinking, Some("payload"), "thinking"),
            (self.clear_tools, Some("payload"), "toolsAllow"),
            (self.clear_to, Some("delivery"), "to"),
            (self.clear_channel, Some("delivery"), "channel"),
            (self.clear_account, Some("delivery"), "accountId"),
            (self.clear_thread_id, Some("delivery"), "threadId"),
        ] {
            if wanted {
                insert(patch, object, key, Value::Null);
            }
        }
    }
}

fn insert(patch: &mut Map<String, Value>, object: Option<&str>, key: &str, value: Value) {
    match object {
        None => {
            patch.insert(key.to_owned(), value);
        }
        Some(object) => {
            let part = patch
                .entry(object)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(part) = part.as_object_mut() {
                part.insert(key.to_owned(), value);
            }
        }
    }
}
