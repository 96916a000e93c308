//! The calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::{Done, Sent, SentAnswer, Success, read};
use super::attempt::{Payload, Request, Transport};
use super::card::CardUpdate;
use super::download::{self, ApiDownload};
use super::error::ApiError;
use super::media::{ApiUpload, UploadAnswer, kind_name};
use super::message::{AppMessage, ChatMessage};
use super::settings::ApiSettings;
use super::tags::{AppTag, TagList};
use super::token::{Held, TokenAnswer, Tokens};
use super::tries::{Next, Repeat, Tries};
use crate::config::Account;
use crate::egress::{self, EgressError};
use crate::ids::MediaId;
use crate::secret::Secret;

/// What an upload or a download gets at least, whatever the configured time-out.
const TRANSFER_TIMEOUT: Duration = Duration::from_mins(1);
/// How long one request for a token goes on, limits on calls waited for included.
const TOKEN_TIME: Duration = Duration::from_mins(2);

/// A client of the API for one app. It keeps the app's token in memory and asks for a new
/// one when WeCom no longer takes it. A copy is the same client.
///
/// Every call is over by its `deadline`. What may be made again after a failure is: what
/// certainly had no effect, and what has none that matters.
#[derive(Clone)]
pub struct ApiClient {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ApiSettings,
    transport: Transport,
    tokens: Tokens,
}

impl ApiClient {
    /// A client over `http`, which decides about proxy and certificates.
    pub fn new(settings: ApiSettings, http: reqwest::Client) -> Self {
        let transport = Transport {
            http,
            base: settings.base.clone(),
        };
        Self {
            inner: Arc::new(Inner {
                settings,
                transport,
                tokens: Tokens::default(),
            }),
        }
    }

    /// The client of an account, by way of its proxy; `None` if it has no app that can send.
    ///
    /// # Errors
    /// Files of the account's TLS settings that can't be used.
    pub fn of_account(account: &Account) -> Result<Option<Self>, EgressError> {
        let Some(settings) = ApiSettings::of_account(account) else {
            return Ok(None);
        };
        let http = egress::client(&account.network, &account.tls())?;
        Ok(Some(Self::new(settings, http)))
    }

    /// What it was made with.
    pub fn settings(&self) -> &ApiSettings {
        &self.inner.settings
    }

    /// Whether WeCom takes the app's secret, and calls from this machine's address.
    ///
    /// # Errors
    /// Why not; [`ApiError::advice`] says what to do.
    pub async fn check(&self, deadline: Instant) -> Result<(), ApiError> {
        let request = get("getcallbackip", &[]);
        self.json::<Done>(&request, Repeat::Harmless, Success::Zero, deadline)
            .await?;
        Ok(())
    }

    /// Sends to members, departments and tags. Receivers that WeCom does not take are in the
    /// result: the others have the message, so it must not be sent again.
    ///
    /// # Errors
    /// [`ApiError::may_have_arrived`] says whether it may be sent again.
    pub async fn send(&self, message: &AppMessage, deadline: Instant) -> Result<Sent, ApiError> {
        let json = message.to_json()?;
        let request = post("message/send", Payload::json(&json));
        let answer: SentAnswer = self
            .json(&request, Repeat::UntilSent, Success::Zero, deadline)
            .await?;
        Ok(answer.into())
    }

    /// Sends into a chat that this app created.
    ///
    /// # Errors
    /// As [`send`](Self::send); 86008 for chats of others.
    pub async fn send_into_chat(
        &self,
        message: &ChatMessage,
        deadline: Instant,
    ) -> Result<Sent, ApiError> {
        let json = message.to_json()?;
        let request = post("appchat/send", Payload::json(&json));
        let answer: SentAnswer = self
            .json(&request, Repeat::UntilSent, Success::Zero, deadline)
            .await?;
        Ok(answer.into())
    }

    /// Changes a card, once.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn update_card(
        &self,
        update: &CardUpdate,
        deadline: Instant,
    ) -> Result<Sent, ApiError> {
        let request = post(
            "message/update_template_card",
            Payload::json(&update.to_json()),
        );
        let answer: SentAnswer = self
            .json(&request, Repeat::UntilSent, Success::Zero, deadline)
            .await?;
        Ok(answer.into())
    }

    /// Takes a message back, within 24 hours.
    ///
    /// # Errors
    /// It is too late, or the network.
    pub async fn recall(&self, message_id: &str, deadline: Instant) -> Result<(), ApiError> {
        let json = serde_json::json!({ "msgid": message_id });
        let request = post("message/recall", Payload::json(&json));
        self.json::<Done>(&request, Repeat::Harmless, Success::Zero, deadline)
            .await?;
        Ok(())
    }

    /// Uploads something; the id is good for three days and for all apps of the company.
    /// What is refused for its form is tried without a type, and with a name in ASCII.
    ///
    /// # Errors
    /// [`ApiError`]; [`ApiCode::is_kind_refused`](super::ApiCode::is_kind_refused) says that
    /// it may pass as a file.
    pub async fn upload(&self, upload: &ApiUpload, deadline: Instant) -> Result<MediaId, ApiError> {
        upload.check()?;
        let mut upload = upload.clone();
        loop {
            let query = [("type", kind_name(upload.kind))];
            let request = Request {
                call: "media/upload",
                query: &query,
                payload: Payload::Form(upload.form()),
            };
            let answer = self
                .json::<UploadAnswer>(&request, Repeat::Harmless, Success::Content, deadline)
                .await;
            let error = match answer {
                Ok(answer) => return Ok(answer.media_id.into()),
                Err(error) => error,
            };
            match upload.otherwise(&error) {
                Some(other) => {
                    tracing::warn!(%error, "an upload is tried in another form");
                    upload = other;
                }
                None => return Err(error),
            }
        }
    }

    /// Fetches an upload of anybody's, or what a member sent to the app: at most `limit`
    /// bytes of it. Time without a piece is limited too.
    ///
    /// # Errors
    /// [`ApiError`]; 40007 when WeCom no longer has it.
    pub async fn download(
        &self,
        media: &MediaId,
        limit: u64,
        deadline: Instant,
    ) -> Result<ApiDownload, ApiError> {
        let query = [("media_id", media.as_str())];
        let request = get(download::CALL, &query);
        let mut tries = self.tries(Repeat::Harmless, deadline);
        loop {
            let token = self.token(deadline).await?;
            let hidden = [Some(&token), Some(&self.inner.settings.corp_secret)];
            let idle = self.inner.timeout(&request);
            let until = self.until(&request, deadline)?;
            let transport = &self.inner.transport;
            let begun = match transport.open(&request, Some(&token), until).await {
                Ok(response) => ApiDownload::begin(response, &hidden, limit, idle, deadline).await,
                Err(error) => Err(error),
            };
            match begun {
                Ok(download) => return Ok(download),
                Err(error) => self.after(error, &token, &mut tries, request.call).await?,
            }
        }
    }

    /// The tags that the app may see.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn tags(&self, deadline: Instant) -> Result<Vec<AppTag>, ApiError> {
        let request = get("tag/list", &[]);
        let list: TagList = self
            .json(&request, Repeat::Harmless, Success::Zero, deadline)
            .await?;
        Ok(list.taglist)
    }

    /// Makes a call until it is answered, or may not be made again.
    async fn json<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        repeat: Repeat,
        success: Success,
        deadline: Instant,
    ) -> Result<T, ApiError> {
        let mut tries = self.tries(repeat, deadline);
        loop {
            let token = self.token(deadline).await?;
            let until = self.until(request, deadline)?;
            let transport = &self.inner.transport;
            let answer = match transport.ask(request, Some(&token), until).await {
                Ok(body) => {
                    let hidden = [Some(&token), Some(&self.inner.settings.corp_secret)];
                    read(&body, request.call, success, &hidden)
                }
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => self.after(error, &token, &mut tries, request.call).await?,
            }
        }
    }

    /// Waits for the next attempt, or yields the error if there is none.
    async fn after(
        &self,
        error: ApiError,
        token: &Secret,
        tries: &mut Tries,
        call: &'static str,
    ) -> Result<(), ApiError> {
        match tries.after(&error) {
            Next::Fail => return Err(error),
            Next::NewToken => {
                tracing::info!(call, %error, "a new access token is asked for");
                self.inner.tokens.forget(token);
            }
            Next::At(again) => {
                tracing::warn!(call, %error, "a call is made again");
                sleep_until(again).await;
            }
        }
        Ok(())
    }

    async fn token(&self, deadline: Instant) -> Result<Secret, ApiError> {
        let inner = &self.inner;
        let held = inner
            .tokens
            .get(|| fetch_token(Arc::clone(inner)).boxed())?;
        match held {
            Held::Token(token) => Ok(token),
            Held::Coming(flight) => timeout_at(deadline, flight)
                .await
                .unwrap_or(Err(ApiError::OutOfTime)),
        }
    }

    fn tries(&self, repeat: Repeat, deadline: Instant) -> Tries {
        Tries::new(&self.inner.settings, repeat, deadline)
    }

    fn until(&self, request: &Request<'_>, deadline: Instant) -> Result<Instant, ApiError> {
        let now = Instant::now();
        if now >= deadline {
            return Err(ApiError::OutOfTime);
        }
        Ok(deadline.min(now + self.inner.timeout(request)))
    }
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient")
            .field("host", &self.inner.transport.host())
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn timeout(&self, request: &Request<'_>) -> Duration {
        let is_transfer =
            matches!(request.payload, Payload::Form(_)) || request.call == download::CALL;
        if is_transfer {
            self.settings.timeout.max(TRANSFER_TIMEOUT)
        } else {
            self.settings.timeout
        }
    }

    async fn ask_for_token(&self) -> Result<TokenAnswer, ApiError> {
        let settings = &self.settings;
        let query = [
            ("corpid", settings.corp_id.as_str()),
            ("corpsecret", settings.corp_secret.reveal()),
        ];
        let request = get("gettoken", &query);
        let deadline = Instant::now() + TOKEN_TIME;
        let mut tries = Tries::new(settings, Repeat::Harmless, deadline);
        loop {
            let until = deadline.min(Instant::now() + settings.timeout);
            let answer = match self.transport.ask(&request, None, until).await {
                Ok(body) => {
                    let hidden = [Some(&settings.corp_secret)];
                    read(&body, request.call, Success::Content, &hidden)
                }
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => match tries.after(&error) {
                    Next::At(again) => {
                        tracing::warn!(call = request.call, %error, "a call is made again");
                        sleep_until(again).await;
                    }
                    // Here it is the secret that is wrong.
                    Next::NewToken | Next::Fail => return Err(error),
                },
            }
        }
    }
}

async fn fetch_token(inner: Arc<Inner>) -> Result<Secret, ApiError> {
    let asked = Instant::now();
    let answer = inner.ask_for_token().await;
    inner.tokens.settle(asked, answer)
}

fn get<'a>(call: &'static str, query: &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request {
        call,
        query,
        payload: Payload::Nothing,
    }
}

fn post(call: &'static str, payload: Payload) -> Request<'static> {
    Request {
        call,
        query: &[],
        payload,
    }
}
