//! The wire: WeCom's protocols as types and clients; no policy, no agent.

pub mod bot;
pub mod card;
pub mod response_url;
