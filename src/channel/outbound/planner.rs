//! Which way a message takes.
//!
//! | Target | First | Then |
//! |---|---|---|
//! | one member | bot | agent app |
//! | several members | agent app, 1,000 a call | bot, one by one, up to 20 |
//! | a chat | bot | agent app, if it created the chat |
//! | departments, tags, everybody | agent app | – |
//!
//! The second way is taken only for what certainly did not arrive. A message that may have
//! arrived is reported as `unknown` and never repeated.

mod error;
mod resolve;
mod run;
mod tally;

use std::sync::Arc;

use super::Budgets;
use super::doors::{AppDoor, BotDoor, TagNames};
use super::report::DeliveryReport;
use super::request::SendRequest;
use crate::config::LiveConfig;
use crate::store::RouteStore;

pub use error::SendError;
pub use resolve::{Resolved, resolve};

/// Sends messages of our own accord, over all accounts.
#[derive(Debug)]
pub struct Planner {
    config: LiveConfig,
    routes: Arc<dyn RouteStore>,
    bot: Arc<dyn BotDoor>,
    app: Arc<dyn AppDoor>,
    tags: TagNames,
    /// What each member may still get from an agent app: WeCom drops what is over it
    /// without a word.
    app_budgets: Budgets,
}

impl Planner {
    /// A planner over the two ways. `routes` knows who wrote before.
    pub fn new(
        config: LiveConfig,
        routes: Arc<dyn RouteStore>,
        bot: Arc<dyn BotDoor>,
        app: Arc<dyn AppDoor>,
    ) -> Self {
        Self {
            config,
            routes,
            bot,
            app,
            tags: TagNames::default(),
            app_budgets: Budgets::default(),
        }
    }

    /// What [`send`](Self::send) would do; sends nothing and calls nobody.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn resolve(&self, request: &SendRequest) -> Result<Resolved, SendError> {
        resolve(&self.config.get(), &*self.routes, request).await
    }

    /// Sends a message and says what became of it.
    ///
    /// Dropping the future gives it up; a part may be out by then.
    ///
    /// # Errors
    /// [`SendError`]: nothing was tried. What fails on the way is in the report.
    pub async fn send(&self, request: &SendRequest) -> Result<DeliveryReport, SendError> {
        let config = self.config.get();
        let resolved = resolve(&config, &*self.routes, request).await?;
        run::run(self, &config, resolved, request).await
    }
}
#[cfg(test)]
mod tests;
