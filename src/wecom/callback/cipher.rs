//! The envelope: a text with its length and its receiver, padded and encrypted.

use std::fmt;

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};

use super::query::CallbackQuery;
use super::signature::Signature;
use crate::config::CallbackKeys;

/// Bytes of a block of AES, and of the initialisation vector.
const BLOCK_BYTES: usize = 16;

/// WeCom pads to multiples of this, twice the block.
const PADDING_BYTES: usize = 32;

/// Random bytes at the beginning of the plain text, which nobody reads.
const RANDOM_BYTES: usize = 16;

/// The length of the message follows them: big-endian, in bytes.
const LENGTH_BYTES: usize = 4;

/// The keys of one address, ready for use: the key schedule is made once. A copy is cheap.
#[derive(Clone)]
pub struct CallbackCipher {
    keys: CallbackKeys,
    schedule: Aes256,
    /// The first bytes of the key, for every message and in both directions.
    vector: [u8; BLOCK_BYTES],
    receiver: Option<String>,
}

/// Why a sealed text could not be opened.
///
/// Whoever sent it is told the same in all cases: an answer that tells bad padding from bad
/// content would let him decrypt without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("the sealed text is empty")]
    EmptyCiphertext,
    /// Not base64 of the standard alphabet.
    #[error("the sealed text is not base64")]
    BadBase64,
    /// Nothing, or not a multiple of 16 bytes.
    #[error("the sealed bytes are cut off")]
    BadCiphertextLength,
    /// The end is no padding: another key, or damaged.
    #[error("the padding is wrong: is it the EncodingAESKey of this address?")]
    BadPadding,
    /// No room for the random bytes and the length.
    #[error("the content is too short")]
    TooShort,
    /// The length of the message goes beyond the content.
    #[error("the length of the message is wrong")]
    BadLength,
    /// It is meant for somebody else.
    #[error("it is meant for another receiver: is it the CorpID of this app?")]
    ReceiveIdMismatch,
    /// The message is no text.
    #[error("the message is not UTF-8")]
    InvalidUtf8,
}

impl CallbackCipher {
    /// For the address with these keys. `receiver` is checked on what comes and written into
    /// what goes: the company's id for an agent app, nothing for a company's own bot.
    pub fn new(keys: &CallbackKeys, receiver: Option<&str>) -> Self {
        let key = keys.aes_key.bytes();
        let mut vector = [0; BLOCK_BYTES];
        (vector.iter_mut().zip(key)).for_each(|(to, from)| *to = *from);
        Self {
            keys: keys.clone(),
            schedule: Aes256::new(&Array::from(*key)),
            vector,
            receiver: receiver.filter(|id| !id.is_empty()).map(str::to_owned),
        }
    }

    /// Whether another is made of the same keys and receiver.
    pub fn is_same(&self, other: &Self) -> bool {
        self.keys == other.keys && self.receiver == other.receiver
    }

    /// Signs a sealed text.
    pub fn sign(&self, timestamp: &str, nonce: &str, sealed: &str) -> Signature {
        Signature::of(self.keys.token.reveal(), timestamp, nonce, sealed)
    }

    /// Whether a request with this sealed text is signed with this address's token. `sealed`
    /// is the text exactly as it came.
    pub fn verify(&self, query: &CallbackQuery, sealed: &str) -> bool {
        let expected = self.sign(&query.timestamp, &query.nonce, sealed);
        expected.is(&query.signature)
    }

    /// Opens a sealed text. Only what was [verified](Self::verify) may come here.
    ///
    /// # Errors
    /// [`OpenError`], for the log only.
    pub fn open(&self, sealed: &str) -> Result<String, OpenError> {
        if sealed.is_empty() {
            return Err(OpenError::EmptyCiphertext);
        }
        // Some proxies fold long lines.
        let is_fold = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'\t' | b' ');
        let bytes = if sealed.as_bytes().iter().any(is_fold) {
            let unfolded: Vec<u8> = sealed.bytes().filter(|byte| !is_fold(byte)).collect();
            STANDARD.decode(unfolded)
        } else {
            STANDARD.decode(sealed)
        };
        let mut bytes = bytes.map_err(|_| OpenError::BadBase64)?;
        self.decrypt(&mut bytes)?;
        let content = unpadded(&bytes)?;
        self.message(content)
    }

    /// Seals a message.
    pub fn seal(&self, message: &str) -> String {
        self.seal_with(rand::random(), message)
    }

    pub(super) fn seal_with(&self, random: [u8; RANDOM_BYTES], message: &str) -> String {
        let receiver = self.receiver.as_deref().unwrap_or_default();
        let length = RANDOM_BYTES + LENGTH_BYTES + message.len() + receiver.len();
        let padding = PADDING_BYTES - length % PADDING_BYTES;
        let mut frame = Vec::with_capacity(length + padding);
        frame.extend_from_slice(&random);
        // A message is never larger than the body that it came in or goes out in.
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(message.as_bytes());
        frame.extend_from_slice(receiver.as_bytes());
        let pad = u8::try_from(padding).unwrap_or_default();
        frame.resize(frame.len() + padding, pad);
        let mut cipher =
            cbc::Encryptor::inner_iv_init(self.schedule.clone(), &Array::from(self.vector));
        let (blocks, _none) = Array::slice_as_chunks_mut(&mut frame);
        cipher.encrypt_blocks(blocks);
        STANDARD.encode(frame)
    }

    fn decrypt(&self, bytes: &mut [u8]) -> Result<(), OpenError> {
        let (blocks, rest) = Array::slice_as_chunks_mut(bytes);
        if blocks.is_empty() || !rest.is_empty() {
            return Err(OpenError::BadCiphertextLength);
        }
        let mut cipher =
            cbc::Decryptor::inner_iv_init(self.schedule.clone(), &Array::from(self.vector));
        cipher.decrypt_blocks(blocks);
        Ok(())
    }

    fn message(&self, content: &[u8]) -> Result<String, OpenError> {
        let framed = content.split_at_checked(RANDOM_BYTES);
        let (_random, framed) = framed.ok_or(OpenError::TooShort)?;
        let (length, rest) = framed
            .split_first_chunk::<LENGTH_BYTES>()
            .ok_or(OpenError::TooShort)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok();
        let (message, receiver) = length
            .and_then(|length| rest.split_at_checked(length))
            .ok_or(OpenError::BadLength)?;
        let is_ours = |expected: &str| receiver == expected.as_bytes();
        if !self.receiver.as_deref().is_none_or(is_ours) {
            return Err(OpenError::ReceiveIdMismatch);
        }
        let message = std::str::from_utf8(message).map_err(|_| OpenError::InvalidUtf8)?;
        Ok(message.to_owned())
    }
}

/// The content without its padding, of which every byte counts.
fn unpadded(bytes: &[u8]) -> Result<&[u8], OpenError> {
    let last = *bytes.last().ok_or(OpenError::BadPadding)?;
    let padding = usize::from(last);
    let (content, padded) = bytes
        .len()
        .checked_sub(padding)
        .filter(|_| (1..=PADDING_BYTES).contains(&padding))
        .and_then(|content| bytes.split_at_checked(content))
        .ok_or(OpenError::BadPadding)?;
    if padded.iter().any(|byte| *byte != last) {
        return Err(OpenError::BadPadding);
    }
    Ok(content)
}

impl fmt::Debug for CallbackCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackCipher")
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}
