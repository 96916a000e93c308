//! Which messages share a conversation.

use crate::channel::policy::means_sender;
use crate::config::{Binding, Config, DmScope, GroupScope, SessionSettings};
use crate::ids::{Chat, ChatKind, UserId};
use crate::session::{SessionKey, SessionScope};

/// The session settings that hold for one route.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    settings: &'a SessionSettings,
    dm_scope: DmScope,
    group_scope: GroupScope,
}

impl<'a> Rules<'a> {
    /// Those of the file, with what a binding overrides.
    pub(super) fn of(config: &'a Config, binding: Option<&Binding>) -> Self {
        let settings = &config.session;
        Self {
            settings,
            dm_scope: binding
                .and_then(|binding| binding.dm_scope)
                .unwrap_or(settings.dm_scope),
            group_scope: binding
                .and_then(|binding| binding.group_scope)
                .unwrap_or(settings.group_scope),
        }
    }

    pub(super) fn session(&self, agent: &str, chat: &Chat) -> SessionKey {
        let account = chat.account.clone();
        let scope = match (chat.kind, self.dm_scope, self.group_scope) {
            (ChatKind::Direct, DmScope::Main, _) | (ChatKind::Group, _, GroupScope::Main) => {
                SessionScope::Main
            }
            (ChatKind::Group, _, GroupScope::PerGroup) => {
                SessionScope::Group(account, chat.id.clone())
            }
            (ChatKind::Direct, DmScope::PerPeer, _) => {
                SessionScope::Person(self.person(chat).to_owned())
            }
            (ChatKind::Direct, DmScope::PerChannelPeer, _) => {
                SessionScope::ChannelPerson(self.person(chat).to_owned())
            }
            (ChatKind::Direct, DmScope::PerAccountChannelPeer, _) => {
                SessionScope::AccountPerson(account, self.person(chat).to_owned())
            }
        };
        SessionKey {
            agent: agent.to_owned(),
            scope,
        }
    }

    /// OpenClaw's form, ids in small letters. Its key of a group has no account, except where
    /// two accounts would share it (`shared`).
    pub(super) fn openclaw_key(
        &self,
        agent: &str,
        chat: &Chat,
        shared: impl FnOnce() -> bool,
    ) -> String {
        let account = &chat.account;
        let person = || self.person(chat).to_lowercase();
        match self.session(agent, chat).scope {
            SessionScope::Person(_) => format!("agent:{agent}:direct:{}", person()),
            SessionScope::ChannelPerson(_) => format!("agent:{agent}:wecom:direct:{}", person()),
            SessionScope::AccountPerson(..) => {
                format!("agent:{agent}:wecom:{account}:direct:{}", person())
            }
            SessionScope::Group(_, chat) => {
                let chat = chat.as_str().to_lowercase();
                if shared() {
                    format!("agent:{agent}:wecom:{account}:group:{chat}")
                } else {
                    format!("agent:{agent}:wecom:group:{chat}")
                }
            }
            _ => {
                let main = self.settings.main_key.as_deref().unwrap_or("main");
                format!("agent:{agent}:{main}")
            }
        }
    }

    /// The member of a direct chat, by the name that `identityLinks` gives them.
    fn person<'c>(&'c self, chat: &'c Chat) -> &'c str {
        let sender = UserId::new(chat.id.as_str());
        self.settings
            .identity_links
            .iter()
            .find(|(_, addresses)| addresses.iter().any(|entry| means_sender(entry, &sender)))
            .map_or(chat.id.as_str(), |(name, _)| name)
    }
}
