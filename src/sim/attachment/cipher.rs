//! The encryption of what people send: AES-256 in CBC mode, the key's first half as
//! initial vector, padded by PKCS#7 to multiples of 32 bytes (twice the cipher's block).

use aes::Aes256;
use aes::cipher::{Block, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};

/// The key of one address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FileKey([u8; KEY_BYTES]);

impl FileKey {
    /// A key that nothing else has.
    pub(super) fn draw() -> Self {
        Self(rand::random())
    }

    /// The key that callbacks have.
    pub(super) fn of(key: [u8; KEY_BYTES]) -> Self {
        Self(key)
    }

    /// As pushes carry it.
    pub(super) fn text(&self) -> String {
        STANDARD.encode(self.0)
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(***)")
    }
}

/// Encrypts a file piece by piece, so that a large one is never held twice.
pub(super) struct Encryption {
    cipher: cbc::Encryptor<Aes256>,
    rest: Bytes,
    is_over: bool,
}

impl Encryption {
    /// The encryption of `data`.
    pub(super) fn new(key: FileKey, data: Bytes) -> Self {
        let mut iv = [0; BLOCK_BYTES];
        for (to, from) in iv.iter_mut().zip(key.0) {
            *to = from;
        }
        Self {
            cipher: cbc::Encryptor::new(&key.0.into(), &iv.into()),
            rest: data,
            is_over: false,
        }
    }

    /// The size of the whole, for a file of `size` bytes.
    pub(super) fn length(size: usize) -> usize {
        (size / PADDING_BYTES + 1) * PADDING_BYTES
    }
}

impl Iterator for Encryption {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let mut piece = BytesMut::from(self.rest.split_to(self.rest.len().min(PIECE_BYTES)));
        if piece.len() < PIECE_BYTES {
            let size = Self::length(piece.len());
            // 1 to 32: the padding is never empty, and says its own length.
            let padding = u8::try_from(size - piece.len()).unwrap_or_default();
            piece.resize(size, padding);
            self.is_over = true;
        }
        for bytes in piece.chunks_exact_mut(BLOCK_BYTES) {
            // Pieces are whole blocks, so that this is always one.
            if let Ok(block) = <&mut Block<Aes256>>::try_from(bytes) {
                self.cipher.encrypt_block(block);
            }
        }
        Some(piece.freeze())
    }
}

const KEY_BYTES: usize = 32;
const BLOCK_BYTES: usize = 16;
const PADDING_BYTES: usize = 32;
/// What is encrypted at a time: whole paddings, and little enough to keep a task short.
const PIECE_BYTES: usize = 64 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypted(data: &[u8]) -> Vec<u8> {
        let key: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        Encryption::new(FileKey(key), Bytes::copy_from_slice(data))
            .flatten()
            .collect()
    }

    /// Made with another implementation: `openssl enc -aes-256-cbc -nopad`.
    #[test]
    fn known_texts_give_known_ciphers() {
        let cases: [(&[u8], &str); 3] = [
            (b"hello", "y4HBxBVZrd+RmZ1TvE3DlWxUrNU1Fb/s9s+J5xbsvH0="),
            (b"", "YaaTbk6PEBwcwfmTtUKg1IaCMVSgl1nj/EsKctpkKDU="),
            (
                b"0123456789abcdef0123456789abcdef",
                "4j/AuRx71kQlxVlzbpsMWOQz81ZEvcogSSfMzsheSTsxpcB6k5O9xXTZh4Jyb7G6UMkcaqTgFg4CE6Xh5SfDOg==",
            ),
        ];
        for (plain, cipher) in cases {
            assert_eq!(STANDARD.encode(encrypted(plain)), cipher);
        }
    }

    #[test]
    fn the_length_is_known_beforehand() {
        for size in [
            0,
            1,
            31,
            32,
            33,
            PIECE_BYTES - 1,
            PIECE_BYTES,
            PIECE_BYTES + 1,
        ] {
            let length = encrypted(&vec![7; size]).len();
            assert_eq!(length, Encryption::length(size), "{size}");
            assert!(length.is_multiple_of(PADDING_BYTES) && length > size);
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let key = FileKey::draw();
        assert_eq!(format!("{key:?}"), "FileKey(***)");
        assert_ne!(key.text(), FileKey::draw().text());
    }
}
