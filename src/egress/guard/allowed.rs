//! What may be reached besides the open Internet.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::{is_private_network, is_public};
use super::error::GuardError;
use crate::config::Account;
use crate::config::ip_range::IpRange;
use crate::config::proxy::is_loopback;

/// Endings of names that belong to a machine or its network, never to the Internet.
const INNER_ENDINGS: [&str; 3] = [".local", ".internal", ".localhost"];

/// What may be reached besides the open Internet over `https`. By default nothing.
///
/// A listed name may resolve to an address of a private network, though not to this machine,
/// its link or a metadata service: those have to be listed as addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    hosts: Vec<AllowedHost>,
    http: bool,
    loopback: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum AllowedHost {
    /// Exactly this name; lower case.
    Name(String),
    /// Everything below it; lower case, with its leading dot.
    Below(String),
    Range(IpRange),
}

impl Allowed {
    /// `hosts` are names (`files.corp`), everything below a name (`.corp` or `*.corp`),
    /// addresses and ranges of them (`10.1.0.0/16`). With `http` all hosts may be asked
    /// without encryption.
    pub fn new<S: AsRef<str>>(hosts: &[S], http: bool) -> Self {
        let hosts = hosts
            .iter()
            .map(|host| AllowedHost::parse(host.as_ref()))
            .collect();
        Self {
            hosts,
            http,
            loopback: false,
        }
    }

    /// As an account's `media.allowedHosts` and `media.allowHttp` say. An account whose bot
    /// is connected to this machine without encryption talks to the simulator, which serves
    /// its media here too: only for such a one is this machine allowed.
    pub fn of_account(account: &Account) -> Self {
        let allowed = Self::new(&account.media.allowed_hosts, account.media.allow_http);
        let is_simulated = account
            .bot_socket
            .as_ref()
            .is_some_and(|socket| socket.url.scheme() == "ws" && is_loopback(&socket.url));
        if is_simulated {
            allowed.with_loopback()
        } else {
            allowed
        }
    }

    /// This machine too, where the account's WeCom is on it over plain `http`: a simulator, whose
    /// media are there as well. For what WeCom names only, never for what others do.
    #[must_use]
    pub(super) fn with_wecom_of(self, account: &Account) -> Self {
        let api = &account.network.api_base_url;
        if api.scheme() == "http" && is_loopback(api) {
            self.with_loopback()
        } else {
            self
        }
    }

    /// This machine too, over plain `http` if it likes: `localhost` and loopback addresses.
    #[must_use]
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Checks all that can be told from the URL alone.
    pub(super) fn check(&self, url: &Url) -> Result<(), GuardError> {
        let is_this_machine = self.loopback && is_loopback(url);
        match url.scheme() {
            "https" => {}
            "http" if self.http || is_this_machine => {}
            other => return Err(GuardError::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(GuardError::UserInfo);
        }
        let permitted = match url.host() {
            Some(Host::Domain(name)) => self.permits_name(&plain(name)),
            Some(Host::Ipv4(address)) => self.permits_address(address.into()),
            Some(Host::Ipv6(address)) => self.permits_address(address.into()),
            None => return Err(GuardError::Malformed),
        };
        if permitted {
            Ok(())
        } else {
            Err(GuardError::Refused {
                host: url.host_str().unwrap_or_default().to_owned(),
            })
        }
    }

    /// Whether `host` may be reached at this address, which it resolves to.
    pub(super) fn permits_resolved(&self, host: &str, address: IpAddr) -> bool {
        let host = plain(host);
        if host == "localhost" && self.loopback {
            return address.to_canonical().is_loopback();
        }
        self.in_range(address)
            || is_public(address)
            || (self.lists(&host) && is_private_network(address))
    }

    fn permits_name(&self, name: &str) -> bool {
        let is_inner = name == "localhost"
            || !name.contains('.')
            || INNER_ENDINGS.iter().any(|ending| name.ends_with(ending));
        !is_inner || self.lists(name) || (self.loopback && name == "localhost")
    }

    fn permits_address(&self, address: IpAddr) -> bool {
        self.in_range(address)
            || is_public(address)
            || (self.loopback && address.to_canonical().is_loopback())
    }

    fn in_range(&self, address: IpAddr) -> bool {
        self.hosts.iter().any(|host| match host {
            AllowedHost::Range(range) => range.contains(address),
            AllowedHost::Name(_) | AllowedHost::Below(_) => false,
        })
    }

    fn lists(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| match host {
            AllowedHost::Name(known) => known == name,
            AllowedHost::Below(ending) => name.ends_with(ending.as_str()),
            AllowedHost::Range(_) => false,
        })
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Self {
        let entry = entry.trim();
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(range) = bare.parse() {
            return Self::Range(range);
        }
        let name = plain(entry);
        let below = name.strip_prefix('*').unwrap_or(&name);
        if below.starts_with('.') {
            Self::Below(below.to_owned())
        } else {
            Self::Name(name)
        }
    }
}

/// Lower case, without the dot that only makes a name absolute.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BotSocket, SocketTiming, TlsFiles};

    fn verdict(allowed: &Allowed, url: &str) -> &'static str {
        match allowed.check(&url.parse().unwrap()) {
            Ok(()) => "ok",
            Err(GuardError::Scheme(_)) => "scheme",
            Err(GuardError::UserInfo) => "user info",
            Err(GuardError::Refused { .. }) => "refused",
            Err(_) => "other",
        }
    }

    #[test]
    fn a_url_is_checked_by_the_letter() {
        let nothing = Allowed::default();
        for (url, expected) in [
            ("https://example.com/a", "ok"),
            ("https://EXAMPLE.com./a", "ok"),
            ("https://8.8.8.8/a", "ok"),
            ("http://example.com/a", "scheme"),
            ("ftp://example.com/a", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("https://user@example.com/", "user info"),
            ("https://:pass@example.com/", "user info"),
            ("https://localhost/", "refused"),
            ("https://LOCALHOST./", "refused"),
            ("https://intranet/", "refused"),
            ("https://intranet./", "refused"),
            ("https://printer.local/", "refused"),
            ("https://metadata.google.internal/", "refused"),
            ("https://a.localhost/", "refused"),
            ("https://127.0.0.1/", "refused"),
            ("https://2130706433/", "refused"),
            ("https://0x7f.1/", "refused"),
            ("https://017700000001/", "refused"),
            ("https://[::1]/", "refused"),
            ("https://[::ffff:10.0.0.1]/", "refused"),
            ("https://169.254.169.254/latest", "refused"),
            ("https://100.100.100.200/", "refused"),
        ] {
            assert_eq!(verdict(&nothing, url), expected, "{url}");
        }
    }

    #[test]
    fn listed_hosts_ranges_and_http_are_let_through() {
        let allowed = Allowed::new(
            &[
                "files",
                "*.corp.internal",
                ".lan",
                "10.1.0.0/16",
                "[fd00::/8]",
            ],
            true,
        );
        for (url, expected) in [
            ("http://example.com/", "ok"),
            ("https://files/", "ok"),
            ("https://FILES./", "ok"),
            ("https://other/", "refused"),
            ("https://a.corp.internal/", "ok"),
            ("https://corp.internal/", "refused"),
            ("https://evilcorp.internal/", "refused"),
            ("http://10.1.2.3/", "ok"),
            ("http://10.2.2.3/", "refused"),
            ("https://[fd12::1]/", "ok"),
            ("http://127.0.0.1/", "refused"),
        ] {
            assert_eq!(verdict(&allowed, url), expected, "{url}");
        }
    }

    #[test]
    fn a_listed_name_reaches_private_networks_and_no_more() {
        let allowed = Allowed::new(&["files.corp", "10.9.0.0/16", "127.0.0.9"], false);
        for (host, address, expected) in [
            ("files.corp", "10.0.0.5", true),
            ("Files.corp.", "fd00::5", true),
            ("files.corp", "127.0.0.1", false),
            ("files.corp", "127.0.0.9", true),
            ("files.corp", "169.254.169.254", false),
            ("files.corp", "8.8.8.8", true),
            ("example.com", "10.0.0.5", false),
            ("example.com", "10.9.0.5", true),
            ("example.com", "8.8.8.8", true),
            ("example.com", "::ffff:127.0.0.1", false),
            ("localhost", "127.0.0.1", false),
        ] {
            assert_eq!(
                allowed.permits_resolved(host, address.parse().unwrap()),
                expected,
                "{host} {address}"
            );
        }
    }

    #[test]
    fn this_machine_is_reached_by_accounts_of_the_simulator_only() {
        let simulated = Allowed::default().with_loopback();
        for (url, expected) in [
            ("http://127.0.0.1:8080/a", "ok"),
            ("http://localhost:8080/a", "ok"),
            ("http://[::1]/a", "ok"),
            ("http://example.com/", "scheme"),
            ("https://10.0.0.1/", "refused"),
            ("http://10.0.0.1/", "scheme"),
        ] {
            assert_eq!(verdict(&simulated, url), expected, "{url}");
        }
        let at =
            |host: &str, address: &str| simulated.permits_resolved(host, address.parse().unwrap());
        assert!(at("localhost", "127.0.0.1"));
        assert!(!at("localhost", "8.8.8.8"));
        assert!(!at("example.com", "127.0.0.1"));
    }

    #[test]
    fn only_a_bot_on_this_machine_without_encryption_is_simulated() {
        let of = |url: Option<&str>| {
            let mut account = Account::unconfigured("hq".into(), std::path::Path::new("/state"));
            account.media.allowed_hosts = vec!["files".to_owned()];
            account.bot_socket = url.map(|url| BotSocket {
                bot_id: "b".into(),
                secret: "s".into(),
                url: url.parse().unwrap(),
                tls: TlsFiles::default(),
                proxy: None,
                timing: SocketTiming::default(),
                compat_version: None,
                reclaim: None,
            });
            Allowed::of_account(&account)
        };
        let usual = Allowed::new(&["files"], false);
        for url in [
            None,
            Some("wss://openws.work.weixin.qq.com"),
            Some("wss://127.0.0.1:8443"),
            Some("ws://10.0.0.1:8080"),
        ] {
            assert_eq!(of(url), usual, "{url:?}");
        }
        for url in [
            "ws://127.0.0.1:8080",
            "ws://localhost:8080",
            "ws://[::1]:8080",
        ] {
            assert_eq!(of(Some(url)), usual.clone().with_loopback(), "{url}");
        }
    }
}
