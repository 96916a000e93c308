use std::path::PathBuf;

use super::*;
use crate::config::{Environment, Location, load_text};

fn config(text: &str) -> Config {
    let location = Location {
        home: PathBuf::from("/nonexistent/state"),
        path: PathBuf::from("/nonexistent/state/wecom.json"),
        read_only: false,
    };
    load_text(text, &location, &Environment::default())
        .unwrap_or_else(|error| panic!("{:#?}", error.issues()))
        .config
}

fn account(inside: &str) -> Config {
    config(&format!(
        "{{ channels: {{ wecom: {{ enabled: true, accounts: {{ hq: {{ {inside} }}, \
         plant: {{ botId: 'p', secret: 'p' }} }} }} }} }}"
    ))
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_KEY: &str = "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Base settings, what is added or exchanged, the classes, the keys.
type Case = (
    &'static str,
    (&'static str, &'static str),
    &'static [ReloadClass],
    &'static [&'static str],
);

const SOCKET: &str = "botId: 'b', secret: 's'";
const WEBHOOK: &str = "connectionMode: 'webhook', token: 'tok', encodingAESKey: 'KEY'";
const AGENT: &str = "agent: { corpId: 'wx1', corpSecret: 's', agentId: 1, token: 'tok', \
                     encodingAESKey: 'KEY' }";

#[test]
fn each_key_has_its_class() {
    use ReloadClass::{Client, Live, ReRegister, Reconnect};
    const ADD: &str = "";
    let cases: &[Case] = &[
        (SOCKET, (ADD, "name: 'x'"), &[Live], &["name"]),
        (SOCKET, (ADD, "dmPolicy: 'pairing'"), &[Live], &["access"]),
        (
            SOCKET,
            (ADD, "network: { retries: 5 }"),
            &[Live],
            &["network.retries"],
        ),
        (
            SOCKET,
            (ADD, "turnTimeoutMs: 60000"),
            &[Live],
            &["turnTimeoutMs"],
        ),
        (SOCKET, ("'s'", "'t'"), &[Reconnect], &["secret"]),
        (SOCKET, ("'b'", "'c'"), &[Reconnect], &["botId"]),
        (
            SOCKET,
            (ADD, "websocket: { heartbeatMs: 6000 }"),
            &[Reconnect],
            &["websocket"],
        ),
        (
            SOCKET,
            (ADD, "network: { egressProxyUrl: 'http://p' }"),
            &[Reconnect, Client],
            &["network.egressProxyUrl"],
        ),
        (
            SOCKET,
            (ADD, "network: { apiBaseUrl: 'https://other.example' }"),
            &[Client],
            &["network.apiBaseUrl"],
        ),
        (
            SOCKET,
            (SOCKET, WEBHOOK),
            &[Reconnect, ReRegister],
            &["connectionMode"],
        ),
        (WEBHOOK, ("'tok'", "'tok2'"), &[ReRegister], &["token"]),
        (
            WEBHOOK,
            ("KEY", OTHER_KEY),
            &[ReRegister],
            &["encodingAESKey"],
        ),
        (WEBHOOK, (ADD, "debounceMs: 1"), &[Live], &["debounceMs"]),
        (AGENT, ("'s'", "'t'"), &[Client], &["agent.corpSecret"]),
        (
            AGENT,
            ("agentId: 1", "agentId: 2"),
            &[Client],
            &["agent.agentId"],
        ),
        (AGENT, ("'tok'", "'tok2'"), &[ReRegister], &["agent.token"]),
        (
            AGENT,
            ("wx1", "wx2"),
            &[ReRegister, Client],
            &["agent.corpId"],
        ),
        (
            AGENT,
            (" }", ", welcomeText: 'hi' }"),
            &[Live],
            &["agent.welcomeText"],
        ),
    ];
    for (base, (out, into), classes, keys) in cases {
        let changed = if out.is_empty() {
            format!("{base}, {into}")
        } else {
            base.replace(out, into)
        };
        let (old, new) = (
            base.replace("KEY'", &format!("{KEY}'")),
            changed.replace("KEY'", &format!("{KEY}'")),
        );
        let expected = Changes {
            accounts: BTreeMap::from([(
                AccountId::new("hq"),
                AccountChange::Changed {
                    classes: classes.iter().copied().collect(),
                    keys: keys.to_vec(),
                },
            )]),
            unchanged: vec![AccountId::new("plant")],
            ..Changes::default()
        };
        assert_eq!(
            diff(&account(&old), &account(&new)),
            expected,
            "{old} -> {new}"
        );
    }
}

#[test]
fn accounts_come_go_and_are_switched() {
    let old =
        config("{ channels: { wecom: { enabled: true, accounts: { a: {}, b: {}, c: {} } } } }");
    let new = config(
        "{ channels: { wecom: { enabled: true, accounts: { b: {}, c: { enabled: false }, d: {} } } } }",
    );
    let changes = diff(&old, &new);
    assert_eq!(
        changes.accounts,
        BTreeMap::from([
            (AccountId::new("a"), AccountChange::Removed),
            (AccountId::new("c"), AccountChange::Switched(false)),
            (AccountId::new("d"), AccountChange::Added),
        ])
    );
    assert_eq!(changes.unchanged, [AccountId::new("b")]);
}

#[test]
fn sections_apply_live_and_the_listener_needs_a_restart() {
    let old = config("{}");
    let new = config(
        "{ gateway: { port: 1, bind: 'lan', auth: { token: 't' } }, session: { dmScope: 'per-peer' }, \
         agents: { list: [{ id: 'x' }] } }",
    );
    let changes = diff(&old, &new);
    assert_eq!(changes.restart, ["gateway.port", "gateway.bind"]);
    assert_eq!(changes.sections, ["agents", "session", "gateway"]);
    assert!(diff(&old, &old).is_empty());
    assert!(!changes.is_empty());
}
