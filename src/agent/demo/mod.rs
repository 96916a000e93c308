//! The demo back end: a few rules in the place of a model, so that a newcomer sees what an
//! agent can do here without a key. It streams, uses tools, sends cards and a picture, and
//! schedules a reminder, all by the ways that a model has.

mod intent;
mod scene;

use std::time::Duration;

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;

use super::events::written;
use super::{Agent, AgentEvent, AgentServices, TurnRequest};
use crate::config::Demo;
use scene::Scene;

/// Answers by rule.
#[derive(Debug, Clone)]
pub struct DemoAgent {
    piece_delay: Duration,
    services: AgentServices,
}

impl DemoAgent {
    /// With these settings.
    pub fn new(settings: Demo, services: AgentServices) -> Self {
        Self {
            piece_delay: settings.piece_delay,
            services,
        }
    }
}

impl Agent for DemoAgent {
    fn run(&self, turn: TurnRequest, cancel: CancellationToken) -> BoxStream<'static, AgentEvent> {
        let (services, piece_delay) = (self.services.clone(), self.piece_delay);
        written(cancel, move |events| async move {
            let scene = Scene {
                services,
                piece_delay,
                events,
                turn,
            };
            scene.play().await;
        })
    }
}
