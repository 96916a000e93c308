//! The way to an address, step by step: its name, the port, the certificate.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::line::LIMIT;
use super::{AREA, certificate};
use crate::cli::doctor::finding::Finding;
use crate::cli::doctor::network::place;
use crate::config::proxy::is_loopback;
use crate::egress::{self, guard::is_public};
use crate::wecom::bot::bare_host;

/// How long each step may take.
const STEP: Duration = LIMIT;

/// What this check can't do for the operator.
const DIRECT: &str = "this check goes there directly, as WeCom does; where this machine gets out \
                      by a proxy only, run it on another";

/// Goes there as far as a request would, and hands out the client that sends them; none
/// where no request would arrive. `now_ms` is compared with the certificate.
pub(super) async fn reach(
    url: &Url,
    ca_file: Option<&Path>,
    now_ms: i64,
) -> (Vec<Finding>, Option<reqwest::Client>) {
    let subject = place(url);
    let mut findings = Vec::new();
    let stop = |mut findings: Vec<Finding>, seen: String, fix: &str| {
        findings.push(Finding::error(AREA, subject.clone(), seen, fix));
        (findings, None)
    };
    let (Some(host), Some(port)) = (bare_host(url), url.port_or_known_default()) else {
        return stop(findings, "no host".to_owned(), "https://HOST/PATH");
    };
    let addresses = match timeout(STEP, lookup_host((host.as_str(), port))).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(error)) => {
            let seen = format!("the name does not resolve: {error}");
            let fix = "give the name an A or AAAA record in the public DNS; a new record may take \
                       a while";
            return stop(findings, seen, fix);
        }
        Err(_) => {
            let seen = format!("no answer about the name within {} s", STEP.as_secs());
            return stop(
                findings,
                seen,
                "check this machine's DNS (/etc/resolv.conf)",
            );
        }
    };
    findings.extend(openness(url, &addresses));
    let stream = match connect(&addresses).await {
        Ok(stream) => stream,
        Err(error) => {
            let seen = format!("cannot connect: {error}");
            let fix = match error.kind() {
                io::ErrorKind::ConnectionRefused => format!(
                    "nothing listens on port {port} there: start the reverse proxy (or `wecom \
                     run`, for the daemon's own port)"
                ),
                _ => format!(
                    "a firewall or a missing port forwarding is in the way: let port {port} in \
                     from the Internet; {DIRECT}"
                ),
            };
            return stop(findings, seen, &fix);
        }
    };
    let mut extra_roots = None;
    if url.scheme() == "https" {
        let seen = certificate::look(stream, &host, ca_file, now_ms).await;
        let is_good = seen.is_good;
        if seen.needs_ca_file {
            extra_roots = ca_file;
        }
        findings.push(seen.finding(&subject));
        if !is_good {
            return (findings, None);
        }
    }
    match egress::visitor(extra_roots, LIMIT) {
        Ok(client) => (findings, Some(client)),
        Err(error) => stop(
            findings,
            error.to_string(),
            "correct the file that it names",
        ),
    }
}

/// Whether WeCom could get there at all, and who could read along.
fn openness(url: &Url, addresses: &[SocketAddr]) -> Option<Finding> {
    let subject = place(url);
    if is_loopback(url) {
        let seen = "this machine itself: shows what the daemon does, not whether WeCom gets there";
        return Some(Finding::ok(AREA, subject, seen));
    }
    if let Some(address) = addresses.iter().find(|address| !is_public(address.ip())) {
        return Some(Finding::warning(
            AREA,
            subject,
            format!("{} is no address of the Internet", address.ip()),
            "WeCom calls from the Internet: give the admin console an address that is reachable \
             from there (a WeCom of your own network is the exception)",
        ));
    }
    (url.scheme() == "http").then(|| {
        Finding::warning(
            AREA,
            subject,
            "plain http: messages are encrypted, but who asks whom and when can be read on the \
             way, and answers can be changed",
            "serve it by https with a certificate of a public authority",
        )
    })
}

async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    // An address that swallows packets must not use up the others' time.
    let share = STEP / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut failure = io::Error::other("the name has no address");
    for address in addresses {
        failure = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn what_the_address_alone_tells() {
        for (url, address, level) in [
            ("https://im.example.com/wecom", "93.184.216.34:443", None),
            (
                "http://im.example.com/wecom",
                "93.184.216.34:80",
                Some(Level::Warning),
            ),
            (
                "https://im.example.com/wecom",
                "10.1.2.3:443",
                Some(Level::Warning),
            ),
            (
                "https://im.example.com/wecom",
                "127.0.0.1:443",
                Some(Level::Warning),
            ),
            (
                "http://127.0.0.1:19789/wecom",
                "127.0.0.1:19789",
                Some(Level::Ok),
            ),
            ("http://localhost/wecom", "[::1]:80", Some(Level::Ok)),
        ] {
            let url = Url::parse(url).unwrap();
            let found = openness(&url, &[address.parse().unwrap()]);
            assert_eq!(found.map(|one| one.level), level, "{url} at {address}");
        }
    }
}
