//! What a connection needs to know, checked and loaded.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName, pem};
use url::{Host, Url};

use super::dial::Hop;
use super::proxy::Proxy;
use super::tls;
use crate::config::{BotSocket, Reclaim, SocketTiming, TlsFiles};
use crate::ids::{AccountId, BotId};
use crate::secret::Secret;

/// Everything one connection needs; TLS files are read already.
#[derive(Debug, Clone)]
pub struct BotSettings {
    pub(super) account: AccountId,
    pub(super) bot_id: BotId,
    pub(super) secret: Secret,
    pub(super) server: Server,
    pub(super) proxy: Option<Proxy>,
    pub(super) timing: SocketTiming,
    pub(super) compat_version: Option<String>,
    pub(super) reclaim: Option<Reclaim>,
}

/// Where WeCom's socket is.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// The URL of the WebSocket handshake.
    pub(super) url: Url,
    /// Its host; without TLS on loopback only.
    pub(super) hop: Hop,
}

/// TLS settings and the name that the certificate has to be for.
#[derive(Debug, Clone)]
pub(super) struct ServerTls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

impl BotSettings {
    /// Takes the settings of `account` and reads the files that they name.
    ///
    /// # Errors
    /// Every error is a mistake in the configuration and needs a person.
    pub fn load(account: AccountId, socket: &BotSocket) -> Result<Self, SettingsError> {
        Ok(Self {
            account,
            bot_id: socket.bot_id.clone(),
            secret: socket.secret.clone(),
            server: Server::load(&socket.url, &socket.tls)?,
            proxy: socket
                .proxy
                .as_ref()
                .map(|url| Proxy::load(url, &socket.tls))
                .transpose()?,
            timing: socket.timing,
            compat_version: socket.compat_version.clone().filter(|v| !v.is_empty()),
            reclaim: socket.reclaim,
        })
    }
}

impl Server {
    fn load(url: &Url, files: &TlsFiles) -> Result<Self, SettingsError> {
        let is_tls = match url.scheme() {
            "wss" => true,
            "ws" if is_loopback(url) => false,
            "ws" => return Err(SettingsError::PlainText),
            other => return Err(SettingsError::Scheme(other.to_owned())),
        };
        let host = bare_host(url).ok_or(SettingsError::NoHost)?;
        let tls = is_tls
            .then(|| ServerTls::new(tls::load(files)?, &host))
            .transpose()?;
        let port = url.port().unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Self {
            url: url.clone(),
            hop: Hop { host, port, tls },
        })
    }
}

impl ServerTls {
    pub(super) fn new(config: Arc<ClientConfig>, host: &str) -> Result<Self, SettingsError> {
        let name = ServerName::try_from(host.to_owned())?;
        Ok(Self { config, name })
    }
}

/// A URL's host as the resolver and TLS want it: IPv6 addresses without brackets.
pub(crate) fn bare_host(url: &Url) -> Option<String> {
    Some(match url.host()? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Why the settings cannot be used. Every variant needs a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The address is neither `wss` nor `ws`.
    #[error("websocketUrl has the scheme `{0}`; it must be wss")]
    Scheme(String),
    /// Plain text to another machine would show the bot's secret to the network.
    #[error("websocketUrl is ws, which is for loopback hosts only; use wss")]
    PlainText,
    /// The address names no host.
    #[error("websocketUrl names no host")]
    NoHost,
    /// The host is no name that a certificate could be for.
    #[error("the host of the URL is not a valid name")]
    HostName(#[from] InvalidDnsNameError),
    /// A TLS file cannot be read.
    #[error("cannot read the TLS file {path}; check that it exists and may be read")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A TLS file is not PEM, or lacks what it should hold.
    #[error("the TLS file {path} holds no usable PEM section")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A certificate of `tls.caFile` cannot be a root.
    #[error("a certificate in {path} cannot be used as a root")]
    BadCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// Certificate and key do not make an identity.
    #[error("the client certificate {cert} and the key {key} cannot be used together")]
    BadIdentity {
        /// `tls.clientCertFile`.
        cert: PathBuf,
        /// `tls.clientKeyFile`.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// One of certificate and key is missing.
    #[error("tls.clientCertFile and tls.clientKeyFile go together; one of them is missing")]
    HalfIdentity,
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The proxy's address cannot be used. Its text may hold a password and is not repeated.
    #[error("the egress proxy URL {0}")]
    Proxy(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(url: &str) -> BotSocket {
        BotSocket {
            bot_id: "aibTEST".into(),
            secret: "s3cr3t-value".into(),
            url: url.parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: Some("2026.4.29".to_owned()),
            reclaim: None,
        }
    }

    fn load(socket: &BotSocket) -> Result<BotSettings, SettingsError> {
        BotSettings::load("default".into(), socket)
    }

    #[test]
    fn plain_text_is_for_loopback_only() {
        for url in ["ws://127.0.0.1:9/", "ws://localhost:9", "ws://[::1]:9"] {
            assert!(
                load(&socket(url)).unwrap().server.hop.tls.is_none(),
                "{url}"
            );
        }
        for url in ["ws://openws.work.weixin.qq.com", "ws://10.0.0.1:80"] {
            assert!(matches!(load(&socket(url)), Err(SettingsError::PlainText)));
        }
        let scheme = load(&socket("https://openws.work.weixin.qq.com"));
        assert!(matches!(scheme, Err(SettingsError::Scheme(s)) if s == "https"));
    }

    #[test]
    fn the_default_address_uses_tls_on_443() {
        let settings = load(&socket("wss://openws.work.weixin.qq.com")).unwrap();
        let Hop { host, port, tls } = settings.server.hop;
        assert_eq!((host.as_str(), port), ("openws.work.weixin.qq.com", 443));
        assert!(tls.is_some());
        let v6 = load(&socket("wss://[::1]:8443")).unwrap().server.hop;
        assert_eq!((v6.host.as_str(), v6.port), ("::1", 8443));
    }

    #[test]
    fn settings_never_show_their_secrets() {
        let mut socket = socket("wss://openws.work.weixin.qq.com");
        socket.proxy = Some("http://me:pa55@proxy.example:3128".into());
        let shown = format!("{:?}", load(&socket).unwrap());
        assert!(!shown.contains("s3cr3t-value"), "{shown}");
        assert!(!shown.contains("pa55"), "{shown}");
    }

    #[test]
    fn tls_files_fail_with_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("text.pem");
        std::fs::write(&text, "not a certificate").unwrap();
        let gone = dir.path().join("gone.pem");
        let files = |ca, cert, key| TlsFiles {
            ca_file: ca,
            client_cert_file: cert,
            client_key_file: key,
        };
        let error = |tls| {
            let mut socket = socket("wss://openws.work.weixin.qq.com");
            socket.tls = tls;
            load(&socket).unwrap_err()
        };
        assert!(matches!(
            error(files(Some(gone.clone()), None, None)),
            SettingsError::ReadFile { path, .. } if path == gone
        ));
        assert!(matches!(
            error(files(Some(text.clone()), None, None)),
            SettingsError::NotPem { path, .. } if path == text
        ));
        assert!(matches!(
            error(files(None, Some(text), None)),
            SettingsError::HalfIdentity
        ));
    }
}
