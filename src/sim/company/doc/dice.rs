//! Opaque ids, drawn from a seed so that a run can be repeated.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// Draws the topic's ids.
#[derive(Debug)]
pub(super) struct Dice(StdRng);

impl Dice {
    /// The same seed draws the same ids in the same order.
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// `prefix` and `length` letters and digits that `taken` does not know yet.
    pub(super) fn id(
        &mut self,
        prefix: &str,
        length: usize,
        taken: impl Fn(&str) -> bool,
    ) -> String {
        loop {
            let id = self.letters(prefix, length);
            if !taken(&id) {
                return id;
            }
        }
    }

    /// `prefix` and `length` letters and digits, long enough that nobody asks whether
    /// they were drawn before.
    pub(super) fn letters(&mut self, prefix: &str, length: usize) -> String {
        let mut id = prefix.to_owned();
        id.extend((0..length).filter_map(|_| LETTERS.choose(&mut self.0).copied().map(char::from)));
        id
    }

    /// One of the 27 colours of an option.
    pub(super) fn colour(&mut self) -> u8 {
        self.0.random_range(1..=COLOURS)
    }
}

/// Colours that an option can have, numbered from 1.
pub(super) const COLOURS: u8 = 27;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
