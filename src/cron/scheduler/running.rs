//! One run, from the question to the record.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{LEASE, Scheduler, ms};
use crate::agent::{FailureClass, TurnRequest};
use crate::channel::outbound::{Resolved, Target, TargetKind};
use crate::config::Config;
use crate::cron::aftermath::{self, After, Ending};
use crate::cron::deliver::{self, Parcel, Whither};
use crate::cron::job::{Delivery, Job, JobState, Payload, RunFailure, SessionTarget, Suppression};
use crate::cron::notice::{self, Notice};
use crate::cron::outcome::{Delivered, Outcome, Problem};
use crate::cron::prompt::prompt;
use crate::cron::record::RunRecord;
use crate::cron::schedule;
use crate::cron::turn::{self, Said, TurnFailure};
use crate::cron::webhook;
use crate::files::{FileGrant, MediaScope};
use crate::identity::Identity;
use crate::ids::{AccountId, Chat, ChatId, ChatKind, UserId};
use crate::session::{SessionKey, SessionScope};
use crate::store::{
    Finished, JobAfterRun, JobChange, NewRun, RouteVia, RunEnd, StoreError, StoredJob,
};
use crate::task;

/// A lease is renewed so often.
const RENEWAL: Duration = Duration::from_secs(20);

/// How long an agent may work for a job that says nothing else.
const AGENT_TIMEOUT: Duration = Duration::from_hours(1);

/// How long any run may take, whatever the job says.
const LONGEST_RUN: Duration = Duration::from_hours(24);

/// How often a run's end is written to a job that changes meanwhile.
const ATTEMPTS: usize = 8;

impl Scheduler {
    /// Works on a claimed run, and writes down how it ended. If the process goes down first,
    /// or another one took the run over, nothing is written.
    pub(super) async fn work(
        &self,
        job: Job,
        run: NewRun,
        by_hand: bool,
        cancel: CancellationToken,
    ) {
        // Both branches are futures of this run alone: dropping one gives it up.
        let outcome = tokio::select! {
            outcome = self.outcome(&job, &run, &cancel) => Some(outcome),
            () = self.hold(&run) => {
                tracing::warn!("the run's lease is gone: somebody else ends it");
                None
            }
        };
        if let Some(outcome) = outcome.filter(|_| !self.hard_stop.is_cancelled())
            && let Err(error) = self.finish(&run, by_hand, &outcome).await
        {
            // Its lease runs out, and the next look ends it.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a run's end could not be written"
            );
        }
        self.running().remove(&run.job);
    }

    /// Keeps the lease. Returns when it is lost.
    async fn hold(&self, run: &NewRun) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let until = self.parts.clock.now_ms().saturating_add(ms(LEASE));
            let renewed = self
                .parts
                .store
                .renew_cron_run(&run.run_id, &self.owner, until)
                .await;
            match renewed {
                Ok(true) => {}
                Ok(false) => return,
                // A full disk ends no run; a lease that ran out does.
                Err(error) => tracing::warn!(%error, "a run's lease could not be renewed"),
            }
        }
    }

    async fn outcome(&self, job: &Job, run: &NewRun, cancel: &CancellationToken) -> Outcome {
        match self.try_outcome(job, run, cancel).await {
            Ok(outcome) => outcome,
            Err(problem) => Outcome::of_failure(problem),
        }
    }

    async fn try_outcome(
        &self,
        job: &Job,
        run: &NewRun,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Problem> {
        // Where it goes is looked at first: an agent must not work for nothing.
        let to = match deliver::destination(job)? {
            Whither::Message { account, target } => {
                Some(deliver::check(&self.parts.planner, account, &target).await?)
            }
            Whither::Nowhere => None,
            Whither::Address(url) => return self.posted(job, run, &url, cancel).await,
        };
        let best_effort = (job.delivery.as_ref()).is_some_and(Delivery::is_best_effort);
        let outcome = |text, delivery| Outcome {
            text,
            failed: None,
            delivery,
            best_effort,
        };
        let parcel = match self.parcel(job, run, to.as_ref(), cancel).await? {
            Ok(parcel) => parcel,
            Err(reason) => return Ok(outcome(None, Delivered::Suppressed(reason))),
        };
        let text = Some(parcel.text.clone());
        let Some(to) = to else {
            return Ok(outcome(text, Delivered::NotRequested));
        };
        if Target::parse(&to.target).is_ok_and(|target| notice::is_broadcast(&target.kind)) {
            self.spacing.wait(&to.account).await;
        }
        self.promise(run, &parcel).await?;
        let grant = self.grant(job, &to.account);
        let delivered = deliver::send(&self.parts.planner, &to, parcel, grant).await;
        Ok(outcome(text, delivered))
    }

    /// As [`try_outcome`](Self::try_outcome), for a job whose result goes to an address.
    async fn posted(
        &self,
        job: &Job,
        run: &NewRun,
        url: &str,
        cancel: &CancellationToken,
    ) -> Result<Outcome, Problem> {
        let best_effort = (job.delivery.as_ref()).is_some_and(Delivery::is_best_effort);
        let outcome = |text, delivery| Outcome {
            text,
            failed: None,
            delivery,
            best_effort,
        };
        let parcel = match self.parcel(job, run, None, cancel).await? {
            Ok(parcel) => parcel,
            Err(reason) => return Ok(outcome(None, Delivered::Suppressed(reason))),
        };
        self.promise(run, &parcel).await?;
        let body = serde_json::json!({
            "event": "finished", "jobId": job.id, "jobName": job.name, "runId": run.run_id,
            "status": "ok", "dueAtMs": run.due_at_ms, "runAtMs": run.started_at_ms,
            "text": parcel.text, "media": parcel.media,
        });
        let delivered = webhook::post(&self.parts.config.get(), url, &body).await;
        Ok(outcome(Some(parcel.text), delivered))
    }

    /// What is to be sent: kept from an earlier run, or said now; or why nothing is.
    async fn parcel(
        &self,
        job: &Job,
        run: &NewRun,
        to: Option<&Resolved>,
        cancel: &CancellationToken,
    ) -> Result<Result<Parcel, Suppression>, Problem> {
        if let Some(parcel) = self.kept(job).await {
            return Ok(Ok(parcel));
        }
        let said = self.said(job, run, to, cancel).await?;
        Ok(deliver::parcel(said, run.started_at_ms))
    }

    /// What an earlier run of the job said and could not deliver.
    async fn kept(&self, job: &Job) -> Option<Parcel> {
        let run_id = aftermath::pending_delivery(&job.state)?;
        let kept = self.parts.store.cron_text(run_id).await.ok()??;
        serde_json::from_str(&kept).ok()
    }

    /// Keeps what is to be sent, then that it is being sent: from there on nothing sends it
    /// again by itself.
    async fn promise(&self, run: &NewRun, parcel: &Parcel) -> Result<(), Problem> {
        let store = &self.parts.store;
        let text = serde_json::to_string(parcel).unwrap_or_default();
        let ours = |ours: Result<bool, StoreError>| match ours {
            Ok(true) => Ok(()),
            Ok(false) => Err(Problem::new(
                RunFailure::Interrupted,
                "the run was taken over",
            )),
            Err(error) => Err(Problem::new(RunFailure::ServerError, error.to_string())),
        };
        ours(store.keep_cron_text(&run.run_id, &self.owner, text).await)?;
        crate::failpoint::reach("job written");
        ours(store.begin_cron_delivery(&run.run_id, &self.owner).await)?;
        crate::failpoint::reach("job delivering");
        Ok(())
    }

    async fn said(
        &self,
        job: &Job,
        run: &NewRun,
        to: Option<&Resolved>,
        cancel: &CancellationToken,
    ) -> Result<Said, Problem> {
        let turn = match &job.payload {
            Payload::Text(event) => {
                return Ok(Said {
                    text: event.text.clone(),
                    media: Vec::new(),
                });
            }
            Payload::AgentTurn(turn) => Some(turn),
            Payload::SystemEvent(_) => None,
        };
        let config = self.parts.config.get();
        let request = Self::request(&config, job, run, to)?;
        let agents = self.parts.agents.borrow().clone();
        let agent = agents.get(&request.session.agent, false).ok_or_else(|| {
            let message = format!("there is no agent `{}`", request.session.agent);
            Problem::new(RunFailure::Config, message)
        })?;
        let timeout = match turn.and_then(|turn| turn.timeout_seconds) {
            None => AGENT_TIMEOUT,
            Some(0) => LONGEST_RUN,
            Some(seconds) => Duration::from_secs(seconds).min(LONGEST_RUN),
        };
        turn::ask(&agent, request, timeout, cancel)
            .await
            .map_err(|failure| problem_of(&failure))
    }

    fn request(
        config: &Config,
        job: &Job,
        run: &NewRun,
        to: Option<&Resolved>,
    ) -> Result<TurnRequest, Problem> {
        let owner = job.owner.as_ref();
        let account = to.map(|to| to.account.clone());
        let account = account
            .or_else(|| owner.and_then(|owner| owner.account.as_deref().map(AccountId::new)))
            .unwrap_or_else(|| config.default_account.clone());
        let zone = schedule::default_zone(config.cron.default_time_zone.as_deref())
            .map_err(|error| Problem::new(RunFailure::Config, error.to_string()))?;
        let person = job.run_as.as_deref().map(UserId::new);
        Ok(TurnRequest {
            chat: chat_of(&account, to, person.as_ref()),
            session: session_of(config, job, run)?,
            identity: Arc::new(Identity::of_job(account, person, job.id.as_str())),
            via: RouteVia::Bot,
            message_id: run.run_id.as_str().into(),
            text: prompt(job, run.due_at_ms, &zone, to.map(|to| to.target.as_str())),
            quote: None,
            attachments: Vec::new(),
            may_command: false,
            earlier_attempts: 0,
        })
    }

    /// Files of the agent's workspace, and those that tools of the run brought.
    fn grant(&self, job: &Job, account: &AccountId) -> FileGrant {
        let config = self.parts.config.get();
        let agent = job
            .agent_id
            .clone()
            .or_else(|| config.agents.default_agent.clone());
        let run_as = job.run_as.as_deref().map(UserId::new);
        let identity = Identity::of_job(account.clone(), run_as, job.id.as_str());
        let folder = self.parts.media.folder(&MediaScope::of(&identity));
        FileGrant {
            workspace: agent.map(|agent| config.agents.workspace_of(&agent)),
            roots: folder.into_iter().collect(),
        }
    }

    /// Writes down how a run ended, and what that makes of its job as it is now.
    pub(super) async fn finish(
        &self,
        run: &NewRun,
        by_hand: bool,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        let mut stored = self.parts.store.cron_job(&run.job).await?;
        let parcel = self.parts.store.cron_text(&run.run_id).await?;
        for _ in 0..ATTEMPTS {
            let (end, job, told) =
                self.ended(run, by_hand, outcome, stored.as_ref(), parcel.as_deref());
            let finished = self
                .parts
                .store
                .finish_cron_run(&run.run_id, &self.owner, end, job);
            match finished.await? {
                Finished::Done => {
                    tracing::info!(
                        status = outcome.status().as_str(),
                        delivery = outcome.delivery_status().as_str(),
                        problem = outcome.problem().map(|problem| problem.message.as_str()),
                        "a run ended"
                    );
                    if let Some(told) = told {
                        self.tell(told);
                    }
                    return Ok(());
                }
                Finished::Stale(now) => stored = Some(*now),
                Finished::Gone => stored = None,
                Finished::Lost => {
                    tracing::warn!("a run that ended is another process's");
                    return Ok(());
                }
            }
        }
        tracing::error!("a run's end could not be written: its job changes all the time");
        Ok(())
    }

    fn ended(
        &self,
        run: &NewRun,
        by_hand: bool,
        outcome: &Outcome,
        stored: Option<&StoredJob>,
        parcel: Option<&str>,
    ) -> (RunEnd, JobAfterRun, Option<Told>) {
        let ended_ms = self.parts.clock.now_ms();
        let config = self.parts.config.get();
        let read = stored.and_then(|stored| {
            let job = Job::from_parts(&stored.definition, &stored.state, stored.enabled);
            Some((job.ok()?, stored.revision))
        });
        let mut ending = Ending {
            run_id: &run.run_id,
            started_ms: run.started_at_ms,
            ended_ms,
            by_hand,
            outcome,
            natural: &Ok(None),
        };
        let Some((mut job, revision)) = read else {
            let record = RunRecord::of(&run.job, &ending, None, None);
            let end = end_of(ended_ms, outcome, record.to_line(), None);
            return (end, JobAfterRun::Nothing, None);
        };
        // An interval counts from this run's start.
        job.state.last_run_at_ms = Some(run.started_at_ms);
        let natural = self.next_of(&job, ended_ms);
        ending.natural = &natural;
        let After {
            mut state,
            enabled,
            removes,
        } = aftermath::after(&job, ending, &config.cron.retry);
        let due = notice::due(&job, &mut state, enabled, by_hand, &config, ended_ms);
        let session = (job.payload.needs_agent())
            .then(|| session_of(&config, &job, run).ok())
            .flatten()
            .map(|session| session.to_string());
        let record = RunRecord::of(&run.job, &ending, session, state.next_run_at_ms).to_line();
        // Only what is to be sent again is kept.
        let is_pending = aftermath::pending_delivery(&state) == Some(run.run_id.as_str());
        let kept = parcel.filter(|_| is_pending).map(str::to_owned);
        let told = due.map(|notice| Told {
            notice,
            state: state.clone(),
            job: job.clone(),
        });
        let after = if removes {
            JobAfterRun::Remove { revision }
        } else {
            JobAfterRun::Change {
                revision,
                change: JobChange {
                    definition: None,
                    next_run_ms: Some(state.next_run_at_ms),
                    state: serde_json::to_string(&state).ok(),
                    enabled: Some(enabled),
                },
            }
        };
        (end_of(ended_ms, outcome, record, kept), after, told)
    }

    /// Tells somebody of a job, while the scheduler goes on.
    pub(super) fn tell(&self, told: Told) {
        let (planner, config) = (self.parts.planner.clone(), self.parts.config.clone());
        let stop = self.hard_stop.clone();
        task::spawn(&self.tracker, "notice of a job", async move {
            let Told { notice, job, state } = told;
            let config = config.get();
            let telling = notice::tell(&planner, &config, &job, &state, notice);
            stop.run_until_cancelled(telling).await;
        });
    }
}

/// What somebody is to be told of, once it is written down.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) notice: Notice,
    pub(super) job: Job,
    /// After the run.
    pub(super) state: JobState,
}

fn end_of(at_ms: i64, outcome: &Outcome, record: String, text: Option<String>) -> RunEnd {
    RunEnd {
        status: outcome.status().as_str().to_owned(),
        delivery_status: Some(outcome.delivery_status().as_str().to_owned()),
        record,
        at_ms,
        text,
    }
}

/// The session that a run has.
fn session_of(config: &Config, job: &Job, run: &NewRun) -> Result<SessionKey, Problem> {
    let agent = job
        .agent_id
        .clone()
        .or_else(|| config.agents.default_agent.clone());
    let agent = agent.ok_or_else(|| {
        let message = "several agents and none is the default: set `agentId` of the job";
        Problem::new(RunFailure::Config, message)
    })?;
    let scope = match &job.session_target {
        SessionTarget::Main => SessionScope::Main,
        SessionTarget::Isolated => SessionScope::JobRun {
            job: job.id.as_str().to_owned(),
            run: run.run_id.clone(),
        },
        SessionTarget::Named(name) => SessionScope::Named(name.clone()),
        SessionTarget::Current => {
            let key = job.session_key.clone();
            SessionScope::Named(key.unwrap_or_else(|| job.id.as_str().to_owned()))
        }
    };
    Ok(SessionKey { agent, scope })
}

/// The conversation that a run is nearest to: where its result goes if that is one, else the
/// direct chat of the member it acts for.
fn chat_of(account: &AccountId, to: Option<&Resolved>, run_as: Option<&UserId>) -> Chat {
    let target = to.and_then(|to| Target::parse(&to.target).ok());
    let (kind, id) = match target.map(|target| target.kind) {
        Some(TargetKind::Chat(chat)) => (ChatKind::Group, chat),
        Some(TargetKind::User(users)) if users.len() == 1 => {
            let user = users.first().map_or("", UserId::as_str);
            (ChatKind::Direct, ChatId::new(user))
        }
        _ => (
            ChatKind::Direct,
            ChatId::new(run_as.map_or("", UserId::as_str)),
        ),
    };
    Chat {
        account: account.clone(),
        kind,
        id,
    }
}

fn problem_of(failure: &TurnFailure) -> Problem {
    let class = match failure {
        TurnFailure::Agent(failure) => match failure.class {
            FailureClass::Unreachable => RunFailure::Network,
            FailureClass::Busy => RunFailure::Overloaded,
            FailureClass::TimedOut => RunFailure::Timeout,
            FailureClass::Refused => RunFailure::Auth,
            FailureClass::TooLong => RunFailure::Context,
            FailureClass::Broken => RunFailure::Unknown,
        },
        TurnFailure::TimedOut(_) => RunFailure::Timeout,
        TurnFailure::Cancelled => RunFailure::Interrupted,
    };
    Problem::new(class, failure.to_string())
}
