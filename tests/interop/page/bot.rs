//! A bot that does nothing by itself.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use wecom::sim::{DEMO_BOT, DEMO_SECRET, Sim};

use crate::DEADLINE;

/// A subscribed connection of the demo bot.
pub(crate) struct Bot {
    socket: WebSocketStream<TcpStream>,
    pushes: VecDeque<Value>,
}

impl Bot {
    /// Connects and subscribes.
    pub(crate) async fn connect(sim: &Sim) -> Self {
        let stream = TcpStream::connect(sim.addr()).await.unwrap();
        let (socket, _) = client_async(sim.bot_url(), stream).await.unwrap();
        let mut bot = Self {
            socket,
            pushes: VecDeque::new(),
        };
        let body = json!({ "bot_id": DEMO_BOT, "secret": DEMO_SECRET });
        bot.request("aibot_subscribe", "aibot_subscribe_1", body)
            .await;
        bot
    }

    /// The next message of a person.
    pub(crate) async fn message(&mut self) -> Value {
        let push = self.push().await;
        assert_eq!(push["cmd"], "aibot_msg_callback", "{push}");
        push
    }

    /// The next push, which is an event of this type.
    pub(crate) async fn event(&mut self, eventtype: &str) -> Value {
        let push = self.push().await;
        assert_eq!(push["body"]["event"]["eventtype"], eventtype, "{push}");
        push
    }

    /// Answers a push; the service must accept it.
    pub(crate) async fn reply(&mut self, cmd: &str, push: &Value, body: Value) {
        let req_id = push["headers"]["req_id"].as_str().unwrap();
        self.request(cmd, req_id, body).await;
    }

    /// Answers a message with a frame of a stream.
    pub(crate) async fn stream(&mut self, asked: &Value, id: &str, content: &str, finish: bool) {
        let stream = json!({ "id": id, "finish": finish, "content": content });
        let body = json!({ "msgtype": "stream", "stream": stream });
        self.reply("aibot_respond_msg", asked, body).await;
    }

    /// Waits until the service cuts the connection.
    pub(crate) async fn cut(mut self) {
        let rest = async { while let Some(Ok(_)) = self.socket.next().await {} };
        timeout(DEADLINE, rest)
            .await
            .expect("the connection is cut");
    }

    async fn push(&mut self) -> Value {
        match self.pushes.pop_front() {
            Some(push) => push,
            None => self.read().await,
        }
    }

    async fn request(&mut self, cmd: &str, req_id: &str, body: Value) {
        let frame = json!({ "cmd": cmd, "headers": { "req_id": req_id }, "body": body });
        self.socket
            .send(Message::text(frame.to_string()))
            .await
            .unwrap();
        loop {
            let frame = self.read().await;
            if frame.get("cmd").is_some() {
                self.pushes.push_back(frame);
            } else {
                assert_eq!(frame["headers"]["req_id"], req_id, "{frame}");
                assert_eq!(frame["errcode"], 0, "{cmd} was refused: {frame}");
                return;
            }
        }
    }

    async fn read(&mut self) -> Value {
        loop {
            let message = timeout(DEADLINE, self.socket.next())
                .await
                .expect("a frame within the deadline")
                .expect("an open connection")
                .unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}
