//! WeCom's side of the encryption, written again from its description.

use cbc::cipher::array::Array;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};

/// Bytes 0 to 31.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const OTHER_KEY: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// AES-256-CBC under [`KEY`], padded to a multiple of 32.
pub(crate) fn sealed(content: &[u8]) -> Vec<u8> {
    let key: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    let vector: [u8; 16] = key[..16].try_into().unwrap();
    let padding = 32 - content.len() % 32;
    let mut bytes = content.to_vec();
    bytes.extend(vec![u8::try_from(padding).unwrap(); padding]);
    let mut cipher = cbc::Encryptor::<aes::Aes256>::new(&Array::from(key), &Array::from(vector));
    let (blocks, _) = Array::slice_as_chunks_mut(&mut bytes);
    cipher.encrypt_blocks(blocks);
    bytes
}
