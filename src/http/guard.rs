//! Who may use the local API: the holder of the token, not by way of a web page.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// Lets a request through, or answers 403 (foreign host or origin) or 401 (no valid token).
pub(super) async fn check(State(token): State<Secret>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !host_is_local(headers) || headers.contains_key(header::ORIGIN) {
        return StatusCode::FORBIDDEN.into_response();
    }
    if !has_token(headers, &token) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

/// A page whose name was pointed at this machine sends that name as `Host`.
fn host_is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let Ok(url) = url::Url::parse(&format!("http://{host}/")) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Compares digests, so that the time taken says nothing about the token.
fn has_token(headers: &HeaderMap, token: &Secret) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(|given| Sha256::digest(given) == Sha256::digest(token.reveal()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn only_loopback_names_are_local() {
        for (host, local) in [
            ("127.0.0.1:19789", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("[::1]:19789", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("10.0.0.1", false),
            ("localhost@evil.example", false),
            ("", false),
        ] {
            assert_eq!(host_is_local(&headers(header::HOST, host)), local, "{host}");
        }
    }

    #[test]
    fn only_the_token_opens() {
        let token = Secret::new("t0ken");
        for (value, opens) in [
            ("Bearer t0ken", true),
            ("Bearer t0ken ", false),
            ("Bearer ", false),
            ("t0ken", false),
        ] {
            assert_eq!(
                has_token(&headers(header::AUTHORIZATION, value), &token),
                opens,
                "{value}"
            );
        }
    }
}
