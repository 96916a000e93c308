//! The envelope of callbacks: sealed with the key of the console, signed with its token.
//!
//! The key is 43 characters of base64, whose last one may carry two bits that mean nothing.
//! A text is sealed as 16 random bytes, its length in four, the text and the receiver's id,
//! padded to 32 bytes and encrypted with AES-256-CBC, the key's first half being the initial
//! vector. This is the service's side: it shares nothing with the code that it calls.

use std::collections::BTreeSet;

use aes::Aes256;
use aes::cipher::{Block, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

use super::seed::Webhook;
use crate::hex::hex;

/// Token and key of an address, ready for use.
pub(in crate::sim) struct Envelope {
    token: String,
    key: [u8; KEY_BYTES],
    receive_id: String,
}

impl Envelope {
    /// Reads the console's values; says what is wrong with them.
    pub(in crate::sim) fn new(webhook: &Webhook) -> Result<Self, String> {
        let key = webhook.encoding_aes_key.reveal();
        let token = webhook.token.reveal();
        if token.is_empty() {
            return Err("the token of the webhook is empty".to_owned());
        }
        if key.len() != KEY_CHARS {
            let text = format!("the EncodingAESKey has {} of 43 characters", key.len());
            return Err(text);
        }
        let bytes = LENIENT.decode(key).ok();
        let key = bytes.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        Ok(Self {
            token: token.to_owned(),
            key: key.ok_or("the EncodingAESKey is no base64")?,
            receive_id: webhook.receive_id.clone(),
        })
    }

    /// The key, under which files lie too.
    pub(in crate::sim) fn key(&self) -> [u8; KEY_BYTES] {
        self.key
    }

    /// The same for somebody else.
    pub(super) fn for_receiver(&self, receive_id: &str) -> Self {
        Self {
            token: self.token.clone(),
            key: self.key,
            receive_id: receive_id.to_owned(),
        }
    }

    /// Seals a text.
    pub(super) fn seal(&self, text: &str) -> String {
        self.seal_after(rand::random(), text)
    }

    fn seal_after(&self, random: [u8; RANDOM_BYTES], text: &str) -> String {
        // No text of a callback has four gigabytes.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut bytes = random.to_vec();
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(self.receive_id.as_bytes());
        let size = (bytes.len() / PADDING_BYTES + 1) * PADDING_BYTES;
        let padding = u8::try_from(size - bytes.len()).unwrap_or_default();
        bytes.resize(size, padding);
        let mut cipher = cbc::Encryptor::<Aes256>::new(&self.key.into(), &self.vector().into());
        for piece in bytes.chunks_exact_mut(BLOCK_BYTES) {
            if let Ok(block) = <&mut Block<Aes256>>::try_from(piece) {
                cipher.encrypt_block(block);
            }
        }
        STANDARD.encode(bytes)
    }

    /// Opens a sealed text; says what is wrong with it.
    pub(super) fn open(&self, sealed: &str) -> Result<String, &'static str> {
        if sealed.is_empty() {
            return Err("nothing is sealed");
        }
        let mut bytes = STANDARD.decode(sealed).map_err(|_| "it is no base64")?;
        if bytes.is_empty() || bytes.len() % BLOCK_BYTES != 0 {
            return Err("it is no whole number of blocks");
        }
        let mut cipher = cbc::Decryptor::<Aes256>::new(&self.key.into(), &self.vector().into());
        for piece in bytes.chunks_exact_mut(BLOCK_BYTES) {
            if let Ok(block) = <&mut Block<Aes256>>::try_from(piece) {
                cipher.decrypt_block(block);
            }
        }
        let frame = unpadded(&bytes).ok_or("its padding is wrong")?;
        let too_short = "it is too short";
        let (_, rest) = frame.split_at_checked(RANDOM_BYTES).ok_or(too_short)?;
        let (length, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let length = usize::try_from(u32::from_be_bytes(*length));
        let (text, id) = length
            .ok()
            .and_then(|length| rest.split_at_checked(length))
            .ok_or("its length is wrong")?;
        if !self.receive_id.is_empty() && id != self.receive_id.as_bytes() {
            return Err("it is for another receiver");
        }
        String::from_utf8(text.to_vec()).map_err(|_| "it is no UTF-8")
    }

    /// The signature of a sealed text.
    pub(super) fn sign(&self, timestamp: &str, nonce: &str, sealed: &str) -> String {
        signature(&self.token, timestamp, nonce, sealed)
    }

    fn vector(&self) -> [u8; BLOCK_BYTES] {
        let mut vector = [0; BLOCK_BYTES];
        for (to, from) in vector.iter_mut().zip(self.key) {
            *to = from;
        }
        vector
    }
}

/// The signature under any token.
pub(super) fn signature(token: &str, timestamp: &str, nonce: &str, sealed: &str) -> String {
    let mut parts = [token, timestamp, nonce, sealed];
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    let digest: [u8; 20] = hash.finalize().into();
    hex(&digest)
}

/// What is left without the padding: 1 to 32 bytes that all say how many they are.
fn unpadded(bytes: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*bytes.last()?);
    let (frame, end) = bytes.split_at_checked(bytes.len().checked_sub(padding)?)?;
    let values: BTreeSet<usize> = end.iter().map(|byte| usize::from(*byte)).collect();
    let is_good = (1..=PADDING_BYTES).contains(&padding) && values.len() == 1;
    is_good.then_some(frame)
}

/// The last of 43 characters carries four bits of the key, and two that are ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

const KEY_CHARS: usize = 43;
const KEY_BYTES: usize = 32;
const RANDOM_BYTES: usize = 16;
const BLOCK_BYTES: usize = 16;
const PADDING_BYTES: usize = 32;

#[cfg(test)]
mod tests;
