//! The way of an answer whose connection does not come back: the one reply that WeCom takes
//! at the `response_url` of the message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::clock::SharedClock;
use crate::secret::Secret;
use crate::wecom::response_url::{self, LateBody, ResponseUrlError};

/// How long an answer waits for the connection before it takes this way.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// Tries while WeCom can't be reached.
const TRIES: u32 = 3;

/// Pause between them.
const PAUSE: Duration = Duration::from_secs(2);

/// The `response_url` of one message. It can be used once.
#[derive(Debug)]
pub(crate) struct LateWay {
    client: reqwest::Client,
    address: Secret,
    api: Url,
    /// Milliseconds since 1970.
    pushed_at_ms: i64,
    clock: SharedClock,
    is_used: AtomicBool,
}

impl LateWay {
    pub(crate) fn new(
        client: reqwest::Client,
        address: Secret,
        api: Url,
        pushed_at_ms: i64,
        clock: SharedClock,
    ) -> Self {
        Self {
            client,
            address,
            api,
            pushed_at_ms,
            clock,
            is_used: AtomicBool::new(false),
        }
    }

    /// Sends `markdown`. Whether it is out, or may be: then nothing else is to be sent.
    pub(crate) async fn send(&self, markdown: &str) -> bool {
        self.post(LateBody::Markdown(markdown)).await
    }

    /// Sends a card, into a direct chat.
    pub(crate) async fn send_card(&self, card: &Value) -> bool {
        self.post(LateBody::TemplateCard(card)).await
    }

    async fn post(&self, body: LateBody<'_>) -> bool {
        let age_ms = self.clock.now_ms().saturating_sub(self.pushed_at_ms);
        let is_alive = u128::try_from(age_ms).is_ok_and(|age| age < response_url::LIFE.as_millis());
        if !is_alive || self.is_used.swap(true, Ordering::Relaxed) {
            return false;
        }
        for _ in 0..TRIES {
            let posted = response_url::post(&self.client, &self.address, &self.api, body).await;
            match posted {
                Ok(()) => {
                    tracing::info!("the answer went out by the message's response_url");
                    return true;
                }
                Err(error @ ResponseUrlError::NotSent(_)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "response_url");
                    tokio::time::sleep(PAUSE).await;
                }
                Err(ResponseUrlError::Unknown) => {
                    tracing::warn!("WeCom did not confirm the reply at response_url");
                    return true;
                }
                Err(error) => {
                    tracing::warn!(%error, "response_url did not take the answer");
                    return false;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::extract::State;
    use axum::routing::post;
    use axum::{Json, Router};
    use serde_json::{Value, json};

    use super::*;
    use crate::clock::ManualClock;

    /// WeCom at a `response_url`: keeps what it gets and answers with `errcode`.
    async fn wecom(errcode: i64) -> (Url, Arc<Mutex<Vec<Value>>>) {
        type Got = Arc<Mutex<Vec<Value>>>;
        async fn take(
            State((errcode, got)): State<(i64, Got)>,
            Json(body): Json<Value>,
        ) -> Json<Value> {
            got.lock().unwrap().push(body);
            Json(json!({ "errcode": errcode, "errmsg": "" }))
        }
        let got = Got::default();
        let routes = Router::new()
            .route("/response", post(take))
            .with_state((errcode, got.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/response?response_code=C",
            listener.local_addr().unwrap()
        );
        let tracker = tokio_util::task::TaskTracker::new();
        crate::task::spawn(&tracker, "wecom", async move {
            axum::serve(listener, routes).await.unwrap();
        });
        (url.parse().unwrap(), got)
    }

    fn way(url: &Url, age: Duration) -> LateWay {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let now_ms = i64::try_from(age.as_millis()).unwrap();
        LateWay::new(
            reqwest::Client::builder().no_proxy().build().unwrap(),
            url.as_str().into(),
            url.clone(),
            0,
            ManualClock::at(now_ms),
        )
    }

    #[tokio::test]
    async fn an_answer_goes_out_once() {
        let (url, got) = wecom(0).await;
        let way = way(&url, Duration::from_mins(2));
        assert!(way.send("**done**").await);
        assert!(!way.send("again").await, "WeCom takes one reply");
        let expected = json!({"msgtype": "markdown", "markdown": {"content": "**done**"}});
        assert_eq!(*got.lock().unwrap(), [expected]);
    }

    #[tokio::test]
    async fn what_wecom_refuses_is_not_out() {
        let (url, got) = wecom(40_008).await;
        assert!(!way(&url, Duration::ZERO).send("text").await);
        assert_eq!(got.lock().unwrap().len(), 1, "asked once");
    }

    #[tokio::test]
    async fn an_address_of_an_hour_ago_is_not_asked() {
        let (url, got) = wecom(0).await;
        assert!(!way(&url, response_url::LIFE).send("text").await);
        assert_eq!(*got.lock().unwrap(), [] as [Value; 0]);
    }
}
