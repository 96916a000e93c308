//! Whether WeCom can be reached the way each account goes there, and what time it is there.

use std::error::Error;
use std::fmt::Write;

use serde_json::Value;

use super::finding::Finding;
use crate::cli::channels::text;
use crate::clock::{Clock, SystemClock};
use crate::config::{Account, TlsFiles};
use crate::egress;
use crate::wecom::bot::{BotSettings, Cause, ConnectStep, reach};

const AREA: &str = "network";

/// What to do where nobody answers.
pub(super) const FIREWALL: &str = "a firewall is in the way, or nothing listens there: let this \
                                   machine out to port 443 of WeCom's hosts, or set \
                                   channels.wecom.network.egressProxyUrl";

/// WeCom's signatures and the runtime's records want a clock at least this right.
const MAX_SKEW_MS: i64 = 120_000;

/// The bot's socket. One that the daemon holds is not dialled again.
pub(super) async fn socket(account: &Account, record: Option<&Value>) -> Vec<Finding> {
    let Some(socket) = &account.bot_socket else {
        return Vec::new();
    };
    let subject = account.id.to_string();
    let host = place(&socket.url);
    if record.and_then(|record| text(record, "state")) == Some("connected") {
        let seen = format!("{host}: the daemon's connection is up");
        return vec![Finding::ok(AREA, subject, seen)];
    }
    let reached = match BotSettings::load(account.id.clone(), socket) {
        Ok(settings) => reach(&settings).await,
        Err(error) => {
            let fix = "correct the file or address that it names";
            return vec![Finding::error(AREA, subject, error.to_string(), fix)];
        }
    };
    vec![match reached {
        Ok(()) => Finding::ok(AREA, subject, format!("{host} answers as a WebSocket")),
        Err(cause) => {
            let fix = match &cause {
                Cause::Connect { step, .. } => remedy(*step),
                _ => FIREWALL,
            };
            Finding::error(AREA, subject, format!("{host}: {cause}"), fix)
        }
    }]
}

fn remedy(step: ConnectStep) -> &'static str {
    match step {
        ConnectStep::Resolve => RESOLVE,
        ConnectStep::Tcp => FIREWALL,
        ConnectStep::Proxy => {
            "the proxy refuses: check channels.wecom.network.egressProxyUrl (host, port, login), \
             and that the proxy lets CONNECT to port 443 through"
        }
        ConnectStep::Tls => CERTIFICATE,
        ConnectStep::WebSocket => {
            "something answers that is not WeCom's socket, perhaps a proxy that inspects \
             traffic: let it pass WebSocket, or check channels.wecom.websocketUrl"
        }
    }
}

const RESOLVE: &str = "the name is not known: check this machine's DNS (/etc/resolv.conf) and its \
                       network; behind a proxy, set channels.wecom.network.egressProxyUrl";

const CERTIFICATE: &str = "the certificate is not trusted: the authority of a proxy that inspects \
                           traffic goes into channels.wecom.tls.caFile; check the clock too";

/// The HTTP API, and by its answer the clock.
pub(super) async fn api(account: &Account) -> Vec<Finding> {
    let base = &account.network.api_base_url;
    let subject = account.id.to_string();
    let host = place(base);
    let tls = account
        .bot_socket
        .as_ref()
        .map_or_else(TlsFiles::default, |socket| socket.tls.clone());
    let client = match egress::client(&account.network, &tls) {
        Ok(client) => client,
        Err(error) => {
            let fix = "correct the file that it names";
            return vec![Finding::error(AREA, subject, error.to_string(), fix)];
        }
    };
    let answer = match client.head(base.clone()).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let seen = chain(&error.without_url());
            let fix = api_remedy(&seen);
            let seen = format!("{host}: {seen}");
            return vec![if account.agent_app.is_some() {
                Finding::error(AREA, subject, seen, fix)
            } else {
                let seen = format!("{seen} (an agent app would need it, this account has none)");
                Finding::warning(AREA, subject, seen, fix)
            }];
        }
    };
    let mut findings = vec![Finding::ok(AREA, subject, format!("{host} answers"))];
    let date = answer
        .headers()
        .get("date")
        .and_then(|date| date.to_str().ok());
    findings.extend(date.and_then(|date| clock(&host, date, SystemClock.now_ms())));
    findings
}

fn api_remedy(seen: &str) -> &'static str {
    let seen = seen.to_ascii_lowercase();
    if seen.contains("dns") || seen.contains("resolve") || seen.contains("lookup") {
        RESOLVE
    } else if seen.contains("certificate") || seen.contains("tls") {
        CERTIFICATE
    } else if seen.contains("tunnel") || seen.contains("proxy") || seen.contains("socks") {
        remedy(ConnectStep::Proxy)
    } else {
        FIREWALL
    }
}

/// Compares with the time in an HTTP answer, which is exact to a second.
pub(super) fn clock(host: &str, date: &str, now_ms: i64) -> Option<Finding> {
    let there = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let skew = now_ms - there.as_millisecond();
    Some(if skew.abs() <= MAX_SKEW_MS {
        Finding::ok("clock", host, "agrees with this machine's")
    } else {
        let direction = if skew > 0 { "ahead of" } else { "behind" };
        Finding::warning(
            "clock",
            host,
            format!(
                "this machine's clock is {} s {direction} it",
                skew.abs() / 1_000
            ),
            "timedatectl set-ntp true (or set the clock by hand)",
        )
    })
}

/// Scheme, host and port of an address: nothing that could be secret.
pub(super) fn place(url: &url::Url) -> String {
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    let host = url.host_str().unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

/// An error and its causes on one line.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        write!(text, ": {error}").ok();
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn the_clock_is_compared_in_both_directions() {
        // 2026-01-02 03:04:05 UTC
        let now = 1_767_323_045_000;
        for (date, level, seen) in [
            (
                "Fri, 02 Jan 2026 03:04:05 GMT",
                Level::Ok,
                "agrees with this machine's",
            ),
            (
                "Fri, 02 Jan 2026 03:06:05 GMT",
                Level::Ok,
                "agrees with this machine's",
            ),
            (
                "Fri, 02 Jan 2026 03:09:05 GMT",
                Level::Warning,
                "this machine's clock is 300 s behind it",
            ),
            (
                "Fri, 02 Jan 2026 02:04:05 GMT",
                Level::Warning,
                "this machine's clock is 3600 s ahead of it",
            ),
        ] {
            let found = clock("host", date, now).unwrap();
            assert_eq!((found.level, found.seen.as_str()), (level, seen), "{date}");
        }
        assert_eq!(clock("host", "yesterday", now), None);
    }

    #[test]
    fn every_failure_has_its_remedy() {
        for (seen, fix) in [
            (
                "error sending request: dns error: failed to lookup address",
                RESOLVE,
            ),
            ("invalid peer certificate: UnknownIssuer", CERTIFICATE),
            ("tunnel error: unsuccessful", remedy(ConnectStep::Proxy)),
            (
                "tcp connect error: Connection refused (os error 111)",
                FIREWALL,
            ),
        ] {
            assert_eq!(api_remedy(seen), fix, "{seen}");
        }
    }
}
