use std::path::Path;
use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::config::{Config, McpClient, McpDelivery};
use crate::identity::TurnChat;
use crate::store::SqliteStore;

fn client(id: &str, token: &str) -> McpClient {
    McpClient {
        id: id.to_owned(),
        token: Secret::new(token),
        account: None,
        accounts: Vec::new(),
        user: None,
        delegate: false,
        categories: Vec::new(),
        allow_methods: Vec::new(),
        deny_methods: Vec::new(),
        read_only: false,
        file_roots: Vec::new(),
        delivery: McpDelivery::Resource,
        calls_per_minute: 60,
    }
}

fn configured() -> LiveConfig {
    let mut config = Config::unconfigured(Path::new("/nowhere"));
    config.mcp_server.clients = vec![
        McpClient {
            user: Some("zhangsan".into()),
            ..client("laptop", "static-token")
        },
        McpClient {
            delegate: true,
            accounts: vec!["default".into()],
            read_only: true,
            ..client("host", "host-token")
        },
    ];
    LiveConfig::new(config)
}

async fn credentials(config: LiveConfig, clock: SharedClock) -> Credentials {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    Credentials::load(config, store, clock, SessionCredentials::new())
        .await
        .unwrap()
}

fn mint_request(id: &str) -> MintRequest {
    MintRequest {
        id: id.to_owned(),
        account: "default".into(),
        user: Some("lisi".into()),
        read_only: true,
        categories: vec!["todo".to_owned()],
        ttl_s: Some(60),
    }
}

fn delegation(account: &str, requester: &str) -> DelegationRequest {
    DelegationRequest {
        account: account.to_owned(),
        requester: requester.into(),
        chat: None,
        ttl_s: None,
    }
}

fn requester(credential: &Credential) -> Option<&str> {
    credential.identity().requester().map(UserId::as_str)
}

#[tokio::test]
async fn a_configured_token_acts_for_its_member_until_it_is_taken_out() {
    let config = configured();
    let all = credentials(config.clone(), ManualClock::at(0)).await;
    let laptop = all.find("static-token").unwrap();
    assert_eq!(requester(&laptop), Some("zhangsan"));
    assert_eq!(laptop.calls_per_minute(), 60);
    assert!(all.find("static-token ").is_none());
    assert!(all.find("").is_none());

    let mut without = (*config.get()).clone();
    without.mcp_server.clients.clear();
    config.replace(without);
    assert!(all.find("static-token").is_none());
}

#[tokio::test]
async fn a_minted_token_survives_a_restart_and_ends_in_time_or_when_revoked() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let clock = ManualClock::at(1_000);
    let load = || async {
        let table = SessionCredentials::new();
        Credentials::load(configured(), store.clone(), clock.clone(), table)
            .await
            .unwrap()
    };
    let first = load().await;
    let minted = first.mint(mint_request("ci")).await.unwrap();
    let token = minted.token.reveal();
    assert_eq!(minted.stored.expires_at_ms, Some(61_000));
    for bad in ["ci", "laptop", "", "a b", &"x".repeat(65)] {
        first.mint(mint_request(bad)).await.unwrap_err();
    }

    let second = load().await;
    let found = second.find(token).unwrap();
    assert_eq!(requester(&found), Some("lisi"));
    assert!(found.is_bounded() && found.scope().read_only);
    clock.advance(60_000);
    assert!(second.find(token).is_none(), "its time is over");

    clock.advance(-30_000);
    assert!(second.find(token).is_some());
    assert!(second.revoke("ci").await.unwrap());
    assert!(second.find(token).is_none());
    assert_eq!(second.minted(), []);
    assert!(!second.revoke("ci").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_host_gets_a_token_for_each_member_within_its_own_bounds() {
    let config = configured();
    let all = credentials(config.clone(), ManualClock::at(0)).await;
    let host = all.find("host-token").unwrap();
    let mut request = delegation("default", "wangwu");
    request.chat = Some(super::super::delegation::DelegatedChat {
        kind: crate::ids::ChatKind::Group,
        id: "wrABc".into(),
    });
    let delegated = all.delegate(&host, &request).unwrap();
    assert_eq!(delegated.life, Duration::from_mins(5));
    let found = all.find(delegated.token.reveal()).unwrap();
    assert_eq!(requester(&found), Some("wangwu"));
    assert_eq!(
        found.identity().chat(),
        Some(&TurnChat::Group("wrABc".into()))
    );
    assert!(found.scope().read_only && !found.may_delegate());

    let renewed = all.delegate(&host, &request).unwrap();
    let renewed = all.find(renewed.token.reveal()).unwrap();
    assert_eq!(renewed.owner(), found.owner());
    assert_ne!(host.owner(), found.owner());

    let mut without = (*config.get()).clone();
    without.mcp_server.clients.truncate(1);
    config.replace(without);
    assert!(
        all.find(delegated.token.reveal()).is_none(),
        "its host is gone"
    );
}

#[tokio::test]
async fn what_a_host_may_not_ask_for_it_does_not_get() {
    let all = credentials(configured(), ManualClock::at(0)).await;
    let host = all.find("host-token").unwrap();
    let laptop = all.find("static-token").unwrap();
    let asks = |credential: &Credential, request| all.delegate(credential, &request).unwrap_err();
    let plain = || delegation("default", "wangwu");
    assert_eq!(asks(&laptop, plain()), DelegationError::NotAllowed);
    assert_eq!(
        asks(&host, delegation("other", "wangwu")),
        DelegationError::Account("other".to_owned())
    );
    assert_eq!(
        asks(&host, delegation("default", "张三")),
        DelegationError::Requester
    );
    for ttl_s in [0, 3_601] {
        let request = DelegationRequest {
            ttl_s: Some(ttl_s),
            ..plain()
        };
        assert_eq!(asks(&host, request), DelegationError::Life, "{ttl_s}");
    }
}
