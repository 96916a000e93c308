//! What a gateway asks of the daemon, carried out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::frame::{Content, Out, ToPlugin, ToolCall, ToolSpecFrame};
use super::hub::Gateway;
use super::{LinkHost, OutAnswer};
use crate::agent::ToolAnswer;
use crate::task;

/// Messages and tool calls of one connection that are carried out at the same time. A gateway
/// runs a few turns; more than this is told to come again.
const MAX_AT_WORK: usize = 64;

const TOO_MUCH: &str = "the wecom daemon has too much to do for OpenClaw; try again later";

/// Works for one connection.
#[derive(Debug)]
pub(super) struct Service {
    host: Arc<dyn LinkHost>,
    gateway: Gateway,
    tracker: TaskTracker,
    places: Arc<Semaphore>,
    /// Tool calls that can be taken back.
    calls: Arc<Mutex<HashMap<String, CancellationToken>>>,
    /// Ends the process's work.
    stop: CancellationToken,
}

impl Service {
    pub(super) fn new(
        host: Arc<dyn LinkHost>,
        gateway: Gateway,
        tracker: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self {
            host,
            gateway,
            tracker,
            places: Arc::new(Semaphore::new(MAX_AT_WORK)),
            calls: Arc::default(),
            stop,
        }
    }

    /// Sends a message. It goes on when the connection is lost: what became of it is kept
    /// for the repeat.
    pub(super) fn out(&self, out: Out) {
        let (gateway, id) = (self.gateway.clone(), out.id.clone());
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let answer = OutAnswer::Failed {
                error: TOO_MUCH.to_owned(),
                retryable: true,
            };
            tell_out(&gateway, id, answer);
            return;
        };
        let (host, stop) = (self.host.clone(), self.stop.clone());
        task::spawn(&self.tracker, "openclaw out", async move {
            let _place = place;
            tokio::select! {
                () = stop.cancelled() => {}
                answer = host.out(out) => tell_out(&gateway, id, answer),
            }
        });
    }

    /// Uses a tool until the answer is there, nobody wants it, or the connection is lost.
    pub(super) fn tool(&self, call: ToolCall) {
        let (gateway, id) = (self.gateway.clone(), call.id.clone());
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let answer = ToolAnswer::refused("busy", TOO_MUCH, "Tell the member.");
            tell_tool(&gateway, &id, answer);
            return;
        };
        let cancel = self.stop.child_token();
        lock(&self.calls).insert(id.clone(), cancel.clone());
        let (host, calls) = (self.host.clone(), self.calls.clone());
        task::spawn(&self.tracker, "openclaw tool", async move {
            let _place = place;
            let answer = tokio::select! {
                biased;
                () = cancel.cancelled() => None,
                () = gateway.ended().cancelled() => None,
                answer = host.tool(call) => Some(answer),
            };
            lock(&calls).remove(&id);
            if let Some(answer) = answer {
                tell_tool(&gateway, &id, answer);
            }
        });
    }

    pub(super) fn cancel_tool(&self, id: &str) {
        if let Some(call) = lock(&self.calls).remove(id) {
            call.cancel();
        }
    }

    pub(super) fn list_tools(&self, id: String) {
        let tools = self.host.tools().into_iter().map(|tool| ToolSpecFrame {
            name: tool.name,
            description: tool.description,
            parameters: tool.parameters,
        });
        let specs = ToPlugin::ToolsSpecs {
            id,
            tools: tools.collect(),
        };
        self.gateway.send(&specs).ok();
    }
}

fn tell_out(gateway: &Gateway, id: String, answer: OutAnswer) {
    let frame = match answer {
        OutAnswer::Sent(message) => ToPlugin::OutResult {
            id,
            ok: true,
            message: Some(message),
            error: None,
            retryable: false,
        },
        OutAnswer::Failed { error, retryable } => ToPlugin::OutResult {
            id,
            ok: false,
            message: None,
            error: Some(error),
            retryable,
        },
    };
    // Without a connection the plugin asks again, by the same key.
    gateway.send(&frame).ok();
}

fn tell_tool(gateway: &Gateway, id: &str, answer: ToolAnswer) {
    let frame = |answer: ToolAnswer| ToPlugin::ToolResult {
        id: id.to_owned(),
        content: vec![Content::Text { text: answer.text }],
        is_error: answer.is_error,
    };
    let line = frame(answer).to_line().unwrap_or_else(|too_long| {
        let message = format!("the answer can't be handed over: {too_long}");
        let refused = ToolAnswer::refused("too_large", &message, "Ask for less at a time.");
        frame(refused).to_line().unwrap_or_default()
    });
    // Who asked may have gone.
    gateway.send_line(line).ok();
}

/// Short sections without a wait; every entry is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
