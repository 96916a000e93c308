//! Which proxy an outgoing connection takes.
//!
//! The first source that is set wins: `network.egressProxyUrl` of the account, that of the
//! top level, then the environment in the order of [`OWN_VARIABLES`] and
//! [`GENERAL_VARIABLES`]. An empty value is not set; `direct` ends the search.

use std::net::IpAddr;

use url::{Host, Url};

use super::environment::Environment;
use super::ip_range::IpRange;
use crate::secret::Secret;

/// Variables that concern connections to WeCom only.
pub const OWN_VARIABLES: [&str; 2] = ["OPENCLAW_WECOM_EGRESS_PROXY_URL", "WECOM_EGRESS_PROXY_URL"];

/// Variables that concern every connection; `NO_PROXY` applies to these. Lower case counts
/// too, upper case wins.
pub const GENERAL_VARIABLES: [&str; 3] = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"];

/// Schemes that a proxy's address may have.
pub const PROXY_SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// The value that asks for a direct connection.
const DIRECT: &str = "direct";

/// Which proxy a connection takes, for one account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EgressProxy {
    own: Choice,
    general: Choice,
    no_proxy: NoProxy,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Choice {
    #[default]
    Unset,
    Direct,
    Through(Secret),
}

/// A proxy address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyAddressError {
    /// The text is not an address at all.
    #[error("not an address such as http://proxy.example:3128")]
    Unparseable,
    /// The scheme is not one of [`PROXY_SCHEMES`].
    #[error("scheme `{0}` is not one of http, https, socks5, socks5h")]
    Scheme(String),
}

/// A variable whose proxy address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadProxyVariable {
    /// Name of the variable.
    pub name: &'static str,
    /// What is wrong with its value.
    pub error: ProxyAddressError,
}

impl EgressProxy {
    /// The proxy of an account: `configured` is `network.egressProxyUrl` after
    /// inheritance, already checked with [`check_address`].
    ///
    /// # Errors
    /// The variable that decides holds an address that cannot be used. No silent direct
    /// connection is made instead.
    pub fn new(configured: Option<&str>, env: &Environment) -> Result<Self, BadProxyVariable> {
        let own = match configured.map(str::trim).filter(|text| !text.is_empty()) {
            Some(DIRECT) => Choice::Direct,
            Some(address) => Choice::Through(Secret::new(address)),
            None => from_variables(&OWN_VARIABLES, env)?,
        };
        // A general variable is only looked at where it decides, so that a strange one does
        // not stop an account that never uses it.
        let general = match own {
            Choice::Unset => from_variables(&GENERAL_VARIABLES, env)?,
            _ => from_variables(&GENERAL_VARIABLES, env).unwrap_or(Choice::Direct),
        };
        let no_proxy = variable(env, "NO_PROXY").map(NoProxy::parse);
        Ok(Self {
            own,
            general,
            no_proxy: no_proxy.unwrap_or_default(),
        })
    }

    /// The proxy of a connection to somebody else than WeCom, that has a setting of its own:
    /// `configured`, already checked with [`check_address`], else the general variables.
    ///
    /// # Errors
    /// As [`EgressProxy::new`].
    pub fn elsewhere(
        configured: Option<&str>,
        env: &Environment,
    ) -> Result<Self, BadProxyVariable> {
        let configured = configured.map(str::trim).filter(|text| !text.is_empty());
        Ok(Self {
            own: match configured {
                Some(DIRECT) => Choice::Direct,
                Some(address) => Choice::Through(Secret::new(address)),
                None => Choice::Unset,
            },
            general: match configured {
                Some(_) => Choice::Unset,
                None => from_variables(&GENERAL_VARIABLES, env)?,
            },
            no_proxy: (variable(env, "NO_PROXY").map(NoProxy::parse)).unwrap_or_default(),
        })
    }

    /// The proxy of such a connection. `None` is direct; loopback always is.
    pub fn for_elsewhere(&self, target: &Url) -> Option<&Secret> {
        self.for_wecom(target)
    }

    /// The proxy for a connection to WeCom (its API, the bot's socket, MCP). `None` is
    /// direct; loopback always is.
    pub fn for_wecom(&self, target: &Url) -> Option<&Secret> {
        if is_loopback(target) {
            return None;
        }
        match &self.own {
            Choice::Through(address) => Some(address),
            Choice::Direct => None,
            Choice::Unset => self.for_internet(target),
        }
    }

    /// The proxy for media from the open internet: the general variables only.
    pub fn for_internet(&self, target: &Url) -> Option<&Secret> {
        match &self.general {
            Choice::Through(address) if !is_loopback(target) && !self.no_proxy.covers(target) => {
                Some(address)
            }
            _ => None,
        }
    }

    /// Whether any proxy is set for connections to WeCom.
    pub fn is_set(&self) -> bool {
        matches!(
            (&self.own, &self.general),
            (Choice::Through(_), _) | (Choice::Unset, Choice::Through(_))
        )
    }
}

/// Checks a proxy address; `direct` passes.
pub fn check_address(text: &str) -> Result<(), ProxyAddressError> {
    if text == DIRECT {
        return Ok(());
    }
    let url = Url::parse(text).map_err(|_| ProxyAddressError::Unparseable)?;
    if !PROXY_SCHEMES.contains(&url.scheme()) {
        return Err(ProxyAddressError::Scheme(url.scheme().to_owned()));
    }
    match url.host() {
        Some(Host::Domain("")) | None => Err(ProxyAddressError::Unparseable),
        Some(_) => Ok(()),
    }
}

fn from_variables(
    names: &'static [&'static str],
    env: &Environment,
) -> Result<Choice, BadProxyVariable> {
    for name in names {
        let Some(value) = variable(env, name) else {
            continue;
        };
        if value == DIRECT {
            return Ok(Choice::Direct);
        }
        // Other programs take `host:port` here too.
        let address = if value.contains("://") {
            value.to_owned()
        } else {
            format!("http://{value}")
        };
        return match check_address(&address) {
            Ok(()) => Ok(Choice::Through(Secret::new(address))),
            Err(error) => Err(BadProxyVariable { name, error }),
        };
    }
    Ok(Choice::Unset)
}

/// A variable in upper or lower case, the upper first, blank values skipped.
fn variable<'e>(env: &'e Environment, name: &str) -> Option<&'e str> {
    [name.to_owned(), name.to_ascii_lowercase()]
        .iter()
        .filter_map(|name| env.variable(name))
        .map(str::trim)
        .find(|value| !value.is_empty())
}

/// Whether the address leads to this machine.
pub(crate) fn is_loopback(target: &Url) -> bool {
    match target.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

/// Hosts that `NO_PROXY` takes out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct NoProxy(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    host: ExceptedHost,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ExceptedHost {
    All,
    Range(IpRange),
    /// The host itself and everything below it; lower case, no leading dot.
    Suffix(String),
}

impl NoProxy {
    fn parse(list: &str) -> Self {
        Self(
            list.split([',', ' '])
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(Exception::parse)
                .collect(),
        )
    }

    fn covers(&self, target: &Url) -> bool {
        self.0.iter().any(|exception| exception.covers(target))
    }
}

impl Exception {
    fn parse(item: &str) -> Self {
        if let Ok(range) = item.parse() {
            return Self {
                host: ExceptedHost::Range(range),
                port: None,
            };
        }
        let (host, port) = match item.rsplit_once(':') {
            Some((host, port)) => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (item, None),
            },
            None => (item, None),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let host = if host == "*" {
            ExceptedHost::All
        } else if let Ok(range) = bare.parse() {
            ExceptedHost::Range(range)
        } else {
            let suffix = host.trim_start_matches("*.").trim_start_matches('.');
            ExceptedHost::Suffix(suffix.to_ascii_lowercase())
        };
        Self { host, port }
    }

    fn covers(&self, target: &Url) -> bool {
        if self.port.is_some() && self.port != target.port_or_known_default() {
            return false;
        }
        match (&self.host, target.host()) {
            (ExceptedHost::All, _) => true,
            (ExceptedHost::Range(range), Some(Host::Ipv4(address))) => {
                range.contains(IpAddr::V4(address))
            }
            (ExceptedHost::Range(range), Some(Host::Ipv6(address))) => {
                range.contains(IpAddr::V6(address))
            }
            (ExceptedHost::Suffix(suffix), Some(Host::Domain(name))) => {
                let name = name.to_ascii_lowercase();
                name.strip_suffix(suffix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://qyapi.weixin.qq.com/cgi-bin/gettoken";

    fn chosen(
        configured: Option<&str>,
        variables: &[(&str, &str)],
        target: &str,
    ) -> Option<String> {
        let env = Environment::from_variables(variables.iter().copied());
        EgressProxy::new(configured, &env)
            .unwrap()
            .for_wecom(&target.parse().unwrap())
            .map(|address| address.reveal().to_owned())
    }

    #[test]
    fn somebody_else_has_a_setting_of_its_own_and_none_of_wecoms() {
        let env = Environment::from_variables([
            (
                "WECOM_EGRESS_PROXY_URL".to_owned(),
                "http://wecom-only.example".to_owned(),
            ),
            (
                "HTTPS_PROXY".to_owned(),
                "http://general.example".to_owned(),
            ),
            ("NO_PROXY".to_owned(), "inside.example".to_owned()),
        ]);
        let of = |configured: Option<&str>, target: &str| {
            let proxy = EgressProxy::elsewhere(configured, &env).unwrap();
            let target = target.parse().unwrap();
            proxy
                .for_elsewhere(&target)
                .map(|proxy| proxy.reveal().to_owned())
        };
        let general = Some("http://general.example".to_owned());
        assert_eq!(of(None, "https://model.example"), general);
        assert_eq!(of(None, "https://inside.example"), None);
        assert_eq!(of(None, "http://127.0.0.1:11434"), None);
        assert_eq!(of(Some("direct"), "https://model.example"), None);
        let mine = Some("http://mine.example".to_owned());
        assert_eq!(
            of(Some("http://mine.example"), "https://inside.example"),
            mine
        );
    }

    #[test]
    fn each_source_beats_the_next_and_empty_is_not_set() {
        let order = [
            "OPENCLAW_WECOM_EGRESS_PROXY_URL",
            "WECOM_EGRESS_PROXY_URL",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
            "HTTP_PROXY",
            "http_proxy",
        ];
        let address = |name: &str| format!("http://{}.example:1", name.to_ascii_lowercase());
        for (position, name) in order.iter().enumerate() {
            let mut variables: Vec<(String, String)> = order[position..]
                .iter()
                .map(|name| ((*name).to_owned(), address(name)))
                .collect();
            variables.extend(
                order[..position]
                    .iter()
                    .map(|name| ((*name).to_owned(), String::new())),
            );
            let env = Environment::from_variables(variables.clone());
            let proxy = EgressProxy::new(Some(""), &env).unwrap();
            let found = proxy.for_wecom(&API.parse().unwrap()).unwrap();
            assert_eq!(found.reveal(), address(name), "{name}");
            let configured = EgressProxy::new(Some("http://mine.example"), &env).unwrap();
            let found = configured.for_wecom(&API.parse().unwrap()).unwrap();
            assert_eq!(found.reveal(), "http://mine.example");
        }
    }

    #[test]
    fn direct_ends_the_search() {
        let general = ("HTTPS_PROXY", "http://p.example");
        assert_eq!(chosen(Some("direct"), &[general], API), None);
        assert_eq!(
            chosen(None, &[("WECOM_EGRESS_PROXY_URL", "direct"), general], API),
            None
        );
        assert_eq!(
            chosen(
                None,
                &[("HTTPS_PROXY", "direct"), ("ALL_PROXY", "http://p.example")],
                API
            ),
            None
        );
    }

    #[test]
    fn no_proxy_concerns_the_general_variables() {
        let through = |no_proxy: &str, target: &str| {
            chosen(
                None,
                &[("HTTPS_PROXY", "http://p.example"), ("NO_PROXY", no_proxy)],
                target,
            )
            .is_some()
        };
        for (no_proxy, target, proxied) in [
            ("", API, true),
            ("*", API, false),
            ("weixin.qq.com", API, false),
            (".qq.com", API, false),
            ("*.qq.com", API, false),
            ("QQ.com", API, false),
            ("q.com", API, true),
            ("other.example, qyapi.weixin.qq.com", API, false),
            ("qyapi.weixin.qq.com:443", API, false),
            ("qyapi.weixin.qq.com:8443", API, true),
            ("10.0.0.0/8", "http://10.1.2.3/", false),
            ("10.0.0.0/8", "http://11.1.2.3/", true),
            ("10.1.2.3", "http://10.1.2.3/", false),
            ("[fd00::1]:80", "http://[fd00::1]/", false),
            ("fd00::/8", "http://[fd00::1]/", false),
        ] {
            assert_eq!(through(no_proxy, target), proxied, "{no_proxy} {target}");
        }
        let own = [
            ("WECOM_EGRESS_PROXY_URL", "http://p.example"),
            ("NO_PROXY", "*"),
        ];
        assert!(chosen(None, &own, API).is_some());
    }

    #[test]
    fn loopback_is_never_proxied() {
        for target in ["ws://127.0.0.1:8080/", "ws://localhost:1/", "ws://[::1]:9/"] {
            assert_eq!(
                chosen(Some("http://p.example"), &[], target),
                None,
                "{target}"
            );
        }
    }

    #[test]
    fn media_from_the_internet_take_the_general_variables() {
        let env = Environment::from_variables([("HTTPS_PROXY", "p.example:3128")]);
        let target: Url = "https://cdn.example/a.png".parse().unwrap();
        let proxy = EgressProxy::new(Some("http://wecom-only.example"), &env).unwrap();
        assert_eq!(
            proxy.for_internet(&target).unwrap().reveal(),
            "http://p.example:3128"
        );
        let bare = EgressProxy::new(Some("http://wecom-only.example"), &Environment::default());
        assert_eq!(bare.unwrap().for_internet(&target), None);
    }

    #[test]
    fn addresses_that_cannot_be_used_are_refused() {
        for good in [
            "http://p:1",
            "https://u:pw@p",
            "socks5://p",
            "socks5h://p:9",
            "direct",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        assert_eq!(
            check_address("ftp://p"),
            Err(ProxyAddressError::Scheme("ftp".into()))
        );
        assert_eq!(
            check_address("p.example:3128"),
            Err(ProxyAddressError::Scheme("p.example".into()))
        );
        assert_eq!(check_address("::"), Err(ProxyAddressError::Unparseable));
        let env = Environment::from_variables([("ALL_PROXY", "ftp://p")]);
        let refused = EgressProxy::new(None, &env).unwrap_err();
        assert_eq!(refused.name, "ALL_PROXY");
        assert!(EgressProxy::new(Some("http://p"), &env).is_ok());
    }
}
