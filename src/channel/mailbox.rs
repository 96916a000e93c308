//! One mailbox a chat: what waits there, and what runs.
//!
//! A mailbox owns its chat's order: one piece of work runs, the others wait in order of
//! arrival. Mailboxes of different chats know nothing of each other, and one with nothing
//! to do is forgotten, so that memory follows the work and not the number of chats.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::Outgoing;
use super::files::Files;
use super::inbound::Inbound;
use super::reply::Opened;
use crate::ids::{Chat, ChatKind, StreamId, UserId};
use crate::session::SessionKey;
use crate::store::InboxId;

/// Messages that may wait in one chat behind the one that runs. People do not write ahead
/// further than that; a program that does is told.
pub(super) const MAX_WAITING: usize = 20;

/// A chat that is full is told so at most this often.
const TELL_INTERVAL: Duration = Duration::from_secs(10);

/// A recorded message that wants its answer.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// Its record.
    pub(super) id: InboxId,
    /// The message.
    pub(super) inbound: Inbound,
    /// Who answers it.
    pub(super) route: TurnRoute,
    /// What came with it.
    pub(super) files: Files,
    /// The stream of its answer.
    pub(super) stream_id: StreamId,
    /// Whether that stream is open already.
    pub(super) opened: Opened,
    /// When it came, in milliseconds since 1970.
    pub(super) received_at_ms: i64,
    /// Whether its turn was counted with the record.
    pub(super) begun: bool,
    /// The answer, where an earlier process had decided it but perhaps not sent it all.
    pub(super) decided: Option<Outgoing>,
    /// Dropped when the turn is over, however it ends.
    pub(super) until_over: Option<Arc<dyn Any + Send + Sync>>,
}

/// Who answers a message, and what its sender may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TurnRoute {
    /// Id of the agent, and the conversation with it.
    pub(super) session: SessionKey,
    /// Whether the agent is made for this chat: no list has it.
    pub(super) on_demand: bool,
    /// Whether the sender may command: directives of the back end inside a text.
    pub(super) may_command: bool,
    /// Whether the text asks to begin the conversation anew, by somebody who may.
    pub(super) resets: bool,
}

/// All mailboxes of one account.
#[derive(Debug, Default, Clone)]
pub(super) struct Mailboxes {
    by_chat: Arc<Mutex<HashMap<Chat, Mailbox>>>,
}

#[derive(Debug, Default)]
struct Mailbox {
    waiting: VecDeque<Work>,
    reserved: usize,
    running: Option<Running>,
    has_worker: bool,
    refused: u64,
    told_at: Option<Instant>,
}

#[derive(Debug)]
struct Running {
    sender: UserId,
    stop: CancellationToken,
    being_written: Weak<()>,
}

/// Tells a turn that its sender wants it stopped. Dropped when the answer is decided: from
/// then on there is nothing to stop.
#[derive(Debug)]
pub(super) struct Stop {
    token: CancellationToken,
    _being_written: Arc<()>,
}

impl Stop {
    /// Resolves when the turn is to stop. Cancel safe.
    pub(super) async fn requested(&self) {
        self.token.cancelled().await;
    }
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    /// Whether the chat is to be told, which it was not lately.
    pub(super) tell: bool,
}

/// What became of work that was put into a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// The chat was idle: the caller starts its worker.
    NeedsWorker,
    /// It waits behind other work.
    Waits,
}

/// What a request to stop met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopResult {
    /// A running turn was told to stop.
    Stopped,
    /// Nothing runs that this person may stop.
    Nothing,
}

impl Mailboxes {
    /// Keeps a place for one message in its chat, to be filled once it is recorded.
    pub(super) fn reserve(&self, chat: &Chat) -> Result<Slot, Full> {
        let mut boxes = self.lock();
        let mailbox = boxes.entry(chat.clone()).or_default();
        // The first one finds an idle chat and does not wait.
        let ahead =
            usize::from(mailbox.running.is_some()) + mailbox.waiting.len() + mailbox.reserved;
        if ahead > MAX_WAITING {
            return Err(mailbox.refuse());
        }
        mailbox.reserved += 1;
        let is_next = ahead == 0;
        Ok(Slot {
            is_next,
            mailboxes: self.clone(),
            chat: chat.clone(),
        })
    }

    /// Puts work in without asking for room: it was accepted by an earlier process.
    pub(super) fn take_up(&self, work: Work) -> Placed {
        let mut boxes = self.lock();
        boxes
            .entry(work.inbound.chat.clone())
            .or_default()
            .place(work)
    }

    /// The next work of a chat for its worker, with what may stop it. `None`: there
    /// is none, and the worker ends.
    pub(super) fn next(&self, chat: &Chat) -> Option<(Work, Stop)> {
        let mut boxes = self.lock();
        let mailbox = boxes.get_mut(chat)?;
        mailbox.running = None;
        let Some(work) = mailbox.waiting.pop_front() else {
            mailbox.has_worker = false;
            forget_if_idle(&mut boxes, chat);
            return None;
        };
        let being_written = Arc::new(());
        let token = CancellationToken::new();
        mailbox.running = Some(Running {
            sender: work.inbound.sender.clone(),
            stop: token.clone(),
            being_written: Arc::downgrade(&being_written),
        });
        let stop = Stop {
            token,
            _being_written: being_written,
        };
        Some((work, stop))
    }

    /// Ends a chat's worker although work may be left; `unstarted` goes back to its place.
    pub(super) fn leave(&self, chat: &Chat, unstarted: Option<Work>) {
        if let Some(mailbox) = self.lock().get_mut(chat) {
            mailbox.running = None;
            mailbox.has_worker = false;
            if let Some(work) = unstarted {
                mailbox.waiting.push_front(work);
            }
        }
    }

    /// Stops the running turn of a chat, if `sender` asked for it or is alone with the bot.
    pub(super) fn stop(&self, chat: &Chat, sender: &UserId) -> StopResult {
        let boxes = self.lock();
        match boxes.get(chat).and_then(|mailbox| mailbox.running.as_ref()) {
            Some(running)
                if running.being_written.strong_count() > 0
                    && (chat.kind == ChatKind::Direct || running.sender == *sender) =>
            {
                running.stop.cancel();
                StopResult::Stopped
            }
            _ => StopResult::Nothing,
        }
    }

    /// Whether a turn runs in a chat, and how many messages wait behind it.
    pub(super) fn of_chat(&self, chat: &Chat) -> (bool, usize) {
        self.lock().get(chat).map_or((false, 0), |mailbox| {
            (mailbox.running.is_some(), mailbox.waiting.len())
        })
    }

    /// Messages that wait, over all chats.
    pub(super) fn waiting(&self) -> usize {
        self.lock()
            .values()
            .map(|mailbox| mailbox.waiting.len())
            .sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Chat, Mailbox>> {
        // Every section below keeps a mailbox whole at each step, so a panic elsewhere in
        // one leaves nothing half done.
        self.by_chat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailbox {
    fn place(&mut self, work: Work) -> Placed {
        self.waiting.push_back(work);
        if std::mem::replace(&mut self.has_worker, true) {
            Placed::Waits
        } else {
            Placed::NeedsWorker
        }
    }

    fn refuse(&mut self) -> Full {
        self.refused += 1;
        let now = Instant::now();
        let tell = self
            .told_at
            .is_none_or(|at| now.duration_since(at) >= TELL_INTERVAL);
        if tell {
            self.told_at = Some(now);
        }
        Full { tell }
    }
}

fn forget_if_idle(boxes: &mut HashMap<Chat, Mailbox>, chat: &Chat) {
    let idle = |mailbox: &Mailbox| {
        mailbox.waiting.is_empty() && mailbox.reserved == 0 && !mailbox.has_worker
    };
    if boxes.get(chat).is_some_and(idle)
        && let Some(mailbox) = boxes.remove(chat)
        && mailbox.refused > 0
    {
        tracing::warn!(%chat, messages = mailbox.refused, "messages were refused while the chat was full");
    }
}

/// A place kept for one message. Dropped unfilled, it is given back.
#[derive(Debug)]
pub(super) struct Slot {
    /// Nothing is ahead of it: its turn begins as soon as it is filled.
    pub(super) is_next: bool,
    mailboxes: Mailboxes,
    chat: Chat,
}

impl Slot {
    /// Puts the work into its place.
    pub(super) fn fill(self, work: Work) -> Placed {
        let mut boxes = self.mailboxes.lock();
        boxes.entry(self.chat.clone()).or_default().place(work)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut boxes = self.mailboxes.lock();
        if let Some(mailbox) = boxes.get_mut(&self.chat) {
            mailbox.reserved = mailbox.reserved.saturating_sub(1);
        }
        forget_if_idle(&mut boxes, &self.chat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::files::Fetched;
    use crate::channel::inbound::Origin;

    fn chat(kind: ChatKind) -> Chat {
        Chat {
            account: "a".into(),
            kind,
            id: "c".into(),
        }
    }

    fn work(chat: &Chat, n: i64, sender: &str) -> Work {
        Work {
            id: InboxId(n),
            inbound: Inbound {
                origin: Origin::Message,
                chat: chat.clone(),
                sender: sender.into(),
                message_id: n.to_string().into(),
                req_id: n.to_string().into(),
                text: "hi".to_owned(),
                own_words: true,
                quote: None,
                attachments: Vec::new(),
                response_url: None,
                exchange: crate::channel::exchange::Exchange::default(),
                sent_at: None,
                agent_id: None,
                card_code: None,
            },
            route: TurnRoute {
                session: SessionKey::of_chat("main", chat),
                on_demand: false,
                may_command: false,
                resets: false,
            },
            files: Files::ready(Fetched::default()),
            stream_id: "s".into(),
            opened: Opened::default(),
            received_at_ms: 0,
            begun: false,
            decided: None,
            until_over: None,
        }
    }

    #[test]
    fn work_runs_in_order_one_at_a_time_and_the_chat_is_forgotten_after_it() {
        let boxes = Mailboxes::default();
        let chat = chat(ChatKind::Group);
        assert_eq!(
            boxes.reserve(&chat).unwrap().fill(work(&chat, 1, "x")),
            Placed::NeedsWorker
        );
        assert_eq!(
            boxes.reserve(&chat).unwrap().fill(work(&chat, 2, "x")),
            Placed::Waits
        );
        let order: Vec<i64> =
            std::iter::from_fn(|| boxes.next(&chat).map(|(work, _)| work.id.0)).collect();
        assert_eq!(order, [1, 2]);
        assert!(boxes.lock().is_empty());
        assert_eq!(
            boxes.reserve(&chat).unwrap().fill(work(&chat, 3, "x")),
            Placed::NeedsWorker
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_chat_refuses_and_says_so_now_and_then() {
        let boxes = Mailboxes::default();
        let chat = chat(ChatKind::Group);
        for n in 0..=20 {
            boxes.reserve(&chat).unwrap().fill(work(&chat, n, "x"));
            if n == 0 {
                boxes.next(&chat).unwrap();
            }
        }
        assert_eq!(boxes.reserve(&chat).unwrap_err(), Full { tell: true });
        assert_eq!(boxes.reserve(&chat).unwrap_err(), Full { tell: false });
        tokio::time::advance(TELL_INTERVAL).await;
        assert_eq!(boxes.reserve(&chat).unwrap_err(), Full { tell: true });
        boxes.next(&chat).unwrap();
        boxes.reserve(&chat).unwrap();
    }

    #[test]
    fn an_unfilled_place_is_given_back() {
        let boxes = Mailboxes::default();
        let chat = chat(ChatKind::Direct);
        for _ in 0..100 {
            drop(boxes.reserve(&chat).unwrap());
        }
        assert!(boxes.lock().is_empty());
    }

    #[test]
    fn in_a_group_one_stops_only_what_one_asked_for() {
        let boxes = Mailboxes::default();
        let group = chat(ChatKind::Group);
        boxes.take_up(work(&group, 1, "alice"));
        let (_, stop) = boxes.next(&group).unwrap();
        assert_eq!(boxes.stop(&group, &"bob".into()), StopResult::Nothing);
        assert!(!stop.token.is_cancelled());
        assert_eq!(boxes.stop(&group, &"alice".into()), StopResult::Stopped);
        assert!(stop.token.is_cancelled());
        drop(stop);
        assert_eq!(boxes.stop(&group, &"alice".into()), StopResult::Nothing);
        assert_eq!(
            boxes.stop(&chat(ChatKind::Direct), &"alice".into()),
            StopResult::Nothing
        );
    }
}
