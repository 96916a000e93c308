//! Connections: who is subscribed, who was kicked, and what goes out to them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::feed::Change;
use super::{Bot, World};
use crate::ids::{BotId, MessageId, ReqId};
use crate::sim::faults::{FaultRequest, Faults};
use crate::sim::injection::{Injection, RawFrame};
use crate::sim::sim::SimError;

/// What a connection's writer is to do.
#[derive(Debug)]
pub(in crate::sim) enum Outgoing {
    /// Send a frame.
    Frame(Arc<str>),
    /// Send a frame after a while; others may overtake it.
    Later(Arc<str>, Duration),
    /// Send whatever it is.
    Raw(RawFrame),
    /// Cut the connection after a while.
    CutAfter(Duration),
}

/// The way to a connection.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Link {
    /// Its writer's queue.
    pub(in crate::sim) queue: mpsc::Sender<Outgoing>,
    /// Cuts it at once.
    pub(in crate::sim) cut: CancellationToken,
}

/// One WebSocket connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) link: Link,
    /// The bot that its first good subscribe named, or the last one that it tried.
    pub(super) bot: Option<BotId>,
    pub(super) standing: Standing,
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing yet but subscribe.
    New,
    /// Everything.
    Subscribed,
    /// Nothing any more: it was kicked, or its subscription was taken away.
    Unsubscribed,
    /// Nothing is heard from us.
    HalfOpen,
}

impl World {
    /// Adds a connection and returns its number.
    pub(in crate::sim) fn connected(&mut self, link: Link) -> u64 {
        self.sockets_total += 1;
        self.connections.insert(
            self.sockets_total,
            Connection {
                link,
                bot: None,
                standing: Standing::New,
            },
        );
        self.sockets_total
    }

    /// Forgets a connection that has ended.
    pub(in crate::sim) fn disconnected(&mut self, number: u64) {
        if let Some(connection) = self.connections.remove(&number)
            && let Some(bot) = connection.bot
        {
            self.release(&bot, number);
        }
    }

    /// Makes a connection the bot's one, after its ack is in the queue; the one before is
    /// kicked.
    pub(super) fn subscribed(&mut self, id: &BotId, number: u64, now_ms: i64) {
        let Some(bot) = self.bots.get_mut(id) else {
            return;
        };
        let before = bot.info.connection.replace(number);
        bot.info.subscribed = true;
        bot.info.subscribes_total += 1;
        let redelivers = bot.faults.redeliver_on_connect;
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.standing = Standing::Subscribed;
        }
        if let Some(before) = before.filter(|before| *before != number) {
            self.kick(id, before, now_ms);
        }
        if redelivers {
            for frame in self.exchanges.unanswered(id) {
                self.push(id, frame);
            }
        }
        self.bot_changed(id);
    }

    /// Cuts, silences, kicks or ages what a request says, and takes over the rest.
    pub(in crate::sim) fn apply_faults(
        &mut self,
        id: &BotId,
        request: &FaultRequest,
        now_ms: i64,
    ) -> Result<Faults, SimError> {
        let seq = self.last_seq;
        let bot = self.bot_mut(id)?;
        bot.faults.take_over(request);
        if request.expire_streams {
            bot.expired_until = seq;
        }
        if request.forget_req_ids {
            bot.forgotten_until = seq;
        }
        let faults = bot.faults.clone();
        let Some(number) = bot.info.connection else {
            return Ok(faults);
        };
        if request.kick {
            self.kick(id, number, now_ms);
        }
        if request.unsubscribe {
            self.demote(id, number, Standing::Unsubscribed);
        }
        if request.half_open {
            self.demote(id, number, Standing::HalfOpen);
        }
        if request.drop {
            self.cut(number);
        }
        Ok(faults)
    }

    /// The faults that stand.
    pub(in crate::sim) fn faults(&self, bot: &BotId) -> Result<Faults, SimError> {
        Ok(self.bot(bot)?.faults.clone())
    }

    /// Ends the faults that stand.
    pub(in crate::sim) fn clear_faults(&mut self, bot: &BotId) -> Result<(), SimError> {
        self.bot_mut(bot)?.faults = Faults::default();
        Ok(())
    }

    /// Sends a raw frame; says whether there was a connection to take it.
    pub(in crate::sim) fn inject_raw(
        &mut self,
        bot: &BotId,
        frame: RawFrame,
    ) -> Result<bool, SimError> {
        let number = self.bot(bot)?.info.connection;
        Ok(self.send(number, Outgoing::Raw(frame)))
    }

    /// Pushes a frame to a bot; says whether there was a connection to take it.
    pub(super) fn push(&self, bot: &BotId, frame: Arc<str>) -> bool {
        let number = self.bots.get(bot).and_then(|bot| bot.info.connection);
        self.send(number, Outgoing::Frame(frame))
    }

    /// Cuts a connection.
    pub(super) fn cut(&self, number: u64) {
        if let Some(connection) = self.connections.get(&number) {
            connection.link.cut.cancel();
        }
    }

    /// Notes that frames or the connection of a bot changed.
    pub(super) fn frames_changed(bot: &Bot) {
        bot.changes.send_modify(|n| *n += 1);
    }

    /// A full queue refuses: the client reads too slowly.
    fn send(&self, number: Option<u64>, outgoing: Outgoing) -> bool {
        number
            .and_then(|number| self.connections.get(&number))
            .filter(|connection| connection.standing == Standing::Subscribed)
            .is_some_and(|connection| connection.link.queue.try_send(outgoing).is_ok())
    }

    /// Tells a connection that another one took over; it is cut some time later.
    fn kick(&mut self, id: &BotId, number: u64, now_ms: i64) {
        let Some(bot) = self.bots.get_mut(id) else {
            return;
        };
        bot.info.kicks_total += 1;
        let close = bot
            .faults
            .kick_close_ms
            .map_or(self.settings.kick_close, Duration::from_millis);
        let msgid: MessageId = super::inject::draw("CAIQ", now_ms).into();
        let req_id: ReqId = super::inject::draw("ev", now_ms).into();
        let told = Injection::service_event(id.clone(), "disconnected_event")
            .frame(&msgid, &req_id, now_ms)
            .to_string();
        if let Some(connection) = self.connections.get(&number) {
            let queue = &connection.link.queue;
            let is_told = queue.try_send(Outgoing::Frame(told.into())).is_ok()
                && queue.try_send(Outgoing::CutAfter(close)).is_ok();
            if !is_told {
                connection.link.cut.cancel();
            }
        }
        self.demote(id, number, Standing::Unsubscribed);
    }

    fn demote(&mut self, id: &BotId, number: u64, standing: Standing) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.standing = standing;
        }
        self.release(id, number);
    }

    /// A bot has no connection any more, if it was this one.
    fn release(&mut self, id: &BotId, number: u64) {
        if let Some(bot) = self.bots.get_mut(id)
            && bot.info.connection == Some(number)
        {
            bot.info.connection = None;
            bot.info.subscribed = false;
            self.bot_changed(id);
        }
    }

    fn bot_changed(&mut self, id: &BotId) {
        self.feed.publish(Change::Bot(id.clone()));
        if let Some(bot) = self.bots.get(id) {
            Self::frames_changed(bot);
        }
    }
}
