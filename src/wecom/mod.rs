//! The wire: WeCom's protocols as types and clients; no policy, no agent.

pub mod api;
pub mod bot;
pub mod callback;
pub mod card;
pub mod response_url;
