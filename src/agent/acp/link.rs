//! A running program and the connection to it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::{
    CancelNotification, CloseSessionRequest, Implementation, InitializeRequest, InitializeResponse,
    RequestPermissionOutcome, RequestPermissionRequest, RequestPermissionResponse, SessionId,
    SessionNotification,
};
use agent_client_protocol::v1::{ConnectionTo, Responder};
use agent_client_protocol::{Agent, Client, Lines, UntypedMessage};
use futures_util::sink;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::failure::{self, Stage};
use super::inbox::{Routes, Update};
use super::lines;
use super::process::Program;
use super::seats::Seats;
use super::updates;
use crate::agent::{AgentFailure, FailureClass};
use crate::config::AcpBackend;
use crate::task;

/// What is still to be written gets so long once the connection is to end.
const DRAIN: Duration = Duration::from_secs(1);

/// The method by which a program tells what it does.
const SESSION_UPDATE: &str = "session/update";

/// A program that runs, or did.
#[derive(Debug)]
pub(super) struct Link {
    /// For requests to the program.
    pub(super) connection: ConnectionTo<Agent>,
    /// What the program said about itself.
    pub(super) about: InitializeResponse,
    /// Where updates go.
    pub(super) routes: Arc<Routes>,
    /// The sessions that are open in it.
    pub(super) seats: Seats,
    usage: watch::Sender<Usage>,
    ended: Arc<OnceLock<Ended>>,
}

/// When and how a program ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) at: Instant,
    /// Nobody had asked for it.
    pub(super) by_itself: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    turns: usize,
    /// No turn begins any more; the program ends with the last one.
    is_closing: bool,
    /// A turn was answered: the program works.
    has_answered: bool,
}

/// A turn that uses a program. The program does not end for want of work meanwhile.
#[derive(Debug)]
pub(super) struct InUse(Arc<Link>);

/// What a program is started with.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) settings: Arc<AcpBackend>,
    pub(super) directory: PathBuf,
    pub(super) tracker: TaskTracker,
    /// Ends the program.
    pub(super) stop: CancellationToken,
}

impl Link {
    /// Starts the program and greets it. The program ends with its input, by itself, after
    /// its idle time, or when `plan.stop` is cancelled.
    pub(super) async fn start(plan: Plan) -> Result<Arc<Self>, AgentFailure> {
        let (ready, started) = oneshot::channel();
        let tracker = plan.tracker.clone();
        task::spawn(&tracker, "acp program", live(plan, ready));
        let gone = || AgentFailure::new(FailureClass::Unreachable, "the program was ended");
        started.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Begins a turn. `None`: the program has ended, or is about to.
    pub(super) fn begin(self: &Arc<Self>) -> Option<InUse> {
        let begun = self.ended.get().is_none()
            && self.usage.send_if_modified(|usage| {
                usage.turns += usize::from(!usage.is_closing);
                !usage.is_closing
            });
        begun.then(|| InUse(self.clone()))
    }

    /// Lets no further turn begin; the program ends with the last one.
    pub(super) fn retire(&self) {
        self.usage.send_modify(|usage| usage.is_closing = true);
    }

    /// Notes that the program works.
    pub(super) fn answered(&self) {
        self.usage.send_modify(|usage| usage.has_answered = true);
    }

    /// Whether it ever answered a turn.
    pub(super) fn has_answered(&self) -> bool {
        self.usage.borrow().has_answered
    }

    /// When it ended, if it did.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }

    /// Asks the program to stop working on a session's prompt.
    pub(super) fn cancel(&self, session: &SessionId) {
        // An error says that the program is gone.
        self.connection
            .send_notification(CancelNotification::new(session.clone()))
            .ok();
    }

    /// Tells the program that a session is not needed any more, where it wants to know.
    pub(super) fn close(&self, session: &SessionId) {
        if self
            .about
            .agent_capabilities
            .session_capabilities
            .close
            .is_some()
        {
            self.connection
                .send_request(CloseSessionRequest::new(session.clone()))
                .detach();
        }
    }

    /// Waits until the program is not needed any more.
    async fn unused(&self, idle: Duration) {
        let mut usages = self.usage.subscribe();
        loop {
            let usage = *usages.borrow_and_update();
            if usage.turns == 0 && usage.is_closing {
                return;
            }
            // The sender lives as long as this.
            tokio::select! {
                _ = usages.changed() => {}
                () = tokio::time::sleep(idle), if usage.turns == 0 => {
                    self.usage.send_modify(|usage| usage.is_closing |= usage.turns == 0);
                }
            }
        }
    }
}

impl std::ops::Deref for InUse {
    type Target = Arc<Link>;

    fn deref(&self) -> &Arc<Link> {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0
            .usage
            .send_modify(|usage| usage.turns = usage.turns.saturating_sub(1));
    }
}

type Ready = oneshot::Sender<Result<Arc<Link>, AgentFailure>>;

/// The life of a program, from its start to its end.
async fn live(plan: Plan, ready: Ready) {
    let Plan {
        settings,
        directory,
        tracker,
        stop,
    } = plan;
    let (program, pipes) = match Program::start(&settings, &directory) {
        Ok(started) => started,
        Err(error) => {
            let detail = format!(
                "cannot start `{}` in {}: {error}; is it installed, and in PATH?",
                settings.command,
                directory.display()
            );
            ready
                .send(Err(AgentFailure::new(FailureClass::Unreachable, detail)))
                .ok();
            return;
        }
    };
    tracing::info!(program = %settings.command, "an agent's program was started");
    let (errors, about) = (pipes.errors, settings.clone());
    task::spawn(&tracker, "acp log", async move {
        lines::log(errors, &about).await;
    });
    let ended = Arc::<OnceLock<Ended>>::default();
    let leaving = CancellationToken::new();
    let served = Served {
        settings: settings.clone(),
        stop: stop.clone(),
        ended: ended.clone(),
        leaving: leaving.clone(),
    };
    let out_of_time = async {
        leaving.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        result = served.run(pipes.input, pipes.output, ready) => if let Err(error) = result {
            tracing::debug!(code = error.code.value(), "the connection to the program broke");
        },
        () = out_of_time => {}
    }
    let by_itself = !leaving.is_cancelled();
    ended.get_or_init(|| Ended {
        at: Instant::now(),
        by_itself,
    });
    let status = program.end().await;
    if ended.get().is_some_and(|ended| ended.by_itself) {
        tracing::warn!(program = %settings.command, %status, "an agent's program ended by itself");
    } else {
        tracing::info!(program = %settings.command, %status, "an agent's program was ended");
    }
}

/// A connection that is being served.
struct Served {
    settings: Arc<AcpBackend>,
    stop: CancellationToken,
    ended: Arc<OnceLock<Ended>>,
    leaving: CancellationToken,
}

impl Served {
    async fn run(
        self,
        input: ChildStdin,
        output: ChildStdout,
        ready: Ready,
    ) -> Result<(), agent_client_protocol::Error> {
        let outgoing = sink::unfold(input, |mut input, mut line: String| async move {
            line.push('\n');
            input.write_all(line.as_bytes()).await?;
            input.flush().await?;
            Ok::<_, std::io::Error>(input)
        });
        let routes = Arc::<Routes>::default();
        let (asked, told) = (routes.clone(), routes.clone());
        Client
            .v1()
            .name("wecom")
            .on_receive_request(
                async move |request: RequestPermissionRequest, responder, _connection| {
                    ask(&asked, request, responder)
                },
                agent_client_protocol::on_receive_request!(),
            )
            // Untyped: an update of a kind that is not known yet is no error.
            .on_receive_notification(
                async move |message: UntypedMessage, _connection| {
                    tell(&told, message);
                    Ok(())
                },
                agent_client_protocol::on_receive_notification!(),
            )
            .connect_with(
                Lines::new(outgoing, lines::messages(output)),
                async move |connection| {
                    self.serve(connection, routes, ready).await;
                    Ok(())
                },
            )
            .await
    }

    /// Greets the program, lends it out, and waits for its end.
    async fn serve(self, connection: ConnectionTo<Agent>, routes: Arc<Routes>, ready: Ready) {
        let greeted = tokio::select! {
            () = self.stop.cancelled() => {
                self.leaving.cancel();
                return;
            }
            greeted = greet(&connection, &self.settings) => greeted,
        };
        let about = match greeted {
            Ok(about) => about,
            Err(failure) => {
                self.leaving.cancel();
                ready.send(Err(failure)).ok();
                return;
            }
        };
        let link = Arc::new(Link {
            connection: connection.clone(),
            about,
            routes,
            seats: Seats::default(),
            usage: watch::Sender::default(),
            ended: self.ended.clone(),
        });
        // Nobody waits for it: the turn that wanted it is over. The next one starts another.
        if ready.send(Ok(link.clone())).is_err() {
            self.leaving.cancel();
            return;
        }
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = link.unused(self.settings.idle) => {}
            () = connection.incoming_closed() => return,
        }
        self.ended.get_or_init(|| Ended {
            at: Instant::now(),
            by_itself: false,
        });
        self.leaving.cancel();
    }
}

async fn greet(
    connection: &ConnectionTo<Agent>,
    settings: &AcpBackend,
) -> Result<InitializeResponse, AgentFailure> {
    let us = Implementation::new("wecom", env!("CARGO_PKG_VERSION"));
    // Neither files nor terminals are offered: the program has its own.
    let hello = InitializeRequest::new(ProtocolVersion::V1).client_info(us);
    let answer = connection.send_request(hello).block_task();
    let about = tokio::time::timeout(settings.start_timeout, answer)
        .await
        .map_err(|_| failure::timed_out("answer the greeting", settings))?
        .map_err(|error| failure::of_error(&error, Stage::Before))?;
    if about.protocol_version != ProtocolVersion::V1 {
        let detail = format!(
            "`{}` speaks another version of the protocol: update it, or this program",
            settings.command
        );
        return Err(AgentFailure::new(FailureClass::Refused, detail));
    }
    Ok(about)
}

fn ask(
    routes: &Routes,
    request: RequestPermissionRequest,
    responder: Responder<RequestPermissionResponse>,
) -> Result<(), agent_client_protocol::Error> {
    let inbox = routes.of(&request.session_id);
    let update = Update::Permission(Box::new(request), responder);
    let refused = match inbox {
        Some(inbox) => inbox.put(update),
        None => Some(update),
    };
    match refused {
        Some(Update::Permission(_, responder)) => {
            tracing::debug!("nobody can be asked for a permission");
            let cancelled = RequestPermissionOutcome::Cancelled;
            responder.respond(RequestPermissionResponse::new(cancelled))
        }
        _ => Ok(()),
    }
}

fn tell(routes: &Routes, message: UntypedMessage) {
    if message.method() != SESSION_UPDATE {
        tracing::debug!(method = message.method(), "a notification is not known");
        return;
    }
    let (_, params) = message.into_parts();
    let notification: SessionNotification = match serde_json::from_value(params) {
        Ok(notification) => notification,
        Err(error) => {
            // What it could not read would be in the error's text.
            tracing::debug!(category = ?error.classify(), "an update is not known");
            return;
        }
    };
    let Some(inbox) = routes.of(&notification.session_id) else {
        return;
    };
    for update in updates::of(notification.update) {
        if inbox.put(update).is_some() {
            tracing::debug!("too much happens at once; an update was left out");
        }
    }
}
