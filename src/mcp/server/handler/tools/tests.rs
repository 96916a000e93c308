use std::path::Path;

use async_trait::async_trait;
use serde_json::Map;

use super::*;
use crate::config::{Config, LiveConfig};
use crate::files::FileGrant;
use crate::identity::Identity;
use crate::interceptors::{Content, ToolError};
use crate::mcp::server::{AccountSummary, ToolRunner};
use crate::skills::{LiveSkills, Skills};

/// Answers with its arguments.
#[derive(Debug)]
struct Echo;

#[async_trait]
impl ToolRunner for Echo {
    async fn run(&self, arguments: Map<String, Value>, _context: CallContext) -> ToolReply {
        ToolReply {
            structured: arguments,
            is_error: false,
            items: Vec::new(),
        }
    }

    async fn accounts(&self) -> Result<Vec<AccountSummary>, ToolError> {
        Ok(Vec::new())
    }
}

/// A server without anything special.
pub(in crate::mcp::server::handler) fn parts() -> ServerParts {
    ServerParts {
        runner: Arc::new(Echo),
        skills: LiveSkills::fixed(Skills::built_in()),
        media: None,
        config: LiveConfig::new(Config::unconfigured(Path::new("/nowhere"))),
    }
}

/// The operator's credential for a member.
pub(in crate::mcp::server::handler) fn credential(user: Option<&str>) -> Credential {
    let identity = Identity::of_operator("default".into(), user.map(Into::into));
    Credential::of_operator(identity, FileGrant::default())
}

fn names(parts: &ServerParts) -> Vec<String> {
    all(parts, &credential(None))
        .into_iter()
        .map(|tool| tool.name.into_owned())
        .collect()
}

#[test]
fn there_are_two_tools_unless_the_operator_wants_it_otherwise() {
    let parts = parts();
    assert_eq!(names(&parts), ["wecom_mcp", "wecom_skill"]);
    let mut config = (*parts.config.get()).clone();
    config.mcp_server.skill_tool = false;
    config.mcp_server.expand = vec!["todo".to_owned()];
    parts.config.replace(config);
    let names = names(&parts);
    assert_eq!(names[0], "wecom_mcp");
    assert!(names.contains(&"wecom_todo_get_todo_list".to_owned()));
    assert!(
        names[1..]
            .iter()
            .all(|name| name.starts_with("wecom_todo_"))
    );
    assert!(by_name(&parts, "wecom_skill").is_none());
    for name in &names {
        assert_eq!(by_name(&parts, name).unwrap().name, *name);
    }
}

#[test]
fn the_text_is_the_pretty_print_of_the_structured_answer() {
    let structured = json!({"ok": true, "b": [1, {"a": "引"}], "a": {}});
    let reply = ToolReply {
        structured: structured.as_object().unwrap().clone(),
        is_error: false,
        items: vec![Content::Other(object(&json!({
            "type": "resource_link", "uri": "wecom-media://default/x", "name": "x.png",
        })))],
    };
    let result = result(&reply);
    let text = &result.content[0].as_text().unwrap().text;
    assert_eq!(*text, serde_json::to_string_pretty(&structured).unwrap());
    assert_eq!(result.structured_content, Some(structured));
    let link = result.content[1].as_resource_link().unwrap();
    assert_eq!(link.uri, "wecom-media://default/x");
}
