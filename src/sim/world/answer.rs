//! How frames are received and acks given, on every standing of a connection.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::World;
use super::connections::{Outgoing, Standing};
use crate::ids::{BotId, ReqId};
use crate::sim::record::{Ack, RecordedFrame, Violation};
use crate::sim::rules::{self, Malformed, Refusal, Request};

/// Where and when a frame came, and how heavy it was.
#[derive(Debug, Clone, Copy)]
pub(in crate::sim) struct Arrival {
    /// The connection's number.
    pub(in crate::sim) connection: u64,
    /// Bytes of the frame.
    pub(in crate::sim) weight: usize,
    /// Unix milliseconds.
    pub(in crate::sim) at: i64,
}

/// Room for an ack in the connection's queue.
pub(super) type Place<'a> = mpsc::Permit<'a, Outgoing>;

impl World {
    /// Acts on a frame and puts the answer into its place in the connection's queue.
    pub(in crate::sim) fn receive(
        &mut self,
        arrival: Arrival,
        frame: Result<Request, Malformed>,
        place: Place<'_>,
    ) {
        let Some(connection) = self.connections.get(&arrival.connection) else {
            return;
        };
        // What was already read of a line that is cut now never arrived.
        if connection.link.cut.is_cancelled() {
            return;
        }
        let (standing, bot) = (connection.standing, connection.bot.clone());
        let request = match frame {
            Ok(request) => request,
            Err(malformed) => {
                self.answer_malformed(arrival, standing, bot, malformed, place);
                return;
            }
        };
        match (standing, bot) {
            (Standing::HalfOpen, bot) => {
                if let Some(bot) = bot {
                    self.record(arrival, &bot, request, None, false);
                }
            }
            (_, bot) if request.cmd == rules::SUBSCRIBE => {
                self.answer_subscribe(arrival, bot.as_ref(), request, place);
            }
            (Standing::Subscribed, Some(bot)) => {
                self.answer_subscribed(arrival, &bot, request, place);
            }
            (standing, bot) => self.answer_outsider(arrival, standing, bot, request, place),
        }
    }

    /// Notes that a connection broke in a way that no correct client causes.
    pub(in crate::sim) fn broke(&mut self, arrival: Arrival, reason: &str) {
        let bot = self
            .connections
            .get(&arrival.connection)
            .and_then(|connection| connection.bot.clone());
        self.violated(arrival, bot, (None, None), reason);
    }

    fn answer_malformed(
        &mut self,
        arrival: Arrival,
        standing: Standing,
        bot: Option<BotId>,
        malformed: Malformed,
        place: Place<'_>,
    ) {
        let Malformed {
            reason,
            cmd,
            req_id,
        } = malformed;
        self.violated(arrival, bot, (cmd, req_id.clone()), &reason);
        if let Some(req_id) = req_id.filter(|_| standing != Standing::HalfOpen) {
            let ack = refused(Refusal::parameter(reason));
            place.send(Outgoing::Frame(ack_text(&req_id, &ack)));
        }
    }

    fn answer_outsider(
        &mut self,
        arrival: Arrival,
        standing: Standing,
        bot: Option<BotId>,
        request: Request,
        place: Place<'_>,
    ) {
        if standing == Standing::New {
            let reason = "a frame before the subscribe was accepted";
            self.violated(arrival, bot.clone(), request.names(), reason);
        }
        let ack = refused(Refusal::not_subscribed());
        place.send(Outgoing::Frame(ack_text(&request.req_id, &ack)));
        if let Some(bot) = bot {
            self.record(arrival, &bot, request, Some(ack), true);
        }
    }

    fn answer_subscribed(
        &mut self,
        arrival: Arrival,
        id: &BotId,
        request: Request,
        place: Place<'_>,
    ) {
        let Some(bot) = self.bots.get_mut(id) else {
            return;
        };
        let is_ping = request.cmd == rules::PING;
        if is_ping {
            bot.info.pings_total += 1;
        }
        let is_last = !is_ping && bot.faults.next_disconnect();
        let answer = match bot.faults.next_error(&request.cmd) {
            Some((code, text)) => Err(Refusal::normal(code, text)),
            None if is_ping => Ok(None),
            None => self.act(id, &request, arrival.at),
        };
        let ack = match answer {
            Ok(data) => accepted(data),
            Err(refusal) => {
                if refusal.is_violation {
                    self.violated(arrival, Some(id.clone()), request.names(), &refusal.text);
                }
                refused(refusal)
            }
        };
        let sent = !is_last && self.send_ack(id, &request, &ack, place);
        self.record(arrival, id, request, Some(ack), sent);
        if is_last {
            self.cut(arrival.connection);
        }
    }

    /// Sends an ack unless a fault loses it; says whether it was sent.
    pub(super) fn send_ack(
        &mut self,
        bot: &BotId,
        request: &Request,
        ack: &Ack,
        place: Place<'_>,
    ) -> bool {
        let Some(bot) = self.bots.get_mut(bot) else {
            return false;
        };
        if bot.faults.next_loss(&request.cmd) {
            return false;
        }
        let text = ack_text(&request.req_id, ack);
        place.send(match bot.faults.ack_delay_ms {
            0 => Outgoing::Frame(text),
            ms => Outgoing::Later(text, Duration::from_millis(ms)),
        });
        true
    }

    /// Remembers a frame and its answer, without what must not or need not be kept.
    pub(super) fn record(
        &mut self,
        mut arrival: Arrival,
        bot: &BotId,
        mut request: Request,
        ack: Option<Ack>,
        ack_sent: bool,
    ) {
        match request.cmd.as_str() {
            rules::SUBSCRIBE => hide_secret(&mut request.body),
            rules::UPLOAD_CHUNK => {
                hide_chunk(&mut request.body);
                arrival.weight = CHUNK_RECORD_WEIGHT;
            }
            _ => {}
        }
        let seq = self.next_seq();
        let Some(bot) = self.bots.get_mut(bot) else {
            return;
        };
        let frame = RecordedFrame {
            seq,
            at: arrival.at,
            connection: arrival.connection,
            cmd: request.cmd,
            req_id: request.req_id,
            body: request.body,
            ack,
            ack_sent,
        };
        bot.frames.push(FRAME_WEIGHT + arrival.weight, frame);
        Self::frames_changed(bot);
    }

    /// Remembers that a client broke the protocol.
    pub(super) fn violated(
        &mut self,
        arrival: Arrival,
        bot: Option<BotId>,
        (cmd, req_id): (Option<String>, Option<ReqId>),
        reason: &str,
    ) {
        let connection = arrival.connection;
        tracing::debug!(connection, cmd, reason, "a client broke the protocol");
        let violation = Violation {
            at: arrival.at,
            connection,
            call: None,
            bot,
            cmd,
            req_id,
            reason: reason.to_owned(),
        };
        self.violations.push(1, violation);
    }
}

impl Request {
    /// Command and id, for a violation.
    pub(super) fn names(&self) -> (Option<String>, Option<ReqId>) {
        (Some(self.cmd.clone()), Some(self.req_id.clone()))
    }
}

/// An ack of success, with the data of the commands that return some.
pub(super) fn accepted(body: Option<Value>) -> Ack {
    Ack {
        errcode: 0,
        errmsg: "ok".to_owned(),
        body,
    }
}

/// An ack of failure.
pub(super) fn refused(refusal: Refusal) -> Ack {
    Ack {
        errcode: refusal.code,
        errmsg: refusal.text.into_owned(),
        body: None,
    }
}

/// An ack as a frame.
pub(super) fn ack_text(req_id: &ReqId, ack: &Ack) -> Arc<str> {
    let headers = Headers { req_id };
    // The types have only string keys, so that this cannot fail.
    serde_json::to_string(&AckFrame { headers, ack })
        .unwrap_or_default()
        .into()
}

#[derive(Serialize)]
struct AckFrame<'a> {
    headers: Headers<'a>,
    #[serde(flatten)]
    ack: &'a Ack,
}

#[derive(Serialize)]
struct Headers<'a> {
    req_id: &'a ReqId,
}

fn hide_secret(body: &mut Value) {
    if let Some(secret) = body.get_mut("secret") {
        *secret = json!("***");
    }
}

/// Puts the length of a chunk's data in its place.
fn hide_chunk(body: &mut Value) {
    if let Some(data) = body.get_mut("base64_data") {
        let length = data.as_str().map_or(0, str::len);
        *data = json!(format!("<{length} characters>"));
    }
}

/// What a remembered frame weighs besides its text, about.
const FRAME_WEIGHT: usize = 512;
/// What a remembered upload chunk weighs: its data is not kept.
const CHUNK_RECORD_WEIGHT: usize = 256;
