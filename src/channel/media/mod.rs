//! Pictures, files, voice and videos: what people send, and what agents send them.

pub mod inbound;
pub mod outbound;
