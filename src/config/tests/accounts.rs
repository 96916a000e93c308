use super::*;
use crate::ids::AccountId;

const SOCKET: &str = "botId: 'b', secret: 's'";

#[test]
fn who_is_listed() {
    let ids = |text: &str| {
        let config = look(text).config;
        let ids: Vec<String> = config.accounts.keys().map(ToString::to_string).collect();
        (config.multi_account, ids.join(" "))
    };
    assert_eq!(ids("{}"), (false, "default".into()));
    assert_eq!(
        ids("{ channels: { wecom: { accounts: {} } } }"),
        (false, "default".into())
    );
    assert_eq!(
        ids("{ channels: { wecom: { accounts: { b: {}, Main: {}, 'a b': {} } } } }"),
        (true, "a-b b main".into())
    );
}

/// `enabled` at the top, at the account, whether it runs, whether it is implicit.
#[test]
fn enabled() {
    for (top, own, runs, implicit) in [
        ("enabled: false,", "", false, false),
        ("enabled: false,", "enabled: true,", false, false),
        ("enabled: true,", "enabled: false,", false, false),
        ("enabled: true,", "", true, false),
        ("enabled: true,", "enabled: true,", true, false),
        ("", "enabled: false,", false, false),
        ("", "", true, true),
        ("", "enabled: true,", true, true),
    ] {
        let text = format!(
            "{{ channels: {{ wecom: {{ {top} accounts: {{ hq: {{ {own} {SOCKET} }} }} }} }} }}"
        );
        let loaded = look(&text);
        assert_eq!(account(&loaded, "hq").enabled, runs, "{text}");
        let warned = !places(&loaded, "enabled_implicit").is_empty();
        assert_eq!(warned, implicit, "{text}");
    }
    let nothing = look("{ channels: { wecom: { name: 'x' } } }");
    assert!(!account(&nothing, "default").enabled);
    assert_eq!(found(&nothing), Vec::<String>::new());
    let something = look(&format!("{{ channels: {{ wecom: {{ {SOCKET} }} }} }}"));
    assert!(account(&something, "default").enabled);
    assert_eq!(
        places(&something, "enabled_implicit"),
        ["channels.wecom.enabled"]
    );
}

#[test]
fn an_account_is_found_by_any_spelling_and_never_replaced() {
    let config = channel("accounts: { HQ: {}, plant: {} }").config;
    assert_eq!(config.account(" Hq ").unwrap().authored_id, "HQ");
    assert_eq!(
        config.account("lab").unwrap_err().to_string(),
        "there is no account `lab`; known: hq, plant"
    );
}

#[test]
fn keys_that_become_one_id_collide() {
    let loaded = channel("accounts: { Main: { name: 'one' }, main: { name: 'two' } }");
    assert_eq!(account(&loaded, "main").name, "one");
    assert_eq!(account(&loaded, "main").authored_id, "Main");
    assert_eq!(
        places(&loaded, "account_id_collision"),
        ["channels.wecom.accounts.main"]
    );
    assert!(!is_fatal(
        "{ channels: { wecom: { accounts: { Main: {}, main: {} } } } }"
    ));
}

#[test]
fn ids_that_change_are_announced() {
    let loaded = channel("accounts: { 'a.b': {}, 'HQ': {}, '客服': {} }");
    assert_eq!(
        places(&loaded, "account_id_changed"),
        [r#"channels.wecom.accounts["a.b"]"#]
    );
    assert_eq!(
        places(&loaded, "account_id_unusable"),
        ["channels.wecom.accounts.客服"]
    );
    assert_eq!(account(&loaded, "a-b").authored_id, "a.b");
}

#[test]
fn an_account_is_an_object() {
    let loaded = channel("accounts: { a: null, b: 5, c: {} }");
    assert_eq!(
        places(&loaded, "type_mismatch"),
        ["channels.wecom.accounts.a", "channels.wecom.accounts.b"]
    );
    assert_eq!(loaded.config.accounts.len(), 3);
}

#[test]
fn the_default_account() {
    let named = |inside: &str| {
        let loaded = channel(inside);
        let warned = found(&loaded)
            .into_iter()
            .filter(|line| line.contains("default_account"))
            .collect::<Vec<_>>();
        (loaded.config.default_account, warned)
    };
    let none: Vec<String> = Vec::new();
    let id = AccountId::new;
    assert_eq!(named("name: 'x'"), (id("default"), none.clone()));
    assert_eq!(named("accounts: { b: {}, a: {} }"), (id("a"), none.clone()));
    assert_eq!(
        named("accounts: { a: {}, default: {} }"),
        (id("default"), none.clone())
    );
    assert_eq!(
        named("defaultAccount: ' B ', accounts: { b: {}, a: {} }"),
        (id("b"), none.clone())
    );
    assert_eq!(
        named("accounts: { a: { enabled: false }, b: {} }"),
        (id("b"), none)
    );
    assert_eq!(
        named("defaultAccount: 'x', accounts: { b: {}, a: {} }"),
        (
            id("a"),
            vec!["Warning default_account_unknown channels.wecom.defaultAccount".into()]
        )
    );
    assert_eq!(
        named("defaultAccount: 'b', accounts: { b: { enabled: false }, a: {} }"),
        (
            id("b"),
            vec!["Warning default_account_disabled channels.wecom.defaultAccount".into()]
        )
    );
}

#[test]
fn one_bot_has_one_owner() {
    let owners = |text: &str| {
        let loaded = channel(text);
        let running: Vec<String> = loaded
            .config
            .accounts
            .values()
            .filter(|account| account.bot_socket.is_some())
            .map(|account| account.id.to_string())
            .collect();
        let said: Vec<String> = found(&loaded)
            .into_iter()
            .filter(|line| line.contains("identity_"))
            .collect();
        (running.join(" "), said)
    };
    let shared = |id: &str| format!("Info identity_shared channels.wecom.accounts.{id}.botId");
    assert_eq!(
        owners("botId: 'b', secret: 's', accounts: { x: {}, y: {} }"),
        ("x".into(), vec![shared("y")])
    );
    assert_eq!(
        owners("botId: 'b', secret: 's', defaultAccount: 'y', accounts: { x: {}, y: {} }"),
        ("y".into(), vec![shared("x")])
    );
    assert_eq!(
        owners("botId: 'b', secret: 's', accounts: { x: {}, y: { botId: 'b', secret: 's' } }"),
        ("y".into(), vec![shared("x")])
    );
    assert_eq!(
        owners("accounts: { x: { botId: 'b', secret: 's' }, y: { botId: 'b', secret: 's' } }"),
        (
            "x".into(),
            vec!["Error identity_duplicate channels.wecom.accounts.y.botId".into()]
        )
    );
    assert_eq!(
        owners("accounts: { x: { enabled: false, botId: 'b', secret: 's' }, y: { botId: 'b', secret: 's' } }").1,
        Vec::<String>::new()
    );
}

#[test]
fn a_shared_app_may_send_from_every_account() {
    let loaded = channel(&format!(
        "agent: {{ corpId: 'wx1', corpSecret: 's', agentId: 7, token: 'tok', encodingAESKey: '{KEY}' }}, \
         accounts: {{ x: {{}}, y: {{}} }}"
    ));
    let app = |id: &str| account(&loaded, id).agent_app.unwrap();
    assert!(app("x").receive.is_some() && app("x").corp_secret.is_some());
    assert!(app("y").receive.is_none() && app("y").corp_secret.is_some());
    assert_eq!(
        places(&loaded, "identity_shared"),
        ["channels.wecom.accounts.y.agent.token"]
    );
}

#[test]
fn webhook_bots_with_one_token_are_told_apart_by_their_key() {
    let other = KEY.replace("AAEC", "BBEC");
    let loaded = channel(&format!(
        "connectionMode: 'webhook', token: 'tok', accounts: {{ x: {{ encodingAESKey: '{KEY}' }}, \
         y: {{ encodingAESKey: '{other}' }} }}"
    ));
    assert!(account(&loaded, "x").bot_webhook.is_some());
    assert!(account(&loaded, "y").bot_webhook.is_some());
    assert_eq!(
        places(&loaded, "token_shared"),
        ["channels.wecom.accounts.y.token"]
    );
}

#[test]
fn credentials_of_two_levels() {
    let loaded = channel("botId: 'X', secret: 'S', accounts: { hq: { secret: 'T' } }");
    let bot = account(&loaded, "hq").bot_socket.unwrap();
    assert_eq!((bot.bot_id.as_str(), bot.secret.reveal()), ("X", "T"));
    assert_eq!(
        places(&loaded, "credentials_mixed"),
        ["channels.wecom.accounts.hq.secret"]
    );
    assert_eq!(
        places(&loaded, "top_credentials_unused"),
        ["channels.wecom.secret"]
    );
}

#[test]
fn an_error_stops_its_account_and_no_other() {
    let loaded = load_text(
        "{ channels: { wecom: { enabled: true, accounts: { \
         a: { botId: 'a', secret: 's', dmPolicy: 'everybody' }, \
         b: { botId: 'b', secret: 's' } } } } }",
        &nowhere(),
        &environment(&[]),
    )
    .unwrap();
    assert!(account(&loaded, "a").bot_socket.is_none());
    assert!(account(&loaded, "b").bot_socket.is_some());
}

#[test]
fn without_accounts_an_error_stops_the_program_unless_a_part_works() {
    let text = |inside: &str| format!("{{ channels: {{ wecom: {{ enabled: true, {inside} }} }} }}");
    assert!(is_fatal(&text("botId: 'b'")));
    assert!(is_fatal(&text(
        "botId: 'b', secret: 's', dmPolicy: 'everybody'"
    )));
    assert!(is_fatal(&text("botId: 'b', secret: '${NONE}'")));
    let half_agent = "botId: 'b', secret: 's', agent: { corpId: 'wx1' }";
    assert!(!is_fatal(&text(half_agent)));
    assert!(single(half_agent).bot_socket.is_some());
    assert!(!is_fatal(
        "{ channels: { wecom: { enabled: false, botId: 'b' } } }"
    ));
    assert!(!is_fatal(&text("name: 'x'")));
    assert!(is_fatal("{ gateway: { port: 70000 } }"));
    assert!(is_fatal(
        "{ channels: { wecom: { dmPolicy: 'x', accounts: { a: {} } } } }"
    ));
}
