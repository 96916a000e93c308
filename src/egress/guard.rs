//! Fetching from addresses that somebody else chose.
//!
//! A message or an agent names a URL, and this machine would go wherever it points: to the
//! metadata service of the cloud, to an intranet page, to itself. [`GuardedClient`] goes to
//! the open Internet and to what the operator has listed ([`Allowed`]), nowhere else.
//!
//! The address that is checked is the address that is connected to: the check sits in the
//! resolver of the HTTP library, so a name that resolves differently the next time gains
//! nothing. Redirects are followed by hand, each target checked like the first.
//!
//! Through a proxy only the URL itself can be checked, by the letter: the proxy resolves the
//! name (also a `socks5` one, which is asked as `socks5h`), and it is the proxy's network that
//! is reached then.

mod address;
mod allowed;
mod download;
mod error;
mod names;
mod post;

use std::sync::Arc;
use std::time::Duration;

use http::header::LOCATION;
use tokio::time::Instant;
use url::Url;

use super::{EgressError, roots};
use crate::config::proxy::EgressProxy;
use crate::config::{Account, TlsFiles};

pub(crate) use address::is_public;
pub use allowed::Allowed;
pub use download::Download;
pub use error::{GuardError, Phase};
pub use names::{Names, SystemNames};
pub use post::Posted;

use download::within;
use names::CheckedNames;

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(30);

/// Whose content is fetched, which decides the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// What WeCom keeps for us: the account's proxy for WeCom.
    WeCom,
    /// Anybody's: the proxies of the general variables alone.
    Internet,
}

/// How long the parts of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// Resolving the name and reaching the server.
    pub connect: Duration,
    /// From the start of a request, reaching the server included, to the headers.
    pub headers: Duration,
    /// Silence while the body is read.
    pub idle: Duration,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for GuardLimits {
    /// 10 s, 15 s, 15 s and three redirects.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(15),
            idle: Duration::from_secs(15),
            redirects: 3,
        }
    }
}

/// What a [`GuardedClient`] is made of.
#[derive(Debug, Clone)]
pub struct GuardOptions {
    /// Decides which of the proxies is taken.
    pub route: Route,
    /// The account's proxies.
    pub proxy: EgressProxy,
    /// Roots in addition to the built-in ones; a client identity in it is not used.
    pub tls: TlsFiles,
    /// What may be reached besides the open Internet.
    pub allowed: Allowed,
    /// Time and redirects.
    pub limits: GuardLimits,
    /// Who resolves names.
    pub names: Arc<dyn Names>,
}

impl GuardOptions {
    /// As an account's configuration says.
    pub fn of_account(account: &Account, route: Route) -> Self {
        Self {
            route,
            proxy: account.network.proxy.clone(),
            tls: account.tls(),
            allowed: match route {
                Route::WeCom => Allowed::of_account(account).with_wecom_of(account),
                Route::Internet => Allowed::of_account(account),
            },
            limits: GuardLimits::default(),
            names: Arc::new(SystemNames),
        }
    }
}

/// A client for URLs that others chose. It sends a plain `GET` without credentials, cookies
/// or referrer, verifies certificates and asks for no compression; or it brings JSON.
///
/// A copy is the same client.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    direct: reqwest::Client,
    proxied: reqwest::Client,
    route: Route,
    proxy: EgressProxy,
    allowed: Allowed,
    limits: GuardLimits,
}

impl GuardedClient {
    /// A client of these options.
    ///
    /// # Errors
    /// Files of the TLS settings that can't be used.
    pub fn new(options: GuardOptions) -> Result<Self, EgressError> {
        let GuardOptions {
            route,
            proxy,
            tls,
            allowed,
            limits,
            names,
        } = options;
        let tls = roots(&tls)?;
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.as_ref().clone())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .user_agent(concat!("wecom/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(limits.connect)
                .pool_idle_timeout(IDLE)
        };
        let direct = builder()
            .no_proxy()
            .dns_resolver(Arc::new(CheckedNames::new(names, allowed.clone())))
            .build()
            .map_err(EgressError::Client)?;
        // A client of its own: the proxy's name is the operator's and is not checked.
        let chosen = proxy.clone();
        let proxied = builder()
            .proxy(reqwest::Proxy::custom(move |target| {
                proxy_of(&chosen, route, target)
            }))
            .build()
            .map_err(EgressError::Client)?;
        Ok(Self {
            direct,
            proxied,
            route,
            proxy,
            allowed,
            limits,
        })
    }

    /// Asks for `url` and yields the body, at most `limit` bytes of it; all of it has to be
    /// over by `deadline`. Dropping the future or the download closes the connection.
    ///
    /// # Errors
    /// [`GuardError`]; [`GuardError::is_retryable`] says whether to try again.
    pub async fn get(
        &self,
        url: &str,
        limit: u64,
        deadline: Instant,
    ) -> Result<Download, GuardError> {
        let mut url = Url::parse(url).map_err(|_| GuardError::Malformed)?;
        for _ in 0..=self.limits.redirects {
            self.allowed.check(&url)?;
            let response = within(
                self.limits.headers,
                deadline,
                Phase::Headers,
                self.client_for(&url).get(url.clone()).send(),
            )
            .await?
            .map_err(GuardError::of)?;
            match next_hop(&url, &response)? {
                Some(next) => url = next,
                None => {
                    return Download::begin(response, url, limit, self.limits.idle, deadline);
                }
            }
        }
        Err(GuardError::TooManyRedirects)
    }

    fn client_for(&self, url: &Url) -> &reqwest::Client {
        match proxy_of(&self.proxy, self.route, url) {
            Some(_) => &self.proxied,
            None => &self.direct,
        }
    }
}

fn proxy_of(proxy: &EgressProxy, route: Route, target: &Url) -> Option<String> {
    let address = match route {
        Route::WeCom => proxy.for_wecom(target),
        Route::Internet => proxy.for_internet(target),
    }?
    .reveal();
    // With `socks5` this machine would resolve the name, unchecked.
    Some(match address.strip_prefix("socks5://") {
        Some(rest) => format!("socks5h://{rest}"),
        None => address.to_owned(),
    })
}

/// Where a response sends on to.
fn next_hop(url: &Url, response: &reqwest::Response) -> Result<Option<Url>, GuardError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let next = response
        .headers()
        .get(LOCATION)
        .and_then(|location| std::str::from_utf8(location.as_bytes()).ok())
        .and_then(|location| url.join(location).ok())
        .ok_or(GuardError::Malformed)?;
    Ok(Some(next))
}
