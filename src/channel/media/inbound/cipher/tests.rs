use cbc::cipher::BlockModeEncrypt;
use proptest::prelude::*;

use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn key() -> MediaKey {
    MediaKey::parse(&KEY.into()).unwrap()
}

/// Encrypts with a padding of the given value, right or wrong.
fn sealed_with(content: &[u8], padding: &[u8]) -> Vec<u8> {
    let mut bytes = [content, padding].concat();
    let MediaKey(key) = key();
    let vector: [u8; 16] = key[..16].try_into().unwrap();
    let mut cipher = cbc::Encryptor::<aes::Aes256>::new(&Array::from(key), &Array::from(vector));
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut bytes);
    assert!(rest.is_empty());
    cipher.encrypt_blocks(blocks);
    bytes
}

fn sealed(content: &[u8]) -> Vec<u8> {
    let padding = PADDING_BYTES - content.len() % PADDING_BYTES;
    sealed_with(content, &vec![u8::try_from(padding).unwrap(); padding])
}

/// Decrypts in pieces of these sizes, over and over.
fn unsealed(sealed: &[u8], pieces: &[usize]) -> Result<Vec<u8>, DecryptError> {
    let mut unsealer = Unsealer::new(&key());
    let mut content = Vec::new();
    let mut rest = sealed;
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(*pieces.next().unwrap()));
        unsealer.write(piece, &mut content).unwrap();
        rest = after;
    }
    unsealer.finish(&mut content)?.unwrap();
    Ok(content)
}

#[test]
fn known_ciphertexts_come_out() {
    for (content, ciphertext) in [
        ("hello", "y4HBxBVZrd+RmZ1TvE3DlWxUrNU1Fb/s9s+J5xbsvH0="),
        ("", "YaaTbk6PEBwcwfmTtUKg1IaCMVSgl1nj/EsKctpkKDU="),
        (
            "0123456789abcdef0123456789abcdef",
            "4j/AuRx71kQlxVlzbpsMWOQz81ZEvcogSSfMzsheSTsxpcB6k5O9xXTZh4Jyb7G6UMkcaqTgFg4CE6Xh5SfDOg==",
        ),
    ] {
        let ciphertext = STANDARD.decode(ciphertext).unwrap();
        assert_eq!(sealed(content.as_bytes()), ciphertext);
        assert_eq!(unsealed(&ciphertext, &[7]).unwrap(), content.as_bytes());
    }
}

#[test]
fn every_length_comes_out_in_pieces_of_any_size() {
    for length in 0..=200_u8 {
        let content: Vec<u8> = (0..length).collect();
        let ciphertext = sealed(&content);
        assert_eq!(ciphertext.len() % 32, 0);
        for pieces in [[1, 1], [15, 17], [16, 16], [31, 33], [1000, 1]] {
            assert_eq!(unsealed(&ciphertext, &pieces).unwrap(), content);
        }
    }
}

#[test]
fn all_of_the_padding_is_checked() {
    for (content, padding, verdict) in [
        (15, vec![1], Ok(15)),
        (16, vec![16; 16], Ok(16)),
        (15, vec![17; 17], Ok(15)),
        (0, vec![32; 32], Ok(0)),
        (0, vec![16; 16], Ok(0)),
        (15, vec![0], Err(DecryptError::Padding)),
        (15, vec![33; 33], Err(DecryptError::Padding)),
        (15, vec![255], Err(DecryptError::Padding)),
        (0, vec![17; 16], Err(DecryptError::Padding)),
        (14, vec![1, 2], Err(DecryptError::Padding)),
        (
            0,
            [vec![31], vec![32; 31]].concat(),
            Err(DecryptError::Padding),
        ),
    ] {
        let ciphertext = sealed_with(&vec![b'x'; content], &padding);
        let found = unsealed(&ciphertext, &[64]).map(|content| content.len());
        assert_eq!(found, verdict, "{content} {padding:?}");
    }
}

#[test]
fn ciphertext_that_is_not_whole_is_refused() {
    let ciphertext = sealed(&[b'x'; 100]);
    assert_eq!(unsealed(&[], &[1]), Err(DecryptError::Nothing));
    for cut in [1, 15, 17, 127] {
        assert_eq!(
            unsealed(&ciphertext[..cut], &[16]),
            Err(DecryptError::Length),
            "{cut}"
        );
    }
    assert_eq!(
        unsealed(&ciphertext[..64], &[16]),
        Err(DecryptError::Padding)
    );
}

#[test]
fn a_key_may_be_written_in_four_ways() {
    let bytes = [0xFB_u8; 32];
    let standard = STANDARD.encode(bytes);
    let url_safe = URL_SAFE.encode(bytes);
    assert!(standard.contains('+') && url_safe.contains('-'));
    for text in [
        standard.clone(),
        url_safe.clone(),
        standard.trim_end_matches('=').to_owned(),
        url_safe.trim_end_matches('=').to_owned(),
        format!(" {standard}\n"),
    ] {
        let MediaKey(found) = MediaKey::parse(&Secret::new(text.clone())).unwrap();
        assert_eq!(found, bytes, "{text}");
    }
    for text in ["", "AAEC", &"00".repeat(32), &STANDARD.encode([0; 33])] {
        assert_eq!(
            MediaKey::parse(&text.into()).err(),
            Some(KeyError),
            "{text}"
        );
    }
    assert_eq!(format!("{:?}", key()), "MediaKey(***)");
}

proptest! {
    #[test]
    fn what_was_sealed_comes_out(
        content in prop::collection::vec(any::<u8>(), 0..2_000),
        pieces in prop::collection::vec(1_usize..300, 1..20),
    ) {
        prop_assert_eq!(unsealed(&sealed(&content), &pieces).unwrap(), content);
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        pieces in prop::collection::vec(1_usize..50, 1..5),
    ) {
        let _ = unsealed(&bytes, &pieces);
    }
}
