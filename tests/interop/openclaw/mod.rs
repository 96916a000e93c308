//! A real OpenClaw gateway with our plugin, and what it talks to: a model that is scripted by
//! the prompt, and a daemon. [`daemon::FakeDaemon`] speaks the link by itself; a real daemon
//! takes its place by listening where `plugin_config` says.

pub(crate) mod daemon;
pub(crate) mod gateway;
pub(crate) mod model;
pub(crate) mod package;
mod suite;
mod whole;
