//! What validation finds.

use super::finding::{Finding, Level};
use crate::config::{Issue, LoadError, Loaded, Location, Severity, all_issues};

const AREA: &str = "config";

pub(super) fn of_loaded(loaded: &Loaded, location: &Location) -> Vec<Finding> {
    let path = location.path.display().to_string();
    if !loaded.found {
        return vec![Finding::warning(
            AREA,
            path,
            "there is no configuration",
            "wecom channels add, or `wecom config import` for an OpenClaw file",
        )];
    }
    let found: Vec<Finding> = all_issues(&loaded.config)
        .into_iter()
        .filter_map(finding)
        .collect();
    if found.is_empty() {
        vec![Finding::ok(AREA, path, "valid")]
    } else {
        found
    }
}

pub(super) fn of_error(error: &LoadError) -> Vec<Finding> {
    error.issues().iter().filter_map(finding).collect()
}

/// What is only good to know is left to `wecom config validate`.
fn finding(issue: &Issue) -> Option<Finding> {
    let level = match issue.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => return None,
    };
    Some(Finding {
        level,
        area: AREA,
        subject: issue.path.clone(),
        seen: issue.message.clone(),
        fix: Some(issue.fix.clone()).filter(|fix| !fix.is_empty()),
    })
}
