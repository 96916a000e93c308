use super::super::super::cron::{KEPT_RUNS_PER_JOB, RUN_LIFE_MS, RunStage};
use super::*;
use crate::session::{SessionKey, SessionScope};
use crate::store::{AcpSessionStore, HistoryStore, HistoryTurn};

fn job(id: &str, next_run_ms: Option<i64>) -> StoredJob {
    StoredJob {
        id: id.to_owned(),
        definition: "{}".to_owned(),
        state: "new".to_owned(),
        enabled: true,
        next_run_ms,
        creator: None,
        revision: 1,
    }
}

fn run(id: &str, job: &str) -> NewRun {
    NewRun {
        run_id: id.to_owned(),
        job: job.to_owned(),
        due_at_ms: 100,
        started_at_ms: 100,
        owner: "me".to_owned(),
        lease_until_ms: 200,
    }
}

fn claim_of(run: NewRun, revision: i64) -> Claim {
    Claim {
        run,
        revision,
        state: "running".to_owned(),
        next_run_ms: Some(500),
    }
}

fn end(at_ms: i64) -> RunEnd {
    RunEnd {
        status: "ok".to_owned(),
        delivery_status: Some("delivered".to_owned()),
        record: "{\"summary\":\"Fine\"}".to_owned(),
        at_ms,
        text: None,
    }
}

async fn store(jobs: &[StoredJob]) -> SqliteStore {
    let store = SqliteStore::in_memory().unwrap();
    assert!(store.add_cron_jobs(jobs.to_vec()).await.unwrap());
    store
}

#[tokio::test]
async fn several_jobs_are_added_whole_or_not_at_all() {
    let store = store(&[job("a", None)]).await;
    let added = store.add_cron_jobs(vec![job("b", None), job("a", None)]);
    assert!(!added.await.unwrap());
    assert_eq!(store.cron_jobs().await.unwrap(), [job("a", None)]);
}

#[tokio::test]
async fn a_due_time_is_claimed_once() {
    let store = store(&[job("a", Some(100))]).await;
    let claimed = store
        .claim_cron_run(claim_of(run("r1", "a"), 1))
        .await
        .unwrap();
    assert_eq!(claimed, Claimed::Ours(2));
    let again = store
        .claim_cron_run(claim_of(run("r2", "a"), 2))
        .await
        .unwrap();
    assert_eq!(again, Claimed::Running);
    let gone = store
        .claim_cron_run(claim_of(run("r3", "x"), 1))
        .await
        .unwrap();
    assert_eq!(gone, Claimed::Gone);
    let after = JobAfterRun::Change {
        revision: 2,
        change: JobChange::default(),
    };
    let finished = store
        .finish_cron_run("r1", "me", end(150), after)
        .await
        .unwrap();
    assert_eq!(finished, Finished::Done);
    // Another process that looked before the claim comes too late.
    let late = store
        .claim_cron_run(claim_of(run("r4", "a"), 1))
        .await
        .unwrap();
    assert!(matches!(late, Claimed::Stale(job) if job.next_run_ms == Some(500)));
    assert_eq!(store.open_cron_runs().await.unwrap(), []);
}

#[tokio::test]
async fn an_edit_during_a_run_stays_and_the_end_is_asked_to_look_again() {
    let store = store(&[job("a", Some(100))]).await;
    let claimed = store
        .claim_cron_run(claim_of(run("r1", "a"), 1))
        .await
        .unwrap();
    assert_eq!(claimed, Claimed::Ours(2));
    let edit = JobChange {
        definition: Some("edited".to_owned()),
        ..JobChange::default()
    };
    assert_eq!(
        store.change_cron_job("a", 2, edit.clone()).await.unwrap(),
        JobChanged::Done(3)
    );
    assert!(matches!(
        store.change_cron_job("a", 2, edit).await.unwrap(),
        JobChanged::Stale(_)
    ));
    let after = |revision| JobAfterRun::Change {
        revision,
        change: JobChange {
            state: Some("ok".to_owned()),
            ..JobChange::default()
        },
    };
    let stale = store
        .finish_cron_run("r1", "me", end(150), after(2))
        .await
        .unwrap();
    assert!(matches!(stale, Finished::Stale(job) if job.revision == 3));
    assert_eq!(store.open_cron_runs().await.unwrap().len(), 1);
    let done = store
        .finish_cron_run("r1", "me", end(150), after(3))
        .await
        .unwrap();
    assert_eq!(done, Finished::Done);
    let job = store.cron_job("a").await.unwrap().unwrap();
    assert_eq!(
        (job.definition.as_str(), job.state.as_str()),
        ("edited", "ok")
    );
    assert_eq!((job.enabled, job.next_run_ms), (true, Some(500)));
}

#[tokio::test]
async fn a_run_belongs_to_one_process_and_delivers_once() {
    let store = store(&[job("a", Some(100))]).await;
    let claimed = store
        .claim_cron_run(claim_of(run("r1", "a"), 1))
        .await
        .unwrap();
    assert_eq!(claimed, Claimed::Ours(2));
    assert!(!store.renew_cron_run("r1", "other", 900).await.unwrap());
    assert!(
        !store
            .take_over_cron_run("r1", "other", 200, 900)
            .await
            .unwrap()
    );
    assert!(
        store
            .keep_cron_text("r1", "me", "hello".to_owned())
            .await
            .unwrap()
    );
    let open = store.open_cron_runs().await.unwrap();
    assert_eq!(
        (open[0].stage, open[0].text.as_deref()),
        (RunStage::Written, Some("hello"))
    );
    assert!(
        store
            .take_over_cron_run("r1", "other", 201, 900)
            .await
            .unwrap()
    );
    assert!(!store.begin_cron_delivery("r1", "me").await.unwrap());
    assert!(store.begin_cron_delivery("r1", "other").await.unwrap());
    assert!(!store.begin_cron_delivery("r1", "other").await.unwrap());
    let lost = store
        .finish_cron_run("r1", "me", end(150), JobAfterRun::Nothing)
        .await
        .unwrap();
    assert_eq!(lost, Finished::Lost);
    let after = JobAfterRun::Remove { revision: 2 };
    let done = store
        .finish_cron_run("r1", "other", end(150), after)
        .await
        .unwrap();
    assert_eq!(done, Finished::Done);
    assert_eq!(store.cron_jobs().await.unwrap(), []);
}

#[tokio::test]
async fn due_jobs_come_in_order_and_disabled_ones_do_not() {
    let mut off = job("off", Some(1));
    off.enabled = false;
    let store = store(&[
        job("b", Some(30)),
        job("a", Some(20)),
        off,
        job("never", None),
    ])
    .await;
    assert_eq!(store.next_cron_due().await.unwrap(), Some(20));
    let due = store.due_cron_jobs(30, 10).await.unwrap();
    assert_eq!(
        due.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(),
        ["a", "b"]
    );
    let page = JobPage {
        creator: None,
        disabled: false,
        offset: 1,
        limit: 1,
    };
    let (jobs, total) = store.cron_page(&page).await.unwrap();
    assert_eq!((jobs[0].id.as_str(), total), ("a", 3));
}

#[tokio::test]
async fn history_is_found_and_forgotten_by_number_and_age() {
    let store = store(&[job("a", None)]).await;
    let now = 10 * RUN_LIFE_MS;
    let kept = i64::from(KEPT_RUNS_PER_JOB);
    let mut runs: Vec<_> = (0..kept + 5)
        .map(|number| (run(&format!("r{number}"), "a"), end(number)))
        .collect();
    runs.push((run("old", "gone"), end(1)));
    runs.push((run("young", "gone"), end(now - RUN_LIFE_MS)));
    assert_eq!(
        store.add_cron_history(runs.clone()).await.unwrap(),
        runs.len()
    );
    assert_eq!(store.add_cron_history(runs).await.unwrap(), 0);
    assert_eq!(store.prune_cron_runs(now).await.unwrap(), 6);
    let filter = RunFilter {
        job: Some("a".to_owned()),
        text: Some("FINE".to_owned()),
        status: Some("ok".to_owned()),
        limit: 1,
        ..RunFilter::default()
    };
    let (found, total) = store.cron_runs(&filter).await.unwrap();
    assert_eq!(found[0].run_id, format!("r{}", kept + 4));
    assert_eq!(total, KEPT_RUNS_PER_JOB);
    let oldest = RunFilter {
        oldest_first: true,
        ..filter
    };
    assert_eq!(store.cron_runs(&oldest).await.unwrap().0[0].run_id, "r5");
    let of_removed = RunFilter {
        job: Some("gone".to_owned()),
        limit: 10,
        ..RunFilter::default()
    };
    assert_eq!(store.cron_runs(&of_removed).await.unwrap().1, 1);
}

#[tokio::test]
async fn values_have_names() {
    let store = SqliteStore::in_memory().unwrap();
    assert_eq!(store.cron_value("digest").await.unwrap(), None);
    store
        .set_cron_value("digest", "a".to_owned())
        .await
        .unwrap();
    store
        .set_cron_value("digest", "b".to_owned())
        .await
        .unwrap();
    assert_eq!(
        store.cron_value("digest").await.unwrap().as_deref(),
        Some("b")
    );
}

#[tokio::test]
async fn sessions_of_runs_are_forgotten_and_those_of_people_are_not() {
    let store = SqliteStore::in_memory().unwrap();
    let key = |scope| SessionKey {
        agent: "main".to_owned(),
        scope,
    };
    let run = |run: &str| {
        key(SessionScope::JobRun {
            job: "j".to_owned(),
            run: run.to_owned(),
        })
    };
    let (old, new) = (run("old"), run("new"));
    let named = key(SessionScope::Named("job-run".to_owned()));
    for (session, at_ms) in [(&old, 1), (&new, 10), (&named, 1)] {
        store
            .keep_acp_session(session, "p", "s", at_ms)
            .await
            .unwrap();
        let turn = HistoryTurn {
            message_id: "m".to_owned(),
            at_ms,
            tokens: 1,
            body: "[]".to_owned(),
        };
        store.keep_turn(session, turn).await.unwrap();
    }
    assert_eq!(store.prune_job_sessions(5).await.unwrap(), 2);
    for (session, kept) in [(&old, false), (&new, true), (&named, true)] {
        let known = store.acp_session(session, "p").await.unwrap();
        assert_eq!(known.is_some(), kept, "{session}");
        let said = store.history(session, 10).await.unwrap();
        assert_eq!(!said.is_empty(), kept, "{session}");
    }
}
