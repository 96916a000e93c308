use wecom::wecom::bot::{Cause, ConnectStep};

use crate::server::{Authority, Client, Server, bot_at};

#[tokio::test]
async fn an_extra_root_is_accepted() {
    let authority = Authority::new();
    let server = Server::tls(&authority, false).await;
    let mut bot = bot_at("wss", server.address);
    bot.tls.ca_file = Some(authority.file());
    let client = Client::start(&bot);
    let _peer = server.subscribed().await;
    client.live().await;
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let authority = Authority::new();
    let other = Authority::new();
    for ca_file in [None, Some(other.file())] {
        let server = Server::tls(&authority, false).await;
        let mut bot = bot_at("wss", server.address);
        bot.tls.ca_file = ca_file;
        let client = Client::start(&bot);
        assert!(server.accept_raw().await.is_none());
        match client.failure().await {
            Cause::Connect {
                step: ConnectStep::Tls,
                detail,
            } => assert!(detail.contains("tls.caFile"), "{detail}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn another_name_is_refused() {
    let authority = Authority::new();
    let server = Server::tls(&authority, false).await;
    let mut bot = bot_at("wss", server.address);
    bot.tls.ca_file = Some(authority.file());
    bot.url.set_host(Some("127.0.0.1")).unwrap();
    let client = Client::start(&bot);
    assert!(server.accept_raw().await.is_none());
    assert!(matches!(
        client.failure().await,
        Cause::Connect {
            step: ConnectStep::Tls,
            ..
        }
    ));
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let authority = Authority::new();
    let server = Server::tls(&authority, true).await;
    let (cert, key) = authority.identity();
    let mut bot = bot_at("wss", server.address);
    bot.tls.ca_file = Some(authority.file());
    bot.tls.client_cert_file = Some(cert);
    bot.tls.client_key_file = Some(key);
    let client = Client::start(&bot);
    let _peer = server.subscribed().await;
    client.live().await;
}

#[tokio::test]
async fn without_the_client_certificate_the_server_refuses() {
    let authority = Authority::new();
    let server = Server::tls(&authority, true).await;
    let mut bot = bot_at("wss", server.address);
    bot.tls.ca_file = Some(authority.file());
    let client = Client::start(&bot);
    assert!(server.accept_raw().await.is_none());
    // In TLS 1.3 the client learns of it with its first read.
    assert!(matches!(client.failure().await, Cause::Connect { .. }));
}
