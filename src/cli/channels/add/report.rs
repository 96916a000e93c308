//! What `wecom channels add` says.

use serde_json::{Value, json};

use super::args::AddArgs;
use super::plan::Plan;
use super::probe::{Outcome as TryOutcome, Tried};
use super::settle::Settled;
use super::wizard::Decided;
use super::{Setup, words};
use crate::cli::channels::status::needs_attention;
use crate::cli::print;
use crate::config::Issue;
use crate::config::edit::{Change, Outcome};
use crate::config::schema::mask_at;

/// What was done, or would be.
pub(super) struct Report<'a> {
    account: &'a str,
    path: String,
    is_trial: bool,
    plan: &'a Plan,
    outcome: &'a Outcome,
    tried: &'a [Tried],
    pairing: Option<&'static str>,
    pub(super) settled: Option<Settled>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        setup: &Setup<'_>,
        decided: &'a Decided,
        plan: &'a Plan,
        outcome: &'a Outcome,
        args: &AddArgs,
    ) -> Self {
        let is_pairing = decided.answers.dm_policy.as_deref() == Some("pairing");
        Self {
            account: &decided.chosen.id,
            path: setup.location.path.display().to_string(),
            is_trial: args.dry_run,
            plan,
            outcome,
            tried: &decided.tried,
            pairing: is_pairing.then(|| words::APPROVE.of(setup.environment.language())),
            settled: None,
        }
    }

    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            print::line(&serde_json::to_string_pretty(&self.json())?);
        } else {
            self.print_words();
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let changes = self.outcome.differences.iter();
        let (state, last_error) = match &self.settled {
            Some(Settled::State { state, last_error }) => (Some(state), last_error.as_ref()),
            Some(Settled::Refused(why)) => (None, Some(why)),
            _ => (None, None),
        };
        json!({
            "ok": self.outcome.refused.is_empty(),
            "account": self.account,
            "configPath": self.path,
            "dryRun": self.is_trial,
            "converted": self.plan.converts,
            "changed": changes.map(|change| change.path.to_string()).collect::<Vec<_>>(),
            "notes": self.plan.notes,
            "tests": tests_json(self.tried),
            "refused": self.outcome.refused,
            "warnings": self.warnings().collect::<Vec<_>>(),
            "state": state,
            "lastError": last_error,
        })
    }

    fn warnings(&self) -> impl Iterator<Item = &Issue> {
        self.outcome.incomplete.iter().chain(&self.outcome.doubtful)
    }

    fn print_words(&self) {
        let Self { account, path, .. } = self;
        if self.is_trial {
            print::line(&format!(
                "Dry run, nothing written. Otherwise in {path}:\n{}",
                summary(self.plan)
            ));
            for issue in &self.outcome.refused {
                print::note(&format!("would be refused: {issue}"));
            }
        } else {
            for tried in self.tried {
                print::line(&tried_line(tried));
            }
            for note in &self.plan.notes {
                print::line(&format!("Note: {note}."));
            }
            if self.outcome.differences.is_empty() {
                print::line(&format!("No change: {path} says all of this already."));
            } else {
                print::line(&format!("Account {account} is set up in {path}."));
            }
        }
        for issue in self.warnings() {
            print::note(&format!("warning: {issue}"));
        }
        self.next_steps();
    }

    fn next_steps(&self) {
        match &self.settled {
            None => return,
            Some(Settled::NoDaemon) => print::line("Next: `wecom run` starts the daemon."),
            Some(Settled::NotWatching) => print::line(
                "Next: `wecom config reload` (gateway.reload.mode is off, so the daemon does not \
                 see the change by itself).",
            ),
            Some(Settled::Refused(why)) => {
                print::note(&format!(
                    "error: the running daemon keeps its settings: {why}"
                ));
            }
            Some(Settled::State { state, last_error }) => {
                print::line(&format!("The running daemon has taken it up: {state}."));
                if let Some(error) = last_error.as_ref().filter(|_| needs_attention(state)) {
                    print::note(&format!("  {error}"));
                }
            }
        }
        print::line("Check: `wecom status`; `wecom doctor` where something does not work.");
        if let Some(pairing) = self.pairing {
            print::line(pairing);
        }
    }
}

/// The changes, a line each, secrets masked.
pub(super) fn summary(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for note in &plan.notes {
        lines.push(format!("  ({note})"));
    }
    for operation in &plan.operations {
        match &operation.change {
            Change::Set(value) | Change::Merge(value) | Change::Patch(value) => {
                let names = operation.path.names();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                lines.push(format!("  {} = {}", operation.path, mask_at(&names, value)));
            }
            Change::Gather { from, keys } => lines.push(format!(
                "  {} = {} of {from}",
                operation.path,
                keys.join(", ")
            )),
            Change::Unset | Change::Clear => lines.push(format!("  {} removed", operation.path)),
        }
    }
    lines.join("\n")
}

/// The credentials do not work, and nothing was written.
pub(super) fn print_failure(account: &str, tried: &[Tried], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let answer = json!({ "ok": false, "account": account, "tests": tests_json(tried) });
        print::line(&serde_json::to_string_pretty(&answer)?);
    }
    for tried in tried {
        print::note(&tried_line(tried));
    }
    print::note("Nothing was written. --no-test saves without trying.");
    Ok(())
}

fn tests_json(tried: &[Tried]) -> Vec<Value> {
    tried
        .iter()
        .map(|tried| {
            let (seen, fix) = match &tried.result {
                TryOutcome::Accepted => (None, None),
                TryOutcome::Skipped(why) => (Some(why), None),
                TryOutcome::Failed { seen, fix } => (Some(seen), Some(fix)),
            };
            json!({ "part": tried.part, "result": tried.result.name(), "seen": seen, "fix": fix })
        })
        .collect()
}

fn tried_line(tried: &Tried) -> String {
    match &tried.result {
        TryOutcome::Accepted => format!("{}: the credentials work.", tried.part),
        TryOutcome::Skipped(why) => format!("{}: not tried: {why}.", tried.part),
        TryOutcome::Failed { seen, fix } => format!("{}: {seen}\n  fix: {fix}", tried.part),
    }
}
