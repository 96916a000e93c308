//! What a writing command says: what changed, what comes of it, what is still missing.

use serde_json::{Value, json};

use crate::config::edit::{Change, EditorError, Operation, Outcome, references_in};
use crate::config::schema::ReloadClass;

use super::Session;

/// So many keys are named one by one.
const NAMED_KEYS: usize = 20;

/// What is asked of the file.
pub(super) struct Request {
    pub(super) operations: Vec<Operation>,
    /// How it was given, as the report of a trial names it.
    pub(super) mode: &'static str,
    /// Whether the report names every key instead of every operation.
    pub(super) by_key: bool,
}

/// Whether something is written, or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// It is written.
    No,
    /// It is tried, and reported in words.
    Words,
    /// It is tried, and reported as JSON whatever happens.
    Json,
}

impl Trial {
    pub(super) fn of(dry_run: bool, json: bool) -> Self {
        match (dry_run, json) {
            (false, _) => Self::No,
            (true, false) => Self::Words,
            (true, true) => Self::Json,
        }
    }
}

/// Does what was asked, or tries it, and reports.
pub(super) fn perform(
    request: anyhow::Result<Request>,
    trial: Trial,
    session: &mut Session<'_>,
) -> anyhow::Result<u8> {
    match (request, trial) {
        (Ok(request), Trial::No) => {
            let outcome = session.editor().apply(&request.operations)?;
            if request.by_key {
                name_keys(&outcome, session)?;
            } else {
                name_operations(&request, &outcome, session)?;
            }
            warn(&outcome, session)?;
            Ok(0)
        }
        (Ok(request), Trial::Words) => {
            let outcome = session.editor().preview(&request.operations)?;
            let problems = problems(&outcome);
            for problem in &problems {
                writeln!(session.err, "error: {}", problem.message)?;
            }
            if problems.is_empty() {
                writeln!(session.out, "Dry run, nothing written. Otherwise:")?;
                name_keys(&outcome, session)?;
                warn(&outcome, session)?;
            }
            Ok(u8::from(!problems.is_empty()))
        }
        (Ok(request), Trial::Json) => {
            let problems = match session.editor().preview(&request.operations) {
                Ok(outcome) => problems(&outcome),
                Err(error) => vec![Problem::new(kind(&error), &error.into())],
            };
            report_trial(&request.operations, &[request.mode], &problems, session)
        }
        (Err(error), Trial::Json) => {
            let problem = Problem::new("value", &error);
            report_trial(&[], &[], &[problem], session)
        }
        (Err(error), _) => Err(error),
    }
}

/// One reason why a trial fails.
struct Problem {
    kind: &'static str,
    message: String,
}

impl Problem {
    fn new(kind: &'static str, error: &anyhow::Error) -> Self {
        Self {
            kind,
            message: format!("{error:#}"),
        }
    }
}

fn kind(error: &EditorError) -> &'static str {
    match error {
        EditorError::Unexpected { .. } => "conflict",
        EditorError::Value(_) => "value",
        _ => "operation",
    }
}

/// What a trial fails for: errors that forbid the edit, and secrets that do not resolve.
fn problems(outcome: &Outcome) -> Vec<Problem> {
    let unresolved = outcome
        .incomplete
        .iter()
        .filter(|issue| issue.code == "secret_unresolved")
        .map(|issue| ("resolvability", issue));
    let refused = outcome.refused.iter().map(|issue| ("schema", issue));
    refused
        .chain(unresolved)
        .map(|(kind, issue)| Problem {
            kind,
            message: issue.to_string(),
        })
        .collect()
}

fn report_trial(
    operations: &[Operation],
    modes: &[&str],
    problems: &[Problem],
    session: &mut Session<'_>,
) -> anyhow::Result<u8> {
    let values = operations.iter().filter_map(|o| match &o.change {
        Change::Set(value) | Change::Merge(value) | Change::Patch(value) => Some(value),
        Change::Unset | Change::Clear | Change::Gather { .. } => None,
    });
    let references: usize = values.map(references_in).sum();
    let errors: Vec<Value> = problems
        .iter()
        .map(|p| json!({ "kind": p.kind, "message": p.message }))
        .collect();
    let path = session.file().display().to_string();
    session.print_json(&json!({
        "ok": problems.is_empty(),
        "operations": operations.len(),
        "configPath": path,
        "inputModes": modes,
        // Everything is checked every time, programs that hand out secrets included.
        "checks": { "schema": true, "resolvability": true, "resolvabilityComplete": true },
        "refsChecked": references,
        "skippedExecRefs": 0,
        "errors": errors,
    }))?;
    Ok(u8::from(!problems.is_empty()))
}

fn name_operations(
    request: &Request,
    outcome: &Outcome,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    for (operation, (path, has_changed)) in request.operations.iter().zip(&outcome.operations) {
        let is_removal = matches!(operation.change, Change::Unset | Change::Clear);
        match (has_changed, is_removal) {
            (true, true) => writeln!(session.out, "Removed {path}.")?,
            (true, false) => writeln!(session.out, "Updated {path}.")?,
            (false, true) => writeln!(session.out, "No change: {path} is not set.")?,
            (false, false) => writeln!(session.out, "No change: {path} has this value already.")?,
        }
    }
    hint(outcome, session)
}

/// Names every key that is different, and says what happens next.
pub(super) fn name_keys(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    for difference in outcome.differences.iter().take(NAMED_KEYS) {
        let verb = if difference.is_set {
            "Updated"
        } else {
            "Removed"
        };
        writeln!(session.out, "{verb} {}.", difference.path)?;
    }
    let more = outcome.differences.len().saturating_sub(NAMED_KEYS);
    if more > 0 {
        writeln!(session.out, "… and {more} more.")?;
    }
    if outcome.differences.is_empty() {
        writeln!(session.out, "No change.")?;
    }
    hint(outcome, session)
}

/// What happens next, in one line; nothing if nothing changed.
pub(super) fn hint(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    if outcome.differences.is_empty() {
        return Ok(());
    }
    let text = match outcome.reload {
        None => "Nothing to do: wecom itself does not use this.",
        Some(ReloadClass::Restart) => "Needs a restart: `wecom run` reads this when it starts.",
        Some(_) if !outcome.is_watched => {
            "A running daemon does not watch the file (gateway.reload.mode is off): `wecom config \
             reload` applies it."
        }
        Some(ReloadClass::Live) => "Applies without restart, from the next message on.",
        Some(ReloadClass::Reconnect) => {
            "Applies without restart: the account reconnects after its running turns."
        }
        Some(ReloadClass::ReRegister) => {
            "Applies without restart: the previous token and key stay valid for 60 s."
        }
        Some(ReloadClass::Client) => "Applies without restart, from the next API call on.",
        Some(ReloadClass::Lifecycle) => "Applies without restart: accounts start and stop by it.",
    };
    writeln!(session.out, "{text}")?;
    Ok(())
}

/// What the person should know although the edit was made.
pub(super) fn warn(outcome: &Outcome, session: &mut Session<'_>) -> anyhow::Result<()> {
    if outcome.lost_comments > 0 {
        writeln!(
            session.err,
            "warning: comments inside the replaced value are gone ({}); the previous text is in \
             the .bak file",
            outcome.lost_comments
        )?;
    }
    for issue in &outcome.incomplete {
        writeln!(session.err, "still missing: {issue}")?;
    }
    for issue in &outcome.doubtful {
        writeln!(session.err, "warning: {issue}")?;
    }
    Ok(())
}
