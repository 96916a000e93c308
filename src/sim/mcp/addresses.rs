//! The addresses that bots were given.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::ids::BotId;

/// Keys of all addresses, the stale ones included, bounded.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    keys: HashMap<String, Address>,
    order: VecDeque<String>,
    current: BTreeMap<(BotId, String), String>,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The bot that it was given to.
    pub(super) bot: BotId,
    /// The category.
    pub(super) category: String,
    /// Whether another one has taken its place.
    pub(super) is_stale: bool,
}

impl Addresses {
    /// The key of a bot's category; drawn when first asked for.
    pub(super) fn key(&mut self, bot: &BotId, category: &str) -> String {
        let place = (bot.clone(), category.to_owned());
        match self.current.get(&place) {
            Some(key) => key.clone(),
            None => self.renew(bot, category),
        }
    }

    /// Draws a new key; the old one is stale from now on.
    pub(super) fn renew(&mut self, bot: &BotId, category: &str) -> String {
        let key = format!("{:032x}", rand::random::<u128>());
        let place = (bot.clone(), category.to_owned());
        let old = self.current.insert(place, key.clone());
        if let Some(old) = old.and_then(|old| self.keys.get_mut(&old)) {
            old.is_stale = true;
        }
        let address = Address {
            bot: bot.clone(),
            category: category.to_owned(),
            is_stale: false,
        };
        self.keys.insert(key.clone(), address);
        self.order.push_back(key.clone());
        if self.order.len() > KEYS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        key
    }

    /// What a key stands for, if it was ever given out.
    pub(super) fn find(&self, key: &str) -> Option<&Address> {
        self.keys.get(key)
    }
}

/// Keys that are remembered, over all bots: a forgotten one is unknown instead of stale.
const KEYS_MAX: usize = 4_096;
