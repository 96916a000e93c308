//! Reading jobs as people, older programs and models write them.
//!
//! What has one meaning is taken for it; what has none is set aside with the reason, and the
//! other jobs load.

mod fields;

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::job::Job;
use super::rules::{MAX_JOBS, Moment, problems};

/// Largest job file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// The format's version.
pub const VERSION: u64 = 1;

/// What a job file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobFile {
    /// Jobs that can be used, in the file's order.
    pub jobs: Vec<Job>,
    /// Rows that can't.
    pub quarantined: Vec<Quarantined>,
    /// Ids that were made here, of jobs that had none.
    pub unnamed: HashSet<String>,
}

/// A row that is no job.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Quarantined {
    /// Why.
    pub reason: String,
    /// The row as it was written.
    pub job: Value,
}

/// `morning: payload needs a message or a text`
impl std::fmt::Display for Quarantined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id() {
            Some(id) => write!(f, "{id}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Quarantined {
    /// The row's id, where it has one.
    pub fn id(&self) -> Option<String> {
        match self.job.get("id").or_else(|| self.job.get("jobId"))? {
            Value::String(id) => Some(id.trim().to_owned()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

/// Why a whole file can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobFileError {
    /// It is too large.
    #[error("the job file has {found} bytes, at most {MAX_FILE_BYTES} are read")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// It is no JSON. The text of the error names line and column.
    #[error("the job file is no JSON: {0}")]
    Syntax(#[source] serde_json::Error),
    /// It is of another version.
    #[error("the job file has version {found}, this program reads version {VERSION}")]
    Version {
        /// What it says.
        found: String,
    },
    /// It has no list of jobs.
    #[error("the job file has no list `jobs`")]
    NoJobs,
    /// It has too many.
    #[error("the job file has {found} jobs, at most {MAX_JOBS} are read")]
    TooMany {
        /// How many.
        found: usize,
    },
}

/// Reads a job file. The zone of jobs that name none decides only whether they are ever due.
///
/// # Errors
/// [`JobFileError`]: none of it can be used.
pub fn read_file(
    text: &str,
    now_ms: i64,
    default_zone: &jiff::tz::TimeZone,
) -> Result<JobFile, JobFileError> {
    if text.len() > MAX_FILE_BYTES {
        return Err(JobFileError::TooLarge { found: text.len() });
    }
    let root = serde_json::from_str(text).map_err(JobFileError::Syntax)?;
    let rows = match root {
        Value::Array(rows) => rows,
        Value::Object(mut root) => {
            if let Some(found) = root.get("version").filter(|found| **found != VERSION) {
                let found = found.to_string();
                return Err(JobFileError::Version { found });
            }
            match root.shift_remove("jobs") {
                Some(Value::Array(rows)) => rows,
                _ => return Err(JobFileError::NoJobs),
            }
        }
        _ => return Err(JobFileError::NoJobs),
    };
    let too_many = u32::try_from(rows.len()).map_or(true, |found| found > MAX_JOBS);
    if too_many {
        return Err(JobFileError::TooMany { found: rows.len() });
    }
    let mut file = JobFile::default();
    let mut seen = HashSet::new();
    for row in rows {
        let read = read_row(&row, now_ms, default_zone);
        match read {
            Ok(job) if seen.insert(job.id.clone()) => {
                if row.get("id").or_else(|| row.get("jobId")).is_none() {
                    file.unnamed.insert(job.id.to_string());
                }
                file.jobs.push(job);
            }
            Ok(job) => file.quarantined.push(Quarantined {
                reason: format!("the id `{}` is there twice", job.id),
                job: row,
            }),
            Err(reason) => file.quarantined.push(Quarantined { reason, job: row }),
        }
    }
    Ok(file)
}

fn read_row(row: &Value, now_ms: i64, default_zone: &jiff::tz::TimeZone) -> Result<Job, String> {
    let Value::Object(fields) = row else {
        return Err("a job is an object".to_owned());
    };
    let job = read_job(fields.clone(), now_ms)?;
    let found = problems(&job, Moment::Kept, now_ms, default_zone);
    if found.is_empty() {
        return Ok(job);
    }
    let reasons: Vec<String> = found.iter().map(ToString::to_string).collect();
    Err(reasons.join("; "))
}

/// Reads one job, also from the arguments of a tool: fields beside each other find their
/// places, and what is missing gets its default.
///
/// # Errors
/// A sentence that says what it lacks. The rules of [`problems`] are not looked at.
pub fn read_job(mut fields: Map<String, Value>, now_ms: i64) -> Result<Job, String> {
    fields::arrange(&mut fields, now_ms)?;
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
