//! What goes wrong with a program, and what that means for the turn.

use agent_client_protocol::v1::schema::AuthMethod;
use agent_client_protocol::{
    Error, ErrorCode, is_connection_terminated, is_incoming_transport_closed,
};

use crate::agent::{AgentFailure, FailureClass};
use crate::config::AcpBackend;

/// Characters of a program's own words that go to the log.
const MAX_WORDS: usize = 300;

/// How far a turn had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The program has not taken the question.
    Before,
    /// It is at work.
    AtWork,
}

/// What an error answer of the program, or none at all, means.
pub(super) fn of_error(error: &Error, stage: Stage) -> AgentFailure {
    if is_incoming_transport_closed(error) || is_connection_terminated(error) {
        let class = match stage {
            Stage::Before => FailureClass::Unreachable,
            Stage::AtWork => FailureClass::Broken,
        };
        return AgentFailure::new(class, "the program ended");
    }
    let words: String = error.message.chars().take(MAX_WORDS).collect();
    let detail = format!("the program answered {}: {words}", error.code.value());
    AgentFailure::new(FailureClass::Broken, detail)
}

/// The same, where the program may ask to be logged in.
pub(super) fn of_session_error(
    error: &Error,
    methods: &[AuthMethod],
    settings: &AcpBackend,
) -> AgentFailure {
    if error.code != ErrorCode::AUTH_REQUIRED {
        return of_error(error, Stage::Before);
    }
    let command = &settings.command;
    let mut detail = format!(
        "`{command}` is not logged in: as the user of this daemon, start it once in a terminal \
         and log in, or give its key in `env` of the back end"
    );
    let ways: Vec<String> = methods.iter().map(way).collect();
    if !ways.is_empty() {
        detail.push_str("; it offers: ");
        detail.extend(ways.join(", ").chars().take(MAX_WORDS));
    }
    AgentFailure::new(FailureClass::Refused, detail)
}

fn way(method: &AuthMethod) -> String {
    match method {
        AuthMethod::Agent(agent) => agent.name.clone(),
        AuthMethod::Terminal(terminal) => {
            format!("{} (arguments: {})", terminal.name, terminal.args.join(" "))
        }
        _ => "another way".to_owned(),
    }
}

/// The program did not answer in time.
pub(super) fn timed_out(what: &str, settings: &AcpBackend) -> AgentFailure {
    let seconds = settings.start_timeout.as_secs();
    AgentFailure::new(
        FailureClass::TimedOut,
        format!(
            "`{}` did not {what} within {seconds} s; see its messages at log level debug",
            settings.command
        ),
    )
}

#[cfg(test)]
mod tests {
    use agent_client_protocol::v1::schema::AuthMethodAgent;

    use super::*;
    use crate::agent::acp::tests::settings;

    #[test]
    fn who_must_log_in_is_told_how() {
        let methods = [AuthMethod::Agent(AuthMethodAgent::new("key", "API key"))];
        let failure = of_session_error(&Error::auth_required(), &methods, &settings("gemini"));
        assert_eq!(failure.class, FailureClass::Refused);
        assert!(failure.detail.contains("`gemini` is not logged in"));
        assert!(
            failure.detail.ends_with("it offers: API key"),
            "{}",
            failure.detail
        );
        let other = of_session_error(&Error::internal_error(), &methods, &settings("gemini"));
        assert_eq!(other.class, FailureClass::Broken);
    }
}
