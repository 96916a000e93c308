//! An agent that speaks the Agent Client Protocol and does what the question says.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program of the tests, which ends where something is wrong"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent_client_protocol::v1::schema::{
    AgentCapabilities, CancelNotification, ContentBlock, ContentChunk, ImageContent,
    InitializeRequest, InitializeResponse, LoadSessionRequest, LoadSessionResponse,
    McpCapabilities, McpServer, NewSessionRequest, NewSessionResponse, PermissionOption,
    PermissionOptionKind, PromptCapabilities, PromptRequest, PromptResponse,
    RequestPermissionOutcome, RequestPermissionRequest, SessionId, SessionNotification,
    SessionUpdate, StopReason, TextContent, ToolCall, ToolCallStatus, ToolCallUpdate,
    ToolCallUpdateFields,
};
use agent_client_protocol::v1::{ConnectionTo, Responder};
use agent_client_protocol::{Agent, Client, Error, Lines};
use futures_util::{sink, stream};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::Notify;

#[derive(Default)]
struct State {
    sessions: Mutex<HashMap<SessionId, Arc<Session>>>,
}

#[derive(Default)]
struct Session {
    cancelled: Notify,
    servers: Vec<McpServer>,
    directory: std::path::PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let state = Arc::<State>::default();
    let (begun, loaded, asked, stopped) =
        (state.clone(), state.clone(), state.clone(), state.clone());
    Agent
        .v1()
        .name("scripted")
        .on_receive_request(
            async move |hello: InitializeRequest, responder, _connection| {
                let can = AgentCapabilities::new()
                    .load_session(true)
                    .mcp_capabilities(McpCapabilities::new().http(true))
                    .prompt_capabilities(PromptCapabilities::new().image(true));
                let answer = InitializeResponse::new(hello.protocol_version);
                responder.respond(answer.agent_capabilities(can))
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: NewSessionRequest, responder, _connection| {
                if std::env::args().any(|argument| argument == "--logged-out") {
                    return responder.respond_with_error(Error::auth_required());
                }
                let number = begun.sessions.lock().unwrap().len();
                let id = SessionId::new(format!("{}-{number}", std::process::id()));
                begun.open(&id, request.mcp_servers, request.cwd);
                responder.respond(NewSessionResponse::new(id))
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: LoadSessionRequest,
                        responder,
                        connection: ConnectionTo<Client>| {
                loaded.open(&request.session_id, request.mcp_servers, request.cwd);
                let replayed = text("an answer of earlier");
                connection.send_notification(SessionNotification::new(
                    request.session_id,
                    SessionUpdate::AgentMessageChunk(replayed),
                ))?;
                responder.respond(LoadSessionResponse::new())
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: PromptRequest, responder, connection: ConnectionTo<Client>| {
                let session = asked.sessions.lock().unwrap()[&request.session_id].clone();
                let turn = Turn {
                    id: request.session_id,
                    connection: connection.clone(),
                    session,
                };
                connection.spawn(turn.play(request.prompt, responder))
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_notification(
            async move |cancel: CancelNotification, _connection| {
                if let Some(session) = stopped.sessions.lock().unwrap().get(&cancel.session_id) {
                    session.cancelled.notify_one();
                }
                Ok(())
            },
            agent_client_protocol::on_receive_notification!(),
        )
        .connect_to(transport())
        .await
}

fn transport() -> Lines<
    impl futures_util::Sink<String, Error = std::io::Error> + Send + 'static,
    impl futures_util::Stream<Item = std::io::Result<String>> + Send + 'static,
> {
    let outgoing = sink::unfold(tokio::io::stdout(), |mut output, line: String| async move {
        output.write_all(format!("{line}\n").as_bytes()).await?;
        output.flush().await?;
        Ok::<_, std::io::Error>(output)
    });
    let lines = BufReader::new(tokio::io::stdin()).lines();
    let incoming = stream::unfold(lines, |mut lines| async move {
        let line = lines.next_line().await.transpose()?;
        Some((line, lines))
    });
    Lines::new(outgoing, incoming)
}

fn text(text: &str) -> ContentChunk {
    ContentChunk::new(ContentBlock::Text(TextContent::new(text)))
}

impl State {
    fn open(&self, id: &SessionId, servers: Vec<McpServer>, directory: std::path::PathBuf) {
        let session = Session {
            servers,
            directory,
            ..Session::default()
        };
        let mut sessions = self.sessions.lock().unwrap();
        sessions.insert(id.clone(), Arc::new(session));
    }
}

struct Turn {
    id: SessionId,
    connection: ConnectionTo<Client>,
    session: Arc<Session>,
}

impl Turn {
    async fn play(
        self,
        prompt: Vec<ContentBlock>,
        responder: Responder<PromptResponse>,
    ) -> Result<(), Error> {
        let texts: Vec<String> = (prompt.iter())
            .filter_map(|block| match block {
                ContentBlock::Text(text) => Some(text.text.clone()),
                _ => None,
            })
            .collect();
        let question = texts.last().cloned().unwrap_or_default();
        let reason = match question.lines().last().unwrap_or_default() {
            "stream" => self.stream().await?,
            "think" => self.think()?,
            "tool" => self.tool()?,
            "ask" => self.ask().await?,
            "image" => self.image()?,
            "pid" => self.say(&std::process::id().to_string())?,
            "session" => self.say(&self.id.to_string())?,
            "where" => self.say(&self.session.directory.display().to_string())?,
            "servers" => self.servers()?,
            "names" => self.names()?,
            "child" => self.child()?,
            "tokens" => {
                self.say("so far")?;
                StopReason::MaxTokens
            }
            "garbage" => {
                println!("Welcome to the agent!\n{{\"jsonrpc\": nonsense");
                println!(
                    "{}",
                    json!({ "jsonrpc": "2.0", "method": "session/update", "params": {
                        "sessionId": self.id.to_string(),
                        "update": { "sessionUpdate": "of_tomorrow" } } })
                );
                self.say("still here")?
            }
            "endless" => self.endless().await?,
            "hang" => {
                self.say("hanging")?;
                self.session.cancelled.notified().await;
                StopReason::Cancelled
            }
            "deaf" => {
                self.say("deaf")?;
                std::future::pending().await
            }
            "crash" => {
                self.say("going down")?;
                tokio::time::sleep(Duration::from_millis(200)).await;
                std::process::exit(3)
            }
            _ => self.say(&texts.join("|"))?,
        };
        responder.respond(PromptResponse::new(reason))
    }

    fn update(&self, update: SessionUpdate) -> Result<(), Error> {
        let told = SessionNotification::new(self.id.clone(), update);
        self.connection.send_notification(told)
    }

    fn say(&self, words: &str) -> Result<StopReason, Error> {
        self.update(SessionUpdate::AgentMessageChunk(text(words)))?;
        Ok(StopReason::EndTurn)
    }

    async fn stream(&self) -> Result<StopReason, Error> {
        for piece in ["one ", "two ", "three ", "four ", "five"] {
            self.say(piece)?;
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        Ok(StopReason::EndTurn)
    }

    async fn endless(&self) -> Result<StopReason, Error> {
        let piece = "again and again ".repeat(256);
        loop {
            self.say(&piece)?;
            let stopped = self.session.cancelled.notified();
            if tokio::time::timeout(Duration::from_millis(1), stopped)
                .await
                .is_ok()
            {
                return Ok(StopReason::Cancelled);
            }
        }
    }

    fn think(&self) -> Result<StopReason, Error> {
        self.update(SessionUpdate::AgentThoughtChunk(text("secret thoughts")))?;
        self.say("the answer")
    }

    fn tool(&self) -> Result<StopReason, Error> {
        self.say("Let me look.")?;
        self.update(SessionUpdate::ToolCall(ToolCall::new("t1", "Read notes")))?;
        let fields = ToolCallUpdateFields::new().status(ToolCallStatus::Completed);
        self.update(SessionUpdate::ToolCallUpdate(ToolCallUpdate::new(
            "t1", fields,
        )))?;
        self.say("Found it.")
    }

    async fn ask(&self) -> Result<StopReason, Error> {
        self.say("May I? ")?;
        let fields = ToolCallUpdateFields::new()
            .title("Tidy up")
            .raw_input(json!({ "command": "rm notes.txt" }));
        let options = vec![
            PermissionOption::new("yes", "Yes", PermissionOptionKind::AllowOnce),
            PermissionOption::new("no", "No", PermissionOptionKind::RejectOnce),
        ];
        let call = ToolCallUpdate::new("t2", fields);
        let request = RequestPermissionRequest::new(self.id.clone(), call, options);
        let answer = self.connection.send_request(request).block_task().await?;
        match answer.outcome {
            RequestPermissionOutcome::Selected(chosen) => {
                self.say(&format!("chosen: {}", chosen.option_id.0))
            }
            _ => Ok(StopReason::Cancelled),
        }
    }

    fn image(&self) -> Result<StopReason, Error> {
        // One red pixel.
        let pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";
        let image = ContentBlock::Image(ImageContent::new(pixel, "image/png"));
        self.update(SessionUpdate::AgentMessageChunk(ContentChunk::new(image)))?;
        self.say("a picture")
    }

    /// The servers that were handed over, and how.
    fn servers(&self) -> Result<StopReason, Error> {
        let servers: Vec<String> = (self.session.servers.iter())
            .map(|server| match server {
                McpServer::Http(http) => {
                    format!("{} {} {}", http.name, http.url, http.headers[0].value)
                }
                _ => "other".to_owned(),
            })
            .collect();
        self.say(&servers.join(","))
    }

    /// The names of the variables that reached this process.
    fn names(&self) -> Result<StopReason, Error> {
        let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
        self.say(&names.join(","))
    }

    /// Starts a process that outlives this one if nobody looks after it.
    fn child(&self) -> Result<StopReason, Error> {
        let child = std::process::Command::new("/bin/sleep").arg("1000").spawn();
        self.say(&child.unwrap().id().to_string())
    }
}
