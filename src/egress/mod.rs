//! The one place that makes clients for HTTP: to WeCom, and to wherever a
//! message or an agent points ([`guard`]).

pub mod guard;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::proxy::EgressProxy;
use crate::config::{NetworkSettings, TlsFiles};
use crate::wecom::bot::{SettingsError, load_tls};

/// How long reaching a server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(30);

/// Redirects followed, none of them to another origin.
const MAX_REDIRECTS: usize = 3;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// A file of the TLS settings can't be used.
    #[error(transparent)]
    Tls(#[from] SettingsError),
    /// The HTTP library refuses its settings.
    #[error("the HTTP client could not be set up")]
    Client(#[source] reqwest::Error),
}

/// A client with an account's proxy and roots. It verifies certificates, speaks HTTP/1.1,
/// asks for no compression, and follows a redirect only where it repeats the request to the
/// same origin: another one would be given keys that are not meant for it.
pub(crate) fn client(
    network: &NetworkSettings,
    tls: &TlsFiles,
) -> Result<reqwest::Client, EgressError> {
    let tls = roots(tls)?;
    let proxy = network.proxy.clone();
    let proxy = reqwest::Proxy::custom(move |target| {
        proxy
            .for_wecom(target)
            .map(|address| address.reveal().to_owned())
    });
    let redirect = reqwest::redirect::Policy::custom(|attempt| {
        let repeats = matches!(attempt.status().as_u16(), 307 | 308);
        let is_same = attempt
            .previous()
            .last()
            .is_some_and(|previous| previous.origin() == attempt.url().origin());
        if repeats && is_same && attempt.previous().len() <= MAX_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    });
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.as_ref().clone())
        .proxy(proxy)
        .redirect(redirect)
        // The address holds a key.
        .referer(false)
        // What may be repeated is the caller's decision.
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(EgressError::Client)
}

/// A client that comes to an address of ours as somebody outside does: without a proxy, by a
/// new connection for each request, and it goes where it was sent and nowhere else.
pub(crate) fn visitor(
    ca_file: Option<&Path>,
    timeout: Duration,
) -> Result<reqwest::Client, EgressError> {
    let tls = load_tls(&TlsFiles {
        ca_file: ca_file.map(Path::to_owned),
        ..TlsFiles::default()
    })?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.as_ref().clone())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .user_agent(concat!("wecom/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(EgressError::Client)
}

/// A client for an endpoint of the configuration that is not WeCom's, with a proxy and roots of
/// its own. It follows no redirect: the key is for that endpoint.
pub(crate) fn endpoint(
    proxy: &EgressProxy,
    ca_file: Option<&Path>,
) -> Result<reqwest::Client, EgressError> {
    let tls = roots(&TlsFiles {
        ca_file: ca_file.map(Path::to_owned),
        ..TlsFiles::default()
    })?;
    let proxy = proxy.clone();
    let proxy = reqwest::Proxy::custom(move |target| {
        let address = proxy.for_elsewhere(target)?;
        Some(address.reveal().to_owned())
    });
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.as_ref().clone())
        .proxy(proxy)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .user_agent(concat!("wecom/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(EgressError::Client)
}

/// TLS with an account's roots, without its client identity: that is for the bot's socket.
fn roots(tls: &TlsFiles) -> Result<Arc<rustls::ClientConfig>, SettingsError> {
    load_tls(&TlsFiles {
        ca_file: tls.ca_file.clone(),
        ..TlsFiles::default()
    })
}
