//! Who may use which command: the first rule that decides wins.

use std::fmt;

use super::Request;
use crate::channel::policy::{key_of, lists_sender};
use crate::config::{Access, Account, CommandsSettings, Config, DmPolicy};
use crate::ids::UserId;

/// Who asks, and by which entry.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The sender, whom the gate admitted.
    pub sender: &'a UserId,
    /// The account that was written to.
    pub account: &'a Account,
    /// The rules of the entry: the account's, or those of its agent app.
    pub access: &'a Access,
    /// Whether the sender's pairing with the account was approved.
    pub paired: bool,
}

/// Whether a command is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// Whether it may run.
    pub allowed: bool,
    /// What decided.
    pub rule: Rule,
}

/// What decides about a command, in the order of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// It is no command.
    NoCommand,
    /// Everybody may ask for help, for their own id, and stop their own answer.
    ForEverybody,
    /// For owners: `commands.ownerAllowFrom`.
    Owners,
    /// `commands.allowFrom` is there, and decides alone.
    CommandList,
    /// `commands.useAccessGroups` is `false`.
    AccessGroupsOff,
    /// Direct messages are open to everybody.
    OpenPolicy,
    /// The sender is in `allowFrom`.
    Listed,
    /// The sender's pairing was approved.
    Paired,
    /// Whoever may talk may begin anew.
    Session,
    /// Nothing allows it.
    NotListed,
}

impl Rule {
    /// The configuration key that decided, or that would change the decision.
    pub fn key(self, config: &Config, account: &Account) -> Option<String> {
        let key = match self {
            Self::NoCommand | Self::ForEverybody | Self::Session => return None,
            Self::Owners => "commands.ownerAllowFrom".to_owned(),
            Self::CommandList => "commands.allowFrom".to_owned(),
            Self::AccessGroupsOff => "commands.useAccessGroups".to_owned(),
            Self::OpenPolicy => key_of(config, account, "dmPolicy"),
            Self::Listed | Self::Paired | Self::NotListed => key_of(config, account, "allowFrom"),
        };
        Some(key)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCommand => "it is not a command",
            Self::ForEverybody => "everybody who may talk may use it",
            Self::Owners => "it is for owners",
            Self::CommandList => "the list of commanders decides",
            Self::AccessGroupsOff => "commands are open to everybody who may talk",
            Self::OpenPolicy => "direct messages are open to everybody",
            Self::Listed => "the sender is listed",
            Self::Paired => "the sender's pairing was approved",
            Self::Session => "whoever may talk may begin a new conversation",
            Self::NotListed => "the sender is neither listed nor paired",
        })
    }
}

/// Decides whether the asker may have `request`. Says nothing about whether they may talk at
/// all.
pub fn authorise(
    request: &Request<'_>,
    asker: Asker<'_>,
    commands: &CommandsSettings,
) -> Permission {
    let Asker {
        sender,
        access,
        paired,
        ..
    } = asker;
    let groups = &access.access_groups;
    let decided = |rule, allowed| Permission { allowed, rule };
    match request {
        Request::Text => return decided(Rule::NoCommand, true),
        Request::Help | Request::WhoAmI | Request::Abort => {
            return decided(Rule::ForEverybody, true);
        }
        Request::Backend {
            owner_only: true, ..
        } => return decided(Rule::Owners, is_owner(commands, access, sender)),
        _ => {}
    }
    if let Some(list) = &commands.allow_from {
        return decided(Rule::CommandList, lists_sender(list, groups, sender));
    }
    if !commands.use_access_groups {
        return decided(Rule::AccessGroupsOff, true);
    }
    if access.dm_policy == DmPolicy::Open {
        return decided(Rule::OpenPolicy, true);
    }
    if lists_sender(&access.allow_from, groups, sender) {
        return decided(Rule::Listed, true);
    }
    if paired {
        return decided(Rule::Paired, true);
    }
    if matches!(request, Request::NewSession { .. }) {
        return decided(Rule::Session, true);
    }
    decided(Rule::NotListed, false)
}

/// Owners are named one by one: `*` makes nobody one.
pub(crate) fn is_owner(commands: &CommandsSettings, access: &Access, sender: &UserId) -> bool {
    commands
        .owner_allow_from
        .iter()
        .filter(|entry| !crate::channel::policy::is_everybody(entry))
        .any(|entry| lists_sender(std::slice::from_ref(entry), &access.access_groups, sender))
}
