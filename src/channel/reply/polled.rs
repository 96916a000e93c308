//! The reply to a message of a bot in webhook mode: a stream that WeCom fetches, and the ways
//! that are left where it does not.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::elsewhere::Elsewhere;
use super::markup::escape_reasoning_tags;
use super::split::{MAX_CONTENT_BYTES, split};
use super::{Closing, Delivery, Reply};
use crate::channel::draft::DraftReader;
use crate::channel::polled::PolledStream;
use crate::store::Outcome;
use crate::texts;

/// WeCom asks every second or so. When it has not for this long, it will not.
const SILENCE: Duration = Duration::from_secs(30);

/// A reply that WeCom fetches.
#[derive(Debug)]
pub(crate) struct PolledReply {
    pub(crate) stream: Arc<PolledStream>,
    pub(crate) ways: Elsewhere,
    pub(crate) hard_stop: CancellationToken,
}

#[async_trait]
impl Reply for PolledReply {
    async fn deliver(self: Box<Self>, mut draft: DraftReader) -> Delivery {
        self.stream.follow(draft.clone());
        let closing = tokio::select! {
            biased;
            () = self.hard_stop.cancelled() => return Delivery::Interrupted,
            closing = draft.finished() => closing,
        };
        let Some(closing) = closing else {
            return Delivery::Interrupted;
        };
        let hard_stop = self.hard_stop.clone();
        tokio::select! {
            biased;
            () = hard_stop.cancelled() => Delivery::Interrupted,
            delivery = self.finish(closing) => delivery,
        }
    }
}

impl PolledReply {
    async fn finish(self, closing: Closing) -> Delivery {
        let text = closing.text.clone();
        // The client waits until it sees something.
        let text = text.unwrap_or_else(|| texts::DONE.to_owned());
        if closing.parts_out() > 0 {
            // An earlier process had begun to send it another way.
            self.stream
                .finish(texts::webhook::SENT_ELSEWHERE.to_owned());
            return Delivery::Ended(closing.outcome);
        }
        if !self.stream.is_open() {
            return Delivery::Ended(self.send_elsewhere(&text, &closing).await);
        }
        let text = escape_reasoning_tags(&text).into_owned();
        if text.len() <= MAX_CONTENT_BYTES {
            self.stream.finish(text.clone());
        } else {
            self.finish_in_part(&text, &closing).await;
        }
        Delivery::Waits(self.until_fetched(text, closing).boxed())
    }

    /// Shows the beginning of what is too long, and sends the rest another way.
    async fn finish_in_part(&self, text: &str, closing: &Closing) {
        use texts::webhook::{REST_FOLLOWS, REST_LOST};

        let room = MAX_CONTENT_BYTES - REST_FOLLOWS.len().max(REST_LOST.len());
        let mut parts = split(text, room).into_iter();
        let mut first = parts.next().unwrap_or_default();
        let rest = parts.collect::<Vec<_>>().join("\n\n");
        let sent = if self.ways.is_there() {
            closing.part_is_out().await;
            self.ways.text(&rest).await
        } else {
            Err(super::Undelivered::NoWay)
        };
        first.push_str(match sent {
            Ok(()) => REST_FOLLOWS,
            Err(reason) => {
                tracing::error!(%reason, "the end of an answer could not be delivered");
                REST_LOST
            }
        });
        self.stream.finish(first);
    }

    /// Sends what nobody fetches any more.
    async fn send_elsewhere(&self, text: &str, closing: &Closing) -> Outcome {
        // Noted before it is sent: it must not come twice.
        closing.part_is_out().await;
        match self.ways.text(text).await {
            Ok(()) => closing.outcome,
            Err(reason) => {
                tracing::error!(%reason, stream = %self.stream.id, "the answer could not be delivered");
                Outcome::Undeliverable
            }
        }
    }

    /// Waits until the answer was fetched; if nobody asks for it, it takes another way.
    async fn until_fetched(self, text: String, closing: Closing) -> Option<Outcome> {
        let hard_stop = self.hard_stop.clone();
        tokio::select! {
            biased;
            () = hard_stop.cancelled() => None,
            outcome = self.fetched_or_sent(&text, &closing) => Some(outcome),
        }
    }

    async fn fetched_or_sent(&self, text: &str, closing: &Closing) -> Outcome {
        let finished = Instant::now();
        loop {
            let heard = self.stream.asked_at().unwrap_or(finished).max(finished);
            let silent = heard + SILENCE;
            tokio::select! {
                () = self.stream.fetched() => return closing.outcome,
                () = sleep_until(silent) => {}
            }
            if self
                .stream
                .asked_at()
                .is_none_or(|asked| asked + SILENCE <= Instant::now())
            {
                break;
            }
        }
        if closing.parts_out() == 0 && self.ways.is_there() {
            tracing::info!(stream = %self.stream.id, "nobody fetches the answer; it takes another way");
            let outcome = self.send_elsewhere(text, closing).await;
            if outcome != Outcome::Undeliverable {
                let card = self.stream.take_card();
                self.stream.point(texts::webhook::SENT_ELSEWHERE);
                if let Some(card) = card
                    && let Err(reason) = self.ways.card(&card).await
                {
                    tracing::error!(%reason, "the card of an answer could not be delivered");
                }
                return outcome;
            }
        }
        tokio::select! {
            () = self.stream.fetched() => closing.outcome,
            () = sleep_until(self.stream.window.ends + SILENCE) => {
                tracing::error!(stream = %self.stream.id, "the answer was not fetched");
                Outcome::Undeliverable
            }
        }
    }
}
