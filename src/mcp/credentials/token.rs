//! Bearer tokens and their digests.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::secret::Secret;

/// What our tokens begin with, so that secret scanners and people know one.
const PREFIX: &str = "wmt_";

/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;

/// A new token from the operating system's generator by way of a cryptographic one.
pub(super) fn generate() -> Secret {
    let random: [u8; RANDOM_BYTES] = rand::random();
    Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// What is kept of a token: its SHA-256. Digests are compared and looked up in the place of
/// tokens, so that the time taken says nothing about a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub(super) [u8; 32]);

impl TokenDigest {
    /// Of a token as the client sent it.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The bytes, to be stored.
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_prefix_and_32_random_bytes() {
        let (first, second) = (generate(), generate());
        let random = first.reveal().strip_prefix("wmt_").unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(random).unwrap().len(), 32);
        assert_ne!(first, second);
        assert_ne!(
            TokenDigest::of(first.reveal()),
            TokenDigest::of(second.reveal())
        );
    }
}
