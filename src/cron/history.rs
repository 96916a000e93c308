//! The history in the form of files: one JSON object a line, one file a job.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::job::{DeliveryStatus, JobId, RunStatus};
use crate::store::{NewRun, RunEnd};

/// Longest line that is taken over, in bytes: a summary and an error, and room for what other
/// programs add.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Characters of a run's name; longer ones are made anew.
const MAX_RUN_ID_CHARS: usize = 300;

/// What became of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryReport {
    /// Runs that are new.
    pub added: usize,
    /// Runs that were known.
    pub known: usize,
    /// Lines that are no finished runs.
    pub passed_over: usize,
}

/// A finished run as it stands in a line, for the store. `None`: it is none.
///
/// The same line always gives the same run, so that a file can be read twice. `job` is meant
/// where the line names no job.
pub fn read_line(line: &str, job: Option<&str>) -> Option<(NewRun, RunEnd)> {
    if line.len() > MAX_LINE_BYTES {
        return None;
    }
    let mut record: Map<String, Value> = serde_json::from_str(line).ok()?;
    let word = |record: &Map<String, Value>, key: &str| {
        Some(record.get(key)?.as_str()?.to_owned()).filter(|word| !word.is_empty())
    };
    if word(&record, "action").is_some_and(|action| action != "finished") {
        return None;
    }
    let status: RunStatus = known_word(record.get("status")?)?;
    let job = word(&record, "jobId").or_else(|| job.map(str::to_owned))?;
    JobId::new(job.as_str()).ok()?;
    let at_ms = record.get("ts")?.as_i64()?;
    let started_at_ms = record.get("runAtMs").and_then(Value::as_i64);
    let delivery: Option<DeliveryStatus> = record.get("deliveryStatus").and_then(known_word);
    let run_id = word(&record, "runId")
        .filter(|id| id.chars().count() <= MAX_RUN_ID_CHARS)
        .unwrap_or_else(|| format!("imported:{job}:{}", digest(line.trim())));
    record.insert("jobId".to_owned(), job.as_str().into());
    record.insert("runId".to_owned(), run_id.as_str().into());
    let started_at_ms = started_at_ms.unwrap_or(at_ms);
    let run = NewRun {
        run_id,
        job,
        due_at_ms: started_at_ms,
        started_at_ms,
        owner: String::new(),
        lease_until_ms: at_ms,
    };
    let end = RunEnd {
        status: status.as_str().to_owned(),
        delivery_status: delivery.map(|status| status.as_str().to_owned()),
        record: Value::Object(record).to_string(),
        at_ms,
        text: None,
    };
    Some((run, end))
}

fn known_word<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

/// Enough of a digest to tell the lines of one job apart.
fn digest(line: &str) -> String {
    let digest = Sha256::digest(line.as_bytes());
    let short = digest.iter().take(8);
    let short = short.fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
    format!("{short:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_run_however_often_it_is_read() {
        let line =
            r#"{"ts":20,"jobId":"a","action":"finished","status":"ok","runAtMs":10,"x":{"y":1}}"#;
        let (run, end) = read_line(line, None).unwrap();
        assert_eq!(read_line(&format!("{line}\n"), Some("b")).unwrap().0, run);
        assert!(run.run_id.starts_with("imported:a:"), "{}", run.run_id);
        assert_eq!((run.started_at_ms, end.at_ms), (10, 20));
        assert_eq!(end.status, "ok");
        let record: Value = serde_json::from_str(&end.record).unwrap();
        assert_eq!(record["x"]["y"], 1);
        // What was exported comes back as the same run.
        assert_eq!(read_line(&end.record, None).unwrap().0, run);
    }

    #[test]
    fn what_is_no_finished_run_is_passed_over() {
        for line in [
            "",
            "{",
            "[]",
            r#"{"ts":1,"jobId":"a","action":"started","status":"ok"}"#,
            r#"{"ts":1,"jobId":"a","action":"finished","status":"fine"}"#,
            r#"{"jobId":"a","action":"finished","status":"ok"}"#,
            r#"{"ts":1,"jobId":"a/b","action":"finished","status":"ok"}"#,
            r#"{"ts":1,"action":"finished","status":"ok"}"#,
        ] {
            assert_eq!(read_line(line, None), None, "{line}");
        }
        let nameless = r#"{"ts":1,"action":"finished","status":"error"}"#;
        assert_eq!(read_line(nameless, Some("a")).unwrap().0.job, "a");
    }
}
