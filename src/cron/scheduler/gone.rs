//! Runs that nobody ended, and times that are left out.

use std::sync::Arc;

use super::running::Told;
use super::{Due, LEASE, Scheduler, ms};
use crate::cron::job::RunFailure;
use crate::cron::notice;
use crate::cron::outcome::{Delivered, Outcome, Problem};
use crate::store::{JobChange, JobChanged, NewRun, RunEnd, RunStage, StoreError};

impl Scheduler {
    /// Ends the runs that a dead process left open. What was perhaps delivered is not
    /// delivered again; what was not is a failure that may be repeated.
    pub(super) async fn end_abandoned(self: &Arc<Self>) -> Result<(), StoreError> {
        let now_ms = self.parts.clock.now_ms();
        let store = &self.parts.store;
        for open in store.open_cron_runs().await? {
            if open.run.lease_until_ms > now_ms || open.run.owner == self.owner {
                continue;
            }
            let until = now_ms.saturating_add(ms(LEASE));
            let id = &open.run.run_id;
            if !store
                .take_over_cron_run(id, &self.owner, now_ms, until)
                .await?
            {
                continue;
            }
            let interrupted = || Problem::new(RunFailure::Interrupted, "the process ended");
            let outcome = match open.stage {
                RunStage::Working => Outcome::of_failure(interrupted()),
                // The text is there: only the delivery is left to do.
                RunStage::Written => Outcome {
                    text: open.text.clone(),
                    failed: None,
                    delivery: Delivered::Failed(interrupted()),
                    best_effort: false,
                },
                RunStage::Delivering => Outcome {
                    text: open.text.clone(),
                    failed: None,
                    delivery: Delivered::Unknown("the process ended while it was sent".to_owned()),
                    best_effort: false,
                },
            };
            tracing::warn!(job = open.run.job, run = id, stage = ?open.stage, "a run was left open");
            let by_hand = id.starts_with("manual:");
            self.finish(&open.run, by_hand, &outcome).await?;
        }
        Ok(())
    }

    /// Leaves a due time out, with a line in the history.
    pub(super) async fn skip(&self, due: Due, reason: RunFailure) -> Result<(), StoreError> {
        let Due {
            job,
            revision,
            at_ms: due_ms,
            now_ms,
            by_hand,
        } = due;
        if by_hand {
            return Ok(());
        }
        let mut state = job.state.clone();
        let is_over = job.is_one_shot();
        state.consecutive_skipped = state.consecutive_skipped.saturating_add(1);
        state.next_run_at_ms = if is_over {
            None
        } else {
            self.next_of(&job, now_ms).unwrap_or(None)
        };
        let word = serde_json::to_value(reason).unwrap_or_default();
        tracing::info!(job = job.id.as_str(), reason = %word, "a due time is left out");
        let enabled = job.enabled && !is_over;
        let config = self.parts.config.get();
        let due = notice::due(&job, &mut state, enabled, false, &config, now_ms);
        let change = JobChange {
            definition: None,
            next_run_ms: Some(state.next_run_at_ms),
            state: serde_json::to_string(&state).ok(),
            enabled: Some(enabled),
        };
        let store = &self.parts.store;
        match store
            .change_cron_job(job.id.as_str(), revision, change)
            .await?
        {
            JobChanged::Done(_) => {
                self.parts.changes.tell();
                if let Some(notice) = due {
                    let (job, state) = (job.clone(), state.clone());
                    self.tell(Told { notice, job, state });
                }
            }
            // The next look sees it as it is.
            JobChanged::Stale(_) | JobChanged::Gone => return Ok(()),
        }
        let record = serde_json::json!({
            "ts": now_ms, "jobId": job.id.as_str(), "action": "finished", "status": "skipped",
            "completionStatus": "failed", "errorReason": word, "delivered": false,
            "deliveryStatus": "not-requested", "runAtMs": due_ms, "durationMs": 0,
            "nextRunAtMs": state.next_run_at_ms,
        });
        let run = NewRun {
            run_id: format!("skipped:{}:{due_ms}", job.id.as_str()),
            job: job.id.as_str().to_owned(),
            due_at_ms: due_ms,
            started_at_ms: now_ms,
            owner: self.owner.clone(),
            lease_until_ms: now_ms,
        };
        let end = RunEnd {
            status: "skipped".to_owned(),
            delivery_status: Some("not-requested".to_owned()),
            record: record.to_string(),
            at_ms: now_ms,
            text: None,
        };
        store.add_cron_history(vec![(run, end)]).await?;
        Ok(())
    }
}
