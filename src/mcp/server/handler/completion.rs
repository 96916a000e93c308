//! Completion: names of skills, files, categories and methods. Never people, chats or
//! documents.

use std::collections::HashMap;

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use super::ServerParts;
use super::resources::{METHOD_TEMPLATE, SKILL_TEMPLATE};
use crate::catalogue;
use crate::mcp::credentials::Credential;
use crate::skills::{Skill, SkillFile};

/// What begins with the given value; nothing for what is not known here.
///
/// # Errors
/// Never in practice: the list is cut before it is too long.
pub(super) fn complete(
    parts: &ServerParts,
    credential: &Credential,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let Reference::Resource(template) = &request.r#ref else {
        return Ok(CompleteResult::default());
    };
    let before = request
        .context
        .as_ref()
        .and_then(|context| context.arguments.as_ref());
    let known = candidates(
        parts,
        credential,
        &template.uri,
        &request.argument.name,
        before,
    );
    let fitting: Vec<String> = known
        .into_iter()
        .filter(|candidate| candidate.starts_with(&request.argument.value))
        .collect();
    let total = fitting.len();
    let shown: Vec<String> = fitting
        .into_iter()
        .take(CompletionInfo::MAX_VALUES)
        .collect();
    let more = total > shown.len();
    let info = CompletionInfo::with_pagination(shown, u32::try_from(total).ok(), more)
        .map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(info))
}

fn candidates(
    parts: &ServerParts,
    credential: &Credential,
    template: &str,
    argument: &str,
    before: Option<&HashMap<String, String>>,
) -> Vec<String> {
    let given = |name: &str| before.and_then(|before| before.get(name));
    let scope = credential.scope();
    match (template, argument) {
        (SKILL_TEMPLATE, "skill") => {
            let skills = parts.skills.get();
            skills.iter().map(|skill| skill.name().to_owned()).collect()
        }
        (SKILL_TEMPLATE, "path") => {
            let skills = parts.skills.get();
            let skill = given("skill").and_then(|name| skills.get(name));
            let files = skill.into_iter().flat_map(Skill::files);
            files.map(SkillFile::path).map(str::to_owned).collect()
        }
        (METHOD_TEMPLATE, "category") => catalogue::categories()
            .into_iter()
            .filter(|category| scope.admits_category(category))
            .map(str::to_owned)
            .collect(),
        (METHOD_TEMPLATE, "method") => catalogue::methods()
            .iter()
            .filter(|method| given("category").is_none_or(|given| *given == method.category))
            .filter(|method| scope.admits(&method.category, &method.name))
            .map(|method| method.name.clone())
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ArgumentInfo, CompletionContext};

    use super::*;
    use crate::mcp::server::handler::tools::tests::{credential, parts};

    fn values(template: &str, argument: &str, value: &str, before: &[(&str, &str)]) -> Vec<String> {
        let reference = Reference::for_resource(template);
        let before = before
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, value))
            .with_context(CompletionContext::with_arguments(before.collect()));
        complete(&parts(), &credential(None), &request)
            .unwrap()
            .completion
            .values
    }

    #[test]
    fn names_are_completed_by_their_beginning() {
        assert_eq!(
            values(SKILL_TEMPLATE, "skill", "wecom-edit", &[]),
            ["wecom-edit-todo"]
        );
        assert_eq!(
            values(SKILL_TEMPLATE, "path", "S", &[("skill", "wecom-edit-todo")]),
            ["SKILL.md"]
        );
        assert_eq!(values(METHOD_TEMPLATE, "category", "tod", &[]), ["todo"]);
        let methods = values(
            METHOD_TEMPLATE,
            "method",
            "get_todo",
            &[("category", "todo")],
        );
        assert!(methods.contains(&"get_todo_list".to_owned()));
        assert!(values(METHOD_TEMPLATE, "method", "", &[]).len() <= 100);
        assert!(values("wecom-media://{account}/{id}", "id", "", &[]).is_empty());
        assert!(values("unknown://{x}", "x", "", &[]).is_empty());
    }
}
