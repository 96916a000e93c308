//! What must hold for a job, all of it said at once.

use std::fmt;

use jiff::tz::TimeZone;

use super::job::{DeliveryMode, Job, Payload, Schedule, SessionTarget};
use super::schedule::{next_run, parse_at};

/// Longest name, in characters.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest description, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// Longest prompt or text, in bytes.
pub const MAX_WORDS_BYTES: usize = 64 * 1024;
/// Jobs in all.
pub const MAX_JOBS: u32 = 10_000;

/// What is wrong with a job.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The key, as it stands in the file.
    pub field: &'static str,
    /// What is wrong, and what to write.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Whether a time in the past is a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The job, or its schedule, is made now: it must lie ahead.
    Created,
    /// The job was there before: a one-shot may be over.
    Kept,
}

/// Everything that is wrong with `job`; empty: nothing is.
pub fn problems(job: &Job, moment: Moment, now_ms: i64, default_zone: &TimeZone) -> Vec<Problem> {
    let mut found = Problems(Vec::new());
    texts(job, &mut found);
    combination(job, &mut found);
    schedule(job, moment, now_ms, default_zone, &mut found);
    found.0
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: &'static str, message: impl Into<String>) {
        let message = message.into();
        self.0.push(Problem { field, message });
    }
}

fn texts(job: &Job, found: &mut Problems) {
    if job.name.trim().is_empty() {
        found.add("name", "must not be blank");
    }
    if job.name.chars().count() > MAX_NAME_CHARS {
        found.add(
            "name",
            format!("is longer than {MAX_NAME_CHARS} characters"),
        );
    }
    let description = job.description.as_deref().unwrap_or_default();
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        found.add(
            "description",
            format!("is longer than {MAX_DESCRIPTION_CHARS} characters"),
        );
    }
    let field = match &job.payload {
        Payload::AgentTurn(_) => "payload.message",
        Payload::SystemEvent(_) | Payload::Text(_) => "payload.text",
    };
    let words = job.payload.words();
    if words.trim().is_empty() {
        found.add(field, "must not be blank");
    }
    if words.len() > MAX_WORDS_BYTES {
        found.add(field, format!("is longer than {MAX_WORDS_BYTES} bytes"));
    }
}

fn combination(job: &Job, found: &mut Problems) {
    let main = job.session_target == SessionTarget::Main;
    match &job.payload {
        Payload::SystemEvent(_) if !main => found.add(
            "sessionTarget",
            "a systemEvent goes to the session main: set main, or use an agentTurn",
        ),
        Payload::AgentTurn(_) if main => found.add(
            "sessionTarget",
            "an agentTurn does not run in main: set isolated, current or session:<id>, or use a \
             systemEvent",
        ),
        Payload::Text(_) if job.session_target != SessionTarget::Isolated => {
            found.add(
                "sessionTarget",
                "a text is sent without an agent: set isolated",
            );
        }
        _ => {}
    }
    let Some(delivery) = &job.delivery else {
        return;
    };
    match delivery.mode {
        DeliveryMode::Announce if main => found.add(
            "delivery.mode",
            "a job of the session main answers there: set none, or use an isolated agentTurn",
        ),
        DeliveryMode::Webhook => {
            let address = delivery
                .to
                .as_deref()
                .and_then(|to| url::Url::parse(to).ok());
            if !address.is_some_and(|address| matches!(address.scheme(), "http" | "https")) {
                found.add("delivery.to", "a webhook needs an http or https address");
            }
        }
        DeliveryMode::Announce | DeliveryMode::None => {}
    }
}

fn schedule(job: &Job, moment: Moment, now_ms: i64, default_zone: &TimeZone, found: &mut Problems) {
    let field = match &job.schedule {
        Schedule::At(at) => {
            let past = parse_at(&at.at).is_ok_and(|at| at.as_millisecond() <= now_ms);
            if past {
                if moment == Moment::Created {
                    let message = format!("schedule.at is in the past: {}", at.at);
                    found.add("schedule.at", message);
                }
                return;
            }
            "schedule.at"
        }
        Schedule::Every(_) => "schedule.everyMs",
        Schedule::Cron(_) => "schedule.expr",
    };
    match next_run(job, now_ms, default_zone) {
        Ok(Some(_)) => {}
        Ok(None) => found.add(field, "has no upcoming run time within ten years"),
        Err(error) => found.add(field, error.to_string()),
    }
}

#[cfg(test)]
mod tests;
