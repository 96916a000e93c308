//! Whether WeCom would trust a server, and if not, why.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::AREA;
use super::line::LIMIT;
use crate::cli::doctor::finding::Finding;
use crate::wecom::bot::load_roots;

/// A certificate that ends sooner than this is spoken of.
const SOON_S: u64 = 14 * 24 * 3_600;

/// What there is to say about a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether requests can be sent: with an authority of the operator's own, too.
    pub(super) is_good: bool,
    /// Whether only that authority makes it good.
    pub(super) needs_ca_file: bool,
    what: String,
    /// What to do, where anything is to be done.
    fix: Option<&'static str>,
}

const RENEW: &str = "renew it, and look why that did not happen by itself; the reverse proxy must \
                     load the new one";
const NAME: &str = "get a certificate for the name in the address, or enter the name that it is \
                    for; a reverse proxy with many sites shows its default one where none fits";
const CHAIN: &str = "send the intermediate certificates too (the full chain: `fullchain.pem`, not \
                     `cert.pem`); browsers find missing ones by themselves, WeCom does not";
const AUTHORITY: &str = "WeCom trusts public authorities only: get a certificate of one (Let's \
                         Encrypt does)";
const CLOCK: &str = "check this machine's clock; else the certificate begins later than now";
const NO_TLS: &str = "the port does not speak TLS as WeCom does: is it the port of plain http, or \
                      a server that allows only old versions?";

impl Seen {
    /// The finding about it.
    pub(super) fn finding(self, subject: &str) -> Finding {
        match self.fix {
            None => Finding::ok(AREA, subject, self.what),
            Some(fix) if self.is_good => Finding::warning(AREA, subject, self.what, fix),
            Some(fix) => Finding::error(AREA, subject, self.what, fix),
        }
    }

    fn good(what: impl Into<String>) -> Self {
        Self {
            is_good: true,
            needs_ca_file: false,
            what: what.into(),
            fix: None,
        }
    }

    fn bad(what: impl Into<String>, fix: &'static str) -> Self {
        Self {
            is_good: false,
            fix: Some(fix),
            ..Self::good(what)
        }
    }
}

/// Shakes hands and hangs up.
pub(super) async fn look(
    stream: TcpStream,
    host: &str,
    ca_file: Option<&Path>,
    now_ms: i64,
) -> Seen {
    let now = Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
    match handshake(stream, host, UnixTime::since_unix_epoch(now)).await {
        Ok((Ok(()), chain)) => match load_roots(None) {
            Ok(public) => chain.outlook(public),
            Err(error) => Seen::bad(error.to_string(), AUTHORITY),
        },
        Ok((Err(error), chain)) => match (&error, ca_file) {
            (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), Some(file)) => {
                chain.by_own_authority(file)
            }
            (rustls::Error::InvalidCertificate(error), _) => chain.refused(error),
            (other, _) => Seen::bad(format!("TLS: {other}"), NO_TLS),
        },
        Err(failure) => failure,
    }
}

/// What a server showed, to be judged by any authorities and at any time.
#[derive(Debug)]
struct Chain {
    certificates: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
    now: UnixTime,
    provider: Arc<CryptoProvider>,
}

/// Judges as usual, and keeps what it judged.
#[derive(Debug)]
struct Recorder {
    judge: Arc<WebPkiServerVerifier>,
    shown: OnceLock<Vec<CertificateDer<'static>>>,
}

async fn handshake(
    stream: TcpStream,
    host: &str,
    now: UnixTime,
) -> Result<(Result<(), rustls::Error>, Chain), Seen> {
    let provider = Arc::new(ring::default_provider());
    let broken = |error: &dyn std::fmt::Display| Seen::bad(format!("TLS: {error}"), NO_TLS);
    let name = ServerName::try_from(host.to_owned()).map_err(|error| broken(&error))?;
    let public = load_roots(None).map_err(|error| broken(&error))?;
    let recorder = Arc::new(Recorder {
        judge: judge(public, &provider).map_err(|error| broken(&error))?,
        shown: OnceLock::new(),
    });
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(&error))?
        .dangerous()
        .with_custom_certificate_verifier(recorder.clone())
        .with_no_client_auth();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name.clone(), stream);
    let outcome = match timeout(LIMIT, connecting).await {
        Err(_) => {
            let seen = format!("no TLS handshake within {} s", LIMIT.as_secs());
            return Err(Seen::bad(seen, NO_TLS));
        }
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(of_tls(&error).ok_or_else(|| broken(&error))?),
    };
    let chain = Chain {
        certificates: recorder.shown.get().cloned().unwrap_or_default(),
        name,
        now,
        provider,
    };
    Ok((outcome, chain))
}

fn of_tls(error: &io::Error) -> Option<rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>().cloned()
}

fn judge(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::client::VerifierBuilderError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()
}

impl Chain {
    /// Whether these authorities vouch for it at a time.
    fn holds(&self, roots: RootCertStore, at: UnixTime) -> Result<(), CertificateError> {
        let unknown = || CertificateError::UnknownIssuer;
        let judge = judge(roots, &self.provider).map_err(|_| unknown())?;
        let (own, others) = self.certificates.split_first().ok_or_else(unknown)?;
        match judge.verify_server_cert(own, others, &self.name, &[], at) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(error)) => Err(error),
            Err(_) => Err(CertificateError::BadEncoding),
        }
    }

    /// These authorities vouch for it: for how long?
    fn outlook(&self, roots: RootCertStore) -> Seen {
        let later = UnixTime::since_unix_epoch(Duration::from_secs(self.now.as_secs() + SOON_S));
        match self.holds(roots, later) {
            Err(CertificateError::ExpiredContext { not_after, .. }) => Seen {
                fix: Some(RENEW),
                ..Seen::good(format!("the certificate ends on {}", day(not_after)))
            },
            _ => Seen::good("the certificate is trusted"),
        }
    }

    /// No public authority vouches for it: does the operator's own?
    fn by_own_authority(&self, file: &Path) -> Seen {
        match load_roots(Some(file)).map(|roots| self.holds(roots, self.now)) {
            Err(error) => Seen::bad(error.to_string(), "correct tls.caFile"),
            Ok(Err(error)) => self.refused(&error),
            Ok(Ok(())) => Seen {
                needs_ca_file: true,
                fix: Some(AUTHORITY),
                ..Seen::good(
                    "only the authority of tls.caFile vouches for the certificate, which WeCom \
                     does not know",
                )
            },
        }
    }

    fn refused(&self, error: &CertificateError) -> Seen {
        match error {
            CertificateError::ExpiredContext { not_after, .. } => {
                let seen = format!(
                    "the certificate, or one of its chain, ended on {}",
                    day(*not_after)
                );
                Seen::bad(seen, RENEW)
            }
            CertificateError::Expired => Seen::bad("the certificate has expired", RENEW),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Seen::bad("the certificate is not valid yet", CLOCK)
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                Seen::bad(format!("the certificate is for {}", names(presented)), NAME)
            }
            CertificateError::NotValidForName => {
                Seen::bad("the certificate is for another name", NAME)
            }
            CertificateError::UnknownIssuer if self.is_own_issuer() => {
                Seen::bad("the certificate is self-signed", AUTHORITY)
            }
            CertificateError::UnknownIssuer if self.certificates.len() == 1 => Seen::bad(
                "the server shows its own certificate only, and no public authority has issued \
                 it directly: the chain is incomplete, or the authority is a private one",
                CHAIN,
            ),
            CertificateError::UnknownIssuer => Seen::bad(
                "no public authority vouches for the certificate and its chain",
                AUTHORITY,
            ),
            // Made by `openssl req -x509` as it is: an authority that is its own server.
            other if other.to_string().contains("CaUsedAsEndEntity") => Seen::bad(
                "the certificate is self-signed, and an authority's",
                AUTHORITY,
            ),
            other => Seen::bad(format!("the certificate is refused: {other}"), AUTHORITY),
        }
    }

    /// Whether the server's certificate vouches for itself.
    fn is_own_issuer(&self) -> bool {
        let mut roots = RootCertStore::empty();
        let own = self.certificates.first();
        own.is_some_and(|own| roots.add(own.clone()).is_ok())
            && !matches!(
                self.holds(roots, self.now),
                Err(CertificateError::UnknownIssuer)
            )
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = std::iter::once(own).chain(others);
        // One handshake shows one chain.
        self.shown
            .get_or_init(|| shown.map(|one| one.clone().into_owned()).collect());
        self.judge.verify_server_cert(own, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

/// The day of a time.
fn day(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok())
        .map_or_else(
            || "a day that is none".to_owned(),
            |time| time.strftime("%Y-%m-%d").to_string(),
        )
}

/// A few of the names in a certificate: from outside, hence only what names consist of.
fn names(presented: &[String]) -> String {
    const SHOWN: usize = 3;
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-._*:".contains(*c);
    let mut names: Vec<String> = presented
        .iter()
        .take(SHOWN)
        .map(|name| {
            let name = name
                .strip_prefix("DnsName(\"")
                .and_then(|name| name.strip_suffix("\")"))
                .unwrap_or(name);
            name.chars().filter(is_plain).collect()
        })
        .collect();
    if presented.len() > SHOWN {
        names.push(format!("{} more", presented.len() - SHOWN));
    }
    if names.is_empty() {
        "no name".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use super::*;

    #[test]
    fn an_end_that_is_near_is_told() {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(params, key).unwrap();
        let mut params = CertificateParams::new(["im.example.com".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2026, 6, 30);
        let own = params
            .signed_by(&KeyPair::generate().unwrap(), &authority)
            .unwrap();
        for (now, what, fix) in [
            ("2026-06-01T00:00:00Z", "the certificate is trusted", None),
            (
                "2026-06-20T00:00:00Z",
                "the certificate ends on 2026-06-30",
                Some(RENEW),
            ),
        ] {
            let now: Timestamp = now.parse().unwrap();
            let now = Duration::from_secs(now.as_second().unsigned_abs());
            let chain = Chain {
                certificates: vec![own.der().clone()],
                name: ServerName::try_from("im.example.com").unwrap(),
                now: UnixTime::since_unix_epoch(now),
                provider: Arc::new(ring::default_provider()),
            };
            let mut roots = RootCertStore::empty();
            roots.add(authority.der().clone()).unwrap();
            let seen = Seen {
                fix,
                ..Seen::good(what)
            };
            assert_eq!(chain.outlook(roots), seen);
        }
    }
}
