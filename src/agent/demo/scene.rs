//! One answer of the demo agent.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::intent::{Intent, keys};
use crate::agent::{
    AgentEvent, AgentServices, Attachment, Person, ToolStep, ToolTurn, TurnRequest,
};
use crate::texts::demo as texts;

/// Characters in one piece of an answer.
const PIECE_CHARS: usize = 4;

/// The picture that is sent.
const PICTURE: &[u8] = include_bytes!("picture.png");

/// Its name in the agent's workspace.
const PICTURE_NAME: &str = "wecom-demo.png";

/// To-dos that are shown.
const SHOWN_TODOS: usize = 5;

/// A turn, and where its answer goes.
pub(super) struct Scene {
    pub(super) services: AgentServices,
    pub(super) piece_delay: Duration,
    pub(super) events: mpsc::Sender<AgentEvent>,
    pub(super) turn: TurnRequest,
}

impl Scene {
    pub(super) async fn play(self) {
        match Intent::of(&self.turn.text) {
            Intent::Help if self.turn.attachments.is_empty() => self.help().await,
            Intent::Todos => self.todos().await,
            Intent::NewTodo(what) => self.new_todo(&what).await,
            Intent::Picture => self.picture().await,
            Intent::Approval => self.say(texts::APPROVAL_CARD).await,
            Intent::Reminder { ahead, what } => self.remind(ahead, &what).await,
            Intent::Pressed { key, label } => self.pressed(&key, label.as_deref()).await,
            Intent::Card => self.say(&self.turn.text).await,
            Intent::Help | Intent::Echo => self.echo().await,
        }
        self.tell(AgentEvent::Done).await;
    }

    async fn help(&self) {
        self.say(texts::HELP).await;
        let button = |text: &str, key: &str| json!({ "text": text, "style": 1, "key": key });
        let card = json!({
            "card_type": "button_interaction",
            "main_title": { "title": texts::HELP_CARD_TITLE, "desc": texts::HELP_CARD_DESC },
            "button_list": [
                button(texts::BUTTON_TODOS, keys::TODOS),
                button(texts::BUTTON_PICTURE, keys::PICTURE),
                button(texts::BUTTON_APPROVAL, keys::APPROVAL),
                button(texts::BUTTON_REMINDER, keys::REMINDER),
            ],
        });
        self.tell(AgentEvent::Text(format!("\n\n```json\n{card}\n```")))
            .await;
    }

    async fn pressed(&self, key: &str, label: Option<&str>) {
        match key {
            keys::TODOS => self.todos().await,
            keys::PICTURE => self.picture().await,
            keys::APPROVAL => self.say(texts::APPROVAL_CARD).await,
            keys::REMINDER => self.remind(Duration::from_mins(1), texts::DRINK).await,
            other => self.say(&texts::pressed(label.unwrap_or(other))).await,
        }
    }

    async fn todos(&self) {
        self.say(texts::LOOKING_UP).await;
        let list = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
        let found = self.wecom("todo", "get_todo_list", list).await;
        let ids: Option<Vec<Value>> = found.ok().and_then(|data| {
            let listed = data.get("index_list")?.as_array()?;
            let ids = listed
                .iter()
                .filter_map(|entry| entry.get("todo_id").cloned());
            Some(ids.take(SHOWN_TODOS).collect())
        });
        let Some(ids) = ids else {
            return self.say(texts::TOOL_FAILED).await;
        };
        if ids.is_empty() {
            return self.say(texts::NO_TODOS).await;
        }
        let detail = self
            .wecom("todo", "get_todo_detail", json!({ "todo_id_list": ids }))
            .await;
        let mut lines = texts::TODOS.to_owned();
        let read = detail.unwrap_or_default();
        let entries = read.get("data_list").and_then(Value::as_array);
        for todo in entries.into_iter().flatten() {
            let content = todo.get("content").and_then(Value::as_str).unwrap_or("…");
            // Writing to a string can't fail.
            write!(lines, "\n- {}", one_line(content)).ok();
            if let Some(end) = todo.get("end_time").and_then(Value::as_str) {
                write!(lines, " {}", texts::due(end)).ok();
            }
        }
        self.say(&lines).await;
    }

    async fn new_todo(&self, what: &str) {
        let Some(me) = self.turn.identity.requester() else {
            return self.say(texts::TOOL_FAILED).await;
        };
        let todo = json!({
            "content": what,
            "follower_list": { "followers": [{ "follower_id": me, "follower_status": 1 }] },
        });
        match self.wecom("todo", "create_todo", todo).await {
            Ok(_) => self.say(&texts::todo_made(&one_line(what))).await,
            Err(()) => self.say(texts::TOOL_FAILED).await,
        }
    }

    async fn picture(&self) {
        match self.write_picture().await {
            Ok(path) => {
                self.tell(AgentEvent::Media(path.to_string_lossy().into_owned()))
                    .await;
                self.say(texts::PICTURE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the demo's picture could not be written");
                self.say(texts::TOOL_FAILED).await;
            }
        }
    }

    async fn write_picture(&self) -> std::io::Result<PathBuf> {
        let config = self.services.config.get();
        let workspace = config.agents.workspace_of(&self.turn.session.agent);
        tokio::fs::create_dir_all(&workspace).await?;
        let path = workspace.join(PICTURE_NAME);
        tokio::fs::write(&path, PICTURE).await?;
        Ok(path)
    }

    async fn remind(&self, ahead: Duration, what: &str) {
        let what = if what.is_empty() { texts::DRINK } else { what };
        let ahead_ms = i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX);
        let at_ms = self.services.clock.now_ms().saturating_add(ahead_ms);
        let Ok(at) = Timestamp::from_millisecond(at_ms) else {
            return self.say(texts::TOOL_FAILED).await;
        };
        let job = json!({
            "action": "add",
            "job": {
                "name": one_line(what),
                "schedule": { "kind": "at", "at": at.to_string() },
                "payload": { "kind": "text", "text": texts::reminder(&one_line(what)) },
            },
        });
        match self.tool("wecom_cron", job).await {
            Ok(_) => self.say(&texts::reminder_set(ahead, &one_line(what))).await,
            Err(()) => self.say(texts::TOOL_FAILED).await,
        }
    }

    /// What was said comes back, files too, with a word about what else there is.
    async fn echo(&self) {
        let mut lines = Vec::new();
        if let Some(quote) = &self.turn.quote {
            lines.extend(quote.lines().map(|line| format!("> {line}")));
            lines.push(String::new());
        }
        let text = self.turn.text.trim();
        if !text.is_empty() {
            lines.push(texts::HEARD.to_owned());
            // As a quotation: a line of an agent can name a file to send, and what somebody
            // else wrote must not.
            lines.extend(text.lines().map(|line| format!("> {line}")));
            lines.push(String::new());
        }
        for Attachment { name, size, .. } in &self.turn.attachments {
            lines.push(texts::received(&one_line(name), *size));
        }
        lines.push(texts::HINT.to_owned());
        self.say(&lines.join("\n")).await;
        for attachment in &self.turn.attachments {
            let path = attachment.path.to_string_lossy().into_owned();
            self.tell(AgentEvent::Media(path)).await;
        }
    }

    /// A method of WeCom's servers, through the tool and its interceptors.
    async fn wecom(&self, category: &str, method: &str, args: Value) -> Result<Value, ()> {
        let call =
            json!({ "action": "call", "category": category, "method": method, "args": args });
        let answer = self.tool("wecom_mcp", call).await?;
        let answer: Value = serde_json::from_str(&answer).map_err(|_| ())?;
        answer.get("data").cloned().ok_or(())
    }

    async fn tool(&self, name: &str, arguments: Value) -> Result<String, ()> {
        let Value::Object(arguments) = arguments else {
            return Err(());
        };
        self.tell(AgentEvent::Tool(ToolStep::Started {
            name: name.to_owned(),
        }))
        .await;
        let answer = self.call(name, arguments).await;
        self.tell(AgentEvent::Tool(ToolStep::Finished {
            name: name.to_owned(),
            ok: !answer.is_error,
        }))
        .await;
        if answer.is_error {
            tracing::warn!(tool = name, "a tool failed in the demo");
            return Err(());
        }
        Ok(answer.text)
    }

    async fn call(&self, name: &str, arguments: Map<String, Value>) -> crate::agent::ToolAnswer {
        let turn = ToolTurn::of(&self.turn, Person::behind(self.events.clone()));
        self.services.tools.call(&turn, name, arguments).await
    }

    /// Says it in pieces, as a model would.
    async fn say(&self, text: &str) {
        let chars: Vec<char> = text.chars().collect();
        for (position, piece) in chars.chunks(PIECE_CHARS).enumerate() {
            if position > 0 && !self.piece_delay.is_zero() {
                tokio::time::sleep(self.piece_delay).await;
            }
            self.tell(AgentEvent::Text(piece.iter().collect())).await;
        }
    }

    async fn tell(&self, event: AgentEvent) {
        // Nobody listens any more once the turn is over.
        self.events.send(event).await.ok();
    }
}

/// On one line, without what would begin something else.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('`', "'")
}
