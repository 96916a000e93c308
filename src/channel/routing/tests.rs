use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::config::{
    AccountMatch, AgentBackend, AgentEntry, Binding, DmScope, DynamicIdStyle, GroupScope, PeerMatch,
};
use crate::ids::ChatKind::{self, Direct, Group};
use crate::session::SessionScope;

fn config(accounts: &[&str], bindings: Vec<Binding>) -> Config {
    let mut config = Config::unconfigured("/nowhere".as_ref());
    config.accounts = accounts
        .iter()
        .map(|id| {
            let account = Account::unconfigured(AccountId::new(*id), "/nowhere".as_ref());
            (AccountId::new(*id), account)
        })
        .collect();
    config.multi_account = accounts != ["default"];
    for account in config.accounts.values_mut() {
        account.fail_closed_on_default_route = config.multi_account;
    }
    config.bindings = bindings;
    config
}

fn bind(agent: &str, account: Option<&str>, peer: Option<(ChatKind, Option<&str>)>) -> Binding {
    Binding {
        agent: agent.to_owned(),
        known: true,
        account: account.map_or(AccountMatch::Any, |id| AccountMatch::Only(id.into())),
        peer: peer.map(|(kind, id)| PeerMatch {
            kind,
            id: id.map(str::to_owned),
        }),
        dm_scope: None,
        group_scope: None,
    }
}

fn chat(account: &str, kind: ChatKind, id: &str) -> Chat {
    Chat {
        account: account.into(),
        kind,
        id: id.into(),
    }
}

fn routed(config: &Config, account: &str, kind: ChatKind, id: &str) -> Result<Route, RouteRefusal> {
    let sender = match kind {
        Direct => id,
        Group => "zhangsan",
    };
    let account = &config.accounts[&AccountId::new(account)];
    let chat = chat(account.id.as_str(), kind, id);
    route(config, account, &chat, &sender.into())
}

#[test]
fn the_most_particular_binding_wins() {
    let config = config(
        &["default", "hq", "plant"],
        vec![
            bind("desk", Some("hq"), None),
            bind("all", None, None),
            bind("room", Some("hq"), Some((Group, Some("wrA")))),
            bind("dm", None, Some((Direct, None))),
            bind("def", Some("default"), None),
            bind("late", Some("hq"), None),
        ],
    );
    for (account, kind, id, agent, matched_by) in [
        ("hq", Group, "wrA", "room", "binding.peer"),
        ("hq", Group, "wra", "desk", "binding.account"),
        ("hq", Direct, "zhangsan", "dm", "binding.peer.wildcard"),
        ("hq", Group, "wrB", "desk", "binding.account"),
        ("plant", Group, "wrB", "all", "binding.channel"),
        ("plant", Group, "wrA", "all", "binding.channel"),
        ("default", Group, "wrB", "def", "binding.account"),
    ] {
        let route = routed(&config, account, kind, id).unwrap();
        assert_eq!(
            (route.agent.as_str(), route.matched_by.to_string().as_str()),
            (agent, matched_by),
            "{account} {id}"
        );
    }
}

#[test]
fn without_a_binding_several_accounts_fail_closed() {
    let single = config(&["default"], vec![]);
    assert_eq!(
        routed(&single, "default", Direct, "x").unwrap().agent,
        "main"
    );

    let mut multi = config(&["hq", "plant"], vec![bind("a", Some("plant"), None)]);
    let missing = RouteRefusal::BindingMissing {
        account: "hq".into(),
    };
    assert_eq!(routed(&multi, "hq", Direct, "x"), Err(missing));
    assert_eq!(routed(&multi, "plant", Direct, "x").unwrap().agent, "a");

    let hq = multi.accounts.get_mut(&AccountId::new("hq")).unwrap();
    hq.dynamic_agents.enabled = true;
    hq.dynamic_agents.admin_users = vec!["wecom:Boss".to_owned()];
    hq.dynamic_agents.group = false;
    let dynamic = routed(&multi, "hq", Direct, "x").unwrap();
    assert_eq!(
        (dynamic.agent.as_str(), dynamic.dynamic),
        ("wecom-hq-dm-x", true)
    );
    assert_eq!(dynamic.openclaw_key, "agent:wecom-hq-dm-x:wecom:hq:dm:x");
    assert!(routed(&multi, "hq", Direct, "boss").is_err());
    assert!(routed(&multi, "hq", Group, "wrA").is_err());

    let hq = multi.accounts.get_mut(&AccountId::new("hq")).unwrap();
    hq.fail_closed_on_default_route = false;
    assert_eq!(routed(&multi, "hq", Direct, "boss").unwrap().agent, "main");
    multi.agents.default_agent = None;
    let nobody = routed(&multi, "hq", Direct, "boss");
    assert_eq!(nobody, Err(RouteRefusal::NoDefaultAgent));
}

#[test]
fn an_unknown_agent_is_never_replaced() {
    let mut binding = bind("gone", Some("default"), None);
    binding.known = false;
    let config = config(&["default"], vec![binding]);
    assert!(matches!(
        routed(&config, "default", Direct, "x"),
        Err(RouteRefusal::UnknownAgent { agent, .. }) if agent == "gone"
    ));
}

#[test]
fn scopes_gather_what_they_say() {
    let mut config = config(&["default"], vec![]);
    config.session.identity_links = [(
        "zs".to_owned(),
        vec!["wecom:ZhangSan".to_owned(), "slack:li".to_owned()],
    )]
    .into();
    for (scope, sender, key) in [
        (DmScope::Main, "x", "agent:main:main"),
        (DmScope::PerPeer, "X", "agent:main:direct:x"),
        (DmScope::PerPeer, "zhangsan", "agent:main:direct:zs"),
        (DmScope::PerChannelPeer, "X", "agent:main:wecom:direct:x"),
        (
            DmScope::PerAccountChannelPeer,
            "li",
            "agent:main:wecom:default:direct:li",
        ),
    ] {
        config.session.dm_scope = scope;
        let route = routed(&config, "default", Direct, sender).unwrap();
        assert_eq!(route.openclaw_key, key, "{scope:?} {sender}");
    }
    let group = routed(&config, "default", Group, "wrAbC").unwrap();
    assert_eq!(group.openclaw_key, "agent:main:wecom:group:wrabc");
    assert_eq!(
        group.session.scope,
        SessionScope::Group("default".into(), "wrAbC".into())
    );
    config.session.group_scope = GroupScope::Main;
    config.session.main_key = Some("home".to_owned());
    let group = routed(&config, "default", Group, "wrAbC").unwrap();
    assert_eq!(group.session.scope, SessionScope::Main);
    assert_eq!(group.openclaw_key, "agent:main:home");
}

#[test]
fn dynamic_ids_have_both_styles() {
    use DynamicIdStyle::{Lossless, Upstream};
    let long = format!("wr{}", "a".repeat(58));
    for (kind, id, plain, is_plain) in [
        (Direct, "ZhangSan", "wecom-hq-dm-zhangsan", true),
        (Direct, "li.si@corp", "wecom-hq-dm-li_si_corp", false),
        (Group, "wrAbC", "wecom-hq-group-wrabc", false),
        (Group, "wrabc", "wecom-hq-group-wrabc", true),
        (
            Group,
            long.as_str(),
            &format!("wecom-hq-group-{long}"),
            false,
        ),
    ] {
        let chat = chat("hq", kind, id);
        assert_eq!(dynamic_agent_id(&chat, Upstream), plain);
        let lossless = dynamic_agent_id(&chat, Lossless);
        assert!(lossless.len() <= 64, "{lossless}");
        assert_eq!(lossless == plain, is_plain, "{lossless}");
        let hashed = lossless
            .rsplit_once('-')
            .is_some_and(|(_, end)| end.len() == 8);
        assert!(is_plain || hashed, "{lossless}");
    }
}

#[test]
fn two_ways_to_cut_an_id_stay_two() {
    let ids = [
        ("a", "dm-x"),
        ("a-dm", "x"),
        ("a-dm-b", "c"),
        ("a", "b-dm-c"),
    ]
    .map(|(account, id)| dynamic_agent_id(&chat(account, Direct, id), DynamicIdStyle::Lossless));
    let different: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
}

fn any_chat() -> impl Strategy<Value = Chat> {
    let account = prop::sample::select(vec!["a", "a-dm", "a-group", "dm", "b_c"]);
    let kind = prop::sample::select(vec![Direct, Group]);
    (account, kind, "[xXdm._-]{1,4}").prop_map(|(account, kind, id)| chat(account, kind, &id))
}

proptest! {
    #[test]
    fn conversations_never_share_a_key(chats in prop::collection::vec(any_chat(), 2..40)) {
        let config = {
            let mut config = config(&["a", "a-dm", "a-group", "dm", "b_c"], vec![bind("main", None, None)]);
            config.agents.list = vec![AgentEntry {
                id: "main".to_owned(), name: None, backend: AgentBackend::default(), workspace: None,
            }];
            config
        };
        let mut keys = HashMap::new();
        let mut agents = HashMap::new();
        for chat in chats {
            let route = routed(&config, chat.account.as_str(), chat.kind, chat.id.as_str()).unwrap();
            let other = keys.insert(route.session, chat.clone());
            prop_assert!(other.is_none_or(|other| other == chat));
            // A member's id is the same in any case.
            let id = match chat.kind {
                Direct => chat.id.as_str().to_lowercase(),
                Group => chat.id.as_str().to_owned(),
            };
            let who = (chat.account.clone(), chat.kind, id);
            let agent = dynamic_agent_id(&chat, DynamicIdStyle::Lossless);
            if let Some(other) = agents.insert(agent, who.clone()) {
                prop_assert_eq!(other, who);
            }
        }
    }
}
