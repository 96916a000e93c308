//! An agent at work: its text goes into the draft, the files that it names go out at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{BoxStream, FuturesUnordered, StreamExt};
use tokio_util::sync::CancellationToken;

use super::draft::DraftWriter;
use super::mailbox::Stop;
use super::outlet::{Carried, FileOutcome, Outlet};
use super::questions::{self, Posed, Questions};
use super::reply::TurnEnd;
use crate::agent::{
    Agent, AgentEvent, AgentFailure, FailureClass, Question, ToolStep, TurnRequest,
};
use crate::clock::SharedClock;
use crate::ids::{AccountId, UserId};

/// Files that an agent may name in one turn. More would use up the conversation's budget of
/// a minute, and the answer would have to wait for it.
pub(super) const MAX_FILES: usize = 20;

/// What an agent works with.
pub(super) struct Asking<'a> {
    pub(super) agent: Option<&'a Arc<dyn Agent>>,
    pub(super) outlet: &'a dyn Outlet,
    pub(super) questions: &'a Arc<Questions>,
    pub(super) clock: &'a SharedClock,
    pub(super) timeout: Duration,
    pub(super) hard_stop: &'a CancellationToken,
}

/// What came of it, beside the text.
#[derive(Debug)]
pub(super) struct Asked {
    /// How the turn ended.
    pub(super) end: TurnEnd,
    /// Files that were named, sent or not: they are not sent again.
    pub(super) references: Vec<String>,
    /// Those of them that arrive with the last word.
    pub(super) attached: Vec<String>,
    /// Whether one of them is out, or will be.
    pub(super) sent_media: bool,
    /// What is to be said about them.
    pub(super) notes: Vec<String>,
}

impl Asking<'_> {
    /// Runs the agent to its end and sends what it names. `None`: the process is going down.
    pub(super) async fn run(
        &self,
        request: TurnRequest,
        stop: &Stop,
        draft: &DraftWriter,
    ) -> Option<Asked> {
        let cancel = CancellationToken::new();
        let _cancel_on_return = cancel.clone().drop_guard();
        let reader = Addressee::of(&request);
        let mut events = match self.agent {
            Some(agent) => agent.run(request, cancel),
            None => nobody(),
        };
        let timeout = tokio::time::sleep(self.timeout);
        tokio::pin!(timeout);
        let mut files = FilesOut::new(self.outlet);
        let mut questions = FuturesUnordered::new();
        let mut cards = Vec::new();
        let mut end = None;
        loop {
            if let Some(end) = end.take_if(|_| files.is_done()) {
                return Some(files.into_asked(end));
            }
            // Every branch is cancel safe: tokens, a timer, the next item of a stream, and
            // futures that stay where they are.
            tokio::select! {
                biased;
                () = self.hard_stop.cancelled() => return None,
                () = stop.requested() => return Some(files.into_asked(TurnEnd::Stopped)),
                () = &mut timeout => return Some(files.into_asked(end.unwrap_or(TurnEnd::TimedOut))),
                outcome = files.next() => files.settle(outcome),
                Some(question) = questions.next() => cards.extend(question),
                event = events.next(), if end.is_none() => match event {
                    Some(AgentEvent::Text(delta)) => draft.push(&delta),
                    Some(AgentEvent::Replace(text)) => draft.replace(text),
                    Some(AgentEvent::Tool(tool)) => tell(&tool),
                    Some(AgentEvent::Ask(question)) => questions.push(self.pose(&reader, question)),
                    Some(AgentEvent::Media(reference)) => files.add(reference),
                    Some(AgentEvent::Done) => end = Some(TurnEnd::Complete),
                    Some(AgentEvent::Failed(failure)) => end = Some(failed(&failure)),
                    None => end = Some(failed(&AgentFailure::new(
                        FailureClass::Broken,
                        "the agent ended without saying so",
                    ))),
                },
            }
        }
    }

    /// Sends the card that asks. `None`: it can't be asked, and the agent learns that nobody
    /// answers.
    async fn pose(&self, to: &Addressee, question: Question) -> Option<Posed> {
        let member = to.member.clone()?;
        let card = questions::card(&question, self.clock.now_ms())?;
        // First remembered, then sent: the click may be fast.
        let cards = self.questions.pose(&to.account, member, &card, question);
        match self.outlet.card(&card).await {
            Ok(Carried::Out) => Some(cards),
            // It would arrive when the turn is over, which waits for it.
            Ok(Carried::WithLastWord | Carried::Not) => None,
            Err(error) => {
                tracing::warn!(%error, "a question was not delivered");
                None
            }
        }
    }
}

/// Who is asked, and in which account.
struct Addressee {
    account: AccountId,
    member: Option<UserId>,
}

impl Addressee {
    fn of(request: &TurnRequest) -> Self {
        Self {
            account: request.chat.account.clone(),
            member: request.identity.requester().cloned(),
        }
    }
}

fn tell(step: &ToolStep) {
    match step {
        ToolStep::Started { name } => tracing::info!(tool = name, "the agent uses a tool"),
        ToolStep::Finished { name, ok } => {
            tracing::info!(tool = name, ok, "the agent used a tool");
        }
    }
}

/// The files of a running turn: one goes out at a time, in the order they were named.
struct FilesOut<'a> {
    outlet: &'a dyn Outlet,
    waiting: VecDeque<String>,
    sending: Option<BoxFuture<'a, (String, FileOutcome)>>,
    named: Vec<String>,
    outcomes: Vec<(String, FileOutcome)>,
}

impl<'a> FilesOut<'a> {
    fn new(outlet: &'a dyn Outlet) -> Self {
        Self {
            outlet,
            waiting: VecDeque::new(),
            sending: None,
            named: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    fn add(&mut self, reference: String) {
        if self.named.contains(&reference) {
            return;
        }
        if self.named.len() == MAX_FILES {
            tracing::warn!(
                limit = MAX_FILES,
                "the agent names too many files; the rest is left out"
            );
            return;
        }
        self.named.push(reference.clone());
        self.waiting.push_back(reference);
        self.begin();
    }

    fn begin(&mut self) {
        if self.sending.is_none()
            && let Some(reference) = self.waiting.pop_front()
        {
            let outlet = self.outlet;
            let sending = async move {
                let outcome = outlet.media_field(&reference).await;
                (reference, outcome)
            };
            self.sending = Some(sending.boxed());
        }
    }

    /// Resolves when the file that is on its way has settled; never while there is none.
    ///
    /// Cancel safe: the file stays on its way.
    async fn next(&mut self) -> (String, FileOutcome) {
        match &mut self.sending {
            Some(sending) => sending.await,
            None => std::future::pending().await,
        }
    }

    fn settle(&mut self, outcome: (String, FileOutcome)) {
        self.outcomes.push(outcome);
        self.sending = None;
        self.begin();
    }

    fn is_done(&self) -> bool {
        self.sending.is_none()
    }

    fn into_asked(self, end: TurnEnd) -> Asked {
        let mut asked = Asked {
            end,
            references: self.named,
            attached: Vec::new(),
            sent_media: false,
            notes: Vec::new(),
        };
        for (reference, outcome) in self.outcomes {
            asked.sent_media |= outcome.carried != Carried::Not;
            asked.notes.extend(outcome.note);
            if outcome.carried == Carried::WithLastWord {
                asked.attached.push(reference);
            }
        }
        asked
    }
}

/// The events of an agent that does not exist.
fn nobody() -> BoxStream<'static, AgentEvent> {
    let detail = "the agent is gone from the configuration";
    let failure = AgentFailure::new(FailureClass::Broken, detail);
    futures_util::stream::iter([AgentEvent::Failed(failure)]).boxed()
}

fn failed(failure: &AgentFailure) -> TurnEnd {
    let reference = format!("{:08X}", rand::random::<u32>());
    tracing::error!(%failure, reference, "the agent failed");
    TurnEnd::Failed {
        class: failure.class,
        reference,
    }
}
