//! One turn: a question goes to the program, and what it does becomes events.

use std::sync::Arc;
use std::time::Duration;

use agent_client_protocol::v1::Responder;
use agent_client_protocol::v1::schema::{
    PermissionOption, PromptRequest, PromptResponse, RequestPermissionOutcome,
    RequestPermissionRequest, RequestPermissionResponse, StopReason,
};
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Backend;
use super::failure::{self, Stage};
use super::inbox::{Route, Update};
use super::link::Link;
use super::seats::OpenSession;
use super::{content, opening, permission, prompt};
use crate::agent::{AgentEvent, AgentFailure, FailureClass, ToolStep, ToolTurn, TurnRequest};
use crate::texts;

/// How long a program may take to stop when it is asked to. Then it ends with the turns that
/// still run in it.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Requests for permission that wait at one time.
const MAX_ASKED: usize = 16;

/// A turn under way.
pub(super) struct Turn {
    pub(super) backend: Arc<Backend>,
    pub(super) request: TurnRequest,
    pub(super) events: mpsc::Sender<AgentEvent>,
    /// Somebody stopped it, or nobody listens any more.
    pub(super) cancel: CancellationToken,
}

/// Nobody waits for the answer.
struct Cancelled;

type Answered = Result<PromptResponse, agent_client_protocol::Error>;

/// A permission that was asked for, and what became of it.
struct Decided {
    responder: Responder<RequestPermissionResponse>,
    outcome: RequestPermissionOutcome,
}

/// The prompt at work.
struct AtWork<'a> {
    turn: &'a Turn,
    link: &'a Link,
    session: &'a mut Option<OpenSession>,
    route: Route,
    asked: FuturesUnordered<BoxFuture<'static, Decided>>,
    /// No answer to them counts any more.
    over: CancellationToken,
    /// Something was said already.
    has_spoken: bool,
    /// A tool was used since: what is said next is another paragraph.
    is_interrupted: bool,
}

impl Turn {
    /// Runs it to its end. Once it is cancelled, the program is given time to stop.
    pub(super) async fn run(self) {
        let cancel = self.cancel.clone();
        let last = match self.play().await {
            Ok(()) => AgentEvent::Done,
            Err(None) => return,
            Err(Some(failure)) => AgentEvent::Failed(failure),
        };
        tokio::select! {
            () = cancel.cancelled() => {}
            _ = self.events.send(last) => {}
        }
    }

    /// `Err(None)`: it was cancelled.
    async fn play(&self) -> Result<(), Option<AgentFailure>> {
        let backend = &*self.backend;
        let directory = backend.process_directory();
        opening::prepare(&directory).await?;
        let link = self.or_cancelled(backend.starter.link(directory)).await??;
        let (seat, surplus) = link.seats.of(&self.request.session);
        if let Some(OpenSession { id, .. }) = surplus.and_then(|seat| seat.try_lock().ok()?.take())
        {
            link.close(&id);
        }
        let mut session = self.or_cancelled(seat.lock()).await?;
        if session.is_none() {
            let open = opening::open(backend, &link, &self.request);
            *session = Some(self.or_cancelled(open).await??);
        }
        let Some(open) = session.as_mut() else {
            return Err(None);
        };
        let entered = open
            .pass
            .as_ref()
            .map(|pass| pass.enter(&ToolTurn::from(&self.request)));
        let route = link.routes.enter(&open.id);
        let instructions = open.is_new.then(|| {
            let tools = &backend.services.tools;
            tools.instructions(&ToolTurn::from(&self.request))
        });
        let can = &link.about.agent_capabilities.prompt_capabilities;
        let blocks = prompt::blocks(&self.request, instructions.as_deref(), can).await;
        open.is_new = false;
        let request = PromptRequest::new(open.id.clone(), blocks);
        let answer = link.connection.send_request(request).block_task();
        tokio::pin!(answer);
        let mut at_work = AtWork {
            turn: self,
            link: &link,
            session: &mut session,
            route,
            asked: FuturesUnordered::new(),
            over: CancellationToken::new(),
            has_spoken: false,
            is_interrupted: false,
        };
        let answered = at_work.listen(&mut answer).await;
        // Whatever the program still does, it does for nobody.
        drop(entered);
        match answered {
            Ok(Some(answered)) => {
                let response =
                    answered.map_err(|error| failure::of_error(&error, Stage::AtWork))?;
                link.answered();
                self.conclude(response.stop_reason).await
            }
            Ok(None) => {
                at_work.stop(&mut answer).await;
                self.say(texts::REST_OMITTED)
                    .await
                    .map_err(|Cancelled| None)
            }
            Err(Cancelled) => {
                at_work.stop(&mut answer).await;
                Err(None)
            }
        }
    }

    async fn conclude(&self, reason: StopReason) -> Result<(), Option<AgentFailure>> {
        let remark = match reason {
            StopReason::EndTurn => return Ok(()),
            StopReason::MaxTokens => texts::acp::MAX_TOKENS,
            StopReason::MaxTurnRequests => texts::acp::MAX_STEPS,
            StopReason::Refusal => texts::acp::REFUSED,
            other => {
                let detail = format!("the program stopped: {other:?}");
                return Err(Some(AgentFailure::new(FailureClass::Broken, detail)));
            }
        };
        let said = self.say(&format!("\n\n{remark}")).await;
        said.map_err(|Cancelled| None)
    }

    async fn say(&self, text: &str) -> Result<(), Cancelled> {
        self.tell(AgentEvent::Text(text.to_owned())).await
    }

    async fn tell(&self, event: AgentEvent) -> Result<(), Cancelled> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Cancelled),
            sent = self.events.send(event) => sent.map_err(|_| Cancelled),
        }
    }

    async fn or_cancelled<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Option<AgentFailure>> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(None),
            done = work => Ok(done),
        }
    }
}

impl AtWork<'_> {
    /// Passes on what happens until the prompt is answered. `Ok(None)`: the answer is too
    /// long.
    async fn listen(
        &mut self,
        answer: &mut (impl Future<Output = Answered> + Unpin),
    ) -> Result<Option<Answered>, Cancelled> {
        let inbox = self.route.inbox.clone();
        loop {
            // Every branch is cancel safe: tokens, what waits in an inbox, and futures that
            // stay where they are. The answer comes last: what was told before it is in the
            // inbox by then.
            tokio::select! {
                biased;
                () = self.turn.cancel.cancelled() => return Err(Cancelled),
                Some(decided) = self.asked.next() => decided.reply(),
                update = inbox.next() => if self.take(update).await? {
                    return Ok(None);
                },
                answered = &mut *answer => {
                    while let Some(update) = inbox.take() {
                        if self.take(update).await? {
                            return Ok(Some(answered));
                        }
                    }
                    return Ok(Some(answered));
                }
            }
        }
    }

    /// Takes an update; whether the answer has become too long.
    async fn take(&mut self, update: Update) -> Result<bool, Cancelled> {
        match update {
            Update::Text(piece) => self.speak(piece).await?,
            Update::TooLong => return Ok(true),
            Update::Content(block) => {
                let workspace = self
                    .turn
                    .backend
                    .workspace_of(&self.turn.request.session.agent);
                match content::event(*block, &workspace).await {
                    Some(AgentEvent::Text(text)) => self.speak(text).await?,
                    Some(event) => self.turn.tell(event).await?,
                    None => {}
                }
            }
            Update::Tool(step) => {
                self.is_interrupted |= matches!(step, ToolStep::Started { .. });
                self.turn.tell(AgentEvent::Tool(step)).await?;
            }
            Update::Permission(request, responder) => self.ask(*request, responder).await?,
        }
        Ok(false)
    }

    async fn speak(&mut self, piece: String) -> Result<(), Cancelled> {
        if piece.is_empty() {
            return Ok(());
        }
        let is_next = std::mem::take(&mut self.is_interrupted) && self.has_spoken;
        self.has_spoken = true;
        let piece = if is_next {
            format!("\n\n{piece}")
        } else {
            piece
        };
        self.turn.tell(AgentEvent::Text(piece)).await
    }

    async fn ask(
        &mut self,
        request: RequestPermissionRequest,
        responder: Responder<RequestPermissionResponse>,
    ) -> Result<(), Cancelled> {
        let settings = &self.turn.backend.settings;
        let outcome = permission::by_policy(settings.permissions, &request.options);
        let question = permission::question(&request).filter(|_| self.asked.len() < MAX_ASKED);
        match (outcome, question) {
            (Some(outcome), _) => Decided { responder, outcome }.reply(),
            (None, None) => Decided {
                outcome: permission::unanswered(&request.options),
                responder,
            }
            .reply(),
            (None, Some((question, answered))) => {
                let limit = settings.permission_timeout;
                let over = self.over.clone();
                self.asked.push(Box::pin(async move {
                    tokio::select! {
                        biased;
                        () = over.cancelled() => Decided::cancelled(responder),
                        outcome = clicked(&request.options, answered, limit) => {
                            Decided { responder, outcome }
                        }
                    }
                }));
                self.turn.tell(AgentEvent::Ask(question)).await?;
            }
        }
        Ok(())
    }

    /// Asks the program to stop, and waits for a while until it has.
    async fn stop(mut self, answer: &mut (impl Future<Output = Answered> + Unpin)) {
        let Some(id) = self.session.as_ref().map(|session| session.id.clone()) else {
            return;
        };
        self.link.cancel(&id);
        self.over.cancel();
        while let Some(decided) = self.asked.next().await {
            decided.reply();
        }
        let inbox = self.route.inbox.clone();
        let stopped = async {
            loop {
                tokio::select! {
                    biased;
                    _ = &mut *answer => return,
                    update = inbox.next() => if let Update::Permission(_, responder) = update {
                        Decided::cancelled(responder).reply();
                    },
                }
            }
        };
        if tokio::time::timeout(CANCEL_PATIENCE, stopped)
            .await
            .is_err()
        {
            tracing::warn!(
                program = %self.turn.backend.settings.command,
                "the program does not stop; it ends with the turns that run in it"
            );
            *self.session = None;
            self.link.retire();
        }
    }
}

impl Decided {
    fn cancelled(responder: Responder<RequestPermissionResponse>) -> Self {
        Self {
            responder,
            outcome: RequestPermissionOutcome::Cancelled,
        }
    }

    fn reply(self) {
        // An error says that the program is gone.
        self.responder
            .respond(RequestPermissionResponse::new(self.outcome))
            .ok();
    }
}

/// Waits for the click. Nobody could be asked, or nobody answered in time: a refusal.
async fn clicked(
    options: &[PermissionOption],
    answered: oneshot::Receiver<usize>,
    limit: Duration,
) -> RequestPermissionOutcome {
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(position)) => permission::chosen(options, position),
        _ => permission::unanswered(options),
    }
}
