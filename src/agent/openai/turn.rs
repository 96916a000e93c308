//! One turn: a question, the model's messages, the tools between them, an answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Backend;
use super::endpoint::Request;
use super::failure::{Again, Trouble};
use super::message::{Declared, Message, Said};
use super::past::Ending;
use super::prompt;
use super::reply::{Finish, Reply, Shown};
use super::toolwork::{Toolwork, readable};
use crate::agent::{AgentEvent, FailureClass, Person, ToolTurn, TurnRequest};
use crate::texts;

/// How often a question is asked again that was not answered.
const MAX_RETRIES: u32 = 2;

/// Pause before it is asked again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Longest pause that an endpoint may ask for; beyond it people are told to come back.
const MAX_PAUSE: Duration = Duration::from_secs(20);

/// What a model is told that has used tools as often as it may.
const NO_MORE_TOOLS: &str = "[No more tools can be used for this question. Answer now with what \
    you know, and say what is not done.]";

/// A turn under way.
pub(super) struct Turn {
    pub(super) backend: Arc<Backend>,
    pub(super) request: TurnRequest,
    pub(super) events: mpsc::Sender<AgentEvent>,
    /// Somebody stopped it, or nobody listens any more.
    pub(super) cancel: CancellationToken,
}

/// What was said so far.
#[derive(Default)]
struct Talk {
    system: Vec<Message>,
    /// Earlier turns, oldest first.
    past: Vec<Vec<Message>>,
    /// This one: the question, and what came of it.
    messages: Vec<Message>,
    /// The model's message under way.
    reply: Reply,
    /// Words of this turn can be seen.
    has_spoken: bool,
    /// Words of the message under way can be seen.
    has_begun: bool,
    /// The oldest part of the conversation was left out already.
    is_shortened: bool,
}

/// Why a turn ends without an answer.
enum Ended {
    /// Nobody listens any more.
    Unheard,
    Failed(Trouble),
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        Self::Failed(trouble)
    }
}

impl Turn {
    /// Runs it to its end, and keeps what was said.
    pub(super) async fn run(self) {
        let page = self.backend.memory.open(&self.request.session);
        let mut talk = Talk::default();
        let ended = tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Ended::Unheard),
            played = self.play(&mut talk) => played,
        };
        let (last, ending) = match ended {
            Ok(()) => (Some(AgentEvent::Done), Ending::Complete),
            Err(Ended::Unheard) => (None, Ending::Interrupted),
            Err(Ended::Failed(trouble)) => (
                Some(AgentEvent::Failed(trouble.failure)),
                Ending::Interrupted,
            ),
        };
        // Of a message that did not end the words count, and no calls.
        talk.reply.refuse_tools();
        talk.gather();
        if ending == Ending::Complete || talk.was_answered() {
            page.keep(&self.request, &talk.messages, ending).await;
        }
        drop(page);
        if let Some(last) = last {
            tokio::select! {
                () = self.cancel.cancelled() => {}
                // Nobody listens any more: nobody is to be told.
                _ = self.events.send(last) => {}
            }
        }
    }

    async fn play(&self, talk: &mut Talk) -> Result<(), Ended> {
        let backend = &*self.backend;
        let (settings, services) = (&*backend.settings, &backend.services);
        let person = Person::behind(self.events.clone());
        let tool_turn = ToolTurn::of(&self.request, person);
        let mut work = Toolwork::new(&*services.tools, tool_turn, &settings.tools, &self.events);
        let instructions = work.instructions();
        let system = prompt::system(&self.request, settings, services, &instructions).await?;
        talk.system.push(system);
        talk.past = backend.memory.recall(&self.request).await;
        let question = prompt::question(&self.request, settings).await;
        talk.messages.push(question);
        for round in 0..=settings.max_tool_rounds {
            let is_last = round == settings.max_tool_rounds;
            let offered = if is_last { &[] } else { work.declared() };
            self.listen(talk, offered).await?;
            let (finish, is_cut) = (talk.reply.finish, talk.reply.is_cut);
            let wants_tools = talk.reply.wants_tools() && !is_last && !is_cut;
            if !wants_tools {
                talk.reply.refuse_tools();
                return self.conclude(talk, finish, is_cut).await;
            }
            let said = talk.gather();
            let calls = said.map(|said| said.tool_calls).unwrap_or_default();
            work.answer(&calls, &mut talk.messages).await;
        }
        Ok(())
    }

    /// Ends the answer with what is to be said about it.
    async fn conclude(
        &self,
        talk: &mut Talk,
        finish: Option<Finish>,
        is_cut: bool,
    ) -> Result<(), Ended> {
        let has_words = !talk.reply.text.is_empty();
        let remark = match finish {
            _ if is_cut => texts::REST_OMITTED.trim_start(),
            Some(Finish::Withheld) => texts::openai::WITHHELD,
            Some(Finish::Length) if has_words => texts::openai::MAX_TOKENS,
            _ if has_words || talk.has_spoken || talk.was_answered() => return Ok(()),
            _ => {
                let detail = "the model said nothing";
                return Err(Trouble::lasting(FailureClass::Broken, detail).into());
            }
        };
        let gap = if talk.has_spoken { "\n\n" } else { "" };
        self.tell(AgentEvent::Text(format!("{gap}{remark}"))).await
    }

    /// Asks and listens to one message of the model; asks again where that may help.
    async fn listen(&self, talk: &mut Talk, offered: &[Declared]) -> Result<(), Ended> {
        let mut retries = 0;
        loop {
            talk.reply = Reply::default();
            talk.has_begun = false;
            let trouble = match self.attempt(talk, offered).await {
                Ok(()) => return Ok(()),
                Err(Ended::Failed(trouble)) => trouble,
                Err(unheard) => return Err(unheard),
            };
            if trouble.is_too_long() && !talk.has_begun && talk.shorten() {
                tracing::info!(
                    session = %self.request.session,
                    "the conversation is too long for the model; its older half is left out"
                );
                continue;
            }
            match trouble.again {
                Again::WithoutUsage if self.backend.endpoint.leave_usage_out() => {}
                Again::Later(wanted) if retries < MAX_RETRIES => {
                    let pause = pause(retries, wanted);
                    if pause > MAX_PAUSE {
                        return Err(trouble.into());
                    }
                    tracing::info!(
                        failure = %trouble.failure,
                        pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                        "the model did not answer; it is asked again"
                    );
                    retries += 1;
                    tokio::time::sleep(pause).await;
                }
                Again::No | Again::Later(_) | Again::WithoutUsage => return Err(trouble.into()),
            }
        }
    }

    async fn attempt(&self, talk: &mut Talk, offered: &[Declared]) -> Result<(), Ended> {
        let messages = talk.written(offered.is_empty() && talk.has_used_tools());
        let request = Request {
            messages: &messages,
            tools: offered,
        };
        let mut answer = self.backend.endpoint.ask(request).await?;
        drop(messages);
        while let Some(chunk) = answer.next().await {
            let chunk = chunk.map_err(|trouble| {
                if talk.reply.has_begun {
                    trouble.midway()
                } else {
                    trouble
                }
            })?;
            if let Some(usage) = chunk.usage {
                tracing::debug!(
                    prompt = usage.prompt_tokens,
                    completion = usage.completion_tokens,
                    "tokens of a model's message"
                );
            }
            if let Some(choice) = chunk.choices.into_iter().next()
                && let Some(shown) = talk.reply.take(choice)
            {
                self.show(talk, shown).await?;
            }
            if talk.reply.is_cut {
                return Ok(());
            }
        }
        if let Some(shown) = talk.reply.conclude() {
            self.show(talk, shown).await?;
        }
        let is_empty = talk.reply.text.is_empty() && !talk.reply.wants_tools();
        match talk.reply.finish {
            Some(Finish::Length) if is_empty => {
                let detail = "the model reached a limit of length and said nothing: raise \
                              `maxTokens`, or lower `historyTokens`";
                Err(Trouble::lasting(FailureClass::TooLong, detail).into())
            }
            None if !talk.reply.has_begun => {
                let detail = "the endpoint answered nothing";
                Err(Trouble::passing(FailureClass::Broken, detail).into())
            }
            _ => Ok(()),
        }
    }

    /// Shows words. The first of a message take the place of those that stood before a tool
    /// was used: people see that something is done, and in the end the answer alone.
    async fn show(&self, talk: &mut Talk, shown: Shown) -> Result<(), Ended> {
        let is_first = !std::mem::replace(&mut talk.has_begun, true);
        let has_spoken = std::mem::replace(&mut talk.has_spoken, true);
        let event = match shown {
            Shown::More(words) if is_first && has_spoken => AgentEvent::Replace(words),
            Shown::More(words) => AgentEvent::Text(words),
            Shown::Instead(words) => AgentEvent::Replace(words),
        };
        self.tell(event).await
    }

    async fn tell(&self, event: AgentEvent) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended::Unheard)
    }
}

impl Talk {
    /// Everything that the model is asked.
    fn written(&self, is_last: bool) -> Vec<Message> {
        let last = is_last.then(|| Message::user(NO_MORE_TOOLS));
        let past = self.past.iter().flatten();
        let all = self.system.iter().chain(past).chain(&self.messages);
        all.cloned().chain(last).collect()
    }

    /// Takes the message under way to what was said.
    fn gather(&mut self) -> Option<Said> {
        let said = std::mem::take(&mut self.reply).into_said();
        let is_something = said.content.is_some() || !said.tool_calls.is_empty();
        if is_something {
            let mut written = said.clone();
            written.tool_calls = written.tool_calls.into_iter().map(readable).collect();
            self.messages.push(Message::Assistant(written));
        }
        is_something.then_some(said)
    }

    /// Whether anything came of the question.
    fn was_answered(&self) -> bool {
        self.messages.len() > 1
    }

    fn has_used_tools(&self) -> bool {
        let is_answer = |message: &Message| matches!(message, Message::Tool { .. });
        self.messages.iter().any(is_answer)
    }

    /// Leaves the older half of the conversation out, once. `false`: there is none.
    fn shorten(&mut self) -> bool {
        if self.is_shortened || self.past.is_empty() {
            return false;
        }
        self.is_shortened = true;
        self.past.drain(..self.past.len().div_ceil(2));
        true
    }
}

/// How long to wait: what the endpoint wants, else longer each time, each time a little
/// different.
fn pause(retries: u32, wanted: Option<Duration>) -> Duration {
    wanted.unwrap_or_else(|| {
        let pause = FIRST_PAUSE.saturating_mul(1 << retries.min(8));
        pause.mul_f64(rand::random_range(0.75..1.25))
    })
}
