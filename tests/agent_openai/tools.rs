//! Tools that a model uses: those of a test, and those of the whole program.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use tokio::process::Command;
use wecom::agent::openclaw::link::Link;
use wecom::agent::{AgentTools, ToolAnswer, ToolSpec, ToolTurn};
use wecom::channel::Backends;
use wecom::sim::{Entry, EntryKind, Injection, SimOptions};

use crate::model::{Answer, Model, calls};
use crate::support::{BOT, House, OTHER, PATIENCE, group, simulator};
use crate::{ask, equipped, file};

/// A tool that notes for whom it was called, and with what.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<String>>);

#[async_trait]
impl AgentTools for Noted {
    fn list(&self, _: &ToolTurn) -> Vec<ToolSpec> {
        let spec = |name: &str| ToolSpec {
            name: name.to_owned(),
            description: "Looks something up.".to_owned(),
            parameters: json!({ "type": "object", "properties": { "what": { "type": "string" } } }),
        };
        vec![spec("look"), spec("destroy")]
    }

    fn instructions(&self, _: &ToolTurn) -> String {
        "There are tools.".to_owned()
    }

    async fn call(&self, turn: &ToolTurn, name: &str, arguments: Map<String, Value>) -> ToolAnswer {
        let who = turn.identity.requester().unwrap();
        let call = format!("{who} {name} {}", Value::Object(arguments));
        self.0.lock().unwrap().push(call);
        ToolAnswer::ok("found")
    }
}

async fn house(model: &Model, more: Value) -> (House, Arc<Noted>) {
    let tools = Arc::<Noted>::default();
    let backends = Backends::Equipped {
        tools: tools.clone(),
        mcp: None,
        openclaw: Link::default(),
    };
    (equipped(model, more, backends).await, tools)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_final_answer_takes_the_place_of_the_words_before_a_tool() {
    let model = Model::start().await;
    let (house, tools) = house(&model, json!({ "tools": { "deny": ["destr*"] } })).await;
    let wanted = [
        ("c1", "look", json!({ "what": "a" })),
        ("c2", "look", json!({ "what": "b" })),
        ("c3", "destroy", json!({})),
    ];
    model.answers(Answer::Stream(calls("Let me look.", &wanted)));
    model.says(&["It ", "is there."]);
    assert_eq!(ask(&house, "where is it?").await, "It is there.");
    let mut noted = tools.0.lock().unwrap().clone();
    noted.sort();
    assert_eq!(
        noted,
        [
            r#"zhangsan look {"what":"a"}"#,
            r#"zhangsan look {"what":"b"}"#
        ]
    );
    let asked = model.asked();
    assert!(asked[0].system().ends_with("There are tools."));
    let offered = asked[0].body["tools"].as_array().unwrap();
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0]["function"]["name"], "look");
    let messages = asked[1].body["messages"].as_array().unwrap();
    assert_eq!(
        messages[2]["tool_calls"][0]["function"]["arguments"],
        r#"{"what":"a"}"#
    );
    let answers: Vec<&Value> = messages[3..].iter().map(|it| &it["tool_call_id"]).collect();
    assert_eq!(answers, ["c1", "c2", "c3"]);
    assert!(
        messages[5]["content"]
            .as_str()
            .unwrap()
            .contains("no tool `destroy`")
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_ends_with_an_answer() {
    let model = Model::start().await;
    let (house, tools) = house(&model, json!({ "maxToolRounds": 5 })).await;
    for number in 0..5 {
        let wanted = [(format!("c{number}"), "look", json!({ "what": "x" }))];
        let wanted = wanted
            .each_ref()
            .map(|(id, name, args)| (id.as_str(), *name, args.clone()));
        model.answers(Answer::Stream(calls("", &wanted)));
    }
    model.says(&["I can't find it."]);
    assert_eq!(ask(&house, "find it").await, "I can't find it.");
    assert_eq!(
        tools.0.lock().unwrap().len(),
        3,
        "the same call runs three times"
    );
    let asked = model.asked();
    assert_eq!(asked.len(), 6);
    assert!(asked[4].body.get("tools").is_some());
    assert!(asked[5].body.get("tools").is_none());
    let last = asked[5].talk().pop().unwrap();
    assert!(last.1.contains("Answer now"), "{last:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_of_the_program_acts_for_the_one_who_wrote() {
    let sim = simulator(SimOptions::default()).await;
    let model = Model::start().await;
    let home = tempfile::tempdir().unwrap();
    let mut settings = file(&sim.bot_url(), &model, &json!({}));
    settings["gateway"] = json!({ "port": 0 });
    std::fs::write(home.path().join("wecom.json"), settings.to_string()).unwrap();
    let log = std::fs::File::create(home.path().join("log")).unwrap();
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_wecom"))
        .arg("run")
        .env_clear()
        .env("WECOM_HOME", home.path())
        .stdin(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let said = || std::fs::read_to_string(home.path().join("log")).unwrap();
    sim.wait_subscribed(&BOT.into(), PATIENCE)
        .await
        .unwrap_or_else(|error| panic!("{error:?}: {}", said()));
    let todos = json!({ "action": "call", "category": "todo", "method": "get_todo_list",
        "args": { "follower_id": "@me" } });
    model.answers(Answer::Stream(calls("", &[("c1", "wecom_mcp", todos)])));
    model.says(&["Nothing to do."]);
    let mut injection = Injection::text(BOT, OTHER, "@Helper what is to be done?");
    injection.group = Some(crate::support::GROUP.into());
    let asked = sim.inject(injection).unwrap();
    let answers = |entry: &Entry| {
        entry.kind == EntryKind::Stream
            && entry.finished
            && entry.req_id.as_ref() == Some(&asked.req_id)
    };
    let answer = sim.wait_for(&group(), PATIENCE, answers).await;
    let answer = answer.unwrap_or_else(|error| panic!("{error:?}: {}", said()));
    assert_eq!(answer.text(), "Nothing to do.");
    let found = model.last().talk().pop().unwrap();
    assert_eq!(found.0, "tool");
    assert!(
        found.1.contains("\"ok\": true") || found.1.contains("\"ok\":true"),
        "{found:?}"
    );
    let mut calls = sim.mcp_calls();
    calls.retain(|call| call.method.as_deref() == Some("get_todo_list"));
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].member.as_deref(), Some(OTHER));
    assert!(calls[0].is_named);
    let names = model.asked()[0].body["tools"].as_array().unwrap().len();
    assert!(names >= 1 && model.asked()[0].system().contains("wecom"));
    daemon.kill().await.unwrap();
}
