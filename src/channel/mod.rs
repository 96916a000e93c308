//! The runtime: what becomes of a message.
