//! A question as the plugin takes it.

use sha2::{Digest, Sha256};

use super::super::link::{TurnChatFrame, TurnFrame, TurnMedia, TurnSender};
use crate::agent::TurnRequest;
use crate::hex::hex;
use crate::ids::UserId;
use crate::session::{SessionKey, SessionScope};

/// Stands for the sender of what nobody wrote. No member has such an id: `#` is not allowed
/// in one.
pub const NOBODY: &str = "#nobody";

/// OpenClaw's agent and conversation for a question; what is `None` OpenClaw finds itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Place {
    pub(super) agent: Option<String>,
    pub(super) session: Option<String>,
    /// The agent is made for its chat, so that it may have to be made first.
    pub(super) on_demand: bool,
}

impl Place {
    /// By the session; `agent` is the one that the configuration names.
    pub(super) fn of(session: &SessionKey, agent: Option<&str>) -> Self {
        let on_demand = matches!(
            session.scope,
            SessionScope::DynamicDirect(..) | SessionScope::DynamicGroup(..)
        );
        // A run of a job has a conversation of its own, and a conversation has an agent.
        let is_job = matches!(
            session.scope,
            SessionScope::JobRun { .. } | SessionScope::Named(_)
        );
        let own = (on_demand || is_job).then_some(session.agent.as_str());
        let named = if on_demand { own } else { agent.or(own) };
        Self {
            agent: named.map(str::to_owned),
            session: named.map(|agent| key(agent, &session.scope)),
            on_demand,
        }
    }
}

/// Digits of a digest that keep two conversations apart.
const KEY_DIGITS: usize = 16;

/// The key of a conversation. OpenClaw folds letters' case, and ids of groups differ by it:
/// where something would be lost, a digest keeps two conversations apart.
fn key(agent: &str, scope: &SessionScope) -> String {
    let rest = match scope {
        SessionScope::Main => return format!("agent:{agent}:main"),
        SessionScope::Person(person) => format!("direct:{person}"),
        SessionScope::ChannelPerson(person) => format!("wecom:direct:{person}"),
        SessionScope::AccountPerson(account, person) => format!("wecom:{account}:direct:{person}"),
        SessionScope::Group(account, chat) | SessionScope::DynamicGroup(account, chat) => {
            format!("wecom:{account}:group:{chat}")
        }
        SessionScope::DynamicDirect(account, user) => format!("wecom:{account}:dm:{user}"),
        SessionScope::JobRun { job, run } => format!("cron:{job}:run:{run}"),
        SessionScope::Named(name) => name.clone(),
    };
    // Members' ids mean the same in any case; those of groups do not.
    let folds = !matches!(
        scope,
        SessionScope::Group(..) | SessionScope::DynamicGroup(..) | SessionScope::Named(_)
    );
    let folded = rest.to_lowercase();
    if folds || folded == rest {
        return format!("agent:{agent}:{folded}");
    }
    let mut digest = hex(&Sha256::digest(rest.as_bytes()));
    digest.truncate(KEY_DIGITS);
    format!("agent:{agent}:{folded}:{digest}")
}

/// The frame of a question.
pub(super) fn frame(
    id: &str,
    request: &TurnRequest,
    place: &Place,
    system: &str,
    resumed: bool,
) -> TurnFrame {
    let chat = &request.chat;
    let requester = request.identity.requester().map(UserId::as_str);
    // A job acts for nobody where nobody is named; the chat's member would lend it rights.
    let sender = requester.unwrap_or(NOBODY);
    let media = request.attachments.iter().map(|attachment| TurnMedia {
        path: attachment.path.clone(),
        mime: attachment.content_type.clone(),
        name: attachment.name.clone(),
        kind: attachment.kind,
    });
    TurnFrame {
        turn: id.to_owned(),
        account: chat.account.to_string(),
        chat: TurnChatFrame {
            kind: chat.kind,
            id: chat.id.to_string(),
        },
        sender: TurnSender {
            id: sender.to_owned(),
        },
        msg: request.message_id.to_string(),
        text: request.text.clone(),
        quote: request.quote.clone(),
        media: media.collect(),
        system: Some(system.to_owned()).filter(|system| !system.is_empty()),
        agent: place.agent.clone(),
        session: place.session.clone(),
        command: request.may_command,
        resumed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(scope: SessionScope, agent: Option<&str>) -> Place {
        let session = SessionKey {
            agent: "ours".to_owned(),
            scope,
        };
        Place::of(&session, agent)
    }

    #[test]
    fn a_chat_is_left_to_openclaw_unless_an_agent_is_named() {
        let person = || SessionScope::AccountPerson("hq".into(), "ZhangSan".into());
        assert_eq!(place(person(), None), Place::default());
        let named = place(person(), Some("ops"));
        assert_eq!(named.agent.as_deref(), Some("ops"));
        assert_eq!(
            named.session.as_deref(),
            Some("agent:ops:wecom:hq:direct:zhangsan")
        );
    }

    #[test]
    fn jobs_and_agents_made_on_demand_have_conversations_of_their_own() {
        let run = place(
            SessionScope::JobRun {
                job: "j1".into(),
                run: "r1".into(),
            },
            None,
        );
        assert_eq!(run.session.as_deref(), Some("agent:ours:cron:j1:run:r1"));
        let dynamic = place(
            SessionScope::DynamicDirect("hq".into(), "lisi".into()),
            Some("ops"),
        );
        assert!(dynamic.on_demand);
        assert_eq!(dynamic.agent.as_deref(), Some("ours"));
        assert_eq!(
            dynamic.session.as_deref(),
            Some("agent:ours:wecom:hq:dm:lisi")
        );
    }

    #[test]
    fn groups_that_differ_in_case_alone_are_two_conversations() {
        let key =
            |id: &str| place(SessionScope::Group("hq".into(), id.into()), Some("ops")).session;
        assert_ne!(key("wrAbC"), key("wrabc"));
        assert_ne!(key("wrAbC"), key("wrABC"));
        assert_eq!(
            key("wrabc").as_deref(),
            Some("agent:ops:wecom:hq:group:wrabc")
        );
    }
}
