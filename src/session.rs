//! Conversations with an agent: what messages share a history.

use std::fmt;

use crate::ids::{AccountId, Chat, ChatId, UserId};

/// One conversation with one agent. Two messages with the same key share what the agent
/// remembers; two with different keys never do.
///
/// A chat is where an answer goes; a session is what the agent remembers. They are the same
/// unless the configuration gathers several chats into one session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// Normalised id of the agent.
    pub agent: String,
    /// What of the chats is gathered.
    pub scope: SessionScope,
}

/// What a session gathers. Ids keep the letters' case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionScope {
    /// Everybody, everywhere (`main`): asked for by the operator only.
    Main,
    /// One person over all channels (`per-peer`); a name of `session.identityLinks` or the
    /// member's id.
    Person(String),
    /// One person in WeCom, whichever account (`per-channel-peer`).
    ChannelPerson(String),
    /// One person with one account: the default of direct chats.
    AccountPerson(AccountId, String),
    /// One group of one account.
    Group(AccountId, ChatId),
    /// The member for whom a dynamic agent was made.
    DynamicDirect(AccountId, UserId),
    /// The group for which a dynamic agent was made.
    DynamicGroup(AccountId, ChatId),
    /// One run of a job, which remembers nothing of the runs before it.
    JobRun {
        /// The job's id.
        job: String,
        /// The run's id.
        run: String,
    },
    /// A session of jobs that has a name and is kept between runs.
    Named(String),
}

impl SessionKey {
    /// The session of a chat where nothing else is said: each chat its own.
    pub fn of_chat(agent: impl Into<String>, chat: &Chat) -> Self {
        let scope = match chat.kind {
            crate::ids::ChatKind::Direct => {
                SessionScope::AccountPerson(chat.account.clone(), chat.id.as_str().to_owned())
            }
            crate::ids::ChatKind::Group => {
                SessionScope::Group(chat.account.clone(), chat.id.clone())
            }
        };
        Self {
            agent: agent.into(),
            scope,
        }
    }
}

/// For logs: not a form that anything reads back.
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.agent)?;
        match &self.scope {
            SessionScope::Main => f.write_str("main"),
            SessionScope::Person(person) => write!(f, "person:{person}"),
            SessionScope::ChannelPerson(person) => write!(f, "wecom:{person}"),
            SessionScope::AccountPerson(account, person) => write!(f, "{account}:direct:{person}"),
            SessionScope::Group(account, chat) => write!(f, "{account}:group:{chat}"),
            SessionScope::DynamicDirect(account, user) => {
                write!(f, "{account}:dynamic-direct:{user}")
            }
            SessionScope::DynamicGroup(account, chat) => {
                write!(f, "{account}:dynamic-group:{chat}")
            }
            SessionScope::JobRun { job, run } => write!(f, "cron:{job}:run:{run}"),
            SessionScope::Named(name) => write!(f, "named:{name}"),
        }
    }
}
