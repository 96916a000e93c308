//! The tool of WeCom's services, for the member that OpenClaw names.
//!
//! Who a call acts for is taken from the surroundings that OpenClaw makes for it, over a link
//! that only the operator's own gateway has; never from the arguments. Where they do not name
//! a member, an account and a chat of WeCom, the call acts for nobody, and is refused.

use std::sync::Arc;

use crate::agent::openclaw::link::{Ctx, Link, ToolCall};
use crate::agent::openclaw::plugin::NOBODY;
use crate::agent::{AgentTools, Person, ToolAnswer, ToolSpec, ToolTurn};
use crate::channel::routing;
use crate::config::{Account, Config, LiveConfig, normalise_account_id};
use crate::identity::{Identity, TurnChat, fits_header};
use crate::ids::{Chat, ChatId, ChatKind, UserId};
use crate::mcp::tool;
use crate::session::SessionKey;
use crate::store::RouteVia;

/// OpenClaw's name of this channel.
const CHANNEL: &str = "wecom";

/// The credential's name, for logs and limits.
const HOST: &str = "openclaw";

/// Uses the tool.
#[derive(Debug)]
pub(super) struct ToolDesk {
    tools: Arc<dyn AgentTools>,
    link: Link,
    config: LiveConfig,
}

impl ToolDesk {
    pub(super) fn new(tools: Arc<dyn AgentTools>, link: Link, config: LiveConfig) -> Self {
        Self {
            tools,
            link,
            config,
        }
    }

    /// How it is announced.
    pub(super) fn spec() -> ToolSpec {
        let tool = tool::definition();
        ToolSpec {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            parameters: tool.input_schema.clone(),
        }
    }

    pub(super) async fn call(&self, call: ToolCall) -> ToolAnswer {
        if call.tool != tool::definition().name {
            let message = format!("there is no tool `{}` on this link", call.tool);
            return ToolAnswer::refused("invalid_args", &message, "Use `wecom_mcp`.");
        }
        let turn = match self.turn_of(&call.ctx) {
            Ok(turn) => turn,
            Err(refusal) => {
                tracing::warn!(%refusal, "a tool call of OpenClaw was refused");
                let next = "Do not repeat the call. Tell the user.";
                return ToolAnswer::refused("authorization", &refusal.to_string(), next);
            }
        };
        self.tools.call(&turn, &call.tool, call.args).await
    }

    fn turn_of(&self, ctx: &Ctx) -> Result<ToolTurn, Refusal> {
        let config = self.config.get();
        let named = named(&config, ctx)?;
        // A running turn of this member in this chat is the one that it belongs to.
        if let Some(turn) = self.link.turn_of(&named.chat, &named.requester) {
            return Ok(ToolTurn::clone(&turn));
        }
        Ok(named.into_turn(&config))
    }
}

/// For whom and where.
#[derive(Debug)]
struct Named<'a> {
    account: &'a Account,
    requester: UserId,
    chat: Chat,
}

/// Why a call acts for nobody.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "this run belongs to no member of WeCom, so that the tool would act for nobody: it works \
         in conversations that came from WeCom"
    )]
    NoMember,
    #[error("this conversation came by another channel than WeCom")]
    OtherChannel,
    #[error("the account of this conversation is not known to the wecom daemon")]
    NoAccount,
    #[error("the account of this conversation is switched off")]
    Disabled,
    #[error("the chat of this conversation can't be told")]
    NoChat,
}

fn named<'a>(config: &'a Config, ctx: &Ctx) -> Result<Named<'a>, Refusal> {
    let channel = ctx.message_channel.as_deref();
    let delivery = ctx.delivery_context.clone().unwrap_or_default();
    let is_ours = |channel: &str| channel.eq_ignore_ascii_case(CHANNEL);
    if !channel.is_some_and(is_ours) || !delivery.channel.as_deref().is_none_or(is_ours) {
        return Err(Refusal::OtherChannel);
    }
    let name = ctx.agent_account_id.as_deref().ok_or(Refusal::NoAccount)?;
    let is_same = |other: &str| normalise_account_id(other) == normalise_account_id(name);
    if !delivery.account_id.as_deref().is_none_or(is_same) {
        return Err(Refusal::NoAccount);
    }
    let account = config.account(name).map_err(|_| Refusal::NoAccount)?;
    if !account.enabled {
        return Err(Refusal::Disabled);
    }
    let requester = ctx.requester_sender_id.as_deref().unwrap_or(NOBODY);
    let requester = UserId::new(requester);
    if requester.as_str() == NOBODY || !fits_header(&requester) {
        return Err(Refusal::NoMember);
    }
    let chat = chat(account, ctx, delivery.to.as_deref(), &requester).ok_or(Refusal::NoChat)?;
    Ok(Named {
        account,
        requester,
        chat,
    })
}

/// The chat, its id in its letters' case.
fn chat(account: &Account, ctx: &Ctx, to: Option<&str>, requester: &UserId) -> Option<Chat> {
    let native = ctx.native_channel_id.as_deref();
    let to = to.map(|to| {
        let channel = to.strip_prefix(CHANNEL).and_then(|to| to.strip_prefix(':'));
        channel.unwrap_or(to)
    });
    let (kind, id) = match to.map(|to| to.split_once(':')) {
        Some(Some(("group", id))) => (ChatKind::Group, id),
        Some(Some(("user" | "direct", id))) => (ChatKind::Direct, id),
        _ => {
            let id = to.or(native)?;
            let is_requester = UserId::new(id).folded() == requester.folded();
            let is_group = ctx
                .session_key
                .as_deref()
                .is_some_and(|key| key.contains(":group:"));
            match (is_requester, is_group) {
                (true, _) => (ChatKind::Direct, id),
                (false, true) => (ChatKind::Group, id),
                (false, false) => return None,
            }
        }
    };
    // OpenClaw folds ids in some places; the one that it calls native is not folded.
    let id = match native {
        Some(native) if native.eq_ignore_ascii_case(id) => native,
        _ => id,
    };
    (!id.is_empty()).then(|| Chat {
        account: account.id.clone(),
        kind,
        id: ChatId::new(id),
    })
}

impl Named<'_> {
    /// The surroundings of a call outside of any turn of ours, such as one of a subagent that
    /// goes on after the answer.
    fn into_turn(self, config: &Config) -> ToolTurn {
        let Self {
            account,
            requester,
            chat,
        } = self;
        let route = routing::route(config, account, &chat, &requester);
        let session =
            route.map_or_else(|_| SessionKey::of_chat(HOST, &chat), |route| route.session);
        let place = Some(TurnChat::from(&chat));
        ToolTurn {
            identity: Arc::new(Identity::of_delegate(
                account.id.clone(),
                requester,
                place,
                HOST,
            )),
            chat,
            via: RouteVia::Bot,
            session,
            person: Person::nobody(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;

    fn config() -> Config {
        let mut config = Config::unconfigured(Path::new("/nonexistent"));
        for account in config.accounts.values_mut() {
            account.enabled = true;
        }
        config
    }

    fn ctx(more: &Value) -> Ctx {
        let mut ctx = json!({
            "requesterSenderId": "ZhangSan", "messageChannel": "wecom",
            "agentAccountId": "default",
            "deliveryContext": {"channel": "wecom", "to": "group:wrabc", "accountId": "default"},
            "nativeChannelId": "wrAbC", "sessionKey": "agent:main:wecom:group:wrabc",
        });
        for (key, value) in more.as_object().unwrap() {
            ctx[key] = value.clone();
        }
        serde_json::from_value(ctx).unwrap()
    }

    #[test]
    fn a_call_acts_for_the_member_that_openclaw_names() {
        let config = config();
        let named = named(&config, &ctx(&json!({}))).unwrap();
        assert_eq!(named.chat.to_string(), "default/group/wrAbC");
        let turn = named.into_turn(&config);
        assert_eq!(turn.identity.requester(), Some(&UserId::new("ZhangSan")));
        let group = TurnChat::Group("wrAbC".into());
        assert_eq!(turn.identity.chat(), Some(&group));
    }

    #[test]
    fn direct_chats_are_told_by_their_address_or_by_the_member() {
        let config = config();
        for more in [
            json!({"deliveryContext": {"to": "user:ZhangSan"}, "nativeChannelId": null}),
            json!({"deliveryContext": {"to": "wecom:user:ZhangSan"}, "nativeChannelId": null}),
            json!({"deliveryContext": {"to": "ZhangSan"}, "nativeChannelId": null}),
            json!({"deliveryContext": null, "nativeChannelId": "ZhangSan"}),
        ] {
            let named = named(&config, &ctx(&more)).unwrap();
            assert_eq!(named.chat.to_string(), "default/direct/ZhangSan", "{more}");
        }
    }

    #[test]
    fn without_a_member_an_account_and_a_chat_it_is_refused() {
        let config = config();
        for (more, refusal) in [
            (json!({"requesterSenderId": null}), Refusal::NoMember),
            (json!({"requesterSenderId": ""}), Refusal::NoMember),
            (json!({"requesterSenderId": "#nobody"}), Refusal::NoMember),
            (json!({"requesterSenderId": "a\r\nb"}), Refusal::NoMember),
            (json!({"messageChannel": "telegram"}), Refusal::OtherChannel),
            (json!({"messageChannel": null}), Refusal::OtherChannel),
            (
                json!({"deliveryContext": {"channel": "slack"}}),
                Refusal::OtherChannel,
            ),
            (json!({"agentAccountId": null}), Refusal::NoAccount),
            (json!({"agentAccountId": "plant"}), Refusal::NoAccount),
            (
                json!({"deliveryContext": {"accountId": "plant"}}),
                Refusal::NoAccount,
            ),
            (
                json!({"deliveryContext": null, "nativeChannelId": null}),
                Refusal::NoChat,
            ),
            (
                json!({"deliveryContext": {"to": "somebody"}, "sessionKey": "agent:main:main",
                       "nativeChannelId": null}),
                Refusal::NoChat,
            ),
        ] {
            assert_eq!(named(&config, &ctx(&more)).unwrap_err(), refusal, "{more}");
        }
    }
}
