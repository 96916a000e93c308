//! An agent at work for a job: nobody reads along, its last words are what is delivered.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, AgentEvent, AgentFailure, FailureClass, ToolStep, TurnRequest};

/// Bytes of one answer. WeCom takes 20 messages of at most 20 KiB; an agent that writes more
/// than this has lost its way.
const MAX_BYTES: usize = 1024 * 1024;

/// Files of one answer.
const MAX_FILES: usize = 20;

/// What an agent said at the end of its work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// All of its text, with the directives in it.
    pub text: String,
    /// Files that it named beside the text, each once.
    pub media: Vec<String>,
}

/// Why there is nothing to deliver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TurnFailure {
    /// The agent gave up, or ended without saying so.
    #[error(transparent)]
    Agent(#[from] AgentFailure),
    /// It took longer than the job may.
    #[error("the agent did not finish within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The process goes down, or the job was removed.
    #[error("the run was ended from outside")]
    Cancelled,
}

/// Runs an agent to its end. What it asks a person goes unanswered: nobody is there.
///
/// # Errors
/// [`TurnFailure`]; what was said until then is not delivered.
pub async fn ask(
    agent: &Arc<dyn Agent>,
    request: TurnRequest,
    timeout: Duration,
    cancel: &CancellationToken,
) -> Result<Said, TurnFailure> {
    let running = cancel.child_token();
    let _ended = running.clone().drop_guard();
    let listening = listen(agent, request, running);
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(TurnFailure::Cancelled),
        said = tokio::time::timeout(timeout, listening) => {
            said.unwrap_or(Err(TurnFailure::TimedOut(timeout)))
        }
    }
}

async fn listen(
    agent: &Arc<dyn Agent>,
    request: TurnRequest,
    cancel: CancellationToken,
) -> Result<Said, TurnFailure> {
    let mut events = agent.run(request, cancel);
    let mut said = Said::default();
    while let Some(event) = events.next().await {
        match event {
            AgentEvent::Text(delta) => said.text.push_str(&delta),
            AgentEvent::Replace(text) => said.text = text,
            AgentEvent::Media(reference) => {
                if said.media.len() < MAX_FILES && !said.media.contains(&reference) {
                    said.media.push(reference);
                }
            }
            AgentEvent::Tool(ToolStep::Started { name }) => {
                tracing::info!(tool = name, "the agent of a job uses a tool");
            }
            AgentEvent::Tool(ToolStep::Finished { name, ok }) => {
                tracing::info!(tool = name, ok, "the agent of a job used a tool");
            }
            AgentEvent::Ask(question) => drop(question),
            AgentEvent::Done => return Ok(said),
            AgentEvent::Failed(failure) => return Err(failure.into()),
        }
        if said.text.len() > MAX_BYTES {
            let detail = format!("the agent wrote more than {MAX_BYTES} bytes");
            return Err(AgentFailure::new(FailureClass::Broken, detail).into());
        }
    }
    let detail = "the agent ended without saying so";
    Err(AgentFailure::new(FailureClass::Broken, detail).into())
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, BoxStream};

    use super::*;
    use crate::agent::Question;
    use crate::identity::Identity;
    use crate::ids::{Chat, ChatKind};
    use crate::session::{SessionKey, SessionScope};
    use crate::store::RouteVia;

    /// Says these, and then nothing more.
    #[derive(Debug)]
    struct Says(Vec<AgentEvent>);

    impl Agent for Says {
        fn run(&self, _: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
            stream::iter(self.0.clone())
                .chain(stream::pending())
                .take_until(cancel.cancelled_owned())
                .boxed()
        }
    }

    async fn asked(events: Vec<AgentEvent>) -> Result<Said, TurnFailure> {
        let request = TurnRequest {
            chat: Chat {
                account: "hq".into(),
                kind: ChatKind::Direct,
                id: "lisi".into(),
            },
            session: SessionKey {
                agent: "main".to_owned(),
                scope: SessionScope::Named("daily".to_owned()),
            },
            identity: Arc::new(Identity::of_job("hq".into(), None, "j1")),
            via: RouteVia::Bot,
            message_id: "r1".into(),
            text: "go".to_owned(),
            quote: None,
            attachments: Vec::new(),
            may_command: false,
            earlier_attempts: 0,
        };
        let agent: Arc<dyn Agent> = Arc::new(Says(events));
        let minute = Duration::from_mins(1);
        ask(&agent, request, minute, &CancellationToken::new()).await
    }

    fn text(text: &str) -> AgentEvent {
        AgentEvent::Text(text.to_owned())
    }

    #[tokio::test]
    async fn the_last_words_count_and_nobody_answers_questions() {
        let (question, answered) = Question::new("?", "", Vec::new());
        let file = || AgentEvent::Media("a.png".to_owned());
        let said = asked(vec![
            text("I look. "),
            AgentEvent::Ask(question),
            AgentEvent::Replace("Found: ".to_owned()),
            file(),
            file(),
            text("two."),
            AgentEvent::Done,
        ]);
        let expected = Said {
            text: "Found: two.".to_owned(),
            media: vec!["a.png".to_owned()],
        };
        assert_eq!(said.await, Ok(expected));
        assert!(answered.await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_agent_that_never_ends_is_ended() {
        let hour = asked(vec![text("thinking")]).await;
        assert_eq!(hour, Err(TurnFailure::TimedOut(Duration::from_mins(1))));
        let endless = vec![text(&"x".repeat(100_000)); 11];
        assert!(matches!(
            asked(endless).await,
            Err(TurnFailure::Agent(AgentFailure {
                class: FailureClass::Broken,
                ..
            }))
        ));
    }
}
