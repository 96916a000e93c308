//! One turn: a message goes to an agent, what it says goes to the reply, and every step is
//! written down before the next.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::answer::{Keeper, NamedFile, Outgoing, ReadyCard};
use super::asking::{Asked, Asking, MAX_FILES};
use super::cards::{self, Prepared};
use super::command::{self, Request};
use super::draft::{DraftWriter, draft};
use super::files::Fetched;
use super::inbound::Inbound;
use super::mailbox::{Stop, Work};
use super::media::outbound::{Reference, directive};
use super::outlet::{Carried, Outlet};
use super::questions::Questions;
use super::reply::{Closing, Delivery, Reply, TurnEnd, closing_text};
use crate::agent::{Agent, TurnRequest};
use crate::clock::SharedClock;
use crate::failpoint;
use crate::identity::{Identity, TurnChat};
use crate::store::{InboxId, Outcome, RouteVia, Store};
use crate::texts;

/// Turns begun for one message before it is given up: a message that brings the process
/// down must not do so for ever.
const MAX_ATTEMPTS: u32 = 2;

/// What a turn needs beside the message.
pub(super) struct TurnContext {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: SharedClock,
    /// The agent, or `None` when it is gone from the configuration.
    pub(super) agent: Option<Arc<dyn Agent>>,
    /// The way of files and cards.
    pub(super) outlet: Arc<dyn Outlet>,
    /// How messages of this seat come.
    pub(super) via: RouteVia,
    /// What the agent asks the member.
    pub(super) questions: Arc<Questions>,
    pub(super) timeout: Duration,
    /// Ends the process's work for good.
    pub(super) hard_stop: CancellationToken,
}

/// Answers a recorded message and closes its record, unless the process goes down first.
/// `Some`: the answer is written and waits to be fetched; the record is closed after that, and
/// the chat may go on meanwhile.
pub(super) async fn run(
    work: Work,
    stop: Stop,
    reply: Box<dyn Reply>,
    context: &TurnContext,
) -> Option<BoxFuture<'static, ()>> {
    let id = work.id;
    let (writer, reader) = draft();
    let ((), delivery) = tokio::join!(write(work, stop, writer, context), reply.deliver(reader));
    let (store, clock) = (context.store.clone(), context.clock.clone());
    match delivery {
        Delivery::Ended(outcome) => close(&*store, &clock, id, Ended::Now(outcome)).await,
        Delivery::Interrupted => close(&*store, &clock, id, Ended::Not).await,
        Delivery::Waits(fetched) => {
            let closing = async move {
                let ended = fetched.await.map_or(Ended::Not, Ended::Now);
                close(&*store, &clock, id, ended).await;
            };
            return Some(closing.boxed());
        }
    }
    None
}

/// How an answer's delivery ended.
enum Ended {
    Now(Outcome),
    /// The process goes down first.
    Not,
}

async fn close(store: &dyn Store, clock: &SharedClock, id: InboxId, ended: Ended) {
    let Ended::Now(outcome) = ended else {
        tracing::info!("the turn is left for the next start");
        return;
    };
    failpoint::reach("replied");
    if let Err(error) = store.close(id, outcome, clock.now_ms()).await {
        // It stays open, and is delivered once more after a restart.
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "could not close the message"
        );
    }
    failpoint::reach("closed");
    tracing::info!(outcome = outcome.as_str(), "message closed");
}

/// Writes the answer, unless the process goes down first. Then the draft is dropped
/// unfinished, and the reply knows what that means.
async fn write(mut work: Work, stop: Stop, draft: DraftWriter, context: &TurnContext) {
    let keeper = Keeper {
        store: context.store.clone(),
        id: work.id,
    };
    let outgoing = if let Some(mut decided) = work.decided.take() {
        decided.take_up_attached();
        decided
    } else {
        let Some(outgoing) = decide(work, stop, &draft, context).await else {
            return;
        };
        keeper.decide(&outgoing, context.clock.now_ms()).await;
        failpoint::reach("answered");
        outgoing
    };
    // From here on there is nothing to stop: files and cards go out before the last word.
    let sent = tokio::select! {
        biased;
        () = context.hard_stop.cancelled() => return,
        sent = send_beside(outgoing, &keeper, &*context.outlet) => sent,
    };
    draft.finish(Closing::of(sent, keeper));
}

/// Finds out what goes out. `None`: the process is going down.
async fn decide(
    work: Work,
    stop: Stop,
    draft: &DraftWriter,
    context: &TurnContext,
) -> Option<Outgoing> {
    let attempts = if work.begun {
        1
    } else {
        begin(work.id, context).await
    };
    failpoint::reach("started");
    if attempts > MAX_ATTEMPTS {
        tracing::error!(
            attempts,
            "the message was interrupted too often and is given up"
        );
        let (text, outcome) = closing_text(&TurnEnd::Interrupted, "");
        return Some(Outgoing {
            text,
            ..Outgoing::nothing(outcome)
        });
    }
    let fetched = tokio::select! {
        biased;
        () = context.hard_stop.cancelled() => return None,
        () = stop.requested() => {
            return Some(Outgoing::text(texts::STOPPED, Outcome::Stopped));
        }
        fetched = work.files.fetched() => fetched,
    };
    let resets = work.route.resets;
    let request = match request(work, &fetched, context.via, attempts) {
        Ok(request) if resets => begin_anew(request, context).await,
        asked => asked,
    };
    let request = match request {
        Ok(request) => request,
        Err(notice) => return Some(Outgoing::text(notice, Outcome::Delivered)),
    };
    let asking = Asking {
        agent: context.agent.as_ref(),
        outlet: &*context.outlet,
        questions: &context.questions,
        clock: &context.clock,
        timeout: context.timeout,
        hard_stop: &context.hard_stop,
    };
    let asked = asking.run(request, &stop, draft).await?;
    Some(compose(asked, &draft.text(), context.clock.now_ms()))
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

/// Forgets the session, and goes on with what was written behind the command. `Err`: there
/// is nothing else to do than to say so.
async fn begin_anew(
    mut request: TurnRequest,
    context: &TurnContext,
) -> Result<TurnRequest, String> {
    if let Some(agent) = &context.agent {
        agent.forget(&request.session).await;
    }
    tracing::info!(session = %request.session, "a session begins anew");
    if let Request::NewSession { arguments, .. } = command::recognise(&request.text, &[], true) {
        request.text = arguments.to_owned();
    }
    if request.text.is_empty() && request.attachments.is_empty() {
        return Err(texts::access::SESSION_NEW.to_owned());
    }
    Ok(request)
}

/// Takes cards and files out of what the agent wrote, and adds how its turn ended.
fn compose(asked: Asked, written: &str, now_ms: i64) -> Outgoing {
    let cards::Taken { text, cards } = cards::take(written, now_ms);
    let directive::Taken { text, references } = directive::take(&text);
    let (text, outcome) = closing_text(&asked.end, &text);
    let mut outgoing = Outgoing {
        text,
        notes: asked.notes,
        sent_media: asked.sent_media,
        attached_media: (asked.attached.iter())
            .filter_map(|reference| named(reference))
            .collect(),
        ..Outgoing::nothing(outcome)
    };
    // Who stops an answer does not want the rest of it.
    if asked.end != TurnEnd::Stopped {
        let room = MAX_FILES.saturating_sub(asked.references.len());
        let is_new = |reference: &Reference| {
            let named = reference.as_str();
            !asked.references.iter().any(|earlier| earlier == named)
        };
        let unsent = references.into_iter().filter(is_new).take(room);
        outgoing.media.extend(unsent.map(NamedFile::from));
        outgoing
            .cards
            .extend(cards.into_iter().map(ReadyCard::from));
    }
    if outgoing.outcome == Outcome::Silent && outgoing.says_something() {
        outgoing.outcome = Outcome::Delivered;
    }
    outgoing
}

fn named(reference: &str) -> Option<NamedFile> {
    Reference::parse(reference).ok().map(NamedFile::from)
}

/// Sends files and cards, and keeps how far that has come after each.
async fn send_beside(mut outgoing: Outgoing, keeper: &Keeper, outlet: &dyn Outlet) -> Outgoing {
    while let Some(file) = outgoing.media.front().cloned() {
        if let Some(reference) = file.reference() {
            let outcome = outlet.media(&reference).await;
            outgoing.sent_media |= outcome.carried != Carried::Not;
            outgoing.notes.extend(outcome.note);
            if outcome.carried == Carried::WithLastWord {
                outgoing.attached_media.push(file);
            }
        }
        outgoing.media.pop_front();
        keeper.progress(&outgoing).await;
    }
    while let Some(card) = outgoing.cards.front().cloned() {
        let prepared = Prepared::from(card.clone());
        match outlet.card(&prepared).await {
            Ok(Carried::WithLastWord) => {
                outgoing.sent_card = true;
                outgoing.attached_cards.push(card);
            }
            Ok(Carried::Out) => outgoing.sent_card = true,
            Ok(Carried::Not) => outgoing.notes.push(prepared.rendering()),
            Err(error) => {
                tracing::warn!(%error, "a card was not taken; its text stands in for it");
                outgoing.notes.push(prepared.rendering());
            }
        }
        outgoing.cards.pop_front();
        keeper.progress(&outgoing).await;
    }
    outgoing
}

/// What the agent is asked. `Err`: what the sender is told instead.
fn request(
    work: Work,
    fetched: &Fetched,
    via: RouteVia,
    attempts: u32,
) -> Result<TurnRequest, String> {
    if let Some(notice) = fetched.refusal() {
        return Err(notice.to_owned());
    }
    let Work { inbound, route, .. } = work;
    let attachments = fetched.attachments();
    if inbound.text.is_empty() && inbound.quote.is_none() && attachments.is_empty() {
        return Err(texts::media_in::NOT_FETCHED.to_owned());
    }
    Ok(TurnRequest {
        identity: Arc::new(identity(&inbound)),
        chat: inbound.chat,
        session: route.session,
        via,
        message_id: inbound.message_id,
        text: with_lines(inbound.text, fetched.missing()),
        quote: inbound.quote,
        attachments,
        may_command: route.may_command,
        earlier_attempts: attempts.saturating_sub(1),
    })
}

fn with_lines(text: String, lines: impl Iterator<Item = String>) -> String {
    lines.fold(text, |text, line| {
        if text.is_empty() {
            line
        } else {
            format!("{text}\n{line}")
        }
    })
}

fn identity(inbound: &Inbound) -> Identity {
    let account = inbound.chat.account.clone();
    let sender = Some(inbound.sender.clone());
    Identity::of_turn(account, sender, TurnChat::from(&inbound.chat))
}
