//! What a run's end does to its job: when it is due again, whether it goes, whether it is
//! switched off. One pure function.

use std::time::Duration;

use super::job::{AutoDisabled, DisableReason, Job, JobState, RunFailure, RunStatus};
use super::outcome::Outcome;
use super::schedule::ScheduleError;
use crate::config::{CronRetry, FailureClass};

/// Pauses of a recurring job by its failures in a row; the last repeats.
const BACKOFF: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
];

/// Failures in a row that switch a recurring job off.
const MAX_FAILURES: u32 = 10;

/// Times in a row that the next time can't be told, after which a job is switched off.
const MAX_SCHEDULE_ERRORS: u32 = 3;

/// Key of the state that names the run whose delivery is to be repeated.
const PENDING_DELIVERY: &str = "pendingDeliveryRunId";

/// What is known of a run that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// Names the run.
    pub run_id: &'a str,
    /// Milliseconds since 1970.
    pub started_ms: i64,
    /// Milliseconds since 1970.
    pub ended_ms: i64,
    /// Begun by hand: the grid and the failures in a row are not its business.
    pub by_hand: bool,
    /// How it went.
    pub outcome: &'a Outcome,
    /// When the schedule is due after the end.
    pub natural: &'a Result<Option<i64>, ScheduleError>,
}

/// What the job becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Its state; the next time is in it too.
    pub state: JobState,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// It has done its duty and goes.
    pub removes: bool,
}

/// What the job becomes after a run.
pub fn after(job: &Job, ending: Ending<'_>, retry: &CronRetry) -> After {
    let outcome = ending.outcome;
    let mut state = noted(job, &ending);
    let failed = outcome.problem();
    if failed.is_none() {
        state.consecutive_errors = 0;
    } else if !ending.by_hand {
        state.consecutive_errors = state.consecutive_errors.saturating_add(1);
    }
    if job.is_one_shot() {
        return after_one_shot(job, ending, state, retry);
    }
    let mut enabled = job.enabled;
    if ending.by_hand {
        state.next_run_at_ms = job.state.next_run_at_ms;
        return After {
            state,
            enabled,
            removes: false,
        };
    }
    let natural = if let Ok(natural) = ending.natural {
        state.schedule_error_count = 0;
        *natural
    } else {
        state.schedule_error_count = state.schedule_error_count.saturating_add(1);
        if state.schedule_error_count >= MAX_SCHEDULE_ERRORS {
            enabled = false;
            state.auto_disabled = Some(disabled(DisableReason::ScheduleErrors, &state, ending));
        }
        None
    };
    state.next_run_at_ms = natural;
    if let Some(problem) = failed {
        let failures = state.consecutive_errors;
        let pause = nth(&BACKOFF, failures);
        let late = later(ending.ended_ms, pause);
        let early =
            repeats(problem.class, failures, retry).map(|pause| later(ending.ended_ms, pause));
        state.next_run_at_ms = natural.map(|natural| match early {
            Some(early) if early < natural => early,
            _ => natural.max(late),
        });
        if early.is_some() && outcome.only_delivery_failed() {
            remember(&mut state, ending.run_id);
        }
        if failures >= MAX_FAILURES {
            enabled = false;
            state.auto_disabled =
                Some(disabled(DisableReason::ConsecutiveFailures, &state, ending));
        }
    }
    if !enabled {
        state.next_run_at_ms = None;
    }
    After {
        state,
        enabled,
        removes: false,
    }
}

fn after_one_shot(job: &Job, ending: Ending<'_>, mut state: JobState, retry: &CronRetry) -> After {
    let outcome = ending.outcome;
    state.next_run_at_ms = None;
    let again = outcome
        .problem()
        .filter(|_| !ending.by_hand)
        .and_then(|problem| repeats(problem.class, state.consecutive_errors, retry));
    if let Some(pause) = again {
        state.next_run_at_ms = Some(later(ending.ended_ms, pause));
        if outcome.only_delivery_failed() {
            remember(&mut state, ending.run_id);
        }
        return After {
            state,
            enabled: true,
            removes: false,
        };
    }
    After {
        state,
        enabled: false,
        removes: outcome.is_settled() && job.goes_after_success(),
    }
}

/// The run that a repeated delivery belongs to, where only that is left to do.
pub fn pending_delivery(state: &JobState) -> Option<&str> {
    state.extra.get(PENDING_DELIVERY)?.as_str()
}

fn remember(state: &mut JobState, run_id: &str) {
    // A repeated delivery that fails is still that of the first run's text, which the new
    // run keeps too.
    state
        .extra
        .insert(PENDING_DELIVERY.to_owned(), run_id.into());
}

/// The state with what happened written down.
fn noted(job: &Job, ending: &Ending<'_>) -> JobState {
    let outcome = ending.outcome;
    let mut state = job.state.clone();
    let status = outcome.status();
    let problem = outcome.problem();
    state.running_at_ms = None;
    state.queued_at_ms = None;
    state.last_run_at_ms = Some(ending.started_ms);
    state.last_run_status = Some(status);
    state.last_status = Some(status);
    state.last_error = problem.map(|problem| problem.message.clone());
    state.last_error_reason = problem.map(|problem| problem.class);
    let took = ending.ended_ms.saturating_sub(ending.started_ms);
    state.last_duration_ms = u64::try_from(took).ok();
    let delivery = outcome.delivery_status();
    state.last_delivered = Some(delivery == super::job::DeliveryStatus::Delivered);
    state.last_delivery_status = Some(delivery);
    state.last_delivery_error = outcome.delivery_error().map(str::to_owned);
    state.delivery_suppression_reason = outcome.suppression();
    state.extra.shift_remove(PENDING_DELIVERY);
    if status != RunStatus::Skipped {
        state.consecutive_skipped = 0;
    }
    state
}

fn disabled(reason: DisableReason, state: &JobState, ending: Ending<'_>) -> AutoDisabled {
    AutoDisabled {
        reason,
        at_ms: ending.ended_ms,
        consecutive_errors: state.consecutive_errors,
    }
}

/// The pause before a failure of this class is repeated, or `None` where it is not.
fn repeats(class: RunFailure, failures: u32, retry: &CronRetry) -> Option<Duration> {
    let class = match class {
        RunFailure::RateLimit => FailureClass::RateLimit,
        RunFailure::Overloaded => FailureClass::Overloaded,
        RunFailure::Network => FailureClass::Network,
        RunFailure::Timeout => FailureClass::Timeout,
        RunFailure::ServerError => FailureClass::ServerError,
        RunFailure::Interrupted => FailureClass::Interrupted,
        _ => return None,
    };
    let may = retry.retry_on.contains(&class) && failures <= retry.max_attempts;
    may.then(|| nth(&retry.backoff, failures))
}

/// The pause after so many failures; the last repeats.
fn nth(pauses: &[Duration], failures: u32) -> Duration {
    let position = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let pause = pauses.get(position).or_else(|| pauses.last());
    pause.copied().unwrap_or(Duration::from_secs(30))
}

fn later(at_ms: i64, pause: Duration) -> i64 {
    at_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cron::outcome::{Delivered, Problem};

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "values are written at the call"
    )]
    fn job(schedule: serde_json::Value, state: serde_json::Value) -> Job {
        serde_json::from_value(json!({
            "id": "j1", "name": "daily", "schedule": schedule, "sessionTarget": "isolated",
            "payload": {"kind": "agentTurn", "message": "go"}, "state": state,
        }))
        .unwrap()
    }

    fn recurring(state: serde_json::Value) -> Job {
        job(json!({"kind": "cron", "expr": "0 * * * *"}), state)
    }

    fn one_shot(state: serde_json::Value) -> Job {
        job(json!({"kind": "at", "at": "2026-03-06T09:00:00Z"}), state)
    }

    fn retry() -> CronRetry {
        CronRetry {
            max_attempts: 3,
            backoff: vec![
                Duration::from_secs(30),
                Duration::from_mins(1),
                Duration::from_mins(5),
            ],
            retry_on: FailureClass::ALL.to_vec(),
        }
    }

    fn run(job: &Job, outcome: &Outcome, natural: Option<i64>, by_hand: bool) -> After {
        let natural = Ok(natural);
        let ending = Ending {
            run_id: "r1",
            started_ms: 0,
            ended_ms: MINUTE,
            by_hand,
            outcome,
            natural: &natural,
        };
        after(job, ending, &retry())
    }

    fn arrived() -> Outcome {
        Outcome {
            text: Some("hi".to_owned()),
            failed: None,
            delivery: Delivered::Arrived {
                warnings: Vec::new(),
            },
            best_effort: false,
        }
    }

    fn failed(class: RunFailure) -> Outcome {
        Outcome::of_failure(Problem::new(class, "no"))
    }

    fn undelivered(class: RunFailure) -> Outcome {
        Outcome {
            delivery: Delivered::Failed(Problem::new(class, "no")),
            ..arrived()
        }
    }

    #[test]
    fn success_goes_on_with_the_grid_and_forgets_failures() {
        let job = recurring(json!({"consecutiveErrors": 4, "pendingDeliveryRunId": "r0"}));
        let after = run(&job, &arrived(), Some(HOUR), false);
        assert_eq!(after.state.consecutive_errors, 0);
        assert_eq!(after.state.next_run_at_ms, Some(HOUR));
        assert_eq!(after.state.last_duration_ms, Some(60_000));
        assert_eq!(pending_delivery(&after.state), None);
        assert!(after.enabled && !after.removes);
    }

    #[test]
    fn what_may_pass_is_repeated_before_the_next_time_and_the_rest_is_not() {
        for (failures, class, natural, next) in [
            (0, RunFailure::Timeout, HOUR, MINUTE + 30_000),
            (1, RunFailure::Timeout, HOUR, 2 * MINUTE),
            (2, RunFailure::Timeout, HOUR, 6 * MINUTE),
            // Three were tried: back to the grid, and not before the pause.
            (3, RunFailure::Timeout, HOUR, HOUR),
            (3, RunFailure::Timeout, 2 * MINUTE, 16 * MINUTE),
            (8, RunFailure::Timeout, 2 * MINUTE, 61 * MINUTE),
            (0, RunFailure::Config, HOUR, HOUR),
            (0, RunFailure::Config, MINUTE + 1_000, MINUTE + 30_000),
            // Sooner than the repetition anyway.
            (2, RunFailure::Network, 3 * MINUTE, 6 * MINUTE),
        ] {
            let job = recurring(json!({"consecutiveErrors": failures}));
            let after = run(&job, &failed(class), Some(natural), false);
            assert_eq!(
                after.state.next_run_at_ms,
                Some(next),
                "{failures} {class:?}"
            );
            assert_eq!(after.state.consecutive_errors, failures + 1);
            assert!(after.enabled);
        }
    }

    #[test]
    fn only_the_delivery_is_repeated_where_only_that_failed() {
        let job = recurring(json!({}));
        let after = run(&job, &undelivered(RunFailure::Network), Some(HOUR), false);
        assert_eq!(pending_delivery(&after.state), Some("r1"));
        let after = run(&job, &undelivered(RunFailure::Delivery), Some(HOUR), false);
        assert_eq!(pending_delivery(&after.state), None, "it would fail again");
        let after = run(&job, &failed(RunFailure::Network), Some(HOUR), false);
        assert_eq!(pending_delivery(&after.state), None, "there is no text");
    }

    #[test]
    fn the_tenth_failure_switches_off() {
        let job = recurring(json!({"consecutiveErrors": 9}));
        let after = run(&job, &failed(RunFailure::Unknown), Some(HOUR), false);
        assert!(!after.enabled);
        assert_eq!(after.state.next_run_at_ms, None);
        let why = after.state.auto_disabled.unwrap();
        assert_eq!(why.reason, DisableReason::ConsecutiveFailures);
        assert_eq!(why.consecutive_errors, 10);
    }

    #[test]
    fn a_run_by_hand_leaves_the_grid_and_counts_no_failure() {
        let job = recurring(json!({"nextRunAtMs": 7, "consecutiveErrors": 2}));
        let after = run(&job, &failed(RunFailure::Timeout), Some(HOUR), true);
        assert_eq!(after.state.next_run_at_ms, Some(7));
        assert_eq!(after.state.consecutive_errors, 2);
        let after = run(&job, &arrived(), Some(HOUR), true);
        assert_eq!(after.state.next_run_at_ms, Some(7));
        assert_eq!(after.state.consecutive_errors, 0);
    }

    #[test]
    fn one_shots_go_stay_or_are_repeated() {
        let job = one_shot(json!({}));
        let after = run(&job, &arrived(), None, false);
        assert!(after.removes && !after.enabled);
        let unknown = Outcome {
            delivery: Delivered::Unknown("?".to_owned()),
            ..arrived()
        };
        let after = run(&job, &unknown, None, false);
        assert!(!after.removes && !after.enabled, "it stays visible");
        let after = run(&job, &undelivered(RunFailure::Network), None, false);
        assert!(after.enabled && !after.removes);
        assert_eq!(after.state.next_run_at_ms, Some(MINUTE + 30_000));
        assert_eq!(pending_delivery(&after.state), Some("r1"));
        let after = run(&job, &failed(RunFailure::Auth), None, false);
        assert!(!after.enabled && !after.removes);
        let last = one_shot(json!({"consecutiveErrors": 3}));
        let after = run(&last, &failed(RunFailure::Network), None, false);
        assert!(!after.enabled, "it was tried often enough");
        let after = run(&job, &arrived(), None, true);
        assert!(after.removes, "a run by hand finishes it");
    }

    #[test]
    fn a_schedule_that_cannot_be_told_is_switched_off_in_the_end() {
        let outcome = arrived();
        let natural = Err(ScheduleError::OutOfRange);
        for (errors, enabled) in [(0, true), (1, true), (2, false)] {
            let job = recurring(json!({"scheduleErrorCount": errors}));
            let ending = Ending {
                run_id: "r1",
                started_ms: 0,
                ended_ms: MINUTE,
                by_hand: false,
                outcome: &outcome,
                natural: &natural,
            };
            let after = after(&job, ending, &retry());
            assert_eq!(after.enabled, enabled);
            assert_eq!(after.state.next_run_at_ms, None);
        }
    }
}
