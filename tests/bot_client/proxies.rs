use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use wecom::wecom::bot::{Cause, ConnectStep};

use crate::server::{Authority, Client, Duplex, Server, bot_at};

/// `me@corp:pa:55` in base64.
const LOGIN: &str = "Proxy-Authorization: Basic bWVAY29ycDpwYTo1NQ==";

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Reads a request to its empty line.
async fn read_head(stream: &mut dyn Duplex) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Serves one `CONNECT` and then carries bytes.
async fn serve_connect(mut stream: Box<dyn Duplex>, target: SocketAddr) {
    let head = read_head(&mut *stream).await;
    let port = target.port();
    assert!(
        head.starts_with(&format!("CONNECT localhost:{port} HTTP/1.1\r\n")),
        "{head}"
    );
    if !head.contains(LOGIN) {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
        return;
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let mut onward = TcpStream::connect(target).await.unwrap();
    copy_bidirectional(&mut stream, &mut onward).await.unwrap();
}

#[tokio::test]
async fn connect_with_login_leads_to_wecom() {
    let authority = Authority::new();
    let server = Server::tls(&authority, false).await;
    let (listener, address) = listen().await;
    let mut bot = bot_at("wss", server.address);
    bot.tls.ca_file = Some(authority.file());
    bot.proxy = Some(
        format!("http://me%40corp:pa%3A55@{address}")
            .as_str()
            .into(),
    );
    let client = Client::start(&bot);
    let proxy = async {
        let (stream, _) = listener.accept().await.unwrap();
        serve_connect(Box::new(stream), server.address).await;
    };
    let test = async {
        let _peer = server.subscribed().await;
        client.live().await;
    };
    tokio::select! { () = proxy => panic!("the proxy ended"), () = test => {} }
}

#[tokio::test]
async fn the_way_to_the_proxy_may_be_encrypted() {
    let authority = Authority::new();
    let server = Server::plain().await;
    let (listener, address) = listen().await;
    let mut bot = bot_at("ws", server.address);
    bot.tls.ca_file = Some(authority.file());
    let url = format!("https://me%40corp:pa%3A55@localhost:{}", address.port());
    bot.proxy = Some(url.as_str().into());
    let client = Client::start(&bot);
    let proxy = async {
        let (stream, _) = listener.accept().await.unwrap();
        let tls = TlsAcceptor::from(authority.server_config(false));
        serve_connect(Box::new(tls.accept(stream).await.unwrap()), server.address).await;
    };
    let test = async {
        let _peer = server.subscribed().await;
        client.live().await;
    };
    tokio::select! { () = proxy => panic!("the proxy ended"), () = test => {} }
}

#[tokio::test]
async fn a_refusing_proxy_is_never_passed_by() {
    let server = Server::plain().await;
    let (listener, address) = listen().await;
    let mut bot = bot_at("ws", server.address);
    bot.proxy = Some(format!("http://me:wrong-pa55@{address}").as_str().into());
    let client = Client::start(&bot);
    let (stream, _) = listener.accept().await.unwrap();
    serve_connect(Box::new(stream), server.address).await;
    let cause = client.failure().await;
    match &cause {
        Cause::Connect {
            step: ConnectStep::Proxy,
            detail,
        } => assert!(detail.contains("authorization required"), "{detail}"),
        other => panic!("{other:?}"),
    }
    assert!(!format!("{cause:?} {cause}").contains("wrong-pa55"));
}

#[tokio::test]
async fn socks_resolves_at_the_proxy() {
    let server = Server::plain().await;
    let (listener, address) = listen().await;
    let mut bot = bot_at("ws", server.address);
    bot.proxy = Some(format!("socks5h://me:pa55@{address}").as_str().into());
    let client = Client::start(&bot);
    let proxy = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.unwrap();
        assert_eq!(
            greeting,
            [5, 1, 2],
            "version 5, one method, user and password"
        );
        stream.write_all(&[5, 2]).await.unwrap();
        let mut login = [0; 9];
        stream.read_exact(&mut login).await.unwrap();
        assert_eq!(&login, b"\x01\x02me\x04pa55");
        stream.write_all(&[1, 0]).await.unwrap();
        let mut request = [0; 16];
        stream.read_exact(&mut request).await.unwrap();
        assert_eq!(&request[..14], b"\x05\x01\x00\x03\x09localhost");
        assert_eq!(request[14..], server.address.port().to_be_bytes());
        stream
            .write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])
            .await
            .unwrap();
        let mut onward = TcpStream::connect(server.address).await.unwrap();
        copy_bidirectional(&mut stream, &mut onward).await.unwrap();
    };
    let test = async {
        let _peer = server.subscribed().await;
        client.live().await;
    };
    tokio::select! { () = proxy => panic!("the proxy ended"), () = test => {} }
}
