use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::config::Config;
use crate::interceptors::testing::{FakeServers, call};

/// What was passed, in and out.
type Trace = Arc<Mutex<Vec<String>>>;

/// Writes down that it was passed.
#[derive(Debug)]
struct Passes {
    name: &'static str,
    renews: bool,
    nests: bool,
    always_on: bool,
    trace: Trace,
}

#[async_trait]
impl Interceptor for Passes {
    fn name(&self) -> &'static str {
        self.name
    }

    fn can_be_switched_off(&self) -> bool {
        !self.always_on
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        let note = |text: String| self.trace.lock().unwrap().push(text);
        note(format!("{} in", self.name));
        if self.nests {
            let nested = call.nested("upload_doc_file", call.args.clone(), Duration::from_secs(1));
            next.run_nested(nested).await?;
        }
        let mut result = next.run(call.clone()).await;
        if self.renews && self.renewal(&call, next).await == Renewal::Changed {
            result = next.run(call).await;
        }
        note(format!("{} out", self.name));
        result
    }
}

impl Passes {
    async fn renewal(&self, call: &ToolCall, next: Next<'_>) -> Renewal {
        let account = call.identity().account();
        next.servers().renew(account, &call.category, 0).await
    }
}

fn passes(name: &'static str, trace: &Trace) -> Passes {
    Passes {
        name,
        renews: false,
        nests: false,
        always_on: false,
        trace: trace.clone(),
    }
}

fn pipeline(list: Vec<Passes>, servers: &Arc<FakeServers>, off: &[&str]) -> Pipeline {
    let mut config = Config::unconfigured("/nonexistent".as_ref());
    for account in config.accounts.values_mut() {
        account.mcp.disabled_interceptors = off.iter().map(|name| (*name).to_owned()).collect();
    }
    let list = list
        .into_iter()
        .map(|one| Arc::new(one) as Arc<dyn Interceptor>)
        .collect();
    Pipeline::new(list, servers.clone(), LiveConfig::new(config))
}

async fn run(pipeline: &Pipeline) -> Result<Answer, ToolError> {
    pipeline.call(call("doc", "create_doc", json!({}))).await
}

#[tokio::test]
async fn a_call_goes_in_by_the_list_and_its_answer_out_by_its_reverse() {
    let (trace, servers) = (Trace::default(), FakeServers::new());
    let list = ["a", "b", "c"].map(|name| passes(name, &trace)).into();
    let pipeline = pipeline(list, &servers, &[]);
    assert_eq!(pipeline.names(), ["a", "b", "c"]);
    run(&pipeline).await.unwrap();
    assert_eq!(
        *trace.lock().unwrap(),
        ["a in", "b in", "c in", "c out", "b out", "a out"]
    );
    assert_eq!(servers.calls().len(), 1);
}

#[tokio::test]
async fn one_that_is_switched_off_is_passed_by_unless_it_stays_on() {
    let (trace, servers) = (Trace::default(), FakeServers::new());
    let stays = Passes {
        always_on: true,
        ..passes("b", &trace)
    };
    let list = vec![passes("a", &trace), stays, passes("c", &trace)];
    let pipeline = pipeline(list, &servers, &["a", "b", "nobody"]);
    run(&pipeline).await.unwrap();
    assert_eq!(*trace.lock().unwrap(), ["b in", "c in", "c out", "b out"]);
}

#[tokio::test]
async fn the_rest_can_be_run_again_once_the_address_has_changed() {
    let (trace, servers) = (Trace::default(), FakeServers::new());
    let twice = Passes {
        renews: true,
        ..passes("a", &trace)
    };
    servers.says(&json!({"errcode": 850_001}));
    servers.renews(Renewal::Changed);
    let pipeline = pipeline(vec![twice, passes("b", &trace)], &servers, &[]);
    let answer = run(&pipeline).await.unwrap();
    assert_eq!(answer.head().unwrap().errcode, 0);
    assert_eq!(
        *trace.lock().unwrap(),
        ["a in", "b in", "b out", "b in", "b out", "a out"]
    );
}

#[tokio::test]
async fn a_nested_call_passes_the_innermost_only_as_the_same_member() {
    let (trace, servers) = (Trace::default(), FakeServers::new());
    let nests = Passes {
        nests: true,
        ..passes("a", &trace)
    };
    let list = vec![nests, passes("b", &trace), passes("c", &trace)];
    let pipeline = pipeline(list, &servers, &[]);
    run(&pipeline).await.unwrap();
    assert_eq!(
        *trace.lock().unwrap(),
        [
            "a in", "c in", "c out", "b in", "c in", "c out", "b out", "a out"
        ]
    );
    let calls = servers.calls();
    let methods: Vec<&str> = calls.iter().map(|call| call.method.as_str()).collect();
    assert_eq!(methods, ["upload_doc_file", "create_doc"]);
    assert_eq!(calls[0].identity(), calls[1].identity());
    assert_eq!(calls[0].caller(), crate::interceptors::Caller::Interceptor);
}

#[tokio::test]
async fn without_interceptors_the_servers_are_called() {
    let servers = FakeServers::new();
    assert!(run(&pipeline(Vec::new(), &servers, &[])).await.is_ok());
}
