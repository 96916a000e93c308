//! The signature over a callback's parts.

use std::fmt;

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// Digits of a signature: SHA-1 in hexadecimal.
const LENGTH: usize = 40;

/// A signature as it is written: 40 lower-case hexadecimal digits.
#[derive(Clone, Copy)]
pub struct Signature([u8; LENGTH]);

impl Signature {
    /// Signs a sealed text: SHA-1 over the four texts in order of their bytes, without
    /// anything between them.
    pub fn of(token: &str, timestamp: &str, nonce: &str, sealed: &str) -> Self {
        let mut parts = [token, timestamp, nonce, sealed];
        parts.sort_unstable();
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part);
        }
        let mut digits = [0; LENGTH];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash.finalize()) {
            for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = if half < 10 {
                    b'0' + half
                } else {
                    b'a' + half - 10
                };
            }
        }
        Self(digits)
    }

    /// Reads one. `None`: anything but 40 lower-case digits, which no signature of WeCom's is.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; LENGTH] = text.as_bytes().try_into().ok()?;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        digits.iter().all(is_digit).then_some(Self(digits))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        // ASCII by the two ways there are to make one.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether two are the same, in a time that does not tell where they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_sorted_as_texts() {
        for ([token, timestamp, nonce, sealed], signature) in [
            (
                ["tok", "1", "2", "3"],
                "235575afc119ddb99fc0e61894a5db4cef6efd32",
            ),
            (
                ["Zed", "abc", "ABC", "+/="],
                "80f4db854a6d41b91f5706e16ce0ac04b6d213c0",
            ),
            (
                ["10", "9", "2", "1"],
                "8892fbc0c505fa835e6b4baf1316c0b96d0b3a16",
            ),
        ] {
            let made = Signature::of(token, timestamp, nonce, sealed);
            assert_eq!(made.as_str(), signature);
        }
    }

    #[test]
    fn only_forty_lower_case_digits_are_a_signature() {
        let good = "58e95a3efbefbe2e5c6e725c05ba0bc7cf893ad2";
        assert!(Signature::parse(good).is_some());
        let long = format!("{good} ");
        for bad in [&good.to_uppercase(), &long, &good[..39], "", "企"] {
            assert!(Signature::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn one_digit_makes_another_signature() {
        let [one, other] = [
            "58e95a3efbefbe2e5c6e725c05ba0bc7cf893ad2",
            "58e95a3efbefbe2e5c6e725c05ba0bc7cf893ad3",
        ]
        .map(|text| Signature::parse(text).unwrap());
        assert!(one.is(&one));
        assert!(!one.is(&other));
    }
}
