//! WeCom's limit on messages into one conversation: 30 a minute and 1,000 an hour, replies
//! and proactive messages together. Later frames of a stream are not new messages.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::ids::Chat;

/// Messages into one conversation per minute.
const PER_MINUTE: usize = 30;
/// Messages into one conversation per hour.
const PER_HOUR: usize = 1_000;
/// What status messages leave for answers.
const RESERVE: usize = 5;
/// Conversations remembered before idle ones are looked for and dropped.
const SWEEP_AT: usize = 1_024;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// Pauses before a message is sent again that WeCom found too much at once.
pub(in crate::channel) const RATE_LIMIT_PAUSES: [Duration; 3] = [
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A placeholder or notice that an answer can do without.
    Status,
    /// An answer.
    Answer,
}

/// The budgets of all conversations of one account.
#[derive(Debug, Default)]
pub struct Budgets {
    chats: Mutex<Chats>,
}

#[derive(Debug, Default)]
struct Chats {
    by_chat: HashMap<Chat, Budget>,
    sweep_at: usize,
}

impl Budgets {
    /// Takes one message from the conversation's budget.
    ///
    /// # Errors
    ///
    /// How long to wait until there may be room; nothing was taken.
    pub fn take(&self, chat: &Chat, priority: Priority) -> Result<(), Duration> {
        let now = Instant::now();
        // A poisoned lock only means that a panic elsewhere left counters as they were.
        let mut chats = self
            .chats
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        chats.sweep(now);
        chats
            .by_chat
            .entry(chat.clone())
            .or_default()
            .take(now, priority)
    }
}

impl Chats {
    fn sweep(&mut self, now: Instant) {
        if self.by_chat.len() < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.by_chat.retain(|_, budget| !budget.is_idle(now));
        self.sweep_at = self.by_chat.len() * 2;
    }
}

/// Sends of one conversation: each of the last minute, and counts per minute before that.
#[derive(Debug, Default)]
struct Budget {
    last_minute: VecDeque<Instant>,
    earlier: VecDeque<(Instant, usize)>,
}

impl Budget {
    fn take(&mut self, now: Instant, priority: Priority) -> Result<(), Duration> {
        self.forget(now);
        let reserve = match priority {
            Priority::Status => RESERVE,
            Priority::Answer => 0,
        };
        if self.last_minute.len() + reserve >= PER_MINUTE {
            let oldest = self.last_minute.front().copied().unwrap_or(now);
            return Err((oldest + MINUTE).saturating_duration_since(now));
        }
        let hour: usize = self.earlier.iter().map(|(_, count)| count).sum();
        if hour + self.last_minute.len() + reserve >= PER_HOUR {
            let oldest = self.earlier.front().map_or(now, |(at, _)| *at);
            return Err((oldest + HOUR).saturating_duration_since(now));
        }
        self.last_minute.push_back(now);
        Ok(())
    }

    /// Moves what is older than a minute into the counts, and drops counts older than an
    /// hour.
    fn forget(&mut self, now: Instant) {
        while let Some(at) = self.last_minute.front().copied()
            && now.saturating_duration_since(at) >= MINUTE
        {
            self.last_minute.pop_front();
            match self.earlier.back_mut() {
                // Counted with the first of its minute, a send is at most forgotten a
                // minute early.
                Some((first, count)) if at.saturating_duration_since(*first) < MINUTE => {
                    *count += 1;
                }
                _ => self.earlier.push_back((at, 1)),
            }
        }
        while self
            .earlier
            .front()
            .is_some_and(|(at, _)| now.saturating_duration_since(*at) >= HOUR)
        {
            self.earlier.pop_front();
        }
    }

    fn is_idle(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.last_minute.is_empty() && self.earlier.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChatKind;

    fn chat(id: &str) -> Chat {
        Chat {
            account: "a".into(),
            kind: ChatKind::Group,
            id: id.into(),
        }
    }

    fn take_all(budgets: &Budgets, chat: &Chat, priority: Priority) -> (usize, Duration) {
        let mut taken = 0;
        loop {
            match budgets.take(chat, priority) {
                Ok(()) => taken += 1,
                Err(wait) => return (taken, wait),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn thirty_a_minute_of_which_five_are_kept_for_answers() {
        let budgets = Budgets::default();
        assert_eq!(
            take_all(&budgets, &chat("g"), Priority::Status),
            (25, MINUTE)
        );
        tokio::time::advance(Duration::from_secs(20)).await;
        let (taken, wait) = take_all(&budgets, &chat("g"), Priority::Answer);
        assert_eq!((taken, wait), (5, Duration::from_secs(40)));
        assert_eq!(take_all(&budgets, &chat("other"), Priority::Answer).0, 30);
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(take_all(&budgets, &chat("g"), Priority::Answer).0, 25);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_an_hour() {
        let budgets = Budgets::default();
        let mut taken = 0;
        for _ in 0..59 {
            taken += take_all(&budgets, &chat("g"), Priority::Answer).0;
            tokio::time::advance(MINUTE).await;
        }
        assert_eq!(taken, PER_HOUR);
        tokio::time::advance(MINUTE).await;
        assert_eq!(take_all(&budgets, &chat("g"), Priority::Answer).0, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_conversations_are_forgotten() {
        let budgets = Budgets::default();
        for n in 0..SWEEP_AT {
            budgets
                .take(&chat(&n.to_string()), Priority::Answer)
                .unwrap();
        }
        tokio::time::advance(HOUR * 2).await;
        budgets.take(&chat("late"), Priority::Answer).unwrap();
        assert_eq!(budgets.chats.lock().unwrap().by_chat.len(), 1);
    }
}
