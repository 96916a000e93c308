//! The tool as it is announced.

use std::sync::LazyLock;

use serde_json::{Value, json};

/// A tool as a client sees it, whatever serves it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDefinition {
    /// Name, the same for ever: skills call it by this name.
    pub name: &'static str,
    /// A short label for people.
    pub title: &'static str,
    /// What a model reads.
    pub description: &'static str,
    /// JSON Schema of the arguments, root an object.
    pub input_schema: Value,
    /// JSON Schema of the structured answer, of successes and failures alike.
    pub output_schema: Value,
    /// Hints for the client.
    pub annotations: ToolAnnotations,
}

/// MCP's hints about a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol's own hints")]
pub struct ToolAnnotations {
    /// It only reads.
    pub read_only: bool,
    /// It may change or remove something that exists.
    pub destructive: bool,
    /// Repeating the same call changes nothing more.
    pub idempotent: bool,
    /// It reaches beyond this program.
    pub open_world: bool,
}

/// `wecom_mcp`.
///
/// Its schemas keep to what every known model vendor takes: no type lists, no bounds, no
/// `additionalProperties`. The input schema asks for an object in `args`, and yet a string
/// is taken as well: many models send one, so nothing may check the arguments against this
/// schema before [`super::Tools::run`] has seen them.
pub fn definition() -> &'static ToolDefinition {
    &DEFINITION
}

static DEFINITION: LazyLock<ToolDefinition> = LazyLock::new(|| ToolDefinition {
    name: "wecom_mcp",
    title: "企业微信 MCP 工具",
    description: DESCRIPTION,
    input_schema: input_schema(),
    output_schema: output_schema(),
    annotations: ToolAnnotations {
        read_only: false,
        destructive: true,
        idempotent: false,
        open_world: true,
    },
});

const DESCRIPTION: &str = "\
Reaches the MCP servers of WeCom (企业微信) directly: one server per category (contact, doc, \
meeting, msg, schedule, todo, and others).

Two actions:
- list: the methods of a category, with the schema of their arguments. `method` (a name, or a \
prefix ending in *) narrows it down; `detail` \"names\" leaves the schemas out.
- call: runs one method with `args`.

Skills write calls as
  wecom_mcp list <category>
  wecom_mcp call <category> <method> '<json object>'
which is short for the fields of this tool, not a shell command. Examples:
- `wecom_mcp list contact` is {\"action\": \"list\", \"category\": \"contact\"}
- `wecom_mcp call todo get_todo_detail '{\"todo_id_list\": [\"td_1\"]}'` is {\"action\": \"call\", \
\"category\": \"todo\", \"method\": \"get_todo_detail\", \"args\": {\"todo_id_list\": [\"td_1\"]}}

The answer has `ok`. When it is true, `data` holds the method's answer; when it is false, `error` \
says what went wrong and `error.next` what to do. It acts for the member who is talking; write \
@me where a method wants that member's user id.";

fn input_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "action": {
                "type": "string",
                "enum": ["list", "call"],
                "description": "list the methods of a category, or call one"
            },
            "category": {
                "type": "string",
                "description": "Category, e.g. contact, doc, meeting, msg, schedule, todo"
            },
            "method": {
                "type": "string",
                "description": "call: the method's name. list: only the method of that name, or \
                                a prefix ending in *"
            },
            "args": {
                "type": "object",
                "description": "call: arguments of the method; a string that holds the JSON \
                                object is accepted as well. Default {}"
            },
            "detail": {
                "type": "string",
                "enum": ["full", "names"],
                "description": "list: full (default) or names only"
            },
            "raw_schema": {
                "type": "boolean",
                "description": "list: schemas exactly as the server sent them. Default false"
            }
        },
        "required": ["action", "category"]
    })
}

fn output_schema() -> Value {
    let text = || json!({"type": "string"});
    let texts = |description: &str| json!({"type": "array", "items": {"type": "string"}, "description": description});
    let described =
        |kind: &str, description: &str| json!({"type": kind, "description": description});
    json!({
        "type": "object",
        "properties": {
            "ok": described("boolean", "Whether it succeeded"),
            "account": described("string", "The account that acted"),
            "category": text(),
            "method": text(),
            "data": described("object", "The method's answer"),
            "content": {
                "type": "array",
                "items": {"type": "object"},
                "description": "An answer that is not one JSON object, as MCP content items"
            },
            "count": described("integer", "How many methods are listed"),
            "tools": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": text(),
                        "description": text(),
                        "inputSchema": {"type": "object"}
                    }
                }
            },
            "warnings": texts("What is doubtful about the arguments"),
            "notes": texts("What else to know"),
            "error": {
                "type": "object",
                "properties": {
                    "kind": text(),
                    "message": text(),
                    "errcode": described("integer", "WeCom's code"),
                    "reason": text(),
                    "retryable": described("boolean", "Whether the same call may be made again"),
                    "retry_after_s": {"type": "integer"},
                    "maybe_executed": described("boolean", "It may have taken effect"),
                    "next": described("string", "What to do"),
                    "help": {
                        "type": "object",
                        "properties": {"url": text(), "text": text()}
                    },
                    "violations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"path": text(), "rule": text(), "hint": text()}
                        }
                    },
                    "expected": {"type": "object"},
                    "data": {"type": "object"},
                    "size": {"type": "integer"},
                    "limit": {"type": "integer"},
                    "auth_card": text()
                }
            }
        },
        "required": ["ok"]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::schema::clean;

    #[test]
    fn its_schemas_are_in_the_subset_that_every_vendor_takes() {
        let tool = definition();
        assert_eq!(clean(&tool.input_schema), tool.input_schema);
        assert_eq!(clean(&tool.output_schema), tool.output_schema);
    }

    #[test]
    fn the_description_shows_the_notation() {
        for said in [
            "wecom_mcp list <category>",
            "wecom_mcp call todo",
            "list:",
            "call:",
        ] {
            assert!(definition().description.contains(said), "{said}");
        }
    }
}
