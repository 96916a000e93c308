//! Agents: what answers a message.
