//! The jobs of the running daemon.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{CronService, Removed, ServiceError};
use crate::cron::history::HistoryReport;
use crate::cron::job::Job;
use crate::cron::mirror::Imported;
use crate::cron::service::{
    ListRequest, ListedJob, Listing, RunAnswer, RunRequest, RunsPage, RunsRequest, SchedulerStatus,
};
use crate::daemon::{Contact, ContactError};
use crate::http::cron::{
    EditRequest, EnableRequest, ExportReply, HistoryRequest, ImportRequest, RunJobRequest, Wanted,
    paths,
};

/// A line to the daemon.
#[derive(Debug)]
pub(super) struct Remote(pub(super) Contact);

impl Remote {
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, ServiceError> {
        self.0.send(path, body).await.map_err(|error| match error {
            ContactError::Refused { message } => ServiceError::Refused { message },
            error => ServiceError::Unreachable(Box::new(error)),
        })
    }
}

fn wanted(job: &str) -> Wanted {
    Wanted {
        job: job.to_owned(),
    }
}

#[async_trait]
impl CronService for Remote {
    async fn list(&self, request: &ListRequest) -> Result<Listing, ServiceError> {
        self.ask(paths::LIST, request).await
    }

    async fn get(&self, job: &str) -> Result<ListedJob, ServiceError> {
        self.ask(paths::GET, &wanted(job)).await
    }

    async fn add(&self, job: Job) -> Result<Job, ServiceError> {
        self.ask(paths::ADD, &job).await
    }

    async fn edit(&self, job: &str, patch: &Map<String, Value>) -> Result<Job, ServiceError> {
        let edit = EditRequest {
            job: job.to_owned(),
            patch: patch.clone(),
        };
        self.ask(paths::EDIT, &edit).await
    }

    async fn enable(&self, job: &str, enabled: bool) -> Result<Job, ServiceError> {
        let job = job.to_owned();
        self.ask(paths::ENABLE, &EnableRequest { job, enabled })
            .await
    }

    async fn remove(&self, job: &str) -> Result<Removed, ServiceError> {
        self.ask(paths::REMOVE, &wanted(job)).await
    }

    async fn run(&self, job: &str, mode: RunRequest) -> Result<RunAnswer, ServiceError> {
        let job = job.to_owned();
        self.ask(paths::RUN, &RunJobRequest { job, mode }).await
    }

    async fn runs(&self, request: &RunsRequest) -> Result<RunsPage, ServiceError> {
        self.ask(paths::RUNS, request).await
    }

    async fn status(&self) -> Result<SchedulerStatus, ServiceError> {
        self.ask(paths::STATUS, &()).await
    }

    async fn import(&self, jobs: &str, states: Option<&str>) -> Result<Imported, ServiceError> {
        let file = ImportRequest {
            jobs: jobs.to_owned(),
            states: states.map(str::to_owned),
        };
        self.ask(paths::IMPORT, &file).await
    }

    async fn import_history(
        &self,
        job: Option<&str>,
        lines: Vec<String>,
    ) -> Result<HistoryReport, ServiceError> {
        let part = HistoryRequest {
            job: job.map(str::to_owned),
            lines,
        };
        self.ask(paths::HISTORY, &part).await
    }

    async fn export(&self) -> Result<String, ServiceError> {
        let reply: ExportReply = self.ask(paths::EXPORT, &()).await?;
        Ok(reply.text)
    }

    async fn reload(&self) -> Result<Imported, ServiceError> {
        self.ask(paths::RELOAD, &()).await
    }
}
