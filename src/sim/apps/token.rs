//! Access tokens.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::refusal::{self, Refusal, members};
use super::seed::SeedApp;

/// Tokens remembered, so that an old one is known as expired.
const TOKENS_MAX: usize = 1_000;
/// How long a token lives (s).
const LIFE_S: u64 = 7_200;

/// All tokens that were given out.
#[derive(Debug)]
pub(super) struct TokenBook {
    tokens: VecDeque<Token>,
    /// Seconds that new tokens live.
    pub(super) life_s: u64,
}

#[derive(Debug)]
struct Token {
    text: String,
    app: (String, u64),
    until_ms: i64,
}

impl Default for TokenBook {
    fn default() -> Self {
        Self {
            tokens: VecDeque::new(),
            life_s: LIFE_S,
        }
    }
}

impl TokenBook {
    /// `gettoken`: within its life the same token again.
    pub(super) fn give(&mut self, app: &SeedApp, now_ms: i64) -> Map<String, Value> {
        let of = (app.corp_id.clone(), app.agent_id);
        let mut known = self.tokens.iter().rev();
        let held = known.find(|token| token.app == of && token.until_ms > now_ms);
        let (text, until_ms) = if let Some(token) = held {
            (token.text.clone(), token.until_ms)
        } else {
            self.issue(of, now_ms)
        };
        let left_s = until_ms.saturating_sub(now_ms) / 1_000;
        members([("access_token", json!(text)), ("expires_in", json!(left_s))])
    }

    fn issue(&mut self, app: (String, u64), now_ms: i64) -> (String, i64) {
        let [a, b, c]: [u128; 3] = rand::random();
        let text = format!("{a:032x}{b:032x}{c:032x}");
        let life_ms = i64::try_from(self.life_s.saturating_mul(1_000));
        let until_ms = now_ms.saturating_add(life_ms.unwrap_or(i64::MAX));
        if self.tokens.len() >= TOKENS_MAX {
            self.tokens.pop_front();
        }
        self.tokens.push_back(Token {
            text: text.clone(),
            app,
            until_ms,
        });
        (text, until_ms)
    }

    /// The app that a token is of.
    pub(super) fn check(&self, text: &str, now_ms: i64) -> Result<(String, u64), Refusal> {
        if text.is_empty() {
            return Err(Refusal::new(refusal::NO_TOKEN, "access_token missing"));
        }
        let found = self.tokens.iter().find(|token| token.text == text);
        let token =
            found.ok_or_else(|| Refusal::new(refusal::BAD_TOKEN, "invalid access_token"))?;
        if token.until_ms <= now_ms {
            return Err(Refusal::new(refusal::EXPIRED_TOKEN, "access_token expired"));
        }
        Ok(token.app.clone())
    }

    /// All that were given out and are remembered.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().map(|token| token.text.as_str())
    }

    /// Ends all tokens before their time.
    pub(super) fn expire(&mut self) {
        for token in &mut self.tokens {
            token.until_ms = i64::MIN;
        }
    }

    /// Forgets all tokens: they are not even expired.
    pub(super) fn forget(&mut self) {
        self.tokens.clear();
    }
}
