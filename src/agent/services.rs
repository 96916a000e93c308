//! What back ends work with.

use std::sync::Arc;

use super::{AgentTools, McpDoor, openclaw};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::store::Store;

/// What the process lends to its back ends.
#[derive(Debug, Clone)]
pub struct AgentServices {
    /// The configuration in use.
    pub config: LiveConfig,
    /// What must survive a kill: histories among it.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: SharedClock,
    /// Tools for back ends that have no tool client of their own.
    pub tools: Arc<dyn AgentTools>,
    /// The way to the tools for back ends that have one; `None` where none is served.
    pub mcp: Option<Arc<dyn McpDoor>>,
    /// The way to the plugin inside of OpenClaw.
    pub openclaw: openclaw::link::Link,
}
