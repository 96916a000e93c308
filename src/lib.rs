//! `wecom` gives any AI agent a seat in WeCom (企业微信).
//!
//! A message makes one pass from the wire to an agent, and the reply one pass back
//! through the handle it came with:
//!
//! - [`wecom`] is the wire: typed frames and the client of the bot's long connection;
//! - [`config`] is the configuration: one file in, effective accounts out;
//! - [`store`] is what must survive a kill: the durable inbox;
//! - [`agent`] holds the back ends that answer, behind one trait;
//! - [`channel`] is the runtime between them: policy, mailboxes, turns, replies;
//! - [`cron`] is scheduled work: jobs, when they are due, and their file;
//! - [`daemon`] puts them together: one process, one state directory;
//! - [`http`] is its one HTTP server;
//! - [`skills`] teach an agent to use WeCom, and are served beside its tools;
//! - [`sim`] is WeCom in a box, so that all of it runs without an account;
//! - [`cli`] is the command line.
//!
//! Dependencies point one way, from [`cli`] down to [`wecom`], [`store`] and
//! [`config`]. `docs/architecture.md` has the picture.

pub mod agent;
pub mod catalogue;
pub mod channel;
pub mod cli;
pub mod clock;
pub mod config;
pub mod cron;
pub mod daemon;
pub mod egress;
pub mod failpoint;
pub mod files;
mod hex;
pub mod http;
pub mod identity;
pub mod ids;
pub mod interceptors;
pub mod mcp;
pub mod secret;
pub mod session;
pub mod sim;
pub mod skills;
pub mod store;
pub mod task;
pub mod texts;
pub mod wecom;
