//! The configuration that is in use, for rooms that look things up as they go.

use std::sync::{Arc, PoisonError, RwLock};

use super::Config;

/// The configuration in use, shared; a reload replaces it as a whole.
#[derive(Debug, Clone)]
pub struct LiveConfig(Arc<RwLock<Arc<Config>>>);

impl LiveConfig {
    /// Starts with `config`.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(config))))
    }

    /// What is in use now. Hold it for one piece of work, so that the work sees one state.
    pub fn get(&self) -> Arc<Config> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts another in its place.
    pub fn replace(&self, config: Config) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}
