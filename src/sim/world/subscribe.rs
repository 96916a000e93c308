//! Subscribes: who may speak for a bot.

use serde_json::Value;

use super::World;
use super::answer::{Arrival, Place, accepted, ack_text, refused};
use super::connections::{Outgoing, Standing};
use crate::ids::BotId;
use crate::sim::rules::{self, Refusal, Request, code};

/// What becomes of a subscribe.
enum Verdict {
    /// The connection is the bot's from now on.
    Accepted,
    /// It is answered with an error; the connection stays.
    Refused(Refusal),
    /// It is not answered.
    Ignored,
}

impl World {
    /// Answers a subscribe; `before` is the bot that the connection named earlier.
    pub(super) fn answer_subscribe(
        &mut self,
        arrival: Arrival,
        before: Option<&BotId>,
        request: Request,
        place: Place<'_>,
    ) {
        let named = rules::subscribe(&request.body).map(|asked| BotId::from(asked.bot_id));
        let verdict = self.judge_subscribe(arrival.connection, before, &request.body);
        let known = named.ok().filter(|bot| self.bots.contains_key(bot));
        let ack = match verdict {
            Verdict::Ignored => None,
            Verdict::Accepted => Some(accepted(None)),
            Verdict::Refused(refusal) => {
                if refusal.is_violation {
                    self.violated(arrival, known.clone(), request.names(), &refusal.text);
                }
                Some(refused(refusal))
            }
        };
        let Some(bot) = known else {
            if let Some(ack) = ack {
                place.send(Outgoing::Frame(ack_text(&request.req_id, &ack)));
            }
            return;
        };
        let sent = ack
            .as_ref()
            .is_some_and(|ack| self.send_ack(&bot, &request, ack, place));
        let is_accepted = ack.as_ref().is_some_and(|ack| ack.errcode == 0);
        self.record(arrival, &bot, request, ack, sent);
        if is_accepted {
            self.subscribed(&bot, arrival.connection, arrival.at);
        }
    }

    /// Who may subscribe. It counts the attempt, and uses up the faults that concern it.
    fn judge_subscribe(&mut self, number: u64, before: Option<&BotId>, body: &Value) -> Verdict {
        let asked = match rules::subscribe(body) {
            Ok(asked) => asked,
            Err(refusal) => return Verdict::Refused(refusal),
        };
        let id = BotId::from(asked.bot_id);
        let wrong = Refusal::normal(code::BAD_CREDENTIALS, "invalid bot_id or secret");
        let (Some(bot), Some(connection)) =
            (self.bots.get_mut(&id), self.connections.get_mut(&number))
        else {
            return Verdict::Refused(wrong);
        };
        if before != Some(&id) {
            bot.info.connects_total += 1;
            if connection.standing == Standing::Subscribed {
                return Verdict::Refused(Refusal::parameter("the connection has another bot"));
            }
            connection.bot = Some(id);
        }
        if bot.faults.next_ignored_subscribe() {
            return Verdict::Ignored;
        }
        let refusal = match bot.faults.next_refusal() {
            Some((code, text)) => Refusal::normal(code, text),
            None if bot.secret.reveal() == asked.secret => return Verdict::Accepted,
            None => wrong,
        };
        bot.info.refusals_total += 1;
        Verdict::Refused(refusal)
    }
}
