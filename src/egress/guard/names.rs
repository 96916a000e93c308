//! Names become addresses here, and only those that may be reached.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::allowed::Allowed;

/// Resolves host names.
pub trait Names: Send + Sync + fmt::Debug {
    /// The addresses of `host`, in the order in which they are tried.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A host that resolves to something that may not be reached.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` resolves to an address that may not be reached")]
pub(super) struct NotAllowed {
    pub(super) host: String,
}

/// Lets through what is allowed. One forbidden address refuses the name: whoever mixes them
/// wants the check and the connection to take different ones.
#[derive(Debug)]
pub(super) struct CheckedNames {
    names: Arc<dyn Names>,
    allowed: Allowed,
}

impl CheckedNames {
    pub(super) fn new(names: Arc<dyn Names>, allowed: Allowed) -> Self {
        Self { names, allowed }
    }
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let found = self.names.lookup(host.clone());
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let found = found.await?;
            if !found
                .iter()
                .all(|address| allowed.permits_resolved(&host, *address))
            {
                return Err(NotAllowed { host }.into());
            }
            // The library puts the port in.
            let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
