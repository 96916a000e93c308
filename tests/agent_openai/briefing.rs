//! The sentence of the README: somebody says in a chat that something shall be done on every
//! weekday, and the whole company gets it.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::{Child, Command};
use wecom::sim::{Entry, EntryKind, Injection, SeedApp, Sim, SimOptions};

use crate::file;
use crate::model::{Answer, Model, calls};
use crate::support::{BOT, PATIENCE, USER, direct, eventually, simulator};

const CORP: &str = "ww_briefing";
const APP: u64 = 1_000_002;
const APP_SECRET: &str = "canary-briefing-secret";
const WANTED: &str = "每个工作日早上 9 点给全公司发一份早报";
const BRIEFING: &str = "早报：今天三件事。";

/// A company of two, its bot and its app, and the program with a model.
struct Company {
    sim: Sim,
    model: Model,
    home: tempfile::TempDir,
    _daemon: Child,
}

impl Company {
    /// `owners` may have jobs send to anybody.
    async fn open(owners: &[&str]) -> Self {
        let sim = simulator(SimOptions::default()).await;
        let apps = sim.apps();
        apps.add(SeedApp::new(CORP, APP, APP_SECRET)).unwrap();
        apps.set_party(1, "全公司", &[USER.into(), "lina".into()]);
        let model = Model::start().await;
        let home = tempfile::tempdir().unwrap();
        let mut settings = file(&sim.bot_url(), &model, &json!({}));
        let channel = &mut settings["channels"]["wecom"];
        channel["agent"] = json!({ "corpId": CORP, "corpSecret": APP_SECRET, "agentId": APP });
        channel["network"] = json!({ "apiBaseUrl": sim.api_url() });
        settings["commands"] = json!({ "ownerAllowFrom": owners });
        settings["cron"] = json!({ "chatTargets": "owners", "defaultTimeZone": "Asia/Shanghai" });
        settings["gateway"] = json!({ "port": 0 });
        std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
        let daemon = wecom(home.path()).arg("run").spawn().unwrap();
        sim.wait_subscribed(&BOT.into(), PATIENCE).await.unwrap();
        Self {
            sim,
            model,
            home,
            _daemon: daemon,
        }
    }

    /// What is answered in the chat to what somebody says.
    async fn say(&self, text: &str) -> String {
        let asked = self.sim.inject(Injection::text(BOT, USER, text)).unwrap();
        let answers = |entry: &Entry| {
            entry.kind == EntryKind::Stream
                && entry.finished
                && entry.req_id.as_ref() == Some(&asked.req_id)
        };
        let answer = self.sim.wait_for(&direct(), PATIENCE, answers).await;
        answer.unwrap().text().to_owned()
    }

    async fn cron(&self, words: &[&str]) -> Output {
        let mut command = wecom(self.home.path());
        let output = command.arg("cron").args(words).stdout(Stdio::piped());
        output.output().await.unwrap()
    }

    async fn jobs(&self) -> Vec<Value> {
        let listed = self.cron(&["list", "--all", "--json"]).await;
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        listed["jobs"].as_array().unwrap().clone()
    }

    /// The model makes of a sentence a job for everybody.
    fn understands(&self) {
        let job = json!({ "action": "add", "job": {
            "name": "daily briefing",
            "schedule": { "kind": "cron", "expr": "0 9 * * 1-5", "tz": "Asia/Shanghai" },
            "payload": { "kind": "agentTurn", "message": "Write the daily briefing." },
            "delivery": { "to": "party:1" },
        } });
        let add = calls("好的，", &[("c1", "wecom_cron", job)]);
        self.model.answers(Answer::Stream(add));
    }
}

fn wecom(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wecom"));
    command
        .env_clear()
        .env("WECOM_HOME", home)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_becomes_a_job_that_writes_to_the_whole_company() {
    let owner = format!("wecom:{USER}");
    let company = Company::open(&[&owner]).await;
    company.understands();
    company.model.says(&["已设好：", "工作日 9:00 发早报。"]);
    assert_eq!(company.say(WANTED).await, "已设好：工作日 9:00 发早报。");

    let jobs = company.jobs().await;
    assert_eq!(jobs.len(), 1);
    let job = &jobs[0];
    assert_eq!(job["schedule"]["expr"], "0 9 * * 1-5");
    assert_eq!(job["delivery"]["to"], "party:1");
    assert_eq!(job["owner"]["userId"], USER, "{job}");
    let next = job["state"]["nextRunAtMs"].as_i64().unwrap();
    let next = jiff::Timestamp::from_millisecond(next).unwrap();
    let next = next.in_tz("Asia/Shanghai").unwrap();
    assert_eq!((next.hour(), next.minute()), (9, 0));
    assert!(next.weekday().to_monday_zero_offset() < 5, "{next}");

    company.model.says(&[BRIEFING]);
    let run = company.cron(&["run", "daily briefing", "--wait"]).await;
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stdout)
    );
    let prompt = company.model.last().talk().pop().unwrap().1;
    assert!(prompt.ends_with("Write the daily briefing."), "{prompt}");
    let sent = eventually("a message of the app", || async {
        company.sim.apps().messages().pop()
    })
    .await;
    assert_eq!(sent.toparty, "1");
    assert_eq!(sent.members.len(), 2);
    assert!(sent.body.to_string().contains(BRIEFING), "{:?}", sent.body);
    assert_eq!(company.sim.apps().messages().len(), 1, "once");
    assert_eq!(company.sim.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_owner_can_not_have_it_sent_to_everybody() {
    let company = Company::open(&["wecom:somebody-else"]).await;
    company.understands();
    company.model.says(&["这需要管理员开通。"]);
    assert_eq!(company.say(WANTED).await, "这需要管理员开通。");
    let (role, refused) = company.model.last().talk().pop().unwrap();
    assert_eq!(role, "tool");
    assert!(refused.contains("authorization"), "{refused}");
    assert_eq!(company.jobs().await, Vec::<Value>::new());
}
