//! What the runtime is put into.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::SharedClock;
use crate::config::{Config, LiveConfig};
use crate::files::MediaStore;
use crate::store::Store;

/// What the runtime shares with the rest of the process.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The configuration in use; the runtime replaces it when one is applied.
    pub config: LiveConfig,
    /// What must survive a kill.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: SharedClock,
    /// Where files are kept that people send.
    pub media: MediaStore,
    /// What `~/` stands for in names of files.
    pub user_home: Option<PathBuf>,
}

impl Surroundings {
    /// For a process that has nothing but the runtime.
    pub fn new(config: &Config, store: Arc<dyn Store>, clock: SharedClock) -> Self {
        let config = LiveConfig::new(config.clone());
        Self {
            media: MediaStore::new(config.clone(), clock.clone()),
            config,
            store,
            clock,
            user_home: None,
        }
    }
}
