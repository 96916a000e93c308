//! What is due is done, and its result arrives, once.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::agent::{Agent, AgentEvent};
use wecom::channel::{Backends, Prepared, Runtime, Surroundings};
use wecom::clock::{Clock, SystemClock};
use wecom::config::Config;
use wecom::cron::desk::Desk;
use wecom::cron::job::Job;
use wecom::cron::normalise::read_job;
use wecom::cron::scheduler::{Scheduler, SchedulerParts, Started};
use wecom::sim::{Entry, EntryKind, Injection, Sim, SimOptions};
use wecom::store::{Claim, Claimed, NewRun, RunFilter, Store};
use wecom::task;

use crate::support::agents::{Scripted, Stuck, played};
use crate::support::{
    BOT, PATIENCE, USER, configuration, direct, eventually, open_store, settings, simulator,
};

/// A runtime whose jobs run.
struct House {
    sim: Sim,
    runtime: Runtime,
    desk: Desk,
    scheduler: Arc<Scheduler>,
    store: Arc<dyn Store>,
    stop: CancellationToken,
    running: TaskTracker,
    _home: tempfile::TempDir,
}

impl House {
    async fn open(agent: impl Agent + 'static) -> Self {
        Self::with(agent, |_| {}, |_| {}).await
    }

    /// `before` sees the store before anything runs.
    async fn with(
        agent: impl Agent + 'static,
        adjust: impl FnOnce(&mut Config),
        before: impl FnOnce(Arc<dyn Store>),
    ) -> Self {
        let sim = simulator(SimOptions::default()).await;
        let home = tempfile::tempdir().unwrap();
        // The bot may write to whoever wrote to it once; here nobody is answered.
        let closed = json!({"dmPolicy": "disabled"});
        let mut config = configuration(&home, &settings(&sim.bot_url(), &closed));
        config.cron.startup_agent_delay = std::time::Duration::ZERO;
        adjust(&mut config);
        let store = open_store(&home.path().join("state.db"));
        before(store.clone());
        let clock = SystemClock::shared();
        let surroundings = Surroundings::new(&config, store.clone(), clock.clone());
        let live = surroundings.config.clone();
        let media = surroundings.media.clone();
        let prepared = Prepared::new(surroundings).await.unwrap();
        let desk = Desk::new(store.clone(), live.clone(), clock.clone());
        let scheduler = Scheduler::new(SchedulerParts {
            store: store.clone(),
            config: live,
            clock,
            agents: prepared.agents(),
            planner: prepared.planner(),
            media,
            changes: desk.changes(),
        });
        let runtime = prepared.start(Backends::Only(Arc::new(agent))).await;
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        sim.inject(Injection::text(BOT, USER, "hi")).unwrap();
        let stop = CancellationToken::new();
        let running = TaskTracker::new();
        task::spawn(&running, "jobs", scheduler.clone().run(stop.clone()));
        running.close();
        Self {
            sim,
            runtime,
            desk,
            scheduler,
            store,
            stop,
            running,
            _home: home,
        }
    }

    async fn add(&self, job: Value) -> Job {
        let fields: Map<String, Value> = job.as_object().unwrap().clone();
        let job = read_job(fields, now_ms()).unwrap();
        self.desk
            .add(job)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The records of a job's runs, oldest first, once there are so many.
    async fn runs(&self, job: &Job, count: usize) -> Vec<Value> {
        let filter = RunFilter {
            job: Some(job.id.as_str().to_owned()),
            oldest_first: true,
            limit: 100,
            ..RunFilter::default()
        };
        eventually("runs that are over", || async {
            let (runs, _) = self.store.cron_runs(&filter).await.unwrap();
            let records = runs
                .iter()
                .map(|run| serde_json::from_str(&run.record).unwrap());
            let records: Vec<Value> = records.collect();
            (records.len() >= count).then_some(records)
        })
        .await
    }

    fn messages(&self) -> Vec<String> {
        let entries = self.sim.transcript(&direct());
        let sent = entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Markdown);
        sent.map(|entry| entry.text().to_owned()).collect()
    }

    async fn message(&self) -> Entry {
        let is_message = |entry: &Entry| entry.kind == EntryKind::Markdown;
        self.sim
            .wait_for(&direct(), PATIENCE, is_message)
            .await
            .unwrap()
    }

    async fn close(self) {
        self.stop.cancel();
        self.running.wait().await;
        let now = CancellationToken::new();
        now.cancel();
        self.runtime.shutdown(std::time::Duration::ZERO, &now).await;
        assert_eq!(self.sim.violations(), []);
        self.sim.stop().await;
    }
}

fn now_ms() -> i64 {
    SystemClock.now_ms()
}

fn soon() -> Value {
    let at = jiff::Timestamp::from_millisecond(now_ms() + 300).unwrap();
    json!({"kind": "at", "at": at.to_string()})
}

fn job(schedule: &Value, payload: &Value) -> Value {
    json!({
        "name": "test", "schedule": schedule, "payload": payload, "sessionTarget": "isolated",
        "delivery": {"mode": "announce", "channel": "wecom", "to": format!("user:{USER}")},
    })
}

fn text(text: &str) -> Value {
    json!({"kind": "text", "text": text})
}

fn ask(message: &str) -> Value {
    json!({"kind": "agentTurn", "message": message})
}

fn says(words: &str) -> Scripted {
    Scripted(vec![AgentEvent::Text(words.to_owned()), AgentEvent::Done])
}

#[tokio::test]
async fn a_reminder_arrives_once_and_its_job_goes() {
    let house = House::open(says("?")).await;
    let made = house.add(job(&soon(), &text("⏰ 喝水"))).await;
    assert_eq!(house.message().await.text(), "⏰ 喝水");
    let runs = house.runs(&made, 1).await;
    assert_eq!(runs[0]["status"], "ok");
    assert_eq!(runs[0]["deliveryStatus"], "delivered");
    assert!(
        house.desk.all().await.unwrap().is_empty(),
        "it has done its duty"
    );
    assert_eq!(house.messages(), ["⏰ 喝水"]);
    house.close().await;
}

#[tokio::test]
async fn an_agent_is_asked_with_the_jobs_identity_and_its_answer_is_sent() {
    let (agent, turns) = played();
    let house = House::open(agent).await;
    let mut wanted = job(&soon(), &ask("Write the briefing."));
    wanted["runAs"] = USER.into();
    let made = house.add(wanted).await;
    let turn = turns.next().await;
    let asked = &turn.request;
    assert!(
        asked.text.starts_with(&format!("[cron:{} test]", made.id)),
        "{}",
        asked.text
    );
    assert!(
        asked.text.ends_with("\n\nWrite the briefing."),
        "{}",
        asked.text
    );
    assert!(asked.text.contains("user:zhangsan"), "{}", asked.text);
    assert_eq!(asked.identity.requester().unwrap().as_str(), USER);
    assert_eq!(asked.identity.chat(), None);
    turn.say("早报：三件事。");
    turn.done();
    assert_eq!(house.message().await.text(), "早报：三件事。");
    let runs = house.runs(&made, 1).await;
    assert_eq!(runs[0]["summary"], "早报：三件事。");
    house.close().await;
}

#[tokio::test]
async fn silence_is_kept_and_counts_as_done() {
    let house = House::open(says("NO_REPLY")).await;
    let made = house.add(job(&soon(), &ask("Anything?"))).await;
    let runs = house.runs(&made, 1).await;
    assert_eq!(runs[0]["status"], "ok");
    assert_eq!(runs[0]["deliveryStatus"], "not-delivered");
    assert!(house.desk.all().await.unwrap().is_empty());
    assert_eq!(house.messages(), Vec::<String>::new());
    house.close().await;
}

#[tokio::test]
async fn an_agent_that_hangs_is_ended_and_the_run_is_repeated_later() {
    let house = House::open(Stuck("thinking")).await;
    let payload = json!({"kind": "agentTurn", "message": "go", "timeoutSeconds": 1});
    let made = house.add(job(&soon(), &payload)).await;
    let runs = house.runs(&made, 1).await;
    assert_eq!(runs[0]["status"], "error");
    assert_eq!(runs[0]["errorReason"], "timeout");
    let kept = house.desk.find(made.id.as_str()).await.unwrap().job;
    assert!(kept.enabled);
    assert_eq!(kept.state.consecutive_errors, 1);
    let again = kept.state.next_run_at_ms.unwrap() - now_ms();
    assert!((20_000..=30_000).contains(&again), "{again}");
    assert_eq!(
        house.messages(),
        Vec::<String>::new(),
        "half an answer is not sent"
    );
    house.close().await;
}

#[tokio::test]
async fn a_job_never_overlaps_itself() {
    let (agent, turns) = played();
    let house = House::open(agent).await;
    let made = house
        .add(job(&json!({"kind": "every", "everyMs": 1_000}), &ask("go")))
        .await;
    let turn = turns.next().await;
    assert!(
        turns
            .none_for(std::time::Duration::from_millis(2_500))
            .await
    );
    turn.say("one");
    turn.done();
    let next = turns.next().await;
    next.say("two");
    next.done();
    eventually("both answers", || async {
        (house.messages() == ["one", "two"]).then_some(())
    })
    .await;
    let runs = house.runs(&made, 3).await;
    let statuses: Vec<&str> = runs
        .iter()
        .map(|run| run["status"].as_str().unwrap())
        .collect();
    assert!(statuses.contains(&"skipped"), "{statuses:?}");
    house.close().await;
}

#[tokio::test]
async fn a_run_by_hand_leaves_the_grid() {
    let house = House::open(says("now")).await;
    let hourly = json!({"kind": "every", "everyMs": 3_600_000});
    let made = house.add(job(&hourly, &ask("go"))).await;
    let due = made.state.next_run_at_ms;
    let started = house.scheduler.run_now(made.id.as_str()).await.unwrap();
    assert!(matches!(started, Started::Running(_)), "{started:?}");
    assert_eq!(house.message().await.text(), "now");
    house.runs(&made, 1).await;
    let kept = house.desk.find(made.id.as_str()).await.unwrap().job;
    assert_eq!(kept.state.next_run_at_ms, due);
    let unknown = house.scheduler.run_now("nothing").await.unwrap();
    assert_eq!(unknown, Started::Unknown);
    house.close().await;
}

/// A run that a process left open in the midst of its delivery, or before it.
async fn abandoned(delivering: bool) -> (Vec<Value>, Vec<String>, Option<Job>) {
    let house = House::open(says("again")).await;
    let far = json!({"kind": "at", "at": "2099-01-01T00:00:00Z"});
    let made = house.add(job(&far, &text("only once"))).await;
    // As a dead process left it: claimed by somebody else, whose lease is over in the end.
    let seen = house.desk.find(made.id.as_str()).await.unwrap();
    let claim = Claim {
        run: NewRun {
            run_id: "r-dead".to_owned(),
            job: made.id.as_str().to_owned(),
            due_at_ms: now_ms() - 120_000,
            started_at_ms: now_ms() - 120_000,
            owner: "dead".to_owned(),
            lease_until_ms: now_ms() + 60_000,
        },
        revision: seen.revision,
        state: serde_json::to_string(&seen.job.state).unwrap(),
        next_run_ms: None,
    };
    let claimed = house.store.claim_cron_run(claim).await.unwrap();
    assert!(matches!(claimed, Claimed::Ours(_)), "{claimed:?}");
    let parcel = json!({"text": "only once", "media": []}).to_string();
    assert!(
        house
            .store
            .keep_cron_text("r-dead", "dead", parcel)
            .await
            .unwrap()
    );
    if delivering {
        assert!(
            house
                .store
                .begin_cron_delivery("r-dead", "dead")
                .await
                .unwrap()
        );
    }
    let lease_ends = house
        .store
        .take_over_cron_run("r-dead", "dead", i64::MAX, now_ms() - 60_000);
    assert!(lease_ends.await.unwrap());
    house.desk.changes().wake();
    let runs = house.runs(&made, 1).await;
    let job = house
        .desk
        .find(made.id.as_str())
        .await
        .ok()
        .map(|seen| seen.job);
    let messages = house.messages();
    house.close().await;
    (runs, messages, job)
}

#[tokio::test]
async fn what_may_have_been_sent_is_not_sent_again() {
    let (runs, messages, job) = abandoned(true).await;
    assert_eq!(runs[0]["completionStatus"], "unknown");
    assert_eq!(runs[0]["deliveryStatus"], "unknown");
    assert_eq!(messages, Vec::<String>::new());
    let job = job.expect("it stays visible");
    assert!(!job.enabled);
}

#[tokio::test]
async fn what_was_certainly_not_sent_is_sent_later_without_asking_again() {
    let (runs, messages, job) = abandoned(false).await;
    assert_eq!(runs[0]["status"], "error");
    assert_eq!(runs[0]["errorReason"], "interrupted");
    assert_eq!(messages, Vec::<String>::new());
    let job = job.unwrap();
    assert!(job.enabled && job.state.next_run_at_ms.is_some());
    assert_eq!(job.state.extra["pendingDeliveryRunId"], "r-dead");
}
