//! Exports: jobs that are asked until they are done.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::{Answered, Refused, answer};
use super::access::{unknown, wrong_kind};
use super::page::Format;
use super::shelf::{Body, Document, Locator};
use super::{Docs, read};

/// How long an export takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Pace {
    /// It is done at this poll; at 0 with the first answer, where the method can say so.
    Polls(u32),
    /// It is done once so many milliseconds of the company's time have passed.
    After(i64),
}

impl Default for Pace {
    fn default() -> Self {
        Self::Polls(2)
    }
}

/// Running and finished exports.
#[derive(Debug, Default)]
pub(super) struct Exports {
    pub(super) pace: Pace,
    /// Oldest first.
    jobs: VecDeque<Job>,
}

#[derive(Debug)]
struct Job {
    task_id: String,
    docid: String,
    started_ms: i64,
    polls: u32,
    format: Format,
}

impl Job {
    fn is_done(&self, pace: Pace, now_ms: i64) -> bool {
        match pace {
            Pace::Polls(needed) => self.polls >= needed,
            Pace::After(ms) => now_ms.saturating_sub(self.started_ms) >= ms,
        }
    }
}

impl Exports {
    fn start(&mut self, job: Job) {
        if self.jobs.len() == KEPT_JOBS {
            self.jobs.pop_front();
        }
        self.jobs.push_back(job);
    }

    /// Counts a poll.
    fn ask(&mut self, task_id: &str) -> Result<&Job, Refused> {
        let job = self
            .jobs
            .iter_mut()
            .find(|job| job.task_id == task_id)
            .ok_or_else(|| unknown("task_id"))?;
        job.polls = job.polls.saturating_add(1);
        Ok(job)
    }
}

#[derive(Deserialize)]
struct Read<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    #[serde(rename = "type")]
    format: i64,
    task_id: Option<&'a str>,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    content_type: i64,
}

#[derive(Deserialize)]
struct Ask<'a> {
    task_id: &'a str,
}

impl Docs {
    /// `get_doc_content`: starts a job, or asks for one by document and task.
    pub(super) fn get_content(&mut self, args: &Map<String, Value>, now_ms: i64) -> Answered {
        let Read {
            at,
            format,
            task_id,
        } = read(args)?;
        if format != AS_MARKDOWN {
            return Err(Refused::argument("type must be 2"));
        }
        let document = self.shelf.find(at)?;
        if matches!(document.body, Body::Page(_)) {
            return Err(wrong_kind());
        }
        let pace = self.exports.pace;
        let (task_id, done) = if let Some(task_id) = task_id {
            let job = self.exports.ask(task_id)?;
            if job.docid != document.docid {
                return Err(unknown("task_id"));
            }
            (job.task_id.clone(), job.is_done(pace, now_ms))
        } else {
            let job = Job {
                task_id: self.dice.letters("exp_", TASK_LETTERS),
                docid: document.docid.clone(),
                started_ms: now_ms,
                polls: 0,
                format: Format::Markdown,
            };
            let started = (job.task_id.clone(), job.is_done(pace, now_ms));
            self.exports.start(job);
            started
        };
        let content = done.then(|| markdown(document));
        Ok(state(Some(task_id), content))
    }

    /// `smartpage_export_task`.
    pub(super) fn start_page_export(&mut self, args: &Map<String, Value>, now_ms: i64) -> Answered {
        let Start { at, content_type } = read(args)?;
        let format = Format::try_from(content_type)?;
        let document = self.shelf.find(at)?;
        if !matches!(document.body, Body::Page(_)) {
            return Err(wrong_kind());
        }
        let task_id = self.dice.letters("sp_exp_", TASK_LETTERS);
        self.exports.start(Job {
            task_id: task_id.clone(),
            docid: document.docid.clone(),
            started_ms: now_ms,
            polls: 0,
            format,
        });
        Ok(answer([("task_id", task_id.into())]))
    }

    /// `smartpage_get_export_result`.
    pub(super) fn page_export(&mut self, args: &Map<String, Value>, now_ms: i64) -> Answered {
        let Ask { task_id } = read(args)?;
        let pace = self.exports.pace;
        let job = self.exports.ask(task_id)?;
        let page = self
            .shelf
            .iter()
            .filter(|document| document.docid == job.docid)
            .find_map(|document| match &document.body {
                Body::Page(page) => Some(page),
                _ => None,
            })
            .ok_or_else(|| unknown("task_id"))?;
        let content = job.is_done(pace, now_ms).then(|| page.export(job.format));
        Ok(state(None, content))
    }
}

/// What a poll answers: the content is there once the job is done.
fn state(task_id: Option<String>, content: Option<String>) -> Map<String, Value> {
    let mut state = Map::new();
    if let Some(task_id) = task_id {
        state.insert("task_id".to_owned(), task_id.into());
    }
    state.insert("task_done".to_owned(), content.is_some().into());
    if let Some(content) = content {
        state.insert("content".to_owned(), content.into());
    }
    state
}

/// The document as it is now.
fn markdown(document: &Document) -> String {
    match &document.body {
        Body::Text(text) => text.clone(),
        Body::Grid(workbook) => workbook.markdown(),
        Body::Smart(sheet) => sheet.markdown(),
        Body::Page(page) => page.export(Format::Markdown),
    }
}

/// The only `type` of `get_doc_content`.
const AS_MARKDOWN: i64 = 2;
const TASK_LETTERS: usize = 10;
/// Jobs that can still be asked for; the oldest is forgotten first. A client keeps one a
/// document, so this is far more than a test ever runs.
const KEPT_JOBS: usize = 256;
