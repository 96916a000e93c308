//! A small server that is called. It verifies and opens with the crate's own code.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use wecom::config::{AesKey, CallbackKeys};
use wecom::sim::Webhook;
use wecom::wecom::callback::{CallbackCipher, CallbackQuery, reply_json, sealed_json, sealed_xml};

use super::CORP;

/// Bytes 0 to 31, with two bits at the end that mean nothing.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9";
const TOKEN: &str = "hookToken";

/// A callback as it came, opened.
#[derive(Clone)]
pub(crate) struct Got {
    /// How many came before it.
    pub(crate) before: usize,
    pub(crate) query: String,
    pub(crate) body: Bytes,
    pub(crate) plain: String,
    nonce: String,
    timestamp: String,
    cipher: CallbackCipher,
    is_app: bool,
}

/// How it is answered.
pub(crate) enum How {
    Answer(u16, Vec<u8>),
    /// Never.
    Hang,
    /// With a connection that breaks.
    Break,
}

type Script = dyn Fn(&Got) -> How + Send + Sync;

/// The server, and all that came.
pub(crate) struct Receiver {
    addr: SocketAddr,
    script: Box<Script>,
    got: Mutex<Vec<Got>>,
    refused: Mutex<Vec<String>>,
    /// What a check of the address is answered with, made of the opened text; `None` is never.
    pub(crate) echo: Mutex<fn(String) -> Option<String>>,
}

impl Receiver {
    pub(crate) async fn start(script: impl Fn(&Got) -> How + Send + Sync + 'static) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Arc::new(Self {
            addr: listener.local_addr().unwrap(),
            script: Box::new(script),
            got: Mutex::default(),
            refused: Mutex::default(),
            echo: Mutex::new(Some),
        });
        let router = Router::new()
            .fallback(take)
            .with_state(Arc::clone(&receiver));
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    pub(crate) fn bot_hook(&self) -> Webhook {
        Webhook::new(&format!("http://{}/bot", self.addr), TOKEN, KEY)
    }

    pub(crate) fn app_hook(&self) -> Webhook {
        Webhook::new(&format!("http://{}/app", self.addr), TOKEN, KEY)
    }

    /// All callbacks that could be opened, in order.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The frames of a bot that were no polls.
    pub(crate) fn frames(&self) -> Vec<Value> {
        let got = self.got().into_iter();
        got.filter_map(|got| got.frame())
            .filter(|frame| frame["msgtype"] != "stream")
            .collect()
    }

    /// Why others could not.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    fn cipher(is_app: bool) -> CallbackCipher {
        let keys = CallbackKeys {
            token: TOKEN.into(),
            aes_key: AesKey::new(std::array::from_fn(|n| u8::try_from(n).unwrap())),
        };
        CallbackCipher::new(&keys, is_app.then_some(CORP))
    }

    fn open(&self, uri: &Uri, query: &str, body: &Bytes) -> Result<Got, String> {
        let is_app = uri.path() == "/app";
        let cipher = Self::cipher(is_app);
        let parsed = CallbackQuery::parse(query).map_err(|error| error.to_string())?;
        let sealed = if is_app {
            sealed_xml(body)
        } else {
            sealed_json(body)
        };
        let sealed = sealed.map_err(|error| error.to_string())?;
        if !cipher.verify(&parsed, &sealed) {
            return Err("signature".to_owned());
        }
        let plain = cipher.open(&sealed).map_err(|error| error.to_string())?;
        Ok(Got {
            before: self.got.lock().unwrap().len(),
            query: query.to_owned(),
            body: body.clone(),
            plain,
            nonce: parsed.nonce,
            timestamp: parsed.timestamp,
            cipher,
            is_app,
        })
    }

    fn check(&self, uri: &Uri, query: &str) -> Option<Response> {
        let cipher = Self::cipher(uri.path() == "/app");
        let parsed = CallbackQuery::parse(query).unwrap();
        let sealed = parsed.echo().unwrap();
        assert!(cipher.verify(&parsed, sealed));
        let echo = *self.echo.lock().unwrap();
        echo(cipher.open(sealed).unwrap()).map(IntoResponse::into_response)
    }
}

async fn take(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    if method == Method::GET {
        return match receiver.check(&uri, &query) {
            Some(answer) => answer,
            None => std::future::pending().await,
        };
    }
    let got = match receiver.open(&uri, &query, &body) {
        Ok(got) => got,
        Err(reason) => {
            receiver.refused.lock().unwrap().push(reason);
            return StatusCode::FORBIDDEN.into_response();
        }
    };
    receiver.got.lock().unwrap().push(got.clone());
    match (receiver.script)(&got) {
        How::Answer(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        How::Hang => std::future::pending().await,
        How::Break => {
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
            Body::from_stream(stream::iter([Err::<Bytes, _>(broken)])).into_response()
        }
    }
}

impl Got {
    /// The JSON of a bot's callback.
    pub(crate) fn frame(&self) -> Option<Value> {
        (!self.is_app).then(|| serde_json::from_str(&self.plain).unwrap())
    }

    /// Seals an answer.
    pub(crate) fn seal(&self, message: &Value) -> How {
        How::text(&self.envelope(message).to_string())
    }

    /// The envelope of an answer, to be spoilt.
    pub(crate) fn envelope(&self, message: &Value) -> Value {
        let reply = reply_json(&self.cipher, &self.timestamp, &self.nonce, message);
        serde_json::from_str(&reply).unwrap()
    }
}

impl How {
    pub(crate) fn text(text: &str) -> Self {
        Self::Answer(200, text.as_bytes().to_vec())
    }
}
