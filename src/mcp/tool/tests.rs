use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::identity::Identity;
use crate::ids::{AccountId, UserId};
use crate::interceptors::testing::{FakeServers, answer, remote, zhangsan};
use crate::interceptors::{Answer, Content, Interceptor, Next};

mod answers;
mod lists;
mod repeats;

fn tools_with(
    servers: &Arc<FakeServers>,
    interceptors: Vec<Arc<dyn Interceptor>>,
    confirm: McpConfirm,
) -> Tools {
    let mut config = Config::unconfigured("/nonexistent".as_ref());
    for account in config.accounts.values_mut() {
        account.mcp.confirm = confirm;
    }
    let config = LiveConfig::new(config);
    let pipeline = Pipeline::new(interceptors, servers.clone(), config.clone());
    Tools::new(pipeline, config, SystemClock::shared())
}

fn tools(servers: &Arc<FakeServers>) -> Tools {
    tools_with(servers, Vec::new(), McpConfirm::Off)
}

fn context() -> CallContext {
    CallContext::new(zhangsan())
}

fn call_of(category: &str, method: &str, args: Value) -> Map<String, Value> {
    Map::from_iter([
        ("action".to_owned(), "call".into()),
        ("category".to_owned(), category.into()),
        ("method".to_owned(), method.into()),
        ("args".to_owned(), args),
    ])
}

fn list_of(more: Value) -> Map<String, Value> {
    let mut arguments = Map::from_iter([
        ("action".to_owned(), "list".into()),
        ("category".to_owned(), "todo".into()),
    ]);
    if let Value::Object(more) = more {
        arguments.extend(more);
    }
    arguments
}

/// What every reply promises, whatever it says.
fn obeys_its_schema(reply: &ToolReply) {
    let schema = jsonschema::draft202012::new(&definition().output_schema).unwrap();
    let structured = Value::Object(reply.structured.clone());
    assert!(schema.is_valid(&structured), "{structured}");
    assert_eq!(reply.structured["ok"], json!(!reply.is_error));
    let again: Value = serde_json::from_str(&reply.text()).unwrap();
    assert_eq!(again, structured);
}
