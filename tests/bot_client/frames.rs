use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use wecom::wecom::bot::{
    Cause, Command, ConnectStep, ConnectionState, Content, MAX_FRAME_BYTES, MessageBody, Push,
    StreamFrame,
};

use crate::server::{Client, DEADLINE, Server, bot_at};

fn text_push(content: &str) -> String {
    json!({"cmd": "aibot_msg_callback", "headers": {"req_id": "Xq81", "more": {}},
        "body": {"msgid": "m1", "from": {"userid": "lisi"}, "msgtype": "text",
            "text": {"content": content, "unknown": [1]}, "unknown": {}},
        "unknown": null})
    .to_string()
}

async fn text_of_next(client: &mut Client) -> String {
    match client.push().await.push {
        Push::Message(message) => match message.content {
            Content::Text(text) => text,
            other => panic!("{other:?}"),
        },
        Push::Event(event) => panic!("{event:?}"),
    }
}

#[tokio::test]
async fn a_message_is_pushed_and_answered() {
    let server = Server::plain().await;
    let mut client = Client::start(&bot_at("ws", server.address));
    let mut peer = server.subscribed().await;
    client.live().await;
    peer.send(Message::text(text_push("hello"))).await;
    let push = client.push().await.push;
    let answer = client.bot.send(Command::RespondStream {
        req_id: push.envelope().req_id.clone(),
        stream: StreamFrame {
            id: "stream_1".into(),
            finish: true,
            content: "你好".to_owned(),
            feedback_id: None,
        },
    });
    let serve = async {
        let frame = peer.recv().await;
        assert_eq!(
            frame,
            json!({"cmd": "aibot_respond_msg", "headers": {"req_id": "Xq81"},
                "body": {"msgtype": "stream",
                    "stream": {"id": "stream_1", "finish": true, "content": "你好"}}})
        );
        peer.ack(&frame).await;
    };
    let (ack, ()) = tokio::join!(answer, serve);
    assert_eq!(ack.unwrap().req_id.as_str(), "Xq81");
}

#[tokio::test]
async fn sixteen_mebibytes_fit_and_the_limit_holds() {
    let server = Server::plain().await;
    let mut client = Client::start(&bot_at("ws", server.address));
    let mut peer = server.subscribed().await;
    let large = "x".repeat(16 << 20);
    peer.send(Message::text(text_push(&large))).await;
    assert_eq!(text_of_next(&mut client).await.len(), large.len());

    // The client may hang up before it has everything.
    let too_large = text_push(&"x".repeat(MAX_FRAME_BYTES));
    let size = too_large.len();
    let _ = futures_util::SinkExt::send(&mut peer.socket, Message::text(too_large)).await;
    let waiting = client.failure().await;
    assert_eq!(
        waiting,
        Cause::FrameTooLarge {
            size_bytes: size,
            limit_bytes: MAX_FRAME_BYTES
        }
    );
    client.bot.resume();
    let mut peer = server.subscribed().await;
    peer.send(Message::text(text_push("small again"))).await;
    assert_eq!(text_of_next(&mut client).await, "small again");
}

#[tokio::test]
async fn a_websocket_ping_gets_one_pong() {
    let server = Server::plain().await;
    let client = Client::start(&bot_at("ws", server.address));
    let mut peer = server.subscribed().await;
    client.live().await;
    peer.send(Message::Ping("are you there".into())).await;
    assert_eq!(peer.next().await, Message::Pong("are you there".into()));
    // Closing shows that no second one was on its way.
    let bot = client.bot.clone();
    let (next, ()) = tokio::join!(peer.next(), bot.close());
    assert!(matches!(next, Message::Close(_)), "{next:?}");
}

#[tokio::test]
async fn many_lanes_at_once_are_each_acknowledged() {
    const LANES: usize = 500;
    let server = Server::plain().await;
    let client = Client::start(&bot_at("ws", server.address));
    let mut peer = server.subscribed().await;
    client.live().await;
    let sends = join_all((0..LANES).map(|n| {
        client.bot.send(Command::Send {
            chat: format!("user-{n}").into(),
            kind: None,
            body: MessageBody::Markdown("x".repeat(2000)),
        })
    }));
    let serve = async {
        for _ in 0..LANES {
            let frame = peer.recv().await;
            peer.ack(&frame).await;
        }
    };
    let (acks, ()) = tokio::join!(sends, serve);
    assert!(acks.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_close_code_is_part_of_the_cause() {
    let server = Server::plain().await;
    let client = Client::start(&bot_at("ws", server.address));
    let mut peer = server.subscribed().await;
    client.live().await;
    let frame = CloseFrame {
        code: 4001.into(),
        reason: "maintenance".into(),
    };
    peer.send(Message::Close(Some(frame))).await;
    assert_eq!(
        client.failure().await,
        Cause::ClosedByPeer { code: Some(4001) }
    );
}

#[tokio::test]
async fn nobody_listening_is_a_failure_of_tcp() {
    let server = Server::plain().await;
    let bot = bot_at("ws", server.address);
    drop(server);
    let client = Client::start(&bot);
    assert!(matches!(
        client.failure().await,
        Cause::Connect {
            step: ConnectStep::Tcp,
            ..
        }
    ));
}

#[tokio::test]
async fn a_web_server_is_not_wecom() {
    let server = Server::plain().await;
    let client = Client::start(&bot_at("ws", server.address));
    let mut stream = server.accept_raw().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("GET / HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("s3cr3t-value"));
    stream
        .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    match client.failure().await {
        Cause::Connect {
            step: ConnectStep::WebSocket,
            detail,
        } => assert!(detail.contains("403"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn two_clients_do_not_kick_each_other_in_turns() {
    let server = Server::plain().await;
    let bot = bot_at("ws", server.address);
    let first = Client::start(&bot);
    let mut first_peer = server.subscribed().await;
    first.live().await;
    let second = Client::start(&bot);
    let _second_peer = server.subscribed().await;
    let kick = json!({"cmd": "aibot_event_callback", "headers": {"req_id": "ev-6"},
        "body": {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}});
    first_peer.send(Message::text(kick.to_string())).await;
    first
        .state(|state| matches!(state, ConnectionState::Kicked { .. }))
        .await;
    second.live().await;
    assert!(first.bot.state().borrow().is_parked());
    let closed = first.bot.close();
    timeout(DEADLINE, closed).await.unwrap();
}
