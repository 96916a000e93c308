//! Who may use the control API: it has no password, so a web page of somebody else must
//! not reach it through a person's browser.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::shared::Shared;

/// Lets a request pass if its `Host` and `Origin` are this simulator's.
pub(super) async fn check(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if is_own(request.headers(), shared.allow_remote) {
        next.run(request).await
    } else {
        let text = "the control API answers to loopback names only";
        (StatusCode::FORBIDDEN, text).into_response()
    }
}

/// A foreign name may point here for a moment (DNS rebinding), so names other than
/// loopback ones are refused; addresses cannot be rebound. A page of another origin
/// sends its `Origin`.
fn is_own(headers: &HeaderMap, allow_remote: bool) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let is_host_good = match host_name(host).parse::<IpAddr>() {
        Ok(ip) => allow_remote || ip.is_loopback(),
        Err(_) => host_name(host).eq_ignore_ascii_case("localhost"),
    };
    let is_origin_good = match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .is_ok_and(|origin| origin.strip_prefix("http://") == Some(host)),
    };
    is_host_good && is_origin_good
}

/// The name of `name:port`, brackets of an IPv6 address removed.
fn host_name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or("", |(ip, _)| ip);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_own_names_pass() {
        let cases = [
            (Some("127.0.0.1:80"), None, true),
            (Some("localhost:80"), None, true),
            (Some("LOCALHOST"), None, true),
            (Some("[::1]:80"), None, true),
            (Some("127.0.0.1:80"), Some("http://127.0.0.1:80"), true),
            (Some("127.0.0.1:80"), Some("http://127.0.0.1:81"), false),
            (Some("127.0.0.1:80"), Some("http://evil.example"), false),
            (Some("127.0.0.1:80"), Some("null"), false),
            (Some("evil.example:80"), None, false),
            (Some("127.0.0.1.evil.example"), None, false),
            (Some("localhost.evil.example"), None, false),
            (Some("192.0.2.1:80"), None, false),
            (Some(""), None, false),
            (None, None, false),
        ];
        for (host, origin, passes) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_own(&headers, false), passes, "{host:?} {origin:?}");
        }
    }

    #[test]
    fn an_address_passes_where_others_are_allowed() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("192.0.2.1:80"));
        assert!(is_own(&headers, true));
        headers.insert(header::HOST, HeaderValue::from_static("evil.example"));
        assert!(!is_own(&headers, true));
    }
}
