//! The way out through a proxy: HTTP `CONNECT`, or SOCKS 5.

use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tower_service::Service;
use url::Url;

use super::SettingsError;
use super::dial::{Hop, Transport};
use super::settings::{ServerTls, bare_host};
use super::tls;
use crate::config::TlsFiles;
use crate::secret::Secret;

/// A proxy, ready to be asked.
#[derive(Clone)]
pub(super) struct Proxy {
    /// How to reach the proxy itself.
    pub(super) hop: Hop,
    protocol: Protocol,
    login: Option<(String, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Connect,
    Socks5,
}

impl Proxy {
    /// Reads a proxy's URL: `http`, `https`, `socks5` or `socks5h`, user info allowed. With
    /// both kinds of SOCKS the proxy resolves the name.
    pub(super) fn load(url: &Secret, files: &TlsFiles) -> Result<Self, SettingsError> {
        let url = Url::parse(url.reveal())
            .map_err(|_| SettingsError::Proxy("is not a URL; write http://host:port"))?;
        let (protocol, default_port) = match url.scheme() {
            "http" => (Protocol::Connect, 80),
            "https" => (Protocol::Connect, 443),
            "socks5" | "socks5h" => (Protocol::Socks5, 1080),
            _ => {
                return Err(SettingsError::Proxy(
                    "has another scheme than http, https, socks5 and socks5h",
                ));
            }
        };
        let host = bare_host(&url)
            .filter(|host| !host.is_empty())
            .ok_or(SettingsError::Proxy("names no host"))?;
        let tls = (url.scheme() == "https")
            .then(|| {
                // The client identity is for WeCom, not for the proxy.
                let roots_only = TlsFiles {
                    ca_file: files.ca_file.clone(),
                    ..TlsFiles::default()
                };
                ServerTls::new(tls::load(&roots_only)?, &host)
            })
            .transpose()?;
        let login = (!url.username().is_empty()).then(|| {
            let password = percent_decoded(url.password().unwrap_or_default());
            (percent_decoded(url.username()), Secret::new(password))
        });
        Ok(Self {
            hop: Hop {
                host,
                port: url.port().unwrap_or(default_port),
                tls,
            },
            protocol,
            login,
        })
    }

    /// Asks the proxy at the other end of `link` for a tunnel to `host:port`.
    pub(super) async fn tunnel(
        &self,
        link: Transport,
        host: &str,
        port: u16,
    ) -> Result<Transport, Box<dyn Error + Send + Sync>> {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let target: Uri = format!("http://{host}:{port}").parse()?;
        let link = Opened(Some(link));
        // Both ask for the proxy's address only to hand it to the connector, which is
        // connected already.
        let nowhere = Uri::default();
        let tunnelled = match self.protocol {
            Protocol::Connect => {
                let mut tunnel = Tunnel::new(nowhere, link);
                if let Some((user, password)) = &self.login {
                    let login = STANDARD.encode(format!("{user}:{}", password.reveal()));
                    tunnel = tunnel.with_auth(HeaderValue::try_from(format!("Basic {login}"))?);
                }
                tunnel.call(target).await?
            }
            Protocol::Socks5 => {
                let mut socks = SocksV5::new(nowhere, link);
                if let Some((user, password)) = &self.login {
                    socks = socks.with_auth(user.clone(), password.reveal().to_owned());
                }
                socks.call(target).await?
            }
        };
        Ok(tunnelled.into_inner())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}:{}", self.protocol, self.hop.host, self.hop.port)
    }
}

/// A connector whose connection exists already; it can be called once.
struct Opened(Option<Transport>);

impl Service<Uri> for Opened {
    type Response = TokioIo<Transport>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let link = self.0.take().map(TokioIo::new);
        ready(link.ok_or_else(|| std::io::ErrorKind::NotConnected.into()))
    }
}

/// Undoes `%41` and the like. What is not valid stays as it is.
fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(url: &str) -> Result<Proxy, SettingsError> {
        Proxy::load(&url.into(), &TlsFiles::default())
    }

    #[test]
    fn urls_name_protocol_place_and_login() {
        let cases = [
            ("http://proxy.example", Protocol::Connect, 80, None),
            (
                "http://me%40corp:p%3Ass%zz@proxy.example:3128/",
                Protocol::Connect,
                3128,
                Some(("me@corp", "p:ss%zz")),
            ),
            ("https://proxy.example", Protocol::Connect, 443, None),
            (
                "socks5h://u@proxy.example",
                Protocol::Socks5,
                1080,
                Some(("u", "")),
            ),
        ];
        for (url, protocol, port, login) in cases {
            let proxy = load(url).unwrap();
            assert_eq!(proxy.protocol, protocol, "{url}");
            assert_eq!(proxy.hop.host, "proxy.example", "{url}");
            assert_eq!(proxy.hop.port, port, "{url}");
            assert_eq!(proxy.hop.tls.is_some(), url.starts_with("https"), "{url}");
            let read = proxy.login.as_ref().map(|(u, p)| (u.as_str(), p.reveal()));
            assert_eq!(read, login, "{url}");
        }
    }

    #[test]
    fn refusals_do_not_repeat_the_url() {
        for url in ["ftp://me:pa55@proxy", "me:pa55", "http://"] {
            let error = load(url).unwrap_err();
            assert!(matches!(error, SettingsError::Proxy(_)));
            assert!(!error.to_string().contains("pa55"), "{error}");
        }
    }
}
