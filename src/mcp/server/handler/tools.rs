//! The tools: which there are, and one call.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{
    Annotations, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject,
    Role, Tool, ToolAnnotations,
};
use serde_json::{Value, json};

use super::ask::Asker;
use super::{Context, Server, ServerParts, expanded, log, progress, skill_tool};
use crate::mcp::credentials::Credential;
use crate::mcp::tool::{self, CallContext, ToolReply};

/// The tools that a credential is shown, always in the same order.
pub(super) fn all(parts: &ServerParts, credential: &Credential) -> Vec<Tool> {
    let config = parts.config.get();
    let mut tools = vec![main_tool()];
    if config.mcp_server.skill_tool {
        tools.push(skill_tool::definition(&parts.skills.get()));
    }
    tools.extend(expanded::tools(
        &config.mcp_server.expand,
        credential.scope(),
    ));
    tools
}

/// The tool of that name, whoever asks.
pub(super) fn by_name(parts: &ServerParts, name: &str) -> Option<Tool> {
    let config = parts.config.get();
    if name == tool::definition().name {
        Some(main_tool())
    } else if name == skill_tool::NAME && config.mcp_server.skill_tool {
        Some(skill_tool::definition(&parts.skills.get()))
    } else {
        expanded::by_name(&config.mcp_server.expand, name).map(expanded::tool)
    }
}

fn main_tool() -> Tool {
    let definition = tool::definition();
    let hints = definition.annotations;
    let annotations = ToolAnnotations::with_title(definition.title)
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    Tool::new(
        definition.name,
        definition.description,
        object(&definition.input_schema),
    )
    .with_title(definition.title)
    .with_raw_output_schema(output_schema())
    .with_annotations(annotations)
}

/// The schema of every answer that comes from the tool.
pub(super) fn output_schema() -> Arc<JsonObject> {
    Arc::new(object(&tool::definition().output_schema))
}

pub(super) fn object(schema: &Value) -> JsonObject {
    schema.as_object().cloned().unwrap_or_default()
}

/// One call of any of them.
///
/// # Errors
/// There is no tool of that name, or the request is malformed. What is wrong with a tool's
/// arguments is a result, so that the model can put it right.
pub(super) async fn call(
    server: &Server,
    request: CallToolRequestParams,
    context: Context,
) -> Result<CallToolResponse, ErrorData> {
    let credential = server.credential(&context.extensions)?;
    let parts = server.given();
    let name = request.name.as_ref();
    let arguments = request.arguments.clone().unwrap_or_default();
    let config = parts.config.get();
    if name == skill_tool::NAME && config.mcp_server.skill_tool {
        return Ok(skill_tool::call(&parts.skills.get(), &arguments).into());
    }
    let arguments = if name == tool::definition().name {
        arguments
    } else if let Some(method) = expanded::by_name(&config.mcp_server.expand, name) {
        expanded::as_call(method, arguments)
    } else {
        return Err(ErrorData::invalid_params(
            format!("there is no tool `{name}`"),
            Some(json!({ "name": name })),
        ));
    };
    let asker = Asker::new(
        &server.parts.states,
        &credential,
        &request,
        &arguments,
        &context,
    )?;
    let (steps, progress) = progress::channel();
    let call = parts.runner.run(
        arguments,
        CallContext {
            identity: credential.identity().clone(),
            delivery: credential.delivery(),
            files: credential.files().clone(),
            progress,
            scope: credential.scope().clone(),
            confirm: asker.confirm(),
            raw: false,
        },
    );
    let reply = tokio::select! {
        // The client gave up. No answer is sent; dropping the call cancels it.
        () = context.ct.cancelled() => {
            return Err(ErrorData::internal_error("cancelled", None));
        }
        reply = progress::reported(call, steps, &context) => reply,
    };
    if let Some(question) = asker.into_question() {
        return Ok(question.into());
    }
    let level = *server.level();
    log::tell(&reply, level, &context).await;
    Ok(result(&reply).into())
}

/// The reply as MCP writes it: the structured answer, the same as text, further items.
fn result(reply: &ToolReply) -> CallToolResult {
    let audience = Annotations::default().with_audience(vec![Role::Assistant]);
    let text = rmcp::model::TextContent::new(reply.text()).with_annotations(audience);
    let mut content = vec![ContentBlock::Text(text)];
    content.extend(
        reply
            .items
            .iter()
            .filter_map(|item| serde_json::from_value(item.to_value()).ok()),
    );
    let mut result = if reply.is_error {
        CallToolResult::error(content)
    } else {
        CallToolResult::success(content)
    };
    result.structured_content = Some(Value::Object(reply.structured.clone()));
    result
}

#[cfg(test)]
pub(super) mod tests;
