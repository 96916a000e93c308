//! What an agent is asked when a job runs.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::job::{Job, Payload};

/// Characters of a job's name in the prompt.
const MAX_NAME: usize = 120;

/// The whole question: which job it is, when it was due, where the answer goes, and what
/// whoever made it wrote. The last part has the trust of a message of that person.
pub fn prompt(job: &Job, due_ms: i64, zone: &TimeZone, goes_to: Option<&str>) -> String {
    let name: String = one_line(&job.name).chars().take(MAX_NAME).collect();
    let mut lines = vec![format!("[cron:{} {name}]", job.id.as_str())];
    if let Ok(due) = Timestamp::from_millisecond(due_ms) {
        let due = due.to_zoned(zone.clone());
        lines.push(format!(
            "Scheduled for {}.",
            due.strftime("%A, %Y-%m-%d %H:%M %Z")
        ));
    }
    if let Some(target) = goes_to {
        lines.push(format!(
            "Nobody is waiting for you in a chat. Your answer is sent as it is to {target}: write \
             only what is meant for them. If there is nothing to tell, answer NO_REPLY."
        ));
    }
    lines.push(String::new());
    lines.push(match &job.payload {
        Payload::SystemEvent(event) => format!("Event: {}", event.text),
        Payload::AgentTurn(turn) => turn.message.clone(),
        Payload::Text(event) => event.text.clone(),
    });
    lines.join("\n")
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cron::schedule;

    #[test]
    fn the_agent_learns_which_job_when_and_for_whom() {
        let job: Job = serde_json::from_value(json!({
            "id": "daily-report", "name": "Daily\nreport", "sessionTarget": "isolated",
            "schedule": {"kind": "cron", "expr": "0 9 * * 1-5"},
            "payload": {"kind": "agentTurn", "message": "Collect the menu."},
        }))
        .unwrap();
        let zone = schedule::zone("Asia/Shanghai").unwrap();
        let due = "2026-03-06T01:00:00Z".parse::<Timestamp>().unwrap();
        let asked = prompt(&job, due.as_millisecond(), &zone, Some("party:1"));
        let mut lines = asked.lines();
        assert_eq!(lines.next(), Some("[cron:daily-report Daily report]"));
        assert_eq!(
            lines.next(),
            Some("Scheduled for Friday, 2026-03-06 09:00 CST.")
        );
        assert!(lines.next().unwrap().contains("party:1"));
        assert!(asked.ends_with("\n\nCollect the menu."));
        let silent = prompt(&job, due.as_millisecond(), &zone, None);
        assert!(!silent.contains("NO_REPLY"));
    }
}
