//! The reply to a message of an agent app: messages of the API, which can't be changed once
//! they are out. A long answer goes out in a few of them while it is written.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::markup::without_reasoning;
use super::split::rest_of;
use super::visible::visible;
use super::{Closing, Delivery, Reply};
use crate::channel::app_way::AppWay;
use crate::channel::draft::{DraftReader, Look};
use crate::channel::fence;
use crate::store::Outcome;

/// Bytes that gather before a part of a running answer goes out. A member gets at most 30
/// messages a minute.
const PART_BYTES: usize = 1_500;

/// Least time between two parts.
const PART_INTERVAL: Duration = Duration::from_secs(3);

/// A reply by way of an agent app.
#[derive(Debug)]
pub(crate) struct AppReply {
    way: AppWay,
    hard_stop: CancellationToken,
}

impl AppReply {
    /// A reply by `way`, until the process goes down.
    pub(crate) fn new(way: AppWay, hard_stop: CancellationToken) -> Self {
        Self { way, hard_stop }
    }

    async fn follow(&self, draft: &mut DraftReader) -> Delivery {
        let mut sent = Sent::default();
        let mut next = Instant::now() + PART_INTERVAL;
        let closing = loop {
            draft.changed().await;
            match draft.look() {
                Look::Finished(closing) => break closing,
                Look::Abandoned => return Delivery::Interrupted,
                Look::Growing(text) => {
                    if Instant::now() < next || sent.failed {
                        continue;
                    }
                    let shown = without_reasoning(&visible(&text)).into_owned();
                    if let Some(part) = sent.part_of(&shown) {
                        sent.failed = self.way.text(&part).await.is_err();
                        if !sent.failed {
                            sent.text.push_str(&part);
                        }
                        next = Instant::now() + PART_INTERVAL;
                    }
                }
            }
        };
        self.finish(closing, &sent).await
    }

    async fn finish(&self, closing: Closing, sent: &Sent) -> Delivery {
        let Some(text) = &closing.text else {
            return Delivery::Ended(closing.outcome);
        };
        let text = without_reasoning(text);
        let rest = rest_of(&text, &sent.text);
        if rest.trim().is_empty() {
            return Delivery::Ended(closing.outcome);
        }
        match self.way.text(rest).await {
            Ok(()) => Delivery::Ended(closing.outcome),
            Err(reason) => {
                tracing::error!(%reason, "the answer could not be delivered");
                Delivery::Ended(Outcome::Undeliverable)
            }
        }
    }
}

#[async_trait]
impl Reply for AppReply {
    async fn deliver(self: Box<Self>, mut draft: DraftReader) -> Delivery {
        tokio::select! {
            biased;
            () = self.hard_stop.cancelled() => Delivery::Interrupted,
            delivery = self.follow(&mut draft) => delivery,
        }
    }
}

/// What of a running answer is out.
#[derive(Debug, Default)]
struct Sent {
    text: String,
    /// A part was not taken: the rest waits for the end.
    failed: bool,
}

impl Sent {
    /// The part that is to go out now: whole lines, and never the inside of code.
    fn part_of(&self, shown: &str) -> Option<String> {
        let waiting = shown.strip_prefix(self.text.as_str())?;
        if waiting.len() < PART_BYTES {
            return None;
        }
        let ends = waiting.match_indices('\n').map(|(at, _)| at + 1);
        let part = |end: usize| waiting.get(..end).unwrap_or_default();
        let is_outside_code = |end: &usize| fence::after(None, part(*end)).is_none();
        let end = ends.filter(is_outside_code).last()?;
        (end * 2 >= PART_BYTES).then(|| part(end).to_owned())
    }
}

/// The reply of an account that has no way to answer: it says so in the log, and the agent is
/// heard to its end.
#[derive(Debug)]
pub(crate) struct LostReply;

impl LostReply {
    /// What is missing.
    pub(crate) const NO_APP: &'static str =
        "the account has no agent app that sends: it needs agent.corpSecret and agent.agentId";
}

#[async_trait]
impl Reply for LostReply {
    async fn deliver(self: Box<Self>, mut draft: DraftReader) -> Delivery {
        loop {
            draft.changed().await;
            match draft.look() {
                Look::Growing(_) => {}
                Look::Abandoned => return Delivery::Interrupted,
                Look::Finished(Closing {
                    text: None,
                    outcome,
                    ..
                }) => {
                    return Delivery::Ended(outcome);
                }
                Look::Finished(_) => {
                    tracing::error!(reason = Self::NO_APP, "the answer could not be delivered");
                    return Delivery::Ended(Outcome::Undeliverable);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines_outside_of_code() {
        let sent = Sent::default();
        assert_eq!(sent.part_of(&"x".repeat(5_000)), None, "no line has ended");
        let line = format!("{}\n", "x".repeat(799));
        assert_eq!(sent.part_of(&line), None, "too little");
        let text = format!("{line}{line}half a li");
        assert_eq!(sent.part_of(&text), Some(format!("{line}{line}")));
        let code = format!("{line}```\n{line}{line}");
        assert_eq!(sent.part_of(&code), Some(line.clone()));
        let sent = Sent {
            text: line.clone(),
            failed: false,
        };
        assert_eq!(sent.part_of(&text), None);
        assert_eq!(sent.part_of("something else altogether"), None);
    }
}
