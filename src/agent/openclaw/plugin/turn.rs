//! One question, from its first attempt to its answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::super::link::{
    AskError, Deliver, ErrorClass, FromPlugin, Gateway, Link, Signal, ToPlugin, ToolPhase,
    TurnEvent, TurnSeat,
};
use super::agent::Shared;
use super::media;
use super::prompt::{self, Place};
use super::told::{self, Told};
use crate::agent::{AgentEvent, AgentFailure, FailureClass, ToolStep, ToolTurn, TurnRequest};
use crate::identity::Source;
use crate::ids::generate;
use crate::texts;

/// How long a question is kept while there is no gateway.
pub const KEPT_FOR: Duration = Duration::from_mins(10);

/// How often a question is asked, should gateways forget it. More would be a question that
/// brings them down.
pub const MAX_ATTEMPTS: u32 = 3;

/// The plugin takes a turn at once; after this time it did not.
const TAKEN_PATIENCE: Duration = Duration::from_secs(10);

/// A link that is back within this time was only cut for a moment: nobody is told.
const SHORT_LOSS: Duration = Duration::from_secs(10);

/// Before a turn is given again to a gateway that could not do it yet.
const PAUSE: Duration = Duration::from_secs(2);

/// OpenClaw applies a changed configuration within 20 s.
const ENSURE_PATIENCE: Duration = Duration::from_secs(30);

/// A command of OpenClaw's takes no model's time.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);

/// What begins a session anew.
const NEW_SESSION: &str = "/new";

/// A question at work.
pub(super) struct Turn<'a> {
    shared: &'a Shared,
    link: &'a Link,
    tools: Arc<ToolTurn>,
    request: TurnRequest,
    place: Place,
    events: &'a mpsc::Sender<AgentEvent>,
    /// Whether the question was given to a gateway before.
    resumed: bool,
    /// What the chat shows.
    shown: String,
    told: Told,
}

/// How an attempt ended.
enum Attempt {
    /// The answer is out.
    Over,
    /// It was not taken, or is not known any more.
    Again(&'static str),
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        shared: &'a Shared,
        tools: Arc<ToolTurn>,
        request: TurnRequest,
        events: &'a mpsc::Sender<AgentEvent>,
    ) -> Self {
        Self {
            link: &shared.services.openclaw,
            place: Place::of(&request.session, shared.settings.agent.as_deref()),
            shared,
            tools,
            request,
            events,
            resumed: false,
            shown: String::new(),
            told: Told::default(),
        }
    }

    /// Runs it to its end.
    pub(super) async fn run(mut self) -> Result<(), AgentFailure> {
        let ended = self.converse().await;
        // A notice that nothing came of is not a part of an answer.
        if ended.is_err() {
            let said = self.told.shown();
            self.show(said).await;
        }
        ended
    }

    async fn converse(&mut self) -> Result<(), AgentFailure> {
        let mut reason = "";
        for attempt in 1..=MAX_ATTEMPTS {
            let gateway = self.gateway().await?;
            self.resumed = attempt > 1 || self.request.earlier_attempts > 0;
            match self.attempt(&gateway).await? {
                Attempt::Over => return Ok(()),
                Attempt::Again(why) => {
                    tracing::warn!(attempt, why, "a question has to be asked again");
                    reason = why;
                }
            }
        }
        Err(unreachable(format!(
            "OpenClaw lost the question {MAX_ATTEMPTS} times: {reason}"
        )))
    }

    /// A gateway that turns can be given to. Who asked is told where that takes long.
    async fn gateway(&mut self) -> Result<Gateway, AgentFailure> {
        let wait = self.shared.settings.wait;
        if let Some(gateway) = self.link.gateway(wait).await {
            return Ok(gateway);
        }
        if !self.is_of_a_job() {
            self.tell_kept().await;
            if let Some(gateway) = self.link.gateway(KEPT_FOR).await {
                return Ok(gateway);
            }
        }
        Err(unreachable("no gateway of OpenClaw is linked".to_owned()))
    }

    async fn attempt(&mut self, gateway: &Gateway) -> Result<Attempt, AgentFailure> {
        if let Some(why) = self.ensure(gateway).await? {
            return Ok(Attempt::Again(why));
        }
        if self.shared.begins_anew(&self.request.session) {
            self.begin_anew(gateway).await;
        }
        self.told = Told::default();
        let mut running = self.begin(gateway);
        let system = self.shared.services.tools.instructions(&self.tools);
        let frame = prompt::frame(
            running.id(),
            &self.request,
            &self.place,
            &system,
            self.resumed,
        );
        if gateway.send(&ToPlugin::Turn(Box::new(frame))).is_err() {
            return Ok(Attempt::Again("the link was lost"));
        }
        let ended = self.listen(&running).await;
        if !matches!(ended, Ok(Ended::NotTaken | Ended::GivenUp)) {
            running.defuse();
        }
        match ended? {
            Ended::Done => {
                let said = self.told.conclude()?;
                self.show(said).await;
                Ok(Attempt::Over)
            }
            Ended::Elsewhere => {
                tracing::info!("OpenClaw goes on with the question by itself");
                self.show(texts::openclaw::GOES_ON.to_owned()).await;
                Ok(Attempt::Over)
            }
            Ended::Forgotten => Ok(Attempt::Again("the gateway does not know it any more")),
            Ended::NotTaken => Ok(Attempt::Again("the plugin did not take it")),
            Ended::NotYet => {
                sleep(PAUSE).await;
                Ok(Attempt::Again("OpenClaw could not reach what it needs"))
            }
            Ended::GivenUp => Err(unreachable("the gateway did not come back".to_owned())),
        }
    }

    fn begin(&self, gateway: &Gateway) -> Running {
        let id = generate("turn", self.shared.services.clock.now_ms());
        Running(Some(self.link.seat(id, gateway, self.tools.clone())))
    }

    /// Passes on what happens until the turn is over.
    async fn listen(&mut self, running: &Running) -> Result<Ended, AgentFailure> {
        let mut deadline = Some(Instant::now() + TAKEN_PATIENCE);
        let mut lost = Loss::None;
        loop {
            let signal = match deadline {
                Some(deadline) => timeout_at(deadline, running.next()).await.ok(),
                None => Some(running.next().await),
            };
            match signal {
                Some(Signal::Taken) => deadline = deadline.filter(|_| lost != Loss::None),
                Some(Signal::Event(event)) => {
                    deadline = deadline.filter(|_| lost != Loss::None);
                    if let Some(ended) = self.take(event).await? {
                        return Ok(ended);
                    }
                }
                Some(Signal::Lost) => {
                    lost = Loss::Fresh;
                    deadline = Some(Instant::now() + SHORT_LOSS);
                }
                Some(Signal::Resumed) => {
                    lost = Loss::None;
                    deadline = None;
                    let said = self.told.shown();
                    self.show(said).await;
                }
                Some(Signal::Forgotten) => return Ok(Ended::Forgotten),
                Some(Signal::Overrun) => {
                    let detail = "OpenClaw reports more than can be taken in";
                    return Err(AgentFailure::new(FailureClass::Broken, detail));
                }
                None => match lost {
                    Loss::None => return Ok(Ended::NotTaken),
                    Loss::Fresh if !self.is_of_a_job() => {
                        lost = Loss::Told;
                        deadline = Some(Instant::now() + KEPT_FOR);
                        self.tell_kept().await;
                    }
                    Loss::Fresh | Loss::Told => return Ok(Ended::GivenUp),
                },
            }
        }
    }

    async fn take(&mut self, event: TurnEvent) -> Result<Option<Ended>, AgentFailure> {
        match event {
            TurnEvent::Partial { text } => {
                self.told.partial(text);
                let said = self.told.shown();
                self.show(said).await;
            }
            TurnEvent::Deliver(delivery) => {
                self.told.deliver(&delivery);
                self.hand_over(&delivery).await;
                let said = self.told.shown();
                self.show(said).await;
            }
            TurnEvent::Tool { name, phase, ok } => {
                let step = match phase {
                    ToolPhase::Start => ToolStep::Started { name },
                    ToolPhase::End => ToolStep::Finished {
                        name,
                        ok: ok.unwrap_or(true),
                    },
                    ToolPhase::Other => return Ok(None),
                };
                self.tell(AgentEvent::Tool(step)).await;
            }
            TurnEvent::Done { elsewhere: true } => return Ok(Some(Ended::Elsewhere)),
            TurnEvent::Done { elsewhere: false } => return Ok(Some(Ended::Done)),
            TurnEvent::Error { class, message } => {
                // A gateway refuses a conversation whose run was broken off until it has mended it.
                let may_pass =
                    self.resumed || matches!(class, ErrorClass::Unreachable | ErrorClass::Busy);
                if may_pass && self.told.is_silent() {
                    tracing::warn!(message, "OpenClaw could not begin the turn");
                    return Ok(Some(Ended::NotYet));
                }
                return Err(told::ended(class, &message));
            }
            // A message that begins shows with its first words; thinking is not shown.
            TurnEvent::Run {}
            | TurnEvent::Message {}
            | TurnEvent::Reasoning {}
            | TurnEvent::Unknown => {}
        }
        Ok(None)
    }

    /// Files go out under their own names, from a place that answers may send from.
    async fn hand_over(&self, delivery: &Deliver) {
        for file in &delivery.media {
            if let Some(url) = &file.url {
                self.tell(AgentEvent::Media(url.clone())).await;
                continue;
            }
            let Some(path) = &file.path else {
                continue;
            };
            let config = self.shared.services.config.get();
            let workspace = config.agents.workspace_of(&self.request.session.agent);
            let taken = media::take_over(&config, &workspace, path, file.name.as_deref()).await;
            let reference = taken.map_or_else(
                |error| {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "a file of OpenClaw is not taken over");
                    // The chat's rules refuse it as well, and say so to the person.
                    path.clone()
                },
                |copy| copy.to_string_lossy().into_owned(),
            );
            self.tell(AgentEvent::Media(reference)).await;
        }
    }

    /// Makes an agent that is made on demand. `Some`: it can't be told whether it is there.
    async fn ensure(&self, gateway: &Gateway) -> Result<Option<&'static str>, AgentFailure> {
        let agent = match &self.place.agent {
            Some(agent) if self.place.on_demand => agent.clone(),
            _ => return Ok(None),
        };
        if self.shared.is_ensured(gateway.epoch(), &agent) {
            return Ok(None);
        }
        let config = self.shared.services.config.get();
        let asked = self
            .link
            .ask(gateway, ENSURE_PATIENCE, |id| ToPlugin::AgentEnsure {
                id,
                agent: agent.clone(),
                workspace: config.agents.workspace_of(&agent),
            });
        match asked.await {
            Ok(FromPlugin::AgentReady { ok: true, .. }) => {
                self.shared.note_ensured(gateway.epoch(), &agent);
                Ok(None)
            }
            Ok(FromPlugin::AgentReady { error, .. }) => {
                let why = error.unwrap_or_default();
                let detail = format!("OpenClaw could not make the agent `{agent}`: {why}");
                Err(AgentFailure::new(FailureClass::Broken, detail))
            }
            Ok(_) | Err(AskError::Gone(_)) => Ok(Some("the link was lost")),
            Err(AskError::Silent(_)) => Ok(Some("OpenClaw did not make its agent in time")),
        }
    }

    /// Says the command that begins the session anew. What is answered to it is not shown.
    async fn begin_anew(&self, gateway: &Gateway) {
        let mut running = self.begin(gateway);
        let command = TurnRequest {
            text: NEW_SESSION.to_owned(),
            quote: None,
            attachments: Vec::new(),
            may_command: true,
            ..self.request.clone()
        };
        let frame = prompt::frame(running.id(), &command, &self.place, "", false);
        if gateway.send(&ToPlugin::Turn(Box::new(frame))).is_err() {
            return;
        }
        let deadline = Instant::now() + COMMAND_PATIENCE;
        loop {
            match timeout_at(deadline, running.next()).await {
                Ok(Signal::Event(TurnEvent::Done { .. } | TurnEvent::Error { .. })) => {
                    running.defuse();
                    return;
                }
                Ok(Signal::Lost | Signal::Forgotten | Signal::Overrun) | Err(_) => {
                    tracing::warn!("OpenClaw did not begin the session anew");
                    return;
                }
                Ok(_) => {}
            }
        }
    }

    /// The scheduler repeats a job's run, and nobody reads along.
    fn is_of_a_job(&self) -> bool {
        matches!(self.request.identity.source(), Source::Job { .. })
    }

    /// Says that the question is kept.
    async fn tell_kept(&mut self) {
        let said = self.told.shown();
        let notice = if said.is_empty() {
            texts::openclaw::KEPT.to_owned()
        } else {
            format!("{said}\n\n{}", texts::openclaw::KEPT_PARTIAL)
        };
        self.show(notice).await;
    }

    /// Goes on where it can, and starts over where the text became another one.
    async fn show(&mut self, text: String) {
        if text == self.shown {
            return;
        }
        let event = match text.strip_prefix(self.shown.as_str()) {
            Some(more) => AgentEvent::Text(more.to_owned()),
            None => AgentEvent::Replace(text.clone()),
        };
        self.shown = text;
        self.tell(event).await;
    }

    async fn tell(&self, event: AgentEvent) {
        // Nobody listens any more once the turn is over.
        self.events.send(event).await.ok();
    }
}

/// How listening ended.
enum Ended {
    Done,
    Elsewhere,
    Forgotten,
    NotTaken,
    NotYet,
    GivenUp,
}

/// Whether the link is lost, and whether the chat was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    None,
    Fresh,
    Told,
}

/// A turn over there; stopped when it is dropped before its end.
struct Running(Option<TurnSeat>);

impl Running {
    fn id(&self) -> &str {
        self.0.as_ref().map_or("", TurnSeat::id)
    }

    async fn next(&self) -> Signal {
        match &self.0 {
            Some(seat) => seat.next().await,
            None => std::future::pending().await,
        }
    }

    /// It ended by itself.
    fn defuse(&mut self) {
        self.0 = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(seat) = &self.0 {
            seat.cancel("nobody waits for the answer any more");
        }
    }
}

fn unreachable(detail: String) -> AgentFailure {
    AgentFailure::new(FailureClass::Unreachable, detail)
}
