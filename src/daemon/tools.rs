//! The `wecom_mcp` tool over the accounts of this process.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::files::MediaStore;
use crate::interceptors::{CategoryServers, NobodyToAsk, Pipeline, StandardParts, standard};
use crate::mcp::auth_cards::BotCards;
use crate::mcp::category::Servers;
use crate::mcp::tool::Tools;
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

impl Toolbox {
    /// Puts it together. Must be made inside of a Tokio runtime.
    pub fn new(
        config: LiveConfig,
        bots: Arc<dyn Bots>,
        clock: SharedClock,
        user_home: Option<PathBuf>,
    ) -> Self {
        let media = MediaStore::new(config.clone(), clock.clone());
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
}
