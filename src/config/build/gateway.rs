//! The daemon's HTTP listener.

use std::net::{IpAddr, Ipv4Addr};

use url::Url;

use super::draft::non_empty;
use crate::config::effective::{GatewayAuth, GatewayAuthMode, GatewaySettings};
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::sections::{GatewayKeys, ReloadMode};
use crate::config::schema::value::Supplied;
use crate::secret::Secret;

/// The effective listener.
pub(crate) fn gateway(keys: &GatewayKeys, findings: &mut Vec<Finding>) -> GatewaySettings {
    let place = Place::of("gateway");
    let bind = bind(keys, &place, findings);
    let auth = auth(keys);
    let guarded = match auth.mode {
        GatewayAuthMode::Token => auth.token.is_some(),
        GatewayAuthMode::Password => auth.password.is_some(),
        GatewayAuthMode::None => false,
    };
    if !bind.is_loopback() && !guarded {
        let here = place.key("auth").key("token");
        findings.push(Finding::warning(
            "gateway_auth_missing",
            here.clone(),
            "the listener can be reached from other machines and nothing is asked for: console, \
             /mcp and the local API stay closed to them (webhooks are open, WeCom cannot \
             authenticate)",
            format!("set `{here}`"),
        ));
    }
    check_reload(keys, &place, findings);
    GatewaySettings {
        bind,
        port: keys.port.unwrap_or(GatewaySettings::DEFAULT_PORT),
        reload: keys.reload.mode != Some(ReloadMode::Off),
        auth,
        public_origin: public_origin(keys, &place, findings),
        trusted_proxies: trusted_proxies(keys, &place, findings),
    }
}

fn bind(keys: &GatewayKeys, place: &Place, findings: &mut Vec<Finding>) -> IpAddr {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let Some(bind) = non_empty(keys.bind.as_ref()) else {
        return loopback;
    };
    match bind.trim() {
        "loopback" => loopback,
        "lan" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        address => address.parse().unwrap_or_else(|_| {
            let here = place.key("bind");
            findings.push(Finding::error(
                "enum_value",
                here.clone(),
                "`bind` is neither `loopback`, `lan` nor an internet address",
                format!("set `{here}` to one of them"),
            ));
            loopback
        }),
    }
}

fn auth(keys: &GatewayKeys) -> GatewayAuth {
    let secret = |key: &Option<Supplied>| key.as_ref().and_then(Supplied::text).map(Secret::new);
    GatewayAuth {
        mode: keys.auth.mode,
        token: secret(&keys.auth.token),
        password: secret(&keys.auth.password),
    }
}

fn check_reload(keys: &GatewayKeys, place: &Place, findings: &mut Vec<Finding>) {
    let reload = place.key("reload");
    if matches!(
        keys.reload.mode,
        Some(ReloadMode::Hot | ReloadMode::Restart)
    ) {
        findings.push(Finding::info(
            "retired_key",
            reload.key("mode"),
            "`hot` and `restart` are retired and mean `hybrid`",
            "write gateway.reload.mode \"hybrid\"",
        ));
    }
    if keys.reload.debounce_ms.is_some() {
        findings.push(Finding::info(
            "retired_key",
            reload.key("debounceMs"),
            "`debounceMs` is retired and ignored; 300 ms is built in",
            "remove gateway.reload.debounceMs",
        ));
    }
}

fn public_origin(keys: &GatewayKeys, place: &Place, findings: &mut Vec<Finding>) -> Option<Url> {
    let text = non_empty(keys.public_origin.as_ref())?;
    match Url::parse(text.trim()) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.host().is_some() => Some(url),
        _ => {
            let here = place.key("publicOrigin");
            findings.push(Finding::error(
                "url_invalid",
                here.clone(),
                "`publicOrigin` must be an http or https address",
                format!("set `{here}` to https://HOST"),
            ));
            None
        }
    }
}

fn trusted_proxies(
    keys: &GatewayKeys,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Vec<crate::config::ip_range::IpRange> {
    let mut ranges = Vec::new();
    for (index, text) in keys.trusted_proxies.entries() {
        match text.parse() {
            Ok(range) => ranges.push(range),
            Err(error) => {
                let here = place.key("trustedProxies").index(index);
                findings.push(Finding::warning(
                    "ip_range",
                    here.clone(),
                    format!("{error}; it is ignored"),
                    format!("correct `{here}`"),
                ));
            }
        }
    }
    ranges
}
