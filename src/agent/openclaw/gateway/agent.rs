//! The back end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::connection::{Socket, address};
use super::error::GatewayError;
use super::line::{ANSWER_TIMEOUT, Ask, Line, QUEUE, Watched};
use super::run::{self, Finished};
use super::{handshake, prompt};
use crate::agent::events::written;
use crate::agent::{Agent, AgentEvent, AgentFailure, TurnRequest};
use crate::secret::Secret;
use crate::session::SessionKey;
use crate::task;

/// Pauses between attempts to connect, within the time that a turn waits.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long the gateway is looked for when it went away in the middle of a turn: a restart
/// takes it 10 to 30 s.
const RETURN_PATIENCE: Duration = Duration::from_secs(90);

/// How long one question after a run may stay open.
const WAIT: Duration = Duration::from_secs(20);

/// Where a gateway is, and who we are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayOptions {
    /// `ws://` or `wss://`.
    pub url: Url,
    /// Its shared token or password.
    pub token: Secret,
    /// The agent there; `None`: the one of the same id as here.
    pub agent: Option<String>,
    /// How long a turn waits for a gateway that is away.
    pub wait: Duration,
}

/// Answers by the agents of a gateway.
#[derive(Debug, Clone)]
pub struct GatewayAgent(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: GatewayOptions,
    /// The way to the task of the open connection. Whoever finds none makes one, while the
    /// others wait.
    line: Mutex<Option<mpsc::Sender<Ask>>>,
    tracker: TaskTracker,
}

impl GatewayAgent {
    /// An agent behind a gateway. Nothing is connected before the first turn.
    pub fn new(options: GatewayOptions) -> Self {
        Self(Arc::new(Shared {
            options,
            line: Mutex::default(),
            tracker: TaskTracker::new(),
        }))
    }
}

impl Agent for GatewayAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let shared = self.0.clone();
        written(cancel, move |events| async move {
            let last = match shared.converse(&turn, &events).await {
                Ok(()) => AgentEvent::Done,
                Err(failure) => AgentEvent::Failed(failure),
            };
            // Nobody listens any more once the turn is over.
            events.send(last).await.ok();
        })
    }

    fn forget<'a>(&'a self, session: &'a SessionKey) -> BoxFuture<'a, ()> {
        async move {
            let agent = self.0.agent(session);
            let key = prompt::session_key(&agent, session);
            let reset = self.0.ask("sessions.reset", json!({ "key": key }));
            if let Err(error) = reset.await {
                tracing::warn!(%error, "the gateway did not begin the session anew");
            }
        }
        .boxed()
    }
}

impl Shared {
    fn agent(&self, session: &SessionKey) -> String {
        let agent = self.options.agent.clone();
        agent.unwrap_or_else(|| session.agent.clone())
    }

    async fn converse(
        self: &Arc<Self>,
        turn: &TurnRequest,
        events: &mpsc::Sender<AgentEvent>,
    ) -> Result<(), AgentFailure> {
        let agent = self.agent(&turn.session);
        let run = turn.message_id.as_str().to_owned();
        let params = prompt::params(&agent, &run, turn).await;
        let mut shown = Shown::new(events);
        let mut again = false;
        let finished = loop {
            let line = self.line(self.options.wait).await?;
            let mut abort = Abort::new(&line, &prompt::session_key(&agent, &turn.session), &run);
            let ended = watch_run(&line, params.clone(), &run, &mut shown).await;
            abort.defuse();
            match ended {
                Ok(payload) => break run::finished(&payload)?,
                Err(GatewayError::Lost) if !again => {
                    tracing::warn!("the gateway went away in the middle of a turn");
                    again = true;
                    if let Some(finished) = self.look_for(&run).await? {
                        break finished;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        };
        // Text before a tool's use is no part of the last words.
        if let Some(text) = finished.text {
            shown.become_text(&text).await;
        }
        for file in finished.media {
            events.send(AgentEvent::Media(file)).await.ok();
        }
        Ok(())
    }

    /// Finds a run again after the connection was lost. `None`: the gateway does not know it
    /// any more, so it is begun again under the same id.
    async fn look_for(self: &Arc<Self>, run: &str) -> Result<Option<Finished>, GatewayError> {
        self.line(RETURN_PATIENCE).await?;
        loop {
            let wait = json!({ "runId": run, "timeoutMs": WAIT.as_millis() });
            match self.ask("agent.wait", wait).await {
                Ok(payload) => {
                    if let Some(finished) = run::awaited(&payload) {
                        return Ok(Some(finished));
                    }
                    // It may answer at once: the turn's own time limit ends this.
                    sleep(FIRST_PAUSE).await;
                }
                Err(GatewayError::Refused { .. }) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    async fn ask(
        self: &Arc<Self>,
        method: &'static str,
        params: Value,
    ) -> Result<Value, GatewayError> {
        let line = self.line(self.options.wait).await?;
        let (answer, answered) = oneshot::channel();
        let ask = Ask {
            method,
            params,
            answer,
            run: None,
        };
        line.try_send(ask).map_err(|_| GatewayError::Full)?;
        match timeout(WAIT + ANSWER_TIMEOUT, answered).await {
            Ok(answer) => answer.unwrap_or(Err(GatewayError::Lost)),
            Err(_) => Err(GatewayError::Silent(WAIT + ANSWER_TIMEOUT)),
        }
    }

    /// The open connection, or a new one: the gateway is looked for as long as `patience`.
    async fn line(self: &Arc<Self>, patience: Duration) -> Result<mpsc::Sender<Ask>, GatewayError> {
        let mut last = GatewayError::Silent(patience);
        let looking = async {
            let mut line = self.line.lock().await;
            if let Some(line) = line.as_ref().filter(|line| !line.is_closed()) {
                return Ok(line.clone());
            }
            let mut pause = FIRST_PAUSE;
            loop {
                match self.connect().await {
                    Ok(connected) => {
                        *line = Some(connected.clone());
                        return Ok(connected);
                    }
                    Err(error) if !error.may_pass() => return Err(error),
                    Err(error) => last = error,
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        match timeout(patience, looking).await {
            Ok(found) => found,
            Err(_) => Err(last),
        }
    }

    async fn connect(self: &Arc<Self>) -> Result<mpsc::Sender<Ask>, GatewayError> {
        let options = &self.options;
        let mut socket = Socket::open(&options.url).await?;
        let hello = handshake::greet(&mut socket, &options.token).await?;
        tracing::info!(
            gateway = address(&options.url),
            version = hello.version,
            "connected to the gateway"
        );
        let (line, asked) = mpsc::channel(QUEUE);
        let serving = Line::new(socket, hello, asked).serve();
        task::spawn(&self.tracker, "gateway", serving);
        Ok(line)
    }
}

/// Begins a run and shows its text until it is over.
async fn watch_run(
    line: &mpsc::Sender<Ask>,
    params: Value,
    run: &str,
    shown: &mut Shown<'_>,
) -> Result<Value, GatewayError> {
    let (text, mut grows) = watch::channel(String::new());
    let (answer, mut answered) = oneshot::channel();
    let ask = Ask {
        method: "agent",
        params,
        answer,
        run: Some(Watched {
            id: run.to_owned(),
            text,
        }),
    };
    line.try_send(ask).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => GatewayError::Full,
        mpsc::error::TrySendError::Closed(_) => GatewayError::Lost,
    })?;
    let mut is_growing = true;
    loop {
        // Both branches are cancel safe.
        tokio::select! {
            biased;
            ended = &mut answered => return ended.unwrap_or(Err(GatewayError::Lost)),
            changed = grows.changed(), if is_growing => {
                is_growing = changed.is_ok();
                let text = grows.borrow_and_update().clone();
                shown.become_text(&text).await;
            }
        }
    }
}

/// What the chat shows of a run.
struct Shown<'a> {
    text: String,
    events: &'a mpsc::Sender<AgentEvent>,
}

impl<'a> Shown<'a> {
    fn new(events: &'a mpsc::Sender<AgentEvent>) -> Self {
        Self {
            text: String::new(),
            events,
        }
    }

    /// Goes on where it can, and starts over where the text became another one.
    async fn become_text(&mut self, text: &str) {
        if text == self.text || text.is_empty() {
            return;
        }
        let event = match text.strip_prefix(self.text.as_str()) {
            Some(more) => AgentEvent::Text(more.to_owned()),
            None => AgentEvent::Replace(text.to_owned()),
        };
        text.clone_into(&mut self.text);
        // Nobody listens any more once the turn is over.
        self.events.send(event).await.ok();
    }
}

/// Ends the run over there when the turn is dropped here.
struct Abort {
    line: Option<mpsc::Sender<Ask>>,
    params: Value,
}

impl Abort {
    fn new(line: &mpsc::Sender<Ask>, session: &str, run: &str) -> Self {
        Self {
            line: Some(line.clone()),
            params: json!({ "sessionKey": session, "runId": run }),
        }
    }

    fn defuse(&mut self) {
        self.line = None;
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            let (answer, _nobody_reads) = oneshot::channel();
            let ask = Ask {
                method: "chat.abort",
                params: self.params.take(),
                answer,
                run: None,
            };
            if line.try_send(ask).is_err() {
                tracing::warn!("a stopped run could not be ended at the gateway");
            }
        }
    }
}
