//! Whom a member may have written to: by a job made in a chat, or by an agent's tool.

use super::{is_everybody, means_sender};
use crate::channel::command::is_owner;
use crate::channel::outbound::{Target, TargetKind};
use crate::config::{Account, ChatTargets, Config};
use crate::ids::{Chat, ChatKind, UserId};

/// Who aims, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Aimer<'a> {
    /// The account that sends.
    pub account: &'a Account,
    /// The member who asks; `None`: nobody in particular, who may do the least.
    pub sender: Option<&'a UserId>,
    /// Where it is asked.
    pub chat: &'a Chat,
}

/// Why somebody may not aim there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AimRefusal {
    /// `cron.chatTargets` is `own`.
    #[error("from a chat, messages can be sent or scheduled for that chat and for oneself only")]
    OwnOnly,
    /// `cron.chatTargets` is `owners`, or there are owners and it is not set.
    #[error("only an owner may send or schedule messages for others")]
    OwnersOnly,
}

/// Whether the aimer may have messages sent to `target`: to the chat where it is asked and
/// to themselves always, elsewhere by `cron.chatTargets`.
///
/// # Errors
/// [`AimRefusal`]
pub fn may_aim(config: &Config, aimer: Aimer<'_>, target: &Target) -> Result<(), AimRefusal> {
    if is_own(aimer, target) {
        return Ok(());
    }
    let owner = |sender| is_owner(&config.commands, &aimer.account.access, sender);
    match rule(config) {
        ChatTargets::Any => Ok(()),
        ChatTargets::Owners if aimer.sender.is_some_and(owner) => Ok(()),
        ChatTargets::Owners => Err(AimRefusal::OwnersOnly),
        ChatTargets::Own => Err(AimRefusal::OwnOnly),
    }
}

/// `cron.chatTargets`; without it owners where there are any, else everybody.
pub fn rule(config: &Config) -> ChatTargets {
    let owners = &config.commands.owner_allow_from;
    let otherwise = if owners.iter().any(|entry| !is_everybody(entry)) {
        ChatTargets::Owners
    } else {
        ChatTargets::Any
    };
    config.cron.chat_targets.unwrap_or(otherwise)
}

fn is_own(aimer: Aimer<'_>, target: &Target) -> bool {
    match &target.kind {
        TargetKind::Chat(chat) => aimer.chat.kind == ChatKind::Group && *chat == aimer.chat.id,
        TargetKind::User(users) => {
            matches!((users.as_slice(), aimer.sender), ([user], Some(sender)) if means_sender(user.as_str(), sender))
        }
        TargetKind::Party(_) | TargetKind::Tag(_) | TargetKind::All => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Location, load_text};

    fn config(extra: &str) -> Config {
        let text = format!(
            "{{channels: {{wecom: {{enabled: true, botId: 'b', secret: 's', dmPolicy: 'open', \
             allowFrom: ['*']}}}}, {extra}}}"
        );
        let location = Location {
            home: "/nowhere".into(),
            path: "/nowhere/wecom.json".into(),
            read_only: true,
        };
        let none = Environment::from_variables(Vec::<(String, String)>::new());
        load_text(&text, &location, &none).unwrap().config
    }

    #[test]
    fn elsewhere_is_for_whom_the_configuration_says() {
        use AimRefusal::{OwnOnly, OwnersOnly};
        let owners = "commands: {ownerAllowFrom: ['wecom:lisi']}";
        for (extra, sender, elsewhere) in [
            ("", Some("wangwu"), Ok(())),
            ("", None, Ok(())),
            ("cron: {chatTargets: 'own'}", Some("wangwu"), Err(OwnOnly)),
            (owners, Some("wangwu"), Err(OwnersOnly)),
            (owners, Some("LiSi"), Ok(())),
            (owners, None, Err(OwnersOnly)),
            (
                "commands: {ownerAllowFrom: ['*']}, cron: {chatTargets: 'owners'}",
                Some("wangwu"),
                Err(OwnersOnly),
            ),
        ] {
            let config = config(extra);
            let chat = Chat {
                account: config.default_account.clone(),
                kind: ChatKind::Group,
                id: "wrABC".into(),
            };
            let sender = sender.map(UserId::new);
            let aimer = Aimer {
                account: config.accounts.get(&config.default_account).unwrap(),
                sender: sender.as_ref(),
                chat: &chat,
            };
            let aim = |target: &str| may_aim(&config, aimer, &Target::parse(target).unwrap());
            for target in ["party:1", "@all", "user:zhaoliu", "group:wrabc", "tag:IT"] {
                assert_eq!(aim(target), elsewhere, "{extra} {sender:?} {target}");
            }
            assert_eq!(aim("group:wrABC"), Ok(()), "{extra}");
            if let Some(sender) = &sender {
                assert_eq!(aim(&format!("user:{sender}")), Ok(()), "{extra}");
            }
        }
    }
}
