//! What a request means, before anything is sent.

use serde::{Deserialize, Serialize};

use super::SendError;
use crate::channel::outbound::chunk::{self, Pieces};
use crate::channel::outbound::plain;
use crate::channel::outbound::report::Door;
use crate::channel::outbound::request::{RequestVia, SendRequest};
use crate::channel::outbound::target::{Target, TargetKind, Via};
use crate::config::{Account, Config, MarkdownTables};
use crate::ids::AccountId;
use crate::store::{KnownChat, RouteStore};

/// Members that the bot writes to one by one, at the most.
const MAX_ONE_BY_ONE: usize = 20;

/// Receivers from which a message is a broadcast.
const BROADCAST: usize = 100;

/// The department that everybody is in.
const ROOT_PARTY: u32 = 1;

/// What a request means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The account that sends.
    pub account: AccountId,
    /// Canonical text of the target.
    pub target: String,
    /// Kind of the target.
    pub kind: String,
    /// The way it takes.
    pub via: Door,
    /// The way that is left if nothing arrives by the first.
    pub fallback: Option<Door>,
    /// Messages that the text makes.
    pub pieces: usize,
    /// Pieces of media.
    pub media: usize,
    /// Why somebody should look twice before it is sent.
    pub broadcast: Option<String>,
    /// What is not as it was asked for.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub(super) parsed: Option<Target>,
}

/// What `request` means under `config`. Calls nobody: who wrote before is asked of
/// `routes`.
///
/// # Errors
/// [`SendError`]
pub async fn resolve(
    config: &Config,
    routes: &dyn RouteStore,
    request: &SendRequest,
) -> Result<Resolved, SendError> {
    let mut target = Target::parse(&request.target)?;
    if request.via == RequestVia::Agent {
        target.via = Via::Agent;
    }
    let text = request.text.as_deref().unwrap_or_default();
    if text.trim().is_empty() && request.media.is_empty() {
        return Err(SendError::Nothing);
    }
    let account = account(config, request.account.as_deref())?;
    let target = certain(target, &account.id, routes).await?;
    let (via, fallback) = ways(config, account, &target, request)?;
    let limits = text_limits(account, via);
    let mut warnings = Vec::new();
    let pieces = match chunk::pieces(&prepared(account, via, text), limits) {
        Pieces::All(pieces) => pieces.len(),
        Pieces::FirstAndFile { of, .. } => {
            warnings.push(format!(
                "the text makes {of} messages: the first goes out, and the whole as a file"
            ));
            1
        }
    };
    Ok(Resolved {
        account: account.id.clone(),
        target: target.to_string(),
        kind: target.kind.name().to_owned(),
        via,
        fallback,
        pieces,
        media: request.media.len(),
        broadcast: broadcast(&target.kind),
        warnings,
        parsed: Some(target),
    })
}

/// How large a piece of text may be on its way.
pub(super) fn text_limits(account: &Account, door: Door) -> chunk::Limits {
    let bytes = match door {
        Door::Bot => chunk::BOT_BYTES,
        Door::Agent | Door::Appchat => chunk::APP_BYTES,
    };
    chunk::Limits::new(account.text_chunk_limit, bytes)
}

/// The text as the receivers of a door can read it.
pub(super) fn prepared(account: &Account, door: Door, text: &str) -> String {
    match (door, account.markdown_tables) {
        (Door::Bot, tables) => plain::render_tables(text, tables.unwrap_or(MarkdownTables::Off)),
        (Door::Agent | Door::Appchat, tables) => {
            plain::reduce(text, tables.unwrap_or(MarkdownTables::Bullets))
        }
    }
}

fn account<'a>(config: &'a Config, named: Option<&str>) -> Result<&'a Account, SendError> {
    let account = config.account(named.unwrap_or(config.default_account.as_str()))?;
    if account.enabled {
        Ok(account)
    } else {
        Err(SendError::Disabled(account.id.clone()))
    }
}

/// Checks a guess against the people who are known, and writes ids as WeCom does.
async fn certain(
    target: Target,
    account: &AccountId,
    routes: &dyn RouteStore,
) -> Result<Target, SendError> {
    let kind = match target.kind {
        TargetKind::Chat(chat) => match routes.known_chat(account, chat.as_str()).await? {
            KnownChat::One(known) => TargetKind::Chat(known),
            KnownChat::Several => {
                return Err(SendError::AmbiguousChat {
                    id: chat.to_string(),
                });
            }
            KnownChat::Unknown if target.inferred => {
                match routes.known_sender(account, chat.as_str()).await? {
                    Some(user) => TargetKind::User(vec![user]),
                    None => TargetKind::Chat(chat),
                }
            }
            KnownChat::Unknown => TargetKind::Chat(chat),
        },
        TargetKind::Party(parties) if target.inferred => {
            for party in &parties {
                let item = party.to_string();
                if routes.known_sender(account, &item).await?.is_some() {
                    return Err(SendError::Ambiguous { item });
                }
            }
            TargetKind::Party(parties)
        }
        // The bot's chats are found by the exact id only.
        TargetKind::User(users) if users.len() <= MAX_ONE_BY_ONE => {
            let mut spelt = Vec::with_capacity(users.len());
            for user in users {
                let known = routes.known_sender(account, user.as_str()).await?;
                spelt.push(known.unwrap_or(user));
            }
            TargetKind::User(spelt)
        }
        kind => kind,
    };
    Ok(Target {
        kind,
        via: target.via,
        inferred: false,
    })
}

/// What of the agent app is missing for messages to people, as keys.
fn missing_of_app(account: &Account, has_number: bool) -> Vec<&'static str> {
    let Some(app) = &account.agent_app else {
        return vec!["corpId", "corpSecret", "agentId"];
    };
    let mut missing = Vec::new();
    if app.corp_secret.is_none() {
        missing.push("corpSecret");
    }
    // A chat is found without the app's number, and whoever wrote to the app named it.
    if app.agent_id.is_none() && !has_number {
        missing.push("agentId");
    }
    missing
}

fn ways(
    config: &Config,
    account: &Account,
    target: &Target,
    request: &SendRequest,
) -> Result<(Door, Option<Door>), SendError> {
    let allowed = request.via;
    let is_chat = matches!(target.kind, TargetKind::Chat(_));
    let what = what(&target.kind);
    let order: &[Door] = match &target.kind {
        TargetKind::User(users) if users.len() == 1 => &[Door::Bot, Door::Agent],
        TargetKind::User(users) if users.len() <= MAX_ONE_BY_ONE => &[Door::Agent, Door::Bot],
        TargetKind::Chat(_) => &[Door::Bot, Door::Appchat],
        TargetKind::User(_) | TargetKind::Party(_) | TargetKind::Tag(_) | TargetKind::All => {
            &[Door::Agent]
        }
    };
    if allowed == RequestVia::Bot && (target.via == Via::Agent || !order.contains(&Door::Bot)) {
        return Err(SendError::NotByBot { what });
    }
    let missing = missing_of_app(account, is_chat || request.agent_id.is_some());
    let mut open = order.iter().copied().filter(|door| match door {
        Door::Bot => target.via == Via::Any && account.bot_socket.is_some(),
        Door::Agent | Door::Appchat => allowed != RequestVia::Bot && missing.is_empty(),
    });
    if let Some(first) = open.next() {
        return Ok((first, open.next()));
    }
    let prefix = if config.multi_account {
        format!("channels.wecom.accounts.{}", account.authored_id)
    } else {
        "channels.wecom".to_owned()
    };
    let app_keys = missing
        .iter()
        .map(|key| format!("`{prefix}.agent.{key}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let account = account.id.clone();
    if target.via == Via::Agent || !order.contains(&Door::Bot) {
        return Err(SendError::NeedsAgent {
            account,
            what,
            missing: app_keys,
        });
    }
    Err(SendError::NoRoute {
        account,
        what,
        bot_keys: format!("`{prefix}.botId`, `{prefix}.secret`"),
        app_keys,
    })
}

fn what(kind: &TargetKind) -> &'static str {
    match kind {
        TargetKind::User(users) if users.len() == 1 => "a member",
        TargetKind::User(_) => "several members at once",
        TargetKind::Party(_) => "a department",
        TargetKind::Tag(_) => "a tag",
        TargetKind::Chat(_) => "a chat",
        TargetKind::All => "everybody",
    }
}

fn broadcast(kind: &TargetKind) -> Option<String> {
    match kind {
        TargetKind::All => Some("it goes to everybody in the app's scope".to_owned()),
        TargetKind::Party(parties) if parties.contains(&ROOT_PARTY) => {
            Some("party:1 is the whole company".to_owned())
        }
        TargetKind::User(users) if users.len() > BROADCAST => {
            Some(format!("it goes to {} members", users.len()))
        }
        _ => None,
    }
}
