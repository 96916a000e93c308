//! The whole gate as one function, for whoever wants to know why.

use serde::Serialize;

use super::{Verdict, judge, key_of};
use crate::channel::command::{Asker, BackendCommand, authorise, recognise};
use crate::channel::routing::{MatchedBy, Route, RouteRefusal, route};
use crate::config::{Account, Config};
use crate::ids::{Chat, ChatKind, UserId};

/// What a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The account that was written to.
    pub account: &'a Account,
    /// Where.
    pub chat: &'a Chat,
    /// By whom.
    pub sender: &'a UserId,
    /// The user's own text; an empty one stands for a message with attachments only.
    pub text: &'a str,
    /// Whether the sender's pairing with the account was approved.
    pub paired: bool,
    /// Commands of the back end.
    pub backend: &'a [BackendCommand],
}

/// What became of a message, check by check. The last step is the one that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// In order; none comes after a failed one.
    pub steps: Vec<Step>,
    /// The result.
    pub outcome: Outcome,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Which.
    pub check: Check,
    /// Whether the message may go on.
    pub passed: bool,
    /// Why.
    pub reason: String,
    /// The configuration key that decided, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The checks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Check {
    /// The account is enabled.
    Account,
    /// There is a sender, and it is not WeCom itself.
    Sender,
    /// Group policy and the group's own senders.
    Group,
    /// Policy for direct messages.
    Direct,
    /// Agent and conversation.
    Route,
    /// Whether the sender may use the command.
    Command,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It goes to this agent.
    Admitted(Box<Route>),
    /// It is dropped.
    Dropped,
    /// It is dropped, and the sender gets a pairing code, once.
    Pairing,
    /// The chat gets a notice.
    NoRoute(RouteRefusal),
    /// The sender is told that the command is not for them.
    CommandRefused {
        /// The key that would allow it.
        key: String,
    },
}

/// Runs every check in order, up to the first that fails.
pub fn decide(facts: &Facts<'_>) -> Decision {
    let mut steps = Vec::new();
    let outcome = match run(facts, &mut steps) {
        Ok(route) => Outcome::Admitted(Box::new(route)),
        Err(outcome) => outcome,
    };
    Decision { steps, outcome }
}

fn run(facts: &Facts<'_>, steps: &mut Vec<Step>) -> Result<Route, Outcome> {
    let Facts {
        config,
        account,
        chat,
        sender,
        text,
        paired,
        backend,
    } = *facts;
    let mut step = |check, passed, reason: String, key| {
        steps.push(Step {
            check,
            passed,
            reason,
            key,
        });
    };

    let on = if account.enabled {
        "the account is enabled"
    } else {
        "the account is disabled"
    };
    let enabled_key = key_of(config, account, "enabled");
    step(
        Check::Account,
        account.enabled,
        on.to_owned(),
        Some(enabled_key),
    );
    if !account.enabled {
        return Err(Outcome::Dropped);
    }

    let is_person = !sender.as_str().is_empty() && !sender.as_str().eq_ignore_ascii_case("sys");
    if !is_person {
        step(
            Check::Sender,
            false,
            "the message has no sender".to_owned(),
            None,
        );
        return Err(Outcome::Dropped);
    }

    let judgement = judge(&account.access, chat, sender, || paired);
    let check = match chat.kind {
        ChatKind::Direct => Check::Direct,
        ChatKind::Group => Check::Group,
    };
    step(
        check,
        judgement.verdict == Verdict::Admit,
        judgement.because.to_string(),
        Some(judgement.because.key(config, account)),
    );
    match judgement.verdict {
        Verdict::Admit => {}
        Verdict::Pair => return Err(Outcome::Pairing),
        Verdict::Refuse(_) => return Err(Outcome::Dropped),
    }

    let routed = route(config, account, chat, sender);
    let (reason, key) = match &routed {
        Ok(route) => (
            format!("{}: agent `{}`", route.matched_by, route.agent),
            route_key(config, account, route),
        ),
        Err(refusal) => (refusal.to_string(), refusal_key(refusal).to_owned()),
    };
    step(Check::Route, routed.is_ok(), reason, Some(key));
    let route = routed.map_err(Outcome::NoRoute)?;

    let request = recognise(text, backend, config.commands.text);
    let asker = Asker {
        sender,
        account,
        access: &account.access,
        paired,
    };
    let permission = authorise(&request, asker, &config.commands);
    let key = permission.rule.key(config, account);
    step(
        Check::Command,
        permission.allowed,
        permission.rule.to_string(),
        key.clone(),
    );
    if !permission.allowed {
        let key = key.unwrap_or_default();
        return Err(Outcome::CommandRefused { key });
    }
    Ok(route)
}

/// The setting that chose the agent.
fn route_key(config: &Config, account: &Account, route: &Route) -> String {
    match route.matched_by {
        MatchedBy::Default if route.dynamic => key_of(config, account, "dynamicAgents"),
        MatchedBy::Default => "agents.list".to_owned(),
        _ => "bindings".to_owned(),
    }
}

/// The setting that leaves a message without an agent.
fn refusal_key(refusal: &RouteRefusal) -> &'static str {
    match refusal {
        RouteRefusal::NoDefaultAgent => "agents.list",
        RouteRefusal::BindingMissing { .. } | RouteRefusal::UnknownAgent { .. } => "bindings",
    }
}
