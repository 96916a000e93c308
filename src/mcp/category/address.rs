//! Where a category's server is.

use std::fmt;

use http::{HeaderName, HeaderValue};
use url::Url;

use crate::config::McpServer;
use crate::config::proxy::is_loopback;

/// The address of one category's server. Its query holds the bot's key, so it never shows
/// more than scheme, host and path.
#[derive(Clone)]
pub(super) struct Address {
    /// As handed out.
    pub(super) url: Url,
    /// Headers that the configuration adds.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// What WeCom said about the bot's authorisation for the category.
    pub(super) is_authed: Option<bool>,
    /// Counts addresses: another one has another number.
    pub(super) generation: u64,
}

/// Why an address can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddressError {
    /// Not a URL with a host.
    #[error("it is not a URL")]
    NotAUrl,
    /// The key would travel in plain text.
    #[error("its scheme is `{0}`; it must be https")]
    Scheme(String),
    /// Credentials in a place that logs and proxies show.
    #[error("it holds user info")]
    UserInfo,
    /// Another transport than Streamable HTTP.
    #[error("the server speaks `{0}`, not streamable-http")]
    Transport(String),
    /// A header of the configuration can't be sent.
    #[error("the header `{0}` can't be sent")]
    Header(String),
}

impl Address {
    /// Checks an address as WeCom handed it out, with the transport it named.
    pub(super) fn handed_out(
        url: &str,
        transport: Option<&str>,
        is_authed: Option<bool>,
    ) -> Result<Self, AddressError> {
        let transport = transport.unwrap_or_default();
        let known = ["", "streamable-http", "streamable_http", "http"];
        if !known
            .iter()
            .any(|known| transport.eq_ignore_ascii_case(known))
        {
            let shown: String = transport.chars().take(32).collect();
            return Err(AddressError::Transport(shown));
        }
        Ok(Self {
            url: checked(url)?,
            headers: Vec::new(),
            is_authed,
            generation: 0,
        })
    }

    /// Checks an address of the configuration.
    pub(super) fn configured(server: &McpServer) -> Result<Self, AddressError> {
        let headers = server.headers.iter().map(|(name, value)| {
            let refused = || AddressError::Header(name.clone());
            let header = HeaderName::try_from(name).map_err(|_| refused())?;
            let mut value = HeaderValue::try_from(value.reveal()).map_err(|_| refused())?;
            value.set_sensitive(true);
            Ok((header, value))
        });
        Ok(Self {
            url: checked(server.url.reveal())?,
            headers: headers.collect::<Result<_, _>>()?,
            is_authed: None,
            generation: 0,
        })
    }

    /// Whether requests to both go to the same server with the same key.
    pub(super) fn leads_where(&self, other: &Self) -> bool {
        self.url == other.url && self.headers == other.headers
    }

    /// Whether WeCom itself runs the host, or it is this machine. Private deployments have
    /// hosts of their own.
    pub(super) fn is_wecoms(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        is_loopback(&self.url) || host.ends_with(".weixin.qq.com") || host.ends_with(".qq.com")
    }
}

fn checked(url: &str) -> Result<Url, AddressError> {
    let url = Url::parse(url.trim()).map_err(|_| AddressError::NotAUrl)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(AddressError::NotAUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        other => Err(AddressError::Scheme(other.to_owned())),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.url.scheme(), self.url.host_str().unwrap_or_default());
        write!(f, "{scheme}://{host}")?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.url.path())?;
        if self.url.query().is_some() {
            f.write_str("?…")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self}, {})", self.generation)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn only_safe_addresses_are_taken() {
        for (url, transport, taken) in [
            (
                "https://qyapi.weixin.qq.com/mcp/robot-doc?apikey=k",
                None,
                true,
            ),
            (
                "https://mcp.corp.example/doc",
                Some("Streamable_HTTP"),
                true,
            ),
            ("http://127.0.0.1:9/doc?apikey=k", Some("http"), true),
            ("http://localhost/doc", Some("streamable-http"), true),
            ("http://qyapi.weixin.qq.com/doc", None, false),
            ("https://me:pass@qyapi.weixin.qq.com/doc", None, false),
            ("ws://qyapi.weixin.qq.com/doc", None, false),
            ("https://", None, false),
            ("robot-doc", None, false),
            ("https://qyapi.weixin.qq.com/doc", Some("sse"), false),
        ] {
            let address = Address::handed_out(url, transport, None);
            assert_eq!(address.is_ok(), taken, "{url} {transport:?}");
        }
    }

    #[test]
    fn an_address_never_shows_its_key() {
        let address =
            Address::handed_out("https://h.example:8443/mcp/doc?apikey=MARK", None, None).unwrap();
        assert_eq!(address.to_string(), "https://h.example:8443/mcp/doc?…");
        assert!(!format!("{address:?}").contains("MARK"));
    }

    #[test]
    fn headers_of_the_configuration_are_checked() {
        let server = |name: &str, value: &str| McpServer {
            url: "https://h.example/doc".into(),
            headers: BTreeMap::from([(name.to_owned(), value.into())]),
        };
        assert!(Address::configured(&server("x-key", "abc")).is_ok());
        for (name, value) in [("x key", "abc"), ("x-key", "a\r\nb: c")] {
            let refused = Address::configured(&server(name, value));
            assert_eq!(refused.unwrap_err(), AddressError::Header(name.to_owned()));
        }
    }
}
