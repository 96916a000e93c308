//! Template cards: taken out of answers, completed, changed by clicks.
//!
//! ```text
//! answer so far ─► mask                        what may be shown while it grows
//! whole answer ──► take = extract + prepare ─► text, cards to send
//! card sent ─────► SentCard ─► store
//! click ─────────► SentCard + event ─► update  the clicker's copy, and whether to tell the
//!                                      event_text                agent, and what
//! ```
//!
//! Everything here is pure. Whoever holds a transport sends the cards and the updates; both
//! transports of a bot use this one implementation.

mod candidate;
mod click;
mod coerce;
mod event_text;
mod extract;
mod fence;
mod mask;
mod prepare;
mod render;
mod sent;
mod take;

pub use click::{INERT_PREFIX, MENU_PREFIX, Update, closed_label, is_inert, update};
pub use event_text::{auth_change_text, event_text};
pub use extract::{CardBlock, Extracted, MAX_CARDS, extract};
pub use mask::mask;
pub use prepare::{
    Change, ChangeKind, DEFAULT_URL, MAX_CARD_BYTES, Prepared, Reason, Unsendable, prepare,
};
pub use render::render;
pub use sent::{CardAnswer, CardSession, SentCard};
pub use take::{Taken, take};
