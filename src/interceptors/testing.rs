//! Stand-ins for tests of what lies round the servers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Answer, CategoryServers, Content, RemoteTool, Renewal, ToolCall, ToolError, ToolList};
use crate::identity::Identity;
use crate::ids::{AccountId, UserId};

/// Servers that answer as they were told and remember what they were asked.
#[derive(Debug, Default)]
pub(crate) struct FakeServers {
    script: Mutex<VecDeque<Result<Answer, ToolError>>>,
    calls: Mutex<Vec<ToolCall>>,
    renewals: Mutex<VecDeque<Renewal>>,
    list: Mutex<Option<Arc<ToolList>>>,
    delay: Mutex<Duration>,
}

impl FakeServers {
    /// Servers that answer `{"errcode":0,"errmsg":"ok"}` to everything.
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The next call that was told nothing yet is answered like this.
    pub(crate) fn answers(&self, answer: Result<Answer, ToolError>) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// The next call is answered with this business answer.
    pub(crate) fn says(&self, business: &Value) {
        self.answers(Ok(answer(business)));
    }

    /// The next renewal brings this; without one nothing has changed.
    pub(crate) fn renews(&self, renewal: Renewal) {
        self.renewals.lock().unwrap().push_back(renewal);
    }

    /// Every answer takes so long.
    pub(crate) fn takes(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    /// The list of every category, known without asking.
    pub(crate) fn lists(&self, tools: Vec<RemoteTool>) {
        *self.list.lock().unwrap() = Some(Arc::new(ToolList { tools, cut: false }));
    }

    /// What was called, in order, counted when it came in.
    pub(crate) fn calls(&self) -> Vec<ToolCall> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl CategoryServers for FakeServers {
    async fn call(&self, call: &ToolCall) -> Result<Answer, ToolError> {
        self.calls.lock().unwrap().push(call.clone());
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let told = self.script.lock().unwrap().pop_front();
        told.unwrap_or_else(|| Ok(answer(&json!({"errcode": 0, "errmsg": "ok"}))))
    }

    async fn list(
        &self,
        _identity: &Identity,
        _category: &str,
    ) -> Result<Arc<ToolList>, ToolError> {
        Ok(self.list.lock().unwrap().clone().unwrap_or_default())
    }

    fn known(&self, _identity: &Identity, _category: &str) -> Option<Arc<ToolList>> {
        self.list.lock().unwrap().clone()
    }

    async fn renew(&self, _account: &AccountId, _category: &str, _generation: u64) -> Renewal {
        let told = self.renewals.lock().unwrap().pop_front();
        told.unwrap_or(Renewal::Unchanged)
    }
}

/// An answer of one text item.
pub(crate) fn answer(business: &Value) -> Answer {
    let item = Content::text(business.to_string());
    Answer::new(AccountId::new("default"), 0, vec![item])
}

/// A method that a server lists.
pub(crate) fn remote(name: &str, input_schema: Option<Value>) -> RemoteTool {
    RemoteTool {
        name: name.to_owned(),
        description: format!("Does {name}.\nAt length."),
        input_schema,
    }
}

/// `zhangsan`, vouched for by the operator.
pub(crate) fn zhangsan() -> Arc<Identity> {
    let user = UserId::new("zhangsan");
    Arc::new(Identity::of_operator(AccountId::new("default"), Some(user)))
}

/// A call of `zhangsan`'s.
pub(crate) fn call(category: &str, method: &str, args: Value) -> ToolCall {
    let args: Map<String, Value> = match args {
        Value::Object(args) => args,
        other => panic!("arguments are an object, not {other}"),
    };
    ToolCall::new(zhangsan(), category, method, args)
}
