//! What a request asks for, once it is let in.

use serde_json::{Map, Value, json};

use super::journal::McpKey;
use super::rpc::{self, Message, RpcError};
use super::switches::{McpSwitches, StaleKey};
use super::tools;
use crate::ids::BotId;
use crate::sim::company::{Answered, Refused};
use crate::sim::shared::Shared;

/// Who asks, and where.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The bot whose address it is.
    pub(super) bot: BotId,
    /// The category.
    pub(super) category: String,
    /// The member that the call acts for.
    pub(super) member: Option<String>,
    /// What kind of key the address has.
    pub(super) key: McpKey,
    /// How this server behaves.
    pub(super) switches: McpSwitches,
}

/// An answer, and whether a tool's method was carried out.
#[derive(Debug)]
pub(super) struct Done {
    /// The result or the error.
    pub(super) result: Result<Value, RpcError>,
    /// Whether a method of the company ran.
    pub(super) applied: bool,
}

/// Does what a request asks for.
pub(super) fn dispatch(shared: &Shared, caller: &Caller, message: &Message) -> Done {
    let method = message.method.as_deref().unwrap_or_default();
    let result = match method {
        "initialize" => Ok(initialize(caller)),
        "ping" => Ok(json!({})),
        "tools/list" => list(caller, &message.params),
        rpc::TOOLS_CALL => return call(shared, caller, message),
        _ => {
            let text = format!("Method not found: {method}");
            Err(RpcError::new(rpc::NO_METHOD, text))
        }
    };
    Done {
        result,
        applied: false,
    }
}

/// A business answer as the result of a tool.
pub(super) fn business(answered: Answered) -> Value {
    let mut answer = Map::new();
    let members = match answered {
        Ok(members) => {
            answer.insert("errcode".to_owned(), json!(0));
            answer.insert("errmsg".to_owned(), json!("ok"));
            members
        }
        Err(refused) => {
            answer.insert("errcode".to_owned(), json!(refused.errcode));
            answer.insert("errmsg".to_owned(), json!(refused.errmsg));
            let help = refused.help_message.map(Value::from);
            help.map(|help| ("help_message".to_owned(), help))
                .into_iter()
                .collect()
        }
    };
    answer.extend(members);
    rpc::text_result(&Value::Object(answer).to_string(), false)
}

fn initialize(caller: &Caller) -> Value {
    if caller.switches.empty_initialize {
        return json!({});
    }
    json!({
        "protocolVersion": caller.switches.protocol_version,
        "capabilities": { "tools": { "listChanged": false } },
        "serverInfo": {
            "name": format!("robot-{}", caller.category),
            "version": env!("CARGO_PKG_VERSION"),
        },
    })
}

/// The cursor of a page is the name of the tool before it.
fn list(caller: &Caller, params: &Map<String, Value>) -> Result<Value, RpcError> {
    let tools: Vec<_> = tools::offered(&caller.category, &caller.switches).collect();
    let begin = match params.get("cursor").and_then(Value::as_str) {
        None => 0,
        Some(cursor) => tools
            .iter()
            .position(|tool| tool.name() == cursor)
            .map(|at| at + 1)
            .ok_or_else(|| RpcError::new(rpc::INVALID_PARAMS, "invalid cursor"))?,
    };
    let size = caller.switches.page_size.unwrap_or(usize::MAX).max(1);
    let page: Vec<_> = tools.iter().skip(begin).take(size).collect();
    let entries: Vec<Value> = page.iter().map(|tool| tool.entry()).collect();
    let mut answer = json!({ "tools": entries });
    if begin + page.len() < tools.len()
        && let (Some(answer), Some(last)) = (answer.as_object_mut(), page.last())
    {
        answer.insert("nextCursor".to_owned(), json!(last.name()));
    }
    Ok(answer)
}

fn call(shared: &Shared, caller: &Caller, message: &Message) -> Done {
    let refused = |result| Done {
        result,
        applied: false,
    };
    let Some((name, args)) = message.tool() else {
        let text = "params.name: Field required";
        return refused(Err(RpcError::new(rpc::INVALID_PARAMS, text)));
    };
    if caller.key == McpKey::Stale
        && let StaleKey::Errcode(errcode) = caller.switches.stale_key
    {
        let text = "apikey is invalid or expired";
        return refused(Ok(business(Err(Refused::new(errcode, text)))));
    }
    let mut offered = tools::offered(&caller.category, &caller.switches);
    let Some(tool) = offered.find(|tool| tool.name() == name) else {
        let text = format!("Unknown tool: {name}");
        return refused(if caller.switches.unknown_tool_as_result {
            Ok(rpc::text_result(&text, true))
        } else {
            Err(RpcError::new(rpc::INVALID_PARAMS, text))
        });
    };
    let args = match tool.check(&args) {
        Ok(args) => args,
        Err(text) => return refused(Ok(rpc::text_result(&text, true))),
    };
    let answered = shared.call_company(
        &caller.bot,
        caller.member.as_deref(),
        &caller.category,
        name,
        &args,
    );
    Done {
        applied: answered.is_ok(),
        result: Ok(business(answered)),
    }
}
