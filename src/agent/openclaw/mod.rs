//! Agents of an OpenClaw installation.
//!
//! Two ways lead there. Through [`plugin`], the connector that runs inside of OpenClaw and
//! speaks with this program over [`link`]: with it WeCom is a channel of OpenClaw's own, in
//! both directions. And through [`gateway`], for installations where no plugin can be put:
//! chats only.

pub mod gateway;
pub mod link;
pub mod plugin;

use std::sync::Arc;

use super::{Agent, AgentServices};
use crate::config::OpenClawBackend;
use gateway::{GatewayAgent, GatewayOptions};
use plugin::PluginAgent;

/// The back end of these settings.
pub(super) fn agent(settings: &OpenClawBackend, services: &AgentServices) -> Arc<dyn Agent> {
    match settings {
        OpenClawBackend::Plugin(settings) => {
            Arc::new(PluginAgent::new(settings.clone(), services.clone()))
        }
        OpenClawBackend::Gateway(settings) => Arc::new(GatewayAgent::new(GatewayOptions {
            url: settings.url.clone(),
            token: settings.token.clone(),
            agent: settings.agent.clone(),
            wait: settings.wait,
        })),
    }
}
