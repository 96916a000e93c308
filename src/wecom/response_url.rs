//! The one late reply that a push allows without the bot's connection.
//!
//! A push may carry a `response_url`. For an hour after it, one unencrypted JSON `POST` to
//! that address makes a new message in the conversation; a second one is refused. It takes
//! `markdown` of at most 20,480 bytes, and in a direct chat a template card.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::secret::Secret;

/// How long after the push the address is used; WeCom takes it for 3,600 s.
pub const LIFE: Duration = Duration::from_mins(59);

/// How long WeCom may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Where such addresses are.
const HOST: &str = "qyapi.weixin.qq.com";

/// Why nothing went out that way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseUrlError {
    /// The push names an address that is not WeCom's.
    #[error("the address is not one of WeCom's")]
    NotWeCom,
    /// Nothing was written: it may be tried again.
    #[error("WeCom could not be reached")]
    NotSent(#[source] reqwest::Error),
    /// It was written, and what became of it is not known. Not to be tried again.
    #[error("WeCom did not say whether it took the reply")]
    Unknown,
    /// WeCom did not take it.
    #[error("WeCom refused the reply with {code}")]
    Refused {
        /// `errcode`.
        code: i64,
    },
}

/// What such a reply says.
#[derive(Debug, Clone, Copy)]
pub enum LateBody<'a> {
    /// At most 20,480 bytes.
    Markdown(&'a str),
    /// A template card: for a push from a direct chat only.
    TemplateCard(&'a Value),
}

impl LateBody<'_> {
    fn to_json(self) -> Value {
        match self {
            Self::Markdown(text) => {
                json!({ "msgtype": "markdown", "markdown": { "content": text } })
            }
            Self::TemplateCard(card) => {
                json!({ "msgtype": "template_card", "template_card": card })
            }
        }
    }
}

/// Posts `body` to the address of a push. `api` is where the account's WeCom is: in a
/// private deployment addresses lie there.
///
/// # Errors
/// [`ResponseUrlError`] says whether it may be tried again.
pub async fn post(
    client: &reqwest::Client,
    address: &Secret,
    api: &Url,
    body: LateBody<'_>,
) -> Result<(), ResponseUrlError> {
    #[derive(Deserialize)]
    struct Answer {
        errcode: i64,
    }
    let url = Url::parse(address.reveal())
        .ok()
        .filter(|url| is_wecoms(url, api))
        .ok_or(ResponseUrlError::NotWeCom)?;
    let request = client.post(url).timeout(TIMEOUT).json(&body.to_json());
    let answer = request.send().await.map_err(|error| {
        if error.is_connect() {
            // The address is a key: it does not belong into an error.
            ResponseUrlError::NotSent(error.without_url())
        } else {
            ResponseUrlError::Unknown
        }
    })?;
    match answer.json().await {
        Ok(Answer { errcode: 0 }) => Ok(()),
        Ok(Answer { errcode: code }) => Err(ResponseUrlError::Refused { code }),
        Err(_) => Err(ResponseUrlError::Unknown),
    }
}

/// Whether a reply may be given to that host: a forged push must not make us post what was
/// asked elsewhere.
fn is_wecoms(url: &Url, api: &Url) -> bool {
    let is_secret = url.scheme() == "https" && url.host_str() == Some(HOST);
    // A simulator answers on loopback, under ports of its own.
    let is_beside = url.scheme() == "http" && is_loopback(url) && is_loopback(api);
    is_secret || is_beside || url.origin() == api.origin()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_goes_to_wecom_only() {
        let official = "https://qyapi.weixin.qq.com";
        for (address, api, allowed) in [
            (
                "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?c=1",
                official,
                true,
            ),
            (
                "http://qyapi.weixin.qq.com/cgi-bin/aibot/response?c=1",
                official,
                false,
            ),
            (
                "https://qyapi.weixin.qq.com.evil.example/c",
                official,
                false,
            ),
            ("https://evil.example/c", official, false),
            ("http://127.0.0.1:80/c", official, false),
            ("http://127.0.0.1:9999/c", "http://127.0.0.1:8080", true),
            (
                "https://wecom.corp.example/c",
                "https://wecom.corp.example",
                true,
            ),
            (
                "https://wecom.corp.example:8443/c",
                "https://wecom.corp.example",
                false,
            ),
        ] {
            let url = Url::parse(address).unwrap();
            let api = Url::parse(api).unwrap();
            assert_eq!(is_wecoms(&url, &api), allowed, "{address} beside {api}");
        }
    }
}
