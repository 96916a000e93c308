use std::cell::Cell;

use super::change::ChangeKind;
use super::fields::Fields;
use crate::wecom::card::CardType;

/// Characters of an agent's id that are kept in ours; with the rest it stays below
/// [`TASK_ID_MAX_BYTES`](crate::wecom::card::limits::TASK_ID_MAX_BYTES).
const PREFIX_CHARS: usize = 80;

/// Digits that make the end of an id a time stamp, which agents invent and repeat.
const TIME_STAMP_DIGITS: usize = 8;

/// Random characters of a task id: two cards of one millisecond meet once in 2·10⁹.
const TASK_RANDOM: usize = 6;

/// Random characters of a key, which only has to differ inside its card.
const KEY_RANDOM: usize = 4;

/// Bytes of an agent's own id that are remembered.
const AGENT_ID_MAX_BYTES: usize = 256;

/// The id that the agent wrote, as it wrote it.
pub(super) fn agent_task_id(root: &Fields<'_>) -> Option<String> {
    root.token(&["task_id"], AGENT_ID_MAX_BYTES)
}

/// Makes ids for one card.
pub(super) struct Ids {
    now_ms: i64,
    made: Cell<u32>,
}

impl Ids {
    pub(super) fn new(now_ms: i64) -> Self {
        Self {
            now_ms,
            made: Cell::new(0),
        }
    }

    /// The card's id: what the agent wrote without its time stamp, the time and chance.
    pub(super) fn task_id(&self, kind: CardType, written: Option<&str>) -> String {
        let prefix = written.map(prefix).filter(|prefix| !prefix.is_empty());
        let prefix = prefix.unwrap_or_else(|| format!("task_{kind}"));
        format!("{prefix}_{}_{}", self.now_ms, random(TASK_RANDOM))
    }

    /// A key for what the agent left without one; noted for `field`.
    pub(super) fn key(&self, prefix: &str, fields: &Fields<'_>, field: &str) -> String {
        fields.note(field, ChangeKind::Added);
        let number = self.made.get() + 1;
        self.made.set(number);
        format!("{prefix}_{}_{number}{}", self.now_ms, random(KEY_RANDOM))
    }
}

fn prefix(written: &str) -> String {
    let written = written.trim();
    let digits = written.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = match digits.strip_suffix('_') {
        Some(stem) if written.len() - digits.len() >= TIME_STAMP_DIGITS => stem,
        _ => written,
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '-');
    stem.chars()
        .map(|c| if is_allowed(c) { c } else { '_' })
        .take(PREFIX_CHARS)
        .collect()
}

/// Letters and digits from a cryptographic generator: an id must not be guessed.
fn random(length: usize) -> String {
    (0..length)
        .filter_map(|_| char::from_digit(rand::random_range(0..36), 36))
        .collect()
}
