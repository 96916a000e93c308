//! A bot's client, as thin as possible.

use std::collections::VecDeque;

use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use wecom::sim::Sim;

use super::DEADLINE;

/// One WebSocket connection.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
    unread: VecDeque<Value>,
    requests: u32,
}

impl Client {
    /// Connects to the bot's address.
    pub(crate) async fn connect(sim: &Sim) -> Self {
        Self::connect_to(&sim.bot_url(), sim).await
    }

    /// Connects to a given path of the simulator.
    pub(crate) async fn connect_to(url: &str, sim: &Sim) -> Self {
        let stream = TcpStream::connect(sim.addr()).await.unwrap();
        let config = WebSocketConfig::default().max_frame_size(Some(64 << 20));
        let (socket, _) = client_async_with_config(url, stream, Some(config))
            .await
            .unwrap();
        Self {
            socket,
            unread: VecDeque::new(),
            requests: 0,
        }
    }

    /// Subscribes and returns the ack.
    pub(crate) async fn subscribe(&mut self, bot: &str, secret: &str) -> Value {
        let body = json!({ "bot_id": bot, "secret": secret });
        self.request("aibot_subscribe", body).await
    }

    /// Sends a command under an id of its own and returns the ack.
    pub(crate) async fn request(&mut self, cmd: &str, body: Value) -> Value {
        let req_id = self.send(cmd, body).await;
        self.ack(&req_id).await
    }

    /// Sends a command under the id of a push and returns the ack.
    pub(crate) async fn reply(&mut self, cmd: &str, req_id: &str, body: Value) -> Value {
        self.send_as(cmd, req_id, body).await;
        self.ack(req_id).await
    }

    /// Answers a message with a frame of a stream.
    pub(crate) async fn stream(
        &mut self,
        req_id: &str,
        id: &str,
        content: &str,
        finish: bool,
    ) -> Value {
        let stream = json!({ "id": id, "finish": finish, "content": content });
        let body = json!({ "msgtype": "stream", "stream": stream });
        self.reply("aibot_respond_msg", req_id, body).await
    }

    /// Sends a command without waiting; returns its id.
    pub(crate) async fn send(&mut self, cmd: &str, body: Value) -> String {
        self.requests += 1;
        let req_id = format!("{cmd}_{}", self.requests);
        self.send_as(cmd, &req_id, body).await;
        req_id
    }

    /// Sends a command under a given id without waiting.
    pub(crate) async fn send_as(&mut self, cmd: &str, req_id: &str, body: Value) {
        let frame = json!({ "cmd": cmd, "headers": { "req_id": req_id }, "body": body });
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// Sends anything.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        timeout(DEADLINE, self.socket.send(message))
            .await
            .unwrap()
            .unwrap();
    }

    /// Sends bytes past the WebSocket.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let stream = self.socket.get_mut();
        timeout(DEADLINE, stream.write_all(bytes))
            .await
            .unwrap()
            .unwrap();
    }

    /// Waits for the ack of a request; pushes in between are kept.
    pub(crate) async fn ack(&mut self, req_id: &str) -> Value {
        loop {
            let frame = self.read().await;
            if frame.get("cmd").is_none() && frame["headers"]["req_id"] == req_id {
                return frame;
            }
            self.unread.push_back(frame);
        }
    }

    /// The next frame that is not the ack of a `request`.
    pub(crate) async fn next(&mut self) -> Value {
        match self.unread.pop_front() {
            Some(frame) => frame,
            None => self.read().await,
        }
    }

    /// The next message, whatever it is.
    pub(crate) async fn next_raw(&mut self) -> Message {
        timeout(DEADLINE, self.socket.next())
            .await
            .expect("a message in time")
            .expect("an open connection")
            .expect("a whole message")
    }

    /// Whether nothing waits to be read.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.unread.is_empty() && self.socket.next().now_or_never().is_none()
    }

    /// Waits until the server is gone; what it still says is returned.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        let mut rest: Vec<Value> = self.unread.drain(..).collect();
        while let Some(Ok(message)) = timeout(DEADLINE, self.socket.next())
            .await
            .expect("an end in time")
        {
            if let Message::Text(text) = message {
                rest.push(serde_json::from_str(&text).unwrap());
            }
        }
        rest
    }

    async fn read(&mut self) -> Value {
        match self.next_raw().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("not a text: {other:?}"),
        }
    }
}
