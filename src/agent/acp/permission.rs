//! Requests for permission: a card of buttons, or what the configuration says.

use agent_client_protocol::v1::schema::{
    PermissionOption, PermissionOptionKind, RequestPermissionOutcome, RequestPermissionRequest,
    SelectedPermissionOutcome, ToolCallUpdateFields,
};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::agent::{Choice, Question, Tone};
use crate::config::AcpPermissions;
use crate::texts::acp as texts;

/// Buttons that a card holds.
const MAX_CHOICES: usize = 6;

/// Characters of what a step is about; a card shows about so many.
const MAX_DETAIL: usize = 110;

/// What the configuration answers. `None`: the one who wrote is asked.
pub(super) fn by_policy(
    policy: AcpPermissions,
    options: &[PermissionOption],
) -> Option<RequestPermissionOutcome> {
    match policy {
        AcpPermissions::Ask => None,
        AcpPermissions::Allow => Some(first_of(
            options,
            &[
                PermissionOptionKind::AllowOnce,
                PermissionOptionKind::AllowAlways,
            ],
        )),
        AcpPermissions::Deny => Some(unanswered(options)),
    }
}

/// What the program is told when nobody answered: a refusal, if it knows one.
pub(super) fn unanswered(options: &[PermissionOption]) -> RequestPermissionOutcome {
    first_of(
        options,
        &[
            PermissionOptionKind::RejectOnce,
            PermissionOptionKind::RejectAlways,
        ],
    )
}

/// What the program is told when somebody pressed the button at that position.
pub(super) fn chosen(options: &[PermissionOption], position: usize) -> RequestPermissionOutcome {
    options
        .get(position)
        .map_or_else(|| unanswered(options), selected)
}

/// The question to the one who wrote, and where the answer arrives. `None`: there is nothing
/// to choose from.
pub(super) fn question(
    request: &RequestPermissionRequest,
) -> Option<(Question, oneshot::Receiver<usize>)> {
    let choices: Vec<Choice> = request
        .options
        .iter()
        .take(MAX_CHOICES)
        .map(choice)
        .collect();
    let detail = detail(&request.tool_call.fields);
    (!choices.is_empty()).then(|| Question::new(texts::PERMISSION, detail, choices))
}

fn first_of(
    options: &[PermissionOption],
    kinds: &[PermissionOptionKind],
) -> RequestPermissionOutcome {
    kinds
        .iter()
        .find_map(|kind| options.iter().find(|option| option.kind == *kind))
        .map_or(RequestPermissionOutcome::Cancelled, selected)
}

fn selected(option: &PermissionOption) -> RequestPermissionOutcome {
    let chosen = SelectedPermissionOutcome::new(option.option_id.clone());
    RequestPermissionOutcome::Selected(chosen)
}

fn choice(option: &PermissionOption) -> Choice {
    let (label, tone) = match option.kind {
        PermissionOptionKind::AllowOnce => (texts::ALLOW_ONCE, Tone::Primary),
        PermissionOptionKind::AllowAlways => (texts::ALLOW_ALWAYS, Tone::Neutral),
        PermissionOptionKind::RejectOnce => (texts::REJECT_ONCE, Tone::Danger),
        PermissionOptionKind::RejectAlways => (texts::REJECT_ALWAYS, Tone::Danger),
        _ => (option.name.as_str(), Tone::Neutral),
    };
    Choice {
        label: label.to_owned(),
        tone,
    }
}

/// What the step does: the command itself, since a title may say something nicer, else the
/// title and the files.
fn detail(call: &ToolCallUpdateFields) -> String {
    let command = call.raw_input.as_ref().and_then(command);
    let title = call.title.clone().unwrap_or_default();
    let mut lines = vec![command.unwrap_or(title)];
    let paths: Vec<String> = (call.locations.iter().flatten())
        .map(|location| location.path.display().to_string())
        .collect();
    if !paths.is_empty() {
        lines.push(texts::concerned(&paths.join(", ")));
    }
    shortened(&lines.join("\n"))
}

/// The command of a tool that runs one: a text, or its words.
fn command(input: &Value) -> Option<String> {
    match input.get("command")? {
        Value::String(command) => Some(command.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Some(words.join(" "))
        }
        _ => None,
    }
}

/// Cut in the middle: how a command ends matters as much as how it begins.
fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.trim().chars().collect();
    if chars.len() <= MAX_DETAIL {
        return chars.into_iter().collect();
    }
    let half = (MAX_DETAIL - 1) / 2;
    let begin = chars.iter().take(half);
    let end = chars.iter().skip(chars.len() - half);
    begin.chain(std::iter::once(&'…')).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use agent_client_protocol::v1::schema::{ToolCallLocation, ToolCallUpdate};
    use serde_json::json;

    use super::*;

    fn options() -> Vec<PermissionOption> {
        vec![
            PermissionOption::new("always", "Always", PermissionOptionKind::AllowAlways),
            PermissionOption::new("once", "Once", PermissionOptionKind::AllowOnce),
            PermissionOption::new("no", "No", PermissionOptionKind::RejectOnce),
        ]
    }

    fn picked(outcome: RequestPermissionOutcome) -> Option<String> {
        match outcome {
            RequestPermissionOutcome::Selected(chosen) => Some(chosen.option_id.0.to_string()),
            _ => None,
        }
    }

    #[test]
    fn the_configuration_may_answer() {
        let by = |policy| by_policy(policy, &options()).map(picked);
        assert_eq!(by(AcpPermissions::Ask), None);
        assert_eq!(by(AcpPermissions::Allow), Some(Some("once".into())));
        assert_eq!(by(AcpPermissions::Deny), Some(Some("no".into())));
        assert_eq!(picked(unanswered(&options()[..2])), None, "cancelled");
    }

    #[test]
    fn a_click_picks_its_option_and_no_other() {
        assert_eq!(picked(chosen(&options(), 0)), Some("always".into()));
        assert_eq!(picked(chosen(&options(), 9)), Some("no".into()));
    }

    #[test]
    fn the_card_shows_the_command_and_the_files() {
        let mut call = ToolCallUpdateFields::new();
        call.title = Some("Tidy up".into());
        call.raw_input = Some(json!({ "command": ["rm", "-rf", "notes"] }));
        call.locations = Some(vec![ToolCallLocation::new("/srv/notes")]);
        let request = RequestPermissionRequest::new("s", ToolCallUpdate::new("t", call), options());
        let (question, _) = question(&request).unwrap();
        assert_eq!(question.title, texts::PERMISSION);
        assert_eq!(question.detail, "rm -rf notes\n涉及文件：/srv/notes");
        let labels: Vec<_> = question.choices.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(
            labels,
            [texts::ALLOW_ALWAYS, texts::ALLOW_ONCE, texts::REJECT_ONCE]
        );
    }

    #[test]
    fn a_long_command_keeps_both_ends() {
        let text = format!("begin {} ; rm -rf /", "x".repeat(500));
        let short = shortened(&text);
        assert!(short.starts_with("begin ") && short.ends_with("; rm -rf /"));
        assert!(short.chars().count() <= MAX_DETAIL);
    }

    #[test]
    fn nothing_to_choose_from_is_no_question() {
        let call = ToolCallUpdate::new("t", ToolCallUpdateFields::new());
        assert!(question(&RequestPermissionRequest::new("s", call, Vec::new())).is_none());
    }
}
