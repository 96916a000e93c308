//! `wecom config validate`.

use serde_json::json;

use crate::config::{Issue, Severity, all_issues, load};

use super::{Session, ValidateArgs};

pub(super) fn run(args: &ValidateArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let result = load(session.location, session.environment);
    let found = match &result {
        Ok(loaded) => loaded.found,
        Err(_) => true,
    };
    let issues: Vec<Issue> = match &result {
        Ok(loaded) => all_issues(&loaded.config).into_iter().cloned().collect(),
        Err(error) => error.issues(),
    };
    let is_valid = result.is_ok() && issues.iter().all(|i| i.severity != Severity::Error);
    let file = session.file();
    if args.json {
        let of = |severity| -> Vec<&Issue> {
            issues.iter().filter(|i| i.severity == severity).collect()
        };
        session.print_json(&json!({
            "valid": is_valid,
            "path": file.display().to_string(),
            "errors": of(Severity::Error),
            "warnings": of(Severity::Warning),
        }))?;
    } else {
        let verdict = if is_valid { "valid" } else { "invalid" };
        writeln!(session.out, "Config {verdict}: {}", file.display())?;
        if !found {
            writeln!(
                session.out,
                "There is no such file: every key has its default."
            )?;
        }
        for issue in &issues {
            writeln!(session.out, "{}", line(issue))?;
        }
    }
    Ok(u8::from(!is_valid))
}

/// One finding on a line: how bad, where, what, what to do, and its code.
fn line(issue: &Issue) -> String {
    let severity = match issue.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    format!("{severity:<7} {} [{}]", issue, issue.code)
}
