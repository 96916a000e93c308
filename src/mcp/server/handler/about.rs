//! What the server says of itself.

use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};

use super::ServerParts;
use crate::mcp::credentials::Credential;

/// Name and capabilities.
pub(super) fn config(parts: &ServerParts) -> ServerConfig {
    let mut capabilities = ServerCapabilities::builder()
        .enable_completions()
        .enable_prompts()
        .enable_resources()
        .enable_tools()
        .build();
    let skills = rmcp::model::SkillsCapability::new().with_directory_read();
    if let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(skills) {
        capabilities
            .extensions
            .get_or_insert_default()
            .insert(rmcp::model::SKILLS_EXTENSION_ID.to_owned(), settings);
    }
    capabilities.logging = Some(rmcp::model::JsonObject::new());
    if parts.skills.can_change() {
        if let Some(prompts) = &mut capabilities.prompts {
            prompts.list_changed = Some(true);
        }
        if let Some(resources) = &mut capabilities.resources {
            resources.list_changed = Some(true);
        }
    }
    let program = Implementation::new("wecom", env!("CARGO_PKG_VERSION"))
        .with_title("WeCom (企业微信)")
        .with_description("WeCom's tools and skills for agents");
    ServerConfig::new(capabilities).with_server_info(program)
}

/// What a client tells its model about the server; at most 1,000 characters.
pub(super) fn instructions(parts: &ServerParts, credential: &Credential) -> String {
    let for_whom = match credential.identity().requester() {
        Some(user) => format!(
            "Calls act for the member `{user}`, who is bound to this connection; nothing in a call changes that."
        ),
        None => "Calls act for no member: what needs one is refused, and only the operator can \
                 bind a member to this connection."
            .to_owned(),
    };
    let or_tool = if parts.config.get().mcp_server.skill_tool {
        ", or the tool wecom_skill"
    } else {
        ""
    };
    format!(
        "Works in WeCom (企业微信): contacts, messages, todos, schedules, meetings, documents, \
         smart sheets. The tool wecom_mcp lists the methods of a category and calls them. For \
         each kind of task there is a skill that says how (resources skill://<name>/SKILL.md{or_tool}). \
         Read the skill that fits before the first call. {for_whom} An error with `retryable: \
         false` is final: follow its `next` and do not repeat the call."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::server::handler::tools::tests::{credential, parts};

    #[test]
    fn the_instructions_are_short_and_say_for_whom() {
        let longest = "x".repeat(64);
        for (user, said) in [
            (Some(longest.as_str()), longest.as_str()),
            (None, "for no member"),
        ] {
            let text = instructions(&parts(), &credential(user));
            assert!(text.chars().count() <= 1_000, "{}", text.chars().count());
            assert!(
                text.contains(said) && text.contains("wecom_skill"),
                "{text}"
            );
        }
    }
}
