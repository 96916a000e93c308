//! `wecom_skill`: skills for clients that know tools only.

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};

use super::tools::object;
use crate::skills::{Skills, tool};

/// Its name.
pub(super) const NAME: &str = tool::NAME;

/// The tool.
pub(super) fn definition(skills: &Skills) -> Tool {
    let annotations = ToolAnnotations::new().read_only(true).open_world(false);
    let schema = object(&tool::input_schema(skills));
    Tool::new(NAME, tool::description(skills), schema)
        .with_title(tool::TITLE)
        .with_annotations(annotations)
}

/// One use of it. What is wrong with the arguments is said in the result, for the model.
pub(super) fn call(skills: &Skills, arguments: &JsonObject) -> CallToolResult {
    let reply = tool::call(skills, arguments);
    let content = vec![ContentBlock::text(reply.text)];
    let mut result = if reply.is_error {
        CallToolResult::error(content)
    } else {
        CallToolResult::success(content)
    };
    result.structured_content = Some(reply.structured);
    result
}
