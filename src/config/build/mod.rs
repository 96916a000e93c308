//! From keys to effective settings, with everything that can be said about them.

mod access;
mod agents;
mod backend_acp;
mod backend_openai;
mod backend_openclaw;
mod bindings;
mod bot;
mod commands;
mod cron;
mod draft;
mod entry;
mod gateway;
mod identity;
mod mcp;
mod network;
mod session;

mod agent_app;

pub(crate) use access::access_groups;
pub(crate) use agents::agents;
pub(crate) use backend_openclaw::openclaw_link;
pub(crate) use bindings::{bindings, check_accounts, is_this_channel};
pub(crate) use commands::commands;
pub(crate) use cron::{check_targets, cron};
pub(crate) use draft::{Draft, Shared, unconfigured_account};
pub(crate) use gateway::gateway;
pub(crate) use identity::assign_owners;
pub(crate) use mcp::{mcp_server, reports_known_account};
pub(crate) use session::{check_main_scope, session};
