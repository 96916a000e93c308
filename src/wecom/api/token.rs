//! The access token: asked for once for all who need it, kept in memory until a minute
//! before it ends.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use serde::Deserialize;
use tokio::time::Instant;

use super::error::ApiError;
use crate::secret::Secret;

/// A token that ends sooner than this is not used for new calls.
const MARGIN: Duration = Duration::from_mins(1);
/// How long a token lives that does not say so (s).
const USUAL_LIFE: u64 = 7_200;
/// How long nobody asks again after WeCom found the app's secret or company wrong.
const FIRST_QUIET: Duration = Duration::from_mins(1);
/// The longest of those pauses; each is twice the one before.
const MAX_QUIET: Duration = Duration::from_mins(15);

/// One request for a token, shared by all who wait for it. When the last of them gives up,
/// it ends.
pub(super) type Flight = Shared<BoxFuture<'static, Result<Secret, ApiError>>>;

/// The answer of `gettoken`.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// What a caller gets.
pub(super) enum Held {
    /// A token that is good.
    Token(Secret),
    /// One that is on its way.
    Coming(Flight),
}

/// The token of one app.
#[derive(Default)]
pub(super) struct Tokens {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    flight: Option<WeakShared<BoxFuture<'static, Result<Secret, ApiError>>>>,
    quiet: Option<Quiet>,
}

struct Token {
    token: Secret,
    stale_at: Instant,
}

/// The app is set up wrongly: that is not asked all the time.
struct Quiet {
    until: Instant,
    pause: Duration,
    error: ApiError,
}

impl Tokens {
    /// The token, or the request for one: the one under way, else what `fetch` makes, which
    /// has to hand its result to [`settle`](Self::settle).
    pub(super) fn get(
        &self,
        fetch: impl FnOnce() -> BoxFuture<'static, Result<Secret, ApiError>>,
    ) -> Result<Held, ApiError> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(token) = &state.token
            && now < token.stale_at
        {
            return Ok(Held::Token(token.token.clone()));
        }
        if let Some(quiet) = &state.quiet
            && now < quiet.until
        {
            return Err(quiet.error.clone());
        }
        if let Some(flight) = state.flight.as_ref().and_then(WeakShared::upgrade) {
            return Ok(Held::Coming(flight));
        }
        let flight = fetch().shared();
        state.flight = flight.downgrade();
        Ok(Held::Coming(flight))
    }

    /// Keeps the result of a request that was made at `asked`.
    pub(super) fn settle(
        &self,
        asked: Instant,
        answer: Result<TokenAnswer, ApiError>,
    ) -> Result<Secret, ApiError> {
        let mut state = self.state();
        state.flight = None;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                if error.code().is_some_and(super::ApiCode::is_credential) {
                    let pause = state.quiet.as_ref().map_or(FIRST_QUIET, |quiet| {
                        quiet.pause.saturating_mul(2).min(MAX_QUIET)
                    });
                    state.quiet = Some(Quiet {
                        until: Instant::now() + pause,
                        pause,
                        error: error.clone(),
                    });
                }
                return Err(error);
            }
        };
        state.quiet = None;
        let life = Duration::from_secs(answer.expires_in.unwrap_or(USUAL_LIFE));
        // Half of a life that is hardly longer than the margin.
        let margin = MARGIN.min(life / 2);
        let token = Secret::new(answer.access_token);
        state.token = Some(Token {
            token: token.clone(),
            stale_at: asked + life.saturating_sub(margin),
        });
        Ok(token)
    }

    /// Forgets a token that WeCom no longer takes, unless another one is in its place.
    pub(super) fn forget(&self, used: &Secret) {
        let mut state = self.state();
        if state.token.as_ref().is_some_and(|held| held.token == *used) {
            state.token = None;
        }
    }

    /// A panic elsewhere leaves whole values.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ApiRefusal;
    use super::*;

    fn answer(token: &str, expires_in: Option<u64>) -> TokenAnswer {
        TokenAnswer {
            access_token: token.to_owned(),
            expires_in,
        }
    }

    fn never() -> BoxFuture<'static, Result<Secret, ApiError>> {
        std::future::pending().boxed()
    }

    fn held(tokens: &Tokens) -> Option<String> {
        match tokens.get(never) {
            Ok(Held::Token(token)) => Some(token.reveal().to_owned()),
            Ok(Held::Coming(_)) | Err(_) => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_good_until_a_minute_before_its_end() {
        for (life, good) in [
            (Some(7_200), 7_140),
            (None, 7_140),
            (Some(120), 60),
            (Some(10), 5),
        ] {
            let tokens = Tokens::default();
            tokens
                .settle(Instant::now(), Ok(answer("T", life)))
                .unwrap();
            tokio::time::advance(Duration::from_secs(good - 1)).await;
            assert_eq!(held(&tokens).as_deref(), Some("T"), "{life:?}");
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(held(&tokens), None, "{life:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_token_that_failed_is_forgotten() {
        let tokens = Tokens::default();
        let old = tokens
            .settle(Instant::now(), Ok(answer("old", None)))
            .unwrap();
        tokens
            .settle(Instant::now(), Ok(answer("new", None)))
            .unwrap();
        tokens.forget(&old);
        assert_eq!(held(&tokens).as_deref(), Some("new"));
        tokens.forget(&Secret::new("new"));
        assert_eq!(held(&tokens), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_secret_is_not_tried_all_the_time() {
        let tokens = Tokens::default();
        let refusal = || ApiError::from(ApiRefusal::new(40_001, "", "gettoken", &[]));
        for pause in [60, 120, 240, 480, 900, 900] {
            tokens.settle(Instant::now(), Err(refusal())).unwrap_err();
            tokio::time::advance(Duration::from_secs(pause - 1)).await;
            assert_eq!(tokens.get(never).err(), Some(refusal()), "{pause}");
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(matches!(tokens.get(never), Ok(Held::Coming(_))), "{pause}");
        }
        // Trouble that passes is asked about again at once.
        let busy = ApiError::from(ApiRefusal::new(-1, "", "gettoken", &[]));
        let tokens = Tokens::default();
        tokens.settle(Instant::now(), Err(busy)).unwrap_err();
        assert!(matches!(tokens.get(never), Ok(Held::Coming(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_nobody_waits_for_is_made_anew() {
        let tokens = Tokens::default();
        let Ok(Held::Coming(first)) = tokens.get(never) else {
            panic!("there is a token");
        };
        let Ok(Held::Coming(second)) = tokens.get(|| panic!("a second request")) else {
            panic!("there is a token");
        };
        drop((first, second));
        let made = std::cell::Cell::new(false);
        let fetch = || {
            made.set(true);
            never()
        };
        assert!(matches!(tokens.get(fetch), Ok(Held::Coming(_))));
        assert!(made.get());
    }
}
