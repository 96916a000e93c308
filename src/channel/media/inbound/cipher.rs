//! WeCom's encryption of media: AES-256-CBC, with padding to 32 bytes.

use std::fmt;
use std::io::{self, Write};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

use crate::secret::Secret;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a block of AES, and of the initialisation vector.
const BLOCK_BYTES: usize = 16;

/// WeCom pads to multiples of this, twice the block: libraries that know PKCS#7 for blocks
/// of 16 refuse half of its files.
pub(super) const PADDING_BYTES: usize = 32;

/// Bytes that are decrypted in one go: few enough to stay close to the processor.
const AT_ONCE_BYTES: usize = 32 * 1024;

/// With or without `=`; the bits that a last digit has too many may be anything, since
/// WeCom draws the digits at random.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The key of one piece of media. Its first half is the initialisation vector too.
#[derive(Clone)]
pub struct MediaKey([u8; KEY_BYTES]);

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is not base64 of 32 bytes")]
pub struct KeyError;

/// Content that does not come out right: another key's, damaged, or cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// No bytes at all; even an empty file has 32.
    #[error("there is no content to decrypt")]
    Nothing,
    /// Not a multiple of 16 bytes.
    #[error("the content to decrypt is cut off or not encrypted")]
    Length,
    /// The end is no padding.
    #[error("the content does not fit the key")]
    Padding,
}

impl MediaKey {
    /// Reads base64, with the letters of either alphabet and with or without `=`.
    ///
    /// # Errors
    /// Anything else than 32 bytes.
    pub fn parse(text: &Secret) -> Result<Self, KeyError> {
        let text = text.reveal().trim();
        let bytes = STANDARD
            .decode(text)
            .or_else(|_| URL_SAFE.decode(text))
            .map_err(|_| KeyError)?;
        bytes.try_into().map(Self).map_err(|_| KeyError)
    }
}

impl fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaKey(***)")
    }
}

/// Decrypts content that comes in pieces of any size.
///
/// It holds back the last 32 bytes of what it has, since only the end tells how many of
/// them are padding.
pub struct Unsealer {
    cipher: cbc::Decryptor<aes::Aes256>,
    /// First plain bytes that are held back, then ciphertext.
    buffer: Vec<u8>,
    plain: usize,
    is_empty: bool,
}

impl fmt::Debug for Unsealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsealer")
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl Unsealer {
    /// For content under `key`.
    pub fn new(key: &MediaKey) -> Self {
        let MediaKey(key) = key;
        let mut vector = [0_u8; BLOCK_BYTES];
        vector
            .iter_mut()
            .zip(key)
            .for_each(|(to, from)| *to = *from);
        Self {
            cipher: cbc::Decryptor::new(&Array::from(*key), &Array::from(vector)),
            buffer: Vec::new(),
            plain: 0,
            is_empty: true,
        }
    }

    /// Decrypts `sealed` and writes what is certain to be content to `out`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, sealed: &[u8], out: &mut impl Write) -> io::Result<()> {
        sealed
            .chunks(AT_ONCE_BYTES)
            .try_for_each(|sealed| self.write_some(sealed, out))
    }

    /// Checks the padding and writes the rest of the content.
    ///
    /// # Errors
    /// Content that is not all there or does not fit the key: what was written before is
    /// worth nothing then. And those of `out`.
    pub fn finish(self, out: &mut impl Write) -> Result<io::Result<()>, DecryptError> {
        if self.is_empty {
            return Err(DecryptError::Nothing);
        }
        if self.plain != self.buffer.len() {
            return Err(DecryptError::Length);
        }
        let last = *self.buffer.last().ok_or(DecryptError::Nothing)?;
        let padding = usize::from(last);
        let content = self.buffer.len().checked_sub(padding);
        let (content, padded) = content
            .filter(|_| (1..=PADDING_BYTES).contains(&padding))
            .and_then(|content| self.buffer.split_at_checked(content))
            .ok_or(DecryptError::Padding)?;
        if padded.iter().any(|byte| *byte != last) {
            return Err(DecryptError::Padding);
        }
        Ok(out.write_all(content))
    }

    fn write_some(&mut self, sealed: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.is_empty = false;
        self.buffer.extend_from_slice(sealed);
        if let Some(sealed) = self.buffer.get_mut(self.plain..) {
            let (blocks, _part) = Array::slice_as_chunks_mut(sealed);
            self.plain += blocks.len() * BLOCK_BYTES;
            self.cipher.decrypt_blocks(blocks);
        }
        let certain = self.plain.saturating_sub(PADDING_BYTES);
        if let Some(content) = self.buffer.get(..certain) {
            out.write_all(content)?;
        }
        self.buffer.drain(..certain);
        self.plain -= certain;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
