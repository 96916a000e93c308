//! OpenClaw through its connector plugin.
//!
//! A question becomes a `turn` on the [link](super::link), and what happens in it becomes
//! events. OpenClaw keeps the conversations and chooses the agent, unless the configuration
//! names one.
//!
//! **What is shown.** Partial texts hold the whole of the model's present message and replace
//! each other; a new message starts over, and what OpenClaw delivers in the end stands in for
//! all of it. The end of a turn is the plugin's `done`, not the last delivery: an answer with
//! files has no final one, and a stopped turn has none at all.
//!
//! **While there is no gateway.** The question stays open, and with it the record of its
//! message: a restart of this program takes it up again. Who asked is told once, after
//! `waitMs`, that the message is kept; the answer takes the notice's place. After
//! [`KEPT_FOR`] the question is given up as unreachable. A job is not kept: it is repeated by
//! the scheduler, which knows better when.
//!
//! **When the link is lost in the middle.** If the gateway that comes back still knows the
//! turn (the link was cut for a moment), it goes on and nothing is repeated. If not (the
//! gateway was killed, and the run with it), the question is asked again, marked as resumed,
//! at most [`MAX_ATTEMPTS`] times in all.

mod agent;
mod media;
mod prompt;
mod told;
mod turn;

pub use agent::PluginAgent;
pub use media::{MediaRefused, take_over};
pub use prompt::NOBODY;
pub use turn::{KEPT_FOR, MAX_ATTEMPTS};
