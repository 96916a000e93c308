//! Asks the running daemon to read the configuration again.

use std::fmt::Write;

use super::tokio_runtime;
use crate::config::Location;
use crate::daemon;
use crate::http::ReloadReport;

/// What the daemon did, as text.
///
/// # Errors
///
/// No daemon runs, or it refuses the new configuration; the text of the error says why.
pub(super) fn ask_daemon(location: &Location) -> anyhow::Result<String> {
    let contact = daemon::find(&location.home)?;
    let report: ReloadReport = tokio_runtime()?.block_on(contact.post("/reload"))?;
    if report.applied {
        Ok(describe(&report))
    } else {
        anyhow::bail!(
            "the daemon refuses the new configuration and keeps the old one:\n{}",
            report.problems.join("\n")
        )
    }
}

fn describe(report: &ReloadReport) -> String {
    let mut text = "Reloaded.".to_owned();
    for (what, names) in [
        ("unchanged", &report.unchanged),
        ("updated", &report.updated),
        ("reconnected", &report.reconnected),
        ("started", &report.started),
        ("stopped", &report.stopped),
        ("needs a restart", &report.needs_restart),
        ("kept as it was", &report.problems),
        ("jobs", &report.jobs),
    ] {
        if !names.is_empty() {
            // Writing to a string can't fail.
            write!(text, "\n  {what}: {}", names.join(", ")).ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_what_changed_and_nothing_else() {
        let report = ReloadReport {
            applied: true,
            unchanged: vec!["hq".to_owned(), "lab".to_owned()],
            reconnected: vec!["plant".to_owned()],
            needs_restart: vec!["gateway.port".to_owned()],
            ..ReloadReport::default()
        };
        let expected = "Reloaded.\n  unchanged: hq, lab\n  reconnected: plant\n  needs a restart: gateway.port";
        assert_eq!(describe(&report), expected);
    }
}
