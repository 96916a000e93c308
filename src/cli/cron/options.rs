//! The options that make and change a job, and the fields that they stand for.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::{Usage, print};
use crate::cron::job::{Job, Payload, Schedule};
use crate::cron::schedule::{Bare, at_on_command_line, parse_duration, zone};

type Fields = Map<String, Value>;

/// Options of `add` and `edit`.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct JobOptions {
    /// A longer name
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The agent [default: the default agent]
    #[arg(long, value_name = "ID")]
    agent: Option<String>,

    /// When, as a cron expression of 5 to 7 fields: '0 9 * * 1-5', '0 9 L * *', '@daily'
    #[arg(long, value_name = "EXPR", help_heading = "When", group = "when")]
    pub(super) cron: Option<String>,
    /// When, as an interval: 90s, 20m, 1h30m
    #[arg(long, value_name = "DURATION", help_heading = "When", group = "when", value_parser = duration)]
    pub(super) every: Option<u64>,
    /// When, once: a time such as 2026-03-06T09:00 (UTC unless --tz or an offset says
    /// otherwise), or a duration from now: 20m
    #[arg(long, value_name = "TIME", help_heading = "When", group = "when")]
    pub(super) at: Option<String>,
    /// The time zone of --cron or --at: Asia/Shanghai, +08:00
    #[arg(
        long,
        value_name = "ZONE",
        help_heading = "When",
        conflicts_with = "every"
    )]
    pub(super) tz: Option<String>,
    /// On the minute, also at the full hour
    #[arg(long, help_heading = "When", conflicts_with_all = ["stagger", "every", "at"])]
    exact: bool,
    /// Spread over so long a time; each job has its place in it
    #[arg(long, value_name = "DURATION", help_heading = "When", conflicts_with_all = ["every", "at"], value_parser = duration)]
    stagger: Option<u64>,

    /// What an agent is asked
    #[arg(
        short,
        long,
        value_name = "TEXT",
        help_heading = "What",
        group = "what"
    )]
    pub(super) message: Option<String>,
    /// What is sent as it is, without an agent
    #[arg(long, value_name = "TEXT", help_heading = "What", group = "what")]
    pub(super) text: Option<String>,
    /// What the agent's main session is told
    #[arg(long, value_name = "TEXT", help_heading = "What", group = "what")]
    pub(super) system_event: Option<String>,
    /// main, isolated (a new one each time), current, session:<id>
    #[arg(long, value_name = "SESSION", help_heading = "What")]
    pub(super) session: Option<String>,
    /// The session that `current` means
    #[arg(long, value_name = "KEY", help_heading = "What")]
    session_key: Option<String>,
    /// When an event wakes the agent
    #[arg(long, value_enum, help_heading = "What")]
    wake: Option<Wake>,
    /// A model in place of the agent's
    #[arg(long, help_heading = "What")]
    model: Option<String>,
    /// Models to be tried after it, separated by commas
    #[arg(
        long,
        value_name = "LIST",
        help_heading = "What",
        value_delimiter = ','
    )]
    fallbacks: Vec<String>,
    /// How much the model thinks
    #[arg(long, value_name = "LEVEL", help_heading = "What")]
    thinking: Option<String>,
    /// How long the agent may take; 0 is a day [default: 3600]
    #[arg(long, value_name = "N", help_heading = "What")]
    timeout_seconds: Option<u64>,
    /// The tools that it may use, separated by commas
    #[arg(
        long,
        value_name = "LIST",
        help_heading = "What",
        value_delimiter = ','
    )]
    tools: Vec<String>,
    /// A short context
    #[arg(long, help_heading = "What")]
    light_context: bool,
    /// The member that tools act for
    #[arg(long, value_name = "USERID", help_heading = "What")]
    run_as: Option<String>,

    /// Send the result as a message
    #[arg(long, help_heading = "Where", group = "delivery")]
    announce: bool,
    /// The same, by its old name
    #[arg(long, hide = true, group = "delivery")]
    deliver: bool,
    /// Send nothing
    #[arg(long, help_heading = "Where", group = "delivery")]
    no_deliver: bool,
    /// Post the result to an address, as JSON
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Where",
        group = "delivery",
        conflicts_with = "to"
    )]
    webhook: Option<String>,
    /// Whom: user:<userid>, group:<chat id>, party:<number>, tag:<number or name>, @all
    #[arg(long, value_name = "TARGET", help_heading = "Where")]
    pub(super) to: Option<String>,
    /// wecom, or last: where the job was made
    #[arg(long, help_heading = "Where")]
    pub(super) channel: Option<String>,
    /// The account that sends [default: the default account]
    #[arg(long, value_name = "ID", help_heading = "Where")]
    pub(super) account: Option<String>,
    /// Has no meaning in WeCom
    #[arg(long, hide = true)]
    thread_id: Option<String>,
    /// The run is good although its delivery failed
    #[arg(long, help_heading = "Where")]
    best_effort_deliver: bool,

    /// Tell somebody when it fails
    #[arg(long, help_heading = "Failures", conflicts_with = "no_failure_alert")]
    failure_alert: bool,
    /// Tell nobody, whatever is configured
    #[arg(long, help_heading = "Failures")]
    no_failure_alert: bool,
    /// Failures in a row before the first notice
    #[arg(
        long,
        value_name = "N",
        help_heading = "Failures",
        conflicts_with = "no_failure_alert"
    )]
    failure_alert_after: Option<u32>,
    /// Time between two notices
    #[arg(long, value_name = "DURATION", help_heading = "Failures", conflicts_with = "no_failure_alert", value_parser = duration)]
    failure_alert_cooldown: Option<u64>,
    /// wecom or last
    #[arg(
        long,
        value_name = "CHANNEL",
        help_heading = "Failures",
        conflicts_with = "no_failure_alert"
    )]
    failure_alert_channel: Option<String>,
    /// Whom, or for a webhook the address
    #[arg(
        long,
        value_name = "TARGET",
        help_heading = "Failures",
        conflicts_with = "no_failure_alert"
    )]
    failure_alert_to: Option<String>,
    /// The account that tells
    #[arg(
        long,
        value_name = "ID",
        help_heading = "Failures",
        conflicts_with = "no_failure_alert"
    )]
    failure_alert_account_id: Option<String>,
    /// How it is told
    #[arg(
        long,
        value_enum,
        help_heading = "Failures",
        conflicts_with = "no_failure_alert"
    )]
    failure_alert_mode: Option<AlertModeArg>,
    /// Count runs that were skipped too
    #[arg(long, help_heading = "Failures", conflicts_with_all = ["no_failure_alert", "failure_alert_exclude_skipped"])]
    failure_alert_include_skipped: bool,
    /// Count failures only
    #[arg(long, help_heading = "Failures", conflicts_with = "no_failure_alert")]
    failure_alert_exclude_skipped: bool,

    /// Remove a one-shot after it succeeded, which is the default
    #[arg(long, conflicts_with = "keep_after_run")]
    delete_after_run: bool,
    /// Keep a one-shot after it succeeded
    #[arg(long)]
    keep_after_run: bool,

    /// Not supported: shell commands are not run
    #[arg(long, hide = true, num_args = 0..)]
    command: Option<Vec<String>>,
    /// Not supported: shell commands are not run
    #[arg(long, hide = true)]
    script: Option<String>,
    /// Not supported: shell commands are not run
    #[arg(long, hide = true)]
    on_exit: Option<String>,

    /// The output is JSON anyway
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wake {
    /// At once
    Now,
    /// With its next heartbeat
    NextHeartbeat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AlertModeArg {
    /// As a message
    Announce,
    /// As JSON by POST
    Webhook,
}

fn duration(text: &str) -> Result<u64, String> {
    parse_duration(text, Bare::Refused).map_err(|error| error.to_string())
}

impl JobOptions {
    /// The fields of a job that the options name; `before` is the job that is changed.
    ///
    /// # Errors
    /// Options that don't go together.
    pub(super) fn fields(&self, before: Option<&Job>, now_ms: i64) -> Result<Fields, Usage> {
        if self.command.is_some() || self.script.is_some() || self.on_exit.is_some() {
            return Err(Usage::new(
                "--command, --script and --on-exit are not supported: shell commands are not run",
            ));
        }
        let mut fields = Fields::new();
        for (key, value) in [
            ("displayName", &self.display_name),
            ("description", &self.description),
            ("agentId", &self.agent),
            ("sessionTarget", &self.session),
            ("sessionKey", &self.session_key),
            ("runAs", &self.run_as),
        ] {
            set(&mut fields, key, value.as_deref());
        }
        if let Some(wake) = self.wake {
            let word = match wake {
                Wake::Now => "now",
                Wake::NextHeartbeat => "next-heartbeat",
            };
            fields.insert("wakeMode".to_owned(), json!(word));
        }
        if self.delete_after_run || self.keep_after_run {
            fields.insert("deleteAfterRun".to_owned(), json!(self.delete_after_run));
        }
        for (key, part) in [
            ("schedule", self.schedule(before, now_ms)?),
            ("payload", self.payload(before)?),
            ("delivery", self.delivery(before)),
        ] {
            if !part.is_empty() {
                fields.insert(key.to_owned(), Value::Object(part));
            }
        }
        if let Some(alert) = self.alert() {
            fields.insert("failureAlert".to_owned(), alert);
        }
        Ok(fields)
    }

    fn schedule(&self, before: Option<&Job>, now_ms: i64) -> Result<Fields, Usage> {
        let mut fields = Fields::new();
        if let Some(every_ms) = self.every {
            fields.insert("kind".to_owned(), json!("every"));
            fields.insert("everyMs".to_owned(), json!(every_ms));
            return Ok(fields);
        }
        if let Some(at) = &self.at {
            fields.insert("kind".to_owned(), json!("at"));
            fields.insert(
                "at".to_owned(),
                json!(self.instant(at, now_ms)?.to_string()),
            );
            return Ok(fields);
        }
        if let Some(expr) = &self.cron {
            fields.insert("kind".to_owned(), json!("cron"));
            fields.insert("expr".to_owned(), json!(expr));
        }
        set(&mut fields, "tz", self.tz.as_deref());
        let stagger = if self.exact { Some(0) } else { self.stagger };
        if let Some(ms) = stagger {
            fields.insert("staggerMs".to_owned(), json!(ms));
        }
        let is_cron = self.cron.is_some()
            || before.is_some_and(|job| matches!(job.schedule, Schedule::Cron(_)));
        if !fields.is_empty() && !is_cron {
            return Err(Usage::new(
                "--tz, --exact and --stagger go with a cron expression",
            ));
        }
        Ok(fields)
    }

    fn instant(&self, at: &str, now_ms: i64) -> Result<Timestamp, Usage> {
        let wrong = |error: crate::cron::schedule::ScheduleError| Usage::new(error.to_string());
        let is_wall = at.contains(['T', 't']) && at.trim().parse::<Timestamp>().is_err();
        let zone = match &self.tz {
            Some(_) if !is_wall => {
                return Err(Usage::new(
                    "--tz goes with a time that has no offset, such as 2026-03-06T09:00",
                ));
            }
            Some(tz) => zone(tz).map_err(wrong)?,
            None => TimeZone::UTC,
        };
        let instant = at_on_command_line(at, &zone, now_ms).map_err(wrong)?;
        if is_wall && self.tz.is_none() {
            print::note(&format!(
                "note: {at} is read as UTC; --tz names another zone"
            ));
        }
        Ok(instant)
    }

    fn payload(&self, before: Option<&Job>) -> Result<Fields, Usage> {
        let mut fields = Fields::new();
        for (kind, key, words) in [
            ("agentTurn", "message", &self.message),
            ("systemEvent", "text", &self.system_event),
            ("text", "text", &self.text),
        ] {
            if let Some(words) = words {
                fields.insert("kind".to_owned(), json!(kind));
                fields.insert(key.to_owned(), json!(words));
            }
        }
        let of_agent = match (fields.get("kind"), before) {
            (Some(kind), _) => kind == "agentTurn",
            (None, Some(job)) => matches!(job.payload, Payload::AgentTurn(_)),
            (None, None) => true,
        };
        let mut turn = Fields::new();
        set(&mut turn, "model", self.model.as_deref());
        set(&mut turn, "thinking", self.thinking.as_deref());
        for (key, list) in [("fallbacks", &self.fallbacks), ("toolsAllow", &self.tools)] {
            if !list.is_empty() {
                turn.insert(key.to_owned(), json!(list));
            }
        }
        if let Some(seconds) = self.timeout_seconds {
            turn.insert("timeoutSeconds".to_owned(), json!(seconds));
        }
        if self.light_context {
            turn.insert("lightContext".to_owned(), json!(true));
        }
        if !turn.is_empty() && !of_agent {
            return Err(Usage::new(
                "--model, --fallbacks, --thinking, --timeout-seconds, --tools and \
                 --light-context go with --message",
            ));
        }
        fields.extend(turn);
        Ok(fields)
    }

    fn delivery(&self, before: Option<&Job>) -> Fields {
        if self.deliver {
            print::note("note: --deliver is called --announce now");
        }
        let mut fields = Fields::new();
        let mode = if self.announce || self.deliver {
            Some("announce")
        } else if self.no_deliver {
            Some("none")
        } else {
            self.webhook.as_ref().map(|_| "webhook")
        };
        set(&mut fields, "mode", mode);
        let channel = match (&self.channel, &self.to) {
            (None, Some(_)) => Some("wecom"),
            (channel, _) => channel.as_deref(),
        };
        set(&mut fields, "channel", channel);
        set(
            &mut fields,
            "to",
            self.to.as_deref().or(self.webhook.as_deref()),
        );
        set(&mut fields, "accountId", self.account.as_deref());
        set(&mut fields, "threadId", self.thread_id.as_deref());
        if self.best_effort_deliver {
            fields.insert("bestEffort".to_owned(), json!(true));
        }
        let has_some = before.is_some_and(|job| job.delivery.is_some());
        if !fields.is_empty() && mode.is_none() && !has_some {
            fields.insert("mode".to_owned(), json!("announce"));
        }
        fields
    }

    fn alert(&self) -> Option<Value> {
        if self.no_failure_alert {
            return Some(json!(false));
        }
        let mut fields = Fields::new();
        if let Some(after) = self.failure_alert_after {
            fields.insert("after".to_owned(), json!(after));
        }
        set(
            &mut fields,
            "channel",
            self.failure_alert_channel.as_deref(),
        );
        set(&mut fields, "to", self.failure_alert_to.as_deref());
        if let Some(ms) = self.failure_alert_cooldown {
            fields.insert("cooldownMs".to_owned(), json!(ms));
        }
        if self.failure_alert_include_skipped || self.failure_alert_exclude_skipped {
            let include = self.failure_alert_include_skipped;
            fields.insert("includeSkipped".to_owned(), json!(include));
        }
        let mode = self.failure_alert_mode.map(|mode| match mode {
            AlertModeArg::Announce => "announce",
            AlertModeArg::Webhook => "webhook",
        });
        set(&mut fields, "mode", mode);
        set(
            &mut fields,
            "accountId",
            self.failure_alert_account_id.as_deref(),
        );
        (self.failure_alert || !fields.is_empty()).then_some(Value::Object(fields))
    }
}

fn set(fields: &mut Fields, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        fields.insert(key.to_owned(), json!(value));
    }
}
