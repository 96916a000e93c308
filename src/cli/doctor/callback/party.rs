//! Who is called at an address: the bot or the agent app of which account.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use super::{AREA, address};
use crate::cli::doctor::finding::Finding;
use crate::config::{Account, AgentApp, BotWebhook, Config};
use crate::ids::AccountId;
use crate::wecom::callback::CallbackCipher;

/// What WeCom would call, with the keys that it would use.
#[derive(Debug)]
pub(super) struct Party {
    pub(super) account: AccountId,
    pub(super) role: Role,
    pub(super) cipher: CallbackCipher,
    /// How old a request may be; `None` where any age is accepted.
    pub(super) max_age: Option<Duration>,
}

/// Which of the two kinds of callback it understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Bot,
    App {
        corp_id: String,
        agent_id: Option<u64>,
    },
}

/// What a path says about who is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Door {
    /// The bot of the account that is named, or of any.
    Bot(Option<String>),
    /// The agent app of the account that is named, or of any.
    App(Option<String>),
    /// Not a path of the daemon: one that a reverse proxy changes, or a wrong one.
    Other,
}

impl Party {
    /// How findings name it.
    pub(super) fn subject(&self) -> String {
        match self.role {
            Role::Bot => format!("{} bot", self.account),
            Role::App { .. } => format!("{} agent app", self.account),
        }
    }

    /// The key of the configuration that something of it stands under.
    pub(super) fn key(&self, name: &str) -> String {
        match self.role {
            Role::Bot => name.to_owned(),
            Role::App { .. } => format!("agent.{name}"),
        }
    }

    fn bot(account: &Account, bot: &BotWebhook) -> Self {
        Self {
            account: account.id.clone(),
            role: Role::Bot,
            cipher: CallbackCipher::new(&bot.callback, bot.receive_id.as_deref()),
            max_age: bot.max_clock_skew,
        }
    }

    fn app(account: &Account, app: &AgentApp) -> Option<Self> {
        Some(Self {
            account: account.id.clone(),
            role: Role::App {
                corp_id: app.corp_id.clone(),
                agent_id: app.agent_id,
            },
            cipher: CallbackCipher::new(app.receive.as_ref()?, Some(&app.corp_id)),
            max_age: app.max_clock_skew,
        })
    }
}

/// Everybody who answers at an address: of the account in its path, or else of `chosen`.
/// `is_named` tells that somebody chose one account and no other.
///
/// # Errors
/// The finding that nobody does.
pub(super) fn parties(
    url: &Url,
    config: &Config,
    chosen: &[&Account],
    is_named: bool,
) -> Result<Vec<Party>, Finding> {
    let door = Door::of(url);
    let of_path = match &door {
        Door::Bot(Some(id)) | Door::App(Some(id)) => Some(named(id, url, config)?),
        _ => None,
    };
    let accounts = match (of_path, chosen) {
        (Some(account), [only]) if is_named && account.id != only.id => {
            return Err(Finding::error(
                AREA,
                address(url),
                format!("the path names the account `{}`", account.id),
                format!("--account {}, or the path of `{}`", account.id, only.id),
            ));
        }
        (Some(account), _) => vec![account],
        (None, chosen) => chosen.to_vec(),
    };
    let bot = |account: &Account| Some(Party::bot(account, account.bot_webhook.as_ref()?));
    let app = |account: &Account| Party::app(account, account.agent_app.as_ref()?);
    let found: Vec<Party> = accounts
        .iter()
        .flat_map(|account| match &door {
            Door::Bot(_) => [bot(account), None],
            Door::App(_) => [None, app(account)],
            Door::Other => [bot(account), app(account)],
        })
        .flatten()
        .collect();
    if found.is_empty() {
        return Err(nobody(&door, &accounts, url));
    }
    Ok(found)
}

fn named<'a>(id: &str, url: &Url, config: &'a Config) -> Result<&'a Account, Finding> {
    config
        .account(id)
        .or_else(|unknown| match unknown.id.as_str() {
            "default" => config.account(config.default_account.as_str()),
            _ => Err(unknown),
        })
        .map_err(|unknown| {
            let fix = "correct the end of the path, in the admin console too";
            Finding::error(AREA, address(url), unknown.to_string(), fix)
        })
}

fn nobody(door: &Door, accounts: &[&Account], url: &Url) -> Finding {
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let whose = match ids.as_slice() {
        [] => "no account is on".to_owned(),
        ids => format!("no callback keys for it: {}", ids.join(", ")),
    };
    let fix = match door {
        Door::Bot(_) => {
            "a bot with webhooks has connectionMode \"webhook\", token and encodingAESKey; \
             `wecom config validate` says which is missing or broken"
        }
        Door::App(_) => {
            "an agent app that receives has agent.corpId, agent.token and agent.encodingAESKey; \
             `wecom config validate` says which is missing or broken"
        }
        Door::Other => {
            "token and encodingAESKey of the bot (connectionMode \"webhook\") or of the agent \
             app (below `agent`); `wecom config validate` says what is wrong with them"
        }
    };
    Finding::error(AREA, address(url), whose, fix)
}

impl Door {
    /// Whatever stands before the daemon's own path is a reverse proxy's.
    fn of(url: &Url) -> Self {
        let segments: Vec<String> = url
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let Some(at) = segments.iter().rposition(|segment| segment == "wecom") else {
            return Self::Other;
        };
        let after: Vec<&str> = segments.iter().skip(at + 1).map(String::as_str).collect();
        match after.as_slice() {
            [] | ["bot"] => Self::Bot(None),
            ["agent"] => Self::App(None),
            ["bot", id] | [id] => Self::Bot(Some((*id).to_owned())),
            ["agent", id] => Self::App(Some((*id).to_owned())),
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_tells_who_is_meant() {
        let bot = |id: &str| Door::Bot(Some(id.to_owned()));
        let app = |id: &str| Door::App(Some(id.to_owned()));
        for (path, door) in [
            ("/plugins/wecom/bot", Door::Bot(None)),
            ("/plugins/wecom/bot/plant", bot("plant")),
            ("/wecom/bot/", Door::Bot(None)),
            ("/wecom", Door::Bot(None)),
            ("/wecom/plant", bot("plant")),
            ("/wecom/agent", Door::App(None)),
            ("/plugins/wecom/agent/hq%20two", app("hq two")),
            ("/im/wecom/agent/wecom/bot/hq", bot("hq")),
            ("/outer/plugins/wecom/agent/hq", app("hq")),
            ("/", Door::Other),
            ("/callback", Door::Other),
            ("/wecom/bot/a/b", Door::Other),
        ] {
            let url = Url::parse(&format!("https://example.com{path}?a=1")).unwrap();
            assert_eq!(Door::of(&url), door, "{path}");
        }
    }
}
