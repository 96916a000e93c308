//! One turn: a message goes to an agent, what it says goes to the reply, and every step is
//! written down before the next.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use super::draft::{DraftWriter, draft};
use super::inbound::Inbound;
use super::mailbox::{Stop, Work};
use super::reply::{Closing, Delivery, Reply, TurnEnd, closing};
use crate::agent::{Agent, AgentEvent, AgentFailure, FailureClass, TurnRequest};
use crate::clock::SharedClock;
use crate::failpoint;
use crate::identity::{Identity, TurnChat};
use crate::ids::ChatKind;
use crate::session::SessionKey;
use crate::store::{Answer, InboxId, Outcome, Store};

/// Turns begun for one message before it is given up: a message that brings the process
/// down must not do so for ever.
const MAX_ATTEMPTS: u32 = 2;

/// What a turn needs beside the message.
pub(super) struct TurnContext {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: SharedClock,
    /// The agent, or `None` when the configuration names none for this chat.
    pub(super) agent: Option<Arc<dyn Agent>>,
    pub(super) timeout: Duration,
    /// Ends the process's work for good.
    pub(super) hard_stop: CancellationToken,
}

/// Answers a recorded message and closes its record, unless the process goes down first.
pub(super) async fn run(work: Work, stop: Stop, reply: Box<dyn Reply>, context: &TurnContext) {
    let id = work.id;
    let (writer, reader) = draft();
    let ((), delivery) = tokio::join!(write(work, stop, writer, context), reply.deliver(reader));
    let outcome = match delivery {
        Delivery::Ended(outcome) => outcome,
        Delivery::Interrupted => {
            tracing::info!("the turn is left for the next start");
            return;
        }
    };
    failpoint::reach("replied");
    if let Err(error) = context
        .store
        .close(id, outcome, context.clock.now_ms())
        .await
    {
        // It stays open, and is delivered once more after a restart.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "could not close the message"
        );
    }
    failpoint::reach("closed");
    tracing::info!(outcome = outcome.as_str(), "message closed");
}

/// Writes the answer, unless the process goes down first.
async fn write(work: Work, stop: Stop, draft: DraftWriter, context: &TurnContext) {
    if let Some(answer) = work.decided {
        draft.finish(Closing {
            text: Some(answer.text),
            outcome: Outcome::Delivered,
        });
        return;
    }
    let attempts = if work.begun {
        1
    } else {
        begin(work.id, context).await
    };
    failpoint::reach("started");
    let end = if attempts > MAX_ATTEMPTS {
        tracing::error!(
            attempts,
            "the message was interrupted too often and is given up"
        );
        TurnEnd::Interrupted
    } else {
        let request = request(work.inbound, attempts);
        match ask(request, stop, &draft, context).await {
            Some(end) => end,
            // The draft is dropped unfinished: the reply knows what that means.
            None => return,
        }
    };
    let closing = closing(&end, &draft.text());
    keep(work.id, &closing, context).await;
    draft.finish(closing);
}

/// Counts the turn and returns which one it is.
async fn begin(id: InboxId, context: &TurnContext) -> u32 {
    match context.store.begin_turn(id).await {
        Ok(attempts) => attempts,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "could not count the turn"
            );
            1
        }
    }
}

/// Runs the agent to its end. `None`: the process is going down.
async fn ask(
    request: TurnRequest,
    stop: Stop,
    draft: &DraftWriter,
    context: &TurnContext,
) -> Option<TurnEnd> {
    let Some(agent) = &context.agent else {
        return Some(failed(&AgentFailure {
            class: FailureClass::Broken,
            detail: "no agent is configured as the default".to_owned(),
        }));
    };
    let cancel = CancellationToken::new();
    let _cancel_on_return = cancel.clone().drop_guard();
    let mut events = agent.run(request, cancel);
    let timeout = tokio::time::sleep(context.timeout);
    tokio::pin!(timeout);
    loop {
        // Every branch is cancel safe: tokens, a timer, and the next item of a stream.
        let event = tokio::select! {
            biased;
            () = context.hard_stop.cancelled() => return None,
            () = stop.requested() => return Some(TurnEnd::Stopped),
            () = &mut timeout => return Some(TurnEnd::TimedOut),
            event = events.next() => event,
        };
        match event {
            Some(AgentEvent::Text(delta)) => draft.push(&delta),
            Some(AgentEvent::Media(_)) => {}
            Some(AgentEvent::Done) => return Some(TurnEnd::Complete),
            Some(AgentEvent::Failed(failure)) => return Some(failed(&failure)),
            None => {
                return Some(failed(&AgentFailure {
                    class: FailureClass::Broken,
                    detail: "the agent ended without saying so".to_owned(),
                }));
            }
        }
    }
}

fn failed(failure: &AgentFailure) -> TurnEnd {
    let reference = format!("{:08X}", rand::random::<u32>());
    tracing::error!(%failure, reference, "the agent failed");
    TurnEnd::Failed {
        class: failure.class,
        reference,
    }
}

/// Keeps the final text before any of it is sent, so that a restart does not ask the agent
/// again.
async fn keep(id: InboxId, closing: &Closing, context: &TurnContext) {
    let Some(text) = &closing.text else { return };
    let answer = Answer {
        text: text.clone(),
        at_ms: context.clock.now_ms(),
    };
    if let Err(error) = context.store.answer(id, answer).await {
        // Better an answer that a crash might repeat than none.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "could not keep the answer"
        );
    }
    failpoint::reach("answered");
}

fn request(inbound: Inbound, attempts: u32) -> TurnRequest {
    let chat = match inbound.chat.kind {
        ChatKind::Direct => TurnChat::Direct(inbound.sender.clone()),
        ChatKind::Group => TurnChat::Group(inbound.chat.id.clone()),
    };
    let account = inbound.chat.account.clone();
    let identity = Identity::of_turn(account, Some(inbound.sender), chat);
    TurnRequest {
        session: SessionKey::of_chat("main", &inbound.chat),
        chat: inbound.chat,
        identity: Arc::new(identity),
        message_id: inbound.message_id,
        text: inbound.text,
        quote: inbound.quote,
        attachments: Vec::new(),
        may_command: false,
        earlier_attempts: attempts.saturating_sub(1),
    }
}
