//! HTTP to WeCom, addresses, and media.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::draft::{Draft, Shared, non_empty};
use crate::config::effective::{MediaSettings, NetworkSettings};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::proxy::{self, EgressProxy};
use crate::config::schema::value::Supplied;

/// Base of WeCom's HTTP API.
const API_BASE_URL: &str = "https://qyapi.weixin.qq.com";

/// Variable that replaces [`API_BASE_URL`].
const API_BASE_VARIABLE: &str = "WECOM_API_BASE_URL";

const SECONDS_PER_HOUR: f64 = 3_600.0;

/// HTTP of one account.
pub(super) fn network(draft: &mut Draft, shared: &Shared<'_>) -> NetworkSettings {
    let proxy = egress_proxy(draft, shared);
    let api_base_url = api_base_url(draft, shared);
    let keys = &draft.keys.network;
    NetworkSettings {
        timeout: Duration::from_millis(keys.timeout_ms),
        retries: keys.retries,
        retry_delay: Duration::from_millis(keys.retry_delay_ms),
        api_base_url,
        proxy,
        ca_file: non_empty(draft.keys.tls.ca_file.as_ref()).map(PathBuf::from),
    }
}

fn egress_proxy(draft: &mut Draft, shared: &Shared<'_>) -> EgressProxy {
    let configured = draft.keys.network.egress_proxy_url.clone();
    let address = configured.as_ref().and_then(Supplied::text);
    if let Some(address) = address
        && let Err(error) = proxy::check_address(address)
    {
        let here = draft.at("network.egressProxyUrl", shared);
        draft.report(Finding::error(
            "url_invalid",
            here.clone(),
            format!("`egressProxyUrl` cannot be used: {error}"),
            format!(
                "set `{here}` to an address with one of {}",
                proxy::PROXY_SCHEMES
                    .map(|scheme| format!("{scheme}://"))
                    .join(", ")
            ),
        ));
        return EgressProxy::default();
    }
    EgressProxy::new(address, shared.env).unwrap_or_else(|bad| {
        draft.report(Finding::error(
            "url_invalid",
            Place::root().key(bad.name),
            format!(
                "the variable {} cannot be used as a proxy: {}",
                bad.name, bad.error
            ),
            format!("correct {}, or set network.egressProxyUrl", bad.name),
        ));
        EgressProxy::default()
    })
}

fn api_base_url(draft: &mut Draft, shared: &Shared<'_>) -> Url {
    let configured = non_empty(draft.keys.network.api_base_url.as_ref());
    let replaced = shared.env.variable(API_BASE_VARIABLE).map(str::to_owned);
    let address = configured
        .or(replaced)
        .unwrap_or_else(|| API_BASE_URL.to_owned());
    let stops = Stops::Account;
    url_of(
        draft,
        shared,
        "network.apiBaseUrl",
        &address,
        ("https", "http"),
        stops,
    )
    .unwrap_or_else(default_api_base_url)
}

/// The address that stands in where an account cannot start anyway.
fn default_api_base_url() -> Url {
    #[expect(clippy::expect_used, reason = "a constant that a test parses")]
    API_BASE_URL.parse().expect("the constant is an address")
}

/// Checks an address: the first scheme anywhere, the second on loopback only, no user info.
pub(super) fn url_of(
    draft: &mut Draft,
    shared: &Shared<'_>,
    path: &str,
    address: &str,
    (secure, plain): (&str, &str),
    stops: Stops,
) -> Option<Url> {
    let problem = match Url::parse(address.trim()) {
        Err(_) => "is not an address".to_owned(),
        Ok(url) if url.host().is_none() => "names no host".to_owned(),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "holds user info, which is not allowed here".to_owned()
        }
        Ok(url) if url.scheme() == secure => return Some(url),
        Ok(url) if url.scheme() == plain && proxy::is_loopback(&url) => return Some(url),
        Ok(url) if url.scheme() == plain => {
            format!("has the scheme {plain}, which is allowed on this machine only")
        }
        Ok(url) => format!("has the scheme {}", url.scheme()),
    };
    let here = draft.at(path, shared);
    let name = here.last_key().unwrap_or_default().to_owned();
    draft.report(
        Finding::error(
            "url_invalid",
            here.clone(),
            format!("`{name}` {problem}"),
            format!("set `{here}` to {secure}://HOST, or {plain}://127.0.0.1:PORT on this machine"),
        )
        .stopping(stops),
    );
    None
}

/// Media of one account.
pub(super) fn media(draft: &mut Draft, shared: &Shared<'_>) -> MediaSettings {
    let local_roots = local_roots(draft, shared);
    let temp_dir = temp_dir(draft, shared);
    let keys = &draft.keys.media;
    let hours = keys.retention_hours;
    let settings = MediaSettings {
        local_roots,
        max_bytes: keys.max_bytes,
        temp_dir,
        retention: (hours > 0.0)
            .then(|| Duration::try_from_secs_f64(hours * SECONDS_PER_HOUR).ok())
            .flatten(),
        cleanup_on_start: keys.cleanup_on_start,
        allowed_hosts: keys.allowed_hosts.list(),
        allow_http: keys.allow_http,
    };
    check_host_limit(draft, shared, settings.max_bytes);
    settings
}

/// OpenClaw's own limit is read by nobody here; who set it should know.
fn check_host_limit(draft: &mut Draft, shared: &Shared<'_>, max_bytes: u64) {
    const MB: f64 = 1_048_576.0;
    let Some(megabytes) = shared.host_media_mb else {
        return;
    };
    let differs = u32::try_from(max_bytes)
        .is_ok_and(|bytes| (megabytes * MB - f64::from(bytes)).abs() >= 1.0);
    if differs {
        let here = draft.at("media.maxBytes", shared);
        draft.report(Finding::warning(
            "media_limit_differs",
            here.clone(),
            format!(
                "agents.defaults.mediaMaxMb ({megabytes}) is not read for WeCom; the limit is \
                 {max_bytes} bytes"
            ),
            format!("set `{here}` to the limit that is meant"),
        ));
    }
}

/// Where downloads are kept, and removed by their age: no folder where everything lies.
fn temp_dir(draft: &mut Draft, shared: &Shared<'_>) -> PathBuf {
    let default = shared.home.join("media");
    let Some(chosen) = non_empty(draft.keys.media.temp_dir.as_ref()).map(PathBuf::from) else {
        return default;
    };
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let is_home = shared
        .env
        .home_dir()
        .is_some_and(|home| real(home) == real(&chosen));
    let what = if real(&chosen).parent().is_none() {
        "is the root of a drive"
    } else if is_home {
        "is the home directory"
    } else {
        return chosen;
    };
    let here = draft.at("media.tempDir", shared);
    draft.report(Finding::error(
        "media_temp_dir_invalid",
        here.clone(),
        format!("{} {what}, not a folder for media", chosen.display()),
        format!("set `{here}` to a folder for media alone, or remove it"),
    ));
    default
}

fn local_roots(draft: &mut Draft, shared: &Shared<'_>) -> Vec<PathBuf> {
    let place = draft.at("mediaLocalRoots", shared);
    let roots = draft.keys.media_local_roots.clone();
    let mut good = Vec::new();
    for (index, root) in roots.entries() {
        let root = PathBuf::from(root);
        let here = place.index(index);
        if let Some(what) = holds_too_much(&root, shared) {
            draft.report(Finding::error(
                "media_roots_invalid",
                here.clone(),
                format!(
                    "{} {what}: credentials could be sent from there",
                    root.display()
                ),
                format!("set `{here}` to a folder that holds nothing else"),
            ));
            continue;
        }
        if !root.is_dir() {
            draft.report(Finding::warning(
                "media_root_missing",
                here,
                format!("{} is not a folder", root.display()),
                format!("create it, or remove it from `{place}`"),
            ));
        }
        good.push(root);
    }
    good
}

/// Why a folder must not be opened as a whole.
fn holds_too_much(root: &Path, shared: &Shared<'_>) -> Option<&'static str> {
    let real = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    let holds = |path: &Path| {
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        path.starts_with(&real)
    };
    if real.parent().is_none() {
        Some("is the root of a drive")
    } else if shared.env.home_dir().is_some_and(holds) {
        Some("is or holds the home directory")
    } else if holds(shared.home) {
        Some("is or holds the state directory")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_is_an_address() {
        assert_eq!(
            default_api_base_url().host_str(),
            Some("qyapi.weixin.qq.com")
        );
    }
}
