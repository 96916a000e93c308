//! The `wecom_mcp` tool over the accounts of this process.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::channel::{Runtime, Surroundings};
use crate::config::LiveConfig;
use crate::files::MediaStore;
use crate::http::{self, ToolServices};
use crate::interceptors::{CategoryServers, NobodyToAsk, Pipeline, StandardParts, standard};
use crate::mcp::auth_cards::BotCards;
use crate::mcp::category::Servers;
use crate::mcp::credentials::Credentials;
use crate::mcp::server::{HttpParts, LocalRunner, ServerParts, ToolRunner, http_service};
use crate::mcp::tool::Tools;
use crate::secret::Secret;
use crate::skills::LiveSkills;
use crate::wecom::bot::Bots;

/// The tool and what has to be ended or cleaned up with it.
#[derive(Debug, Clone)]
pub struct Toolbox {
    /// The tool.
    pub tools: Tools,
    /// Where files are kept that calls brought.
    pub media: MediaStore,
    /// The client of WeCom's servers.
    pub servers: Servers,
}

/// What the tool's routes have beside the tool.
pub(super) struct ToolSurroundings {
    pub(super) runtime: Arc<Runtime>,
    pub(super) credentials: Arc<Credentials>,
    pub(super) skills: LiveSkills,
    pub(super) config: LiveConfig,
    /// What the local API asks for.
    pub(super) token: Secret,
    /// The address that the listener is bound to.
    pub(super) bind: IpAddr,
    pub(super) stop: CancellationToken,
    pub(super) tracker: TaskTracker,
}

impl Toolbox {
    /// Puts it together. Must be made inside of a Tokio runtime.
    pub fn new(surroundings: Surroundings, bots: Arc<dyn Bots>) -> Self {
        let Surroundings {
            config,
            clock,
            media,
            user_home,
            ..
        } = surroundings;
        let servers = Servers::new(config.clone(), bots.clone(), clock.clone());
        let list = standard(StandardParts {
            config: config.clone(),
            clock: clock.clone(),
            media: media.clone(),
            user_home,
            // A question in the chat needs cards that are answered.
            consent: Arc::new(NobodyToAsk),
            cards: Arc::new(BotCards::new(bots)),
        });
        let behind: Arc<dyn CategoryServers> = Arc::new(servers.clone());
        let pipeline = Pipeline::new(list, behind, config.clone());
        Self {
            tools: Tools::new(pipeline, config, clock),
            media,
            servers,
        }
    }
    /// The ways to the tool: `/mcp` for clients, and the local API.
    pub(super) fn routes(&self, surroundings: ToolSurroundings) -> Router {
        let ToolSurroundings {
            runtime,
            credentials,
            skills,
            config,
            token,
            bind,
            stop,
            tracker,
        } = surroundings;
        let runner: Arc<dyn ToolRunner> = Arc::new(LocalRunner::new(self.tools.clone(), runtime));
        let clients = http_service(HttpParts {
            server: ServerParts {
                runner: runner.clone(),
                skills,
                media: Some(self.media.clone()),
                config: config.clone(),
            },
            credentials: credentials.clone(),
            bind,
            stop,
            tracker,
        });
        http::tool_router(ToolServices {
            runner,
            credentials,
            config,
            token,
        })
        .merge(clients)
    }
}
