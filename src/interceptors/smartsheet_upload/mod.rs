//! `smartsheet-upload`: local files that records name are uploaded first.

mod cache;
mod cells;
mod gather;
mod upload;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use self::cache::{Cache, Key};
use self::cells::{Cell, Kind, Uploaded};
use self::gather::{Files, Gathered};
use self::upload::{Document, upload};
use super::files_out::{FilesOut, Leaving};
use super::{Answer, Interceptor, Next, ToolCall, ToolError};

/// Methods that take records.
const METHODS: [&str; 2] = ["smartsheet_add_records", "smartsheet_update_records"];

/// How a helper of another client calls methods that upload files; skills name them so.
const ALIAS: &str = "_auto_file";

/// Uploads at once.
const CONCURRENT: usize = 3;

/// Time that the server has for records whose files were uploaded.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Replaces `image_path` and `file_path` in the cells of records by what the server gives
/// for the uploaded file. All files are checked before the first one leaves, and records
/// are written only when all of them are there.
///
/// `…_auto_file` names are taken too, and sent without the suffix unless the server has
/// them.
#[derive(Debug)]
pub struct SmartsheetUpload {
    files: FilesOut,
    cache: Cache,
}

impl SmartsheetUpload {
    /// Uploads what `files` allows.
    pub fn new(files: FilesOut) -> Self {
        Self {
            files,
            cache: Cache::default(),
        }
    }

    /// Uploads what `cells` name, and puts the references in their place.
    async fn fill(
        &self,
        call: &mut ToolCall,
        next: &Next<'_>,
        cells: &[Cell],
    ) -> Result<(), ToolError> {
        call.raise_timeout(TIMEOUT);
        let roots = self.files.roots(call)?;
        let document = Document::of(&call.args);
        if document.is_none()
            && let Some(image) = cells.iter().find(|cell| cell.kind == Kind::Image)
        {
            return Err(ToolError::invalid_args(format!(
                "{}: an image is stored with its document, so docid or url is needed",
                image.place
            )));
        }
        let files = gather::gather(&roots, cells).await?;
        let jobs = self.jobs(call, cells, &files, document.as_ref());
        let done = self.run(call, next, jobs, document.as_ref()).await?;
        let uploaded = cells.iter().zip(&files.which).filter_map(|(cell, which)| {
            let file = files.files.get(*which)?;
            let reference = done.get(&(cell.kind, file.about.sha256.clone()))?.clone();
            let title = file.about.name.clone();
            Some((cell, Uploaded { reference, title }))
        });
        cells::replace(&mut call.args, uploaded);
        Ok(())
    }

    /// What to upload: equal contents once, however many names they have.
    fn jobs(
        &self,
        call: &ToolCall,
        cells: &[Cell],
        files: &Files,
        document: Option<&Document>,
    ) -> Vec<Job> {
        let mut jobs: Vec<Job> = Vec::new();
        for (cell, which) in cells.iter().zip(&files.which) {
            let Some(file) = files.files.get(*which) else {
                continue;
            };
            let sha256 = &file.about.sha256;
            let same = jobs
                .iter()
                .find(|job| job.kind == cell.kind && job.file.about.sha256 == *sha256);
            if let Some(job) = same {
                if cell.kind == Kind::File && job.file.about.name != file.about.name {
                    call.notes.add(format!(
                        "`{}` has the contents of `{}` and is attached under that name",
                        file.about.name, job.file.about.name
                    ));
                }
                continue;
            }
            let document = document.map_or("", Document::as_str);
            let key = Key::new(call.identity(), document, cell.kind, sha256);
            jobs.push(Job {
                kind: cell.kind,
                place: cell.place.to_string(),
                file: file.clone(),
                known: self.cache.get(&key),
                key,
            });
        }
        jobs
    }

    /// Runs the uploads, three at a time. After the first failure none is started; those
    /// that run are waited for, so that what they bring is not lost.
    async fn run(
        &self,
        call: &ToolCall,
        next: &Next<'_>,
        jobs: Vec<Job>,
        document: Option<&Document>,
    ) -> Result<HashMap<(Kind, String), String>, ToolError> {
        let leaving: Vec<Leaving> = jobs
            .iter()
            .filter(|job| job.known.is_none())
            .map(|job| job.file.about.clone())
            .collect();
        self.files
            .release(call, &leaving, document.map(Document::as_str))
            .await?;

        let total = jobs.len() as u64;
        let mut waiting = jobs.into_iter();
        let mut running = FuturesUnordered::new();
        let mut done = HashMap::new();
        let mut places = Vec::new();
        let mut failed = None;
        loop {
            while failed.is_none()
                && running.len() < CONCURRENT
                && let Some(job) = waiting.next()
            {
                running.push(async move {
                    let outcome = match job.known.clone() {
                        Some(reference) => Ok(reference),
                        None => upload(call, next, document, job.kind, &job.file).await,
                    };
                    (job, outcome)
                });
            }
            let Some((job, outcome)) = running.next().await else {
                break;
            };
            match outcome {
                Ok(reference) => {
                    self.cache.put(job.key, reference.clone());
                    done.insert((job.kind, job.file.about.sha256), reference);
                    places.push(job.place);
                    let count = places.len() as u64;
                    let message = format!("{count} of {total} files uploaded");
                    call.progress.tell(count, Some(total), message);
                }
                Err(error) if failed.is_none() => failed = Some((job, error)),
                Err(_) => {}
            }
        }
        match failed {
            None => Ok(done),
            Some((job, error)) => Err(not_uploaded(&job, error, places)),
        }
    }
}

#[async_trait]
impl Interceptor for SmartsheetUpload {
    fn name(&self) -> &'static str {
        "smartsheet-upload"
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        let plain = call.method.strip_suffix(ALIAS).unwrap_or(&call.method);
        if call.category != "doc" || !METHODS.contains(&plain) {
            return next.run(call).await;
        }
        let is_served = plain == call.method
            || next
                .servers()
                .known(call.identity(), &call.category)
                .is_some_and(|list| list.get(&call.method).is_some());
        if !is_served {
            call.method = plain.to_owned();
        }
        let cells = cells::find(&call.args)?;
        if !cells.is_empty() {
            self.fill(&mut call, &next, &cells).await?;
        }
        next.run(call).await
    }
}

/// One upload.
#[derive(Debug)]
struct Job {
    kind: Kind,
    /// The first element that wants it.
    place: String,
    file: Gathered,
    key: Key,
    /// What an upload of the last minutes brought.
    known: Option<String>,
}

/// The failure of one upload as the failure of the call: no record was written, whatever
/// became of the upload.
fn not_uploaded(job: &Job, mut error: ToolError, mut done: Vec<String>) -> ToolError {
    error.message = format!(
        "{}: `{}` was not uploaded: {}; no record was written",
        job.place,
        job.file.about.name,
        error.message.trim_end_matches('.')
    );
    error.maybe_executed = false;
    if !done.is_empty() {
        done.sort();
        let next = error.next.take().unwrap_or_default();
        error.next = Some(
            format!("{next} Uploads that succeeded are used again if you repeat the call within ten minutes.")
                .trim_start()
                .to_owned(),
        );
        let data = error.details.data.get_or_insert_default();
        data.insert("uploaded".to_owned(), Value::from(done));
    }
    error
}

#[cfg(test)]
mod tests;
