//! Which `Host` and `Origin` may reach the endpoint.
//!
//! A web page can make a browser talk to this machine, and can point a name of its own at
//! it (DNS rebinding). The browser then sends that name as `Host` and the page's address as
//! `Origin`, so both are checked before anything else is looked at.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};

use crate::config::{Config, GatewaySettings, McpServerSettings};

/// Names of this machine, as `Host` and in `Origin` write them.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Why a request was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foreign {
    /// `Host` is missing, malformed or not ours.
    Host,
    /// `Origin` is a page that is not listed.
    Origin,
}

/// Checks both headers for a listener bound to `bind`. An absent `Origin` is fine: no
/// browser sent the request.
pub(super) fn check(headers: &HeaderMap, bind: IpAddr, config: &Config) -> Result<(), Foreign> {
    let rules = Rules {
        on_loopback: bind.is_loopback(),
        server: &config.mcp_server,
        gateway: &config.gateway,
    };
    let host = single(headers, header::HOST).ok_or(Foreign::Host)?;
    if !rules.admits_host(host) {
        return Err(Foreign::Host);
    }
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    match single(headers, header::ORIGIN) {
        Some(origin) if rules.admits_origin(origin) => Ok(()),
        _ => Err(Foreign::Origin),
    }
}

/// The request's `Origin`, if the operator listed it: only such pages are sent CORS headers.
pub(super) fn listed<'a>(headers: &'a HeaderMap, config: &Config) -> Option<&'a str> {
    let origin = single(headers, header::ORIGIN)?;
    let listed = &config.mcp_server.allowed_origins;
    listed
        .iter()
        .any(|one| origin_matches(one, origin))
        .then_some(origin)
}

/// The value of a header that must not be repeated.
fn single(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

struct Rules<'a> {
    on_loopback: bool,
    server: &'a McpServerSettings,
    gateway: &'a GatewaySettings,
}

impl Rules<'_> {
    fn admits_host(&self, host: &str) -> bool {
        let Ok(given) = host.parse::<Authority>() else {
            return false;
        };
        if host.contains('@') {
            return false;
        }
        let is_name = |name: &str| given.host().eq_ignore_ascii_case(name);
        let is_listed = |listed: &String| {
            listed.parse::<Authority>().is_ok_and(|listed| {
                is_name(listed.host())
                    && listed
                        .port_u16()
                        .is_none_or(|port| given.port_u16() == Some(port))
            })
        };
        (self.on_loopback && LOOPBACK.into_iter().any(is_name))
            || self.server.allowed_hosts.iter().any(is_listed)
            || self.public_host().is_some_and(is_name)
    }

    fn admits_origin(&self, origin: &str) -> bool {
        let is_loopback = || {
            LOOPBACK
                .into_iter()
                .any(|name| origin_matches(&format!("http://{name}:*"), origin))
        };
        let is_public = || {
            self.gateway.public_origin.as_ref().is_some_and(|public| {
                origin_matches(&public.origin().ascii_serialization(), origin)
            })
        };
        (self.on_loopback && is_loopback())
            || self
                .server
                .allowed_origins
                .iter()
                .any(|listed| origin_matches(listed, origin))
            || is_public()
    }

    fn public_host(&self) -> Option<&str> {
        self.gateway.public_origin.as_ref()?.host_str()
    }
}

/// Whether `origin` is the listed one. `:*` stands for any port; without a port the
/// scheme's own is meant.
fn origin_matches(listed: &str, origin: &str) -> bool {
    let (listed, any_port) = match listed.strip_suffix(":*") {
        Some(rest) => (rest, true),
        None => (listed, false),
    };
    let (Ok(listed), Ok(given)) = (url::Url::parse(listed), url::Url::parse(origin)) else {
        return false;
    };
    // An origin has neither user, path nor query; what has is not one.
    let is_bare = given.username().is_empty()
        && given.password().is_none()
        && given.path() == "/"
        && given.query().is_none()
        && given.fragment().is_none();
    is_bare
        && listed.host_str().is_some()
        && listed.scheme() == given.scheme()
        && listed.host_str() == given.host_str()
        && (any_port || listed.port_or_known_default() == given.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::path::Path;

    use super::*;

    fn verdict(config: &Config, bind: IpAddr, host: &str, origin: Option<&str>) -> &'static str {
        let mut headers = HeaderMap::new();
        if !host.is_empty() {
            headers.insert(header::HOST, host.parse().unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        match check(&headers, bind, config) {
            Ok(()) => "ok",
            Err(Foreign::Host) => "host",
            Err(Foreign::Origin) => "origin",
        }
    }

    #[test]
    fn on_loopback_only_this_machine_is_admitted() {
        let config = Config::unconfigured(Path::new("/nowhere"));
        let bind = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for (host, origin, expected) in [
            ("127.0.0.1:19789", None, "ok"),
            ("localhost", None, "ok"),
            ("LOCALHOST:1", None, "ok"),
            ("[::1]:8080", None, "ok"),
            ("", None, "host"),
            ("evil.example", None, "host"),
            ("evil.example:19789", None, "host"),
            ("localhost.", None, "host"),
            ("localhost.evil.example", None, "host"),
            ("127.0.0.1.evil.example", None, "host"),
            ("localhost@evil.example", None, "host"),
            ("evil@localhost", None, "host"),
            ("10.0.0.1", None, "host"),
            ("localhost", Some("http://localhost:3000"), "ok"),
            ("localhost", Some("http://127.0.0.1"), "ok"),
            ("localhost", Some("http://[::1]:9"), "ok"),
            ("localhost", Some("HTTP://LOCALHOST:9"), "ok"),
            ("localhost", Some("https://localhost"), "origin"),
            ("localhost", Some("null"), "origin"),
            ("localhost", Some(""), "origin"),
            ("localhost", Some("http://evil.example"), "origin"),
            ("localhost", Some("http://localhost.:80"), "origin"),
            ("localhost", Some("http://localhost@evil.example"), "origin"),
            ("localhost", Some("http://x@localhost"), "origin"),
            ("evil.example", Some("http://localhost"), "host"),
        ] {
            assert_eq!(
                verdict(&config, bind, host, origin),
                expected,
                "{host} {origin:?}"
            );
        }
    }

    #[test]
    fn elsewhere_only_what_is_configured_is_admitted() {
        let mut config = Config::unconfigured(Path::new("/nowhere"));
        config.gateway.public_origin = Some("https://wecom.example".parse().unwrap());
        config.mcp_server.allowed_hosts = vec!["inner.example:8443".to_owned()];
        config.mcp_server.allowed_origins = vec![
            "https://app.example".to_owned(),
            "http://dev.example:*".to_owned(),
        ];
        let bind = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        for (host, origin, expected) in [
            ("localhost", None, "host"),
            ("wecom.example", None, "ok"),
            ("inner.example:8443", None, "ok"),
            ("inner.example", None, "host"),
            ("wecom.example", Some("https://wecom.example"), "ok"),
            ("wecom.example", Some("https://app.example:443"), "ok"),
            ("wecom.example", Some("https://app.example:444"), "origin"),
            ("wecom.example", Some("http://app.example"), "origin"),
            ("wecom.example", Some("http://dev.example:5173"), "ok"),
            ("wecom.example", Some("http://localhost"), "origin"),
        ] {
            assert_eq!(
                verdict(&config, bind, host, origin),
                expected,
                "{host} {origin:?}"
            );
        }
    }

    #[test]
    fn a_repeated_header_is_no_header() {
        let config = Config::unconfigured(Path::new("/nowhere"));
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, "localhost".parse().unwrap());
        headers.append(header::ORIGIN, "http://localhost".parse().unwrap());
        headers.append(header::ORIGIN, "http://evil.example".parse().unwrap());
        let bind = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(check(&headers, bind, &config), Err(Foreign::Origin));
    }
}
