//! One prompt for each skill, for clients whose people pick them by hand.

use rmcp::ErrorData;
use rmcp::model::{
    ContentBlock, GetPromptRequestParams, GetPromptResult, ListPromptsResult, Prompt,
    PromptArgument, PromptMessage, ResourceContents, Role,
};
use serde_json::{Value, json};

use crate::skills::{SKILL_FILE, Skill, Skills};

/// The one argument: what the person wants.
pub(super) const REQUEST: &str = "request";

pub(super) fn list(skills: &Skills) -> ListPromptsResult {
    ListPromptsResult::with_all_items(skills.iter().map(prompt).collect())
}

fn prompt(skill: &Skill) -> Prompt {
    let request = PromptArgument::new(REQUEST)
        .with_description("What you want to have done")
        .with_required(false);
    Prompt::new(skill.name(), Some(skill.description()), Some(vec![request]))
        .with_title(title(skill))
}

/// The name in words, unless the author wrote a title.
fn title(skill: &Skill) -> String {
    match skill.front_matter().get("title") {
        Some(Value::String(title)) => title.clone(),
        _ => skill.name().replace('-', " "),
    }
}

/// # Errors
/// There is no such skill.
pub(super) fn get(
    skills: &Skills,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let unknown = || {
        ErrorData::invalid_params(
            format!("there is no prompt `{}`", request.name),
            Some(json!({ "name": request.name })),
        )
    };
    let skill = skills.get(&request.name).ok_or_else(unknown)?;
    let file = skill.file(SKILL_FILE).ok_or_else(unknown)?;
    let text = file.text().ok_or_else(unknown)?;
    let resource = ResourceContents::text(text, skill.uri()).with_mime_type(file.mime());
    let wanted = request
        .arguments
        .as_ref()
        .and_then(|arguments| arguments.get(REQUEST))
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|wanted| !wanted.is_empty());
    let wanted = wanted.map_or_else(
        || {
            format!(
                "Use the skill {} above. First ask me what I want.",
                skill.name()
            )
        },
        str::to_owned,
    );
    Ok(GetPromptResult::new(vec![
        PromptMessage::new(Role::User, ContentBlock::resource(resource)),
        PromptMessage::new_text(Role::User, wanted),
    ])
    .with_description(skill.description()))
}
