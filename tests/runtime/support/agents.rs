//! Agents that do what a test tells them.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wecom::agent::{Agent, AgentEvent, TurnRequest};

/// Gives every turn the same events, then ends its stream.
#[derive(Debug)]
pub struct Scripted(pub Vec<AgentEvent>);

impl Agent for Scripted {
    fn run(
        &self,
        _turn: TurnRequest,
        _cancel: CancellationToken,
    ) -> BoxStream<'static, AgentEvent> {
        stream::iter(self.0.clone()).boxed()
    }
}

/// Says something and then never anything again.
#[derive(Debug)]
pub struct Stuck(pub &'static str);

impl Agent for Stuck {
    fn run(
        &self,
        _turn: TurnRequest,
        _cancel: CancellationToken,
    ) -> BoxStream<'static, AgentEvent> {
        stream::iter([AgentEvent::Text(self.0.to_owned())])
            .chain(stream::pending())
            .boxed()
    }
}

/// Hands every turn to the test, which plays the agent.
#[derive(Debug)]
pub struct Played(mpsc::UnboundedSender<Turn>);

/// A turn that the test answers.
#[derive(Debug)]
pub struct Turn {
    pub request: TurnRequest,
    pub cancel: CancellationToken,
    events: mpsc::UnboundedSender<AgentEvent>,
}

/// Where the turns of a [`Played`] agent arrive.
#[derive(Debug)]
pub struct Turns(Mutex<mpsc::UnboundedReceiver<Turn>>);

pub fn played() -> (Played, Turns) {
    let (turns, arrive) = mpsc::unbounded_channel();
    (Played(turns), Turns(Mutex::new(arrive)))
}

impl Agent for Played {
    fn run(
        &self,
        request: TurnRequest,
        cancel: CancellationToken,
    ) -> BoxStream<'static, AgentEvent> {
        let (events, mut happen) = mpsc::unbounded_channel();
        self.0
            .send(Turn {
                request,
                cancel,
                events,
            })
            .ok();
        stream::poll_fn(move |context| happen.poll_recv(context)).boxed()
    }
}

impl Turns {
    /// The next turn that begins.
    pub async fn next(&self) -> Turn {
        let next = std::future::poll_fn(|context| self.0.lock().unwrap().poll_recv(context));
        tokio::time::timeout(super::PATIENCE, next)
            .await
            .expect("a turn begins")
            .unwrap()
    }

    /// Whether no turn begins within `time`.
    pub async fn none_for(&self, time: Duration) -> bool {
        let next = std::future::poll_fn(|context| self.0.lock().unwrap().poll_recv(context));
        tokio::time::timeout(time, next).await.is_err()
    }
}

impl Turn {
    pub fn say(&self, text: &str) {
        self.events.send(AgentEvent::Text(text.to_owned())).ok();
    }

    pub fn tell(&self, event: AgentEvent) {
        self.events.send(event).ok();
    }

    pub fn name(&self, file: &str) {
        self.events.send(AgentEvent::Media(file.to_owned())).ok();
    }

    pub fn done(self) {
        self.events.send(AgentEvent::Done).ok();
    }

    pub fn event(self, event: AgentEvent) {
        self.events.send(event).ok();
    }
}
