//! What is said on the link: one JSON object a line, its kind in `t`.

mod incoming;
mod outgoing;

pub use incoming::{
    BadFrame, Ctx, Deliver, DeliverKind, DeliveryContext, ErrorClass, FromPlugin, Hello, KnownTurn,
    Out, PluginMedia, ToolCall, ToolPhase, TurnEvent,
};
pub use outgoing::{
    ByeReason, Content, FrameTooLong, ResumeTurn, ToPlugin, ToolSpecFrame, TurnChatFrame,
    TurnFrame, TurnMedia, TurnSender,
};

/// The version of the protocol.
pub const PROTO: u64 = 1;

#[cfg(test)]
mod tests;
