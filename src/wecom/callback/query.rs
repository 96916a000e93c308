//! The query of a callback.

use url::form_urlencoded;

use super::signature::Signature;

/// Names of the signature; WeCom writes the first.
const SIGNATURE_NAMES: [&str; 3] = ["msg_signature", "msgsignature", "signature"];

/// Digits of a timestamp: seconds.
const TIMESTAMP_DIGITS: usize = 11;

/// Longest nonce, in bytes.
const NONCE_BYTES: usize = 128;

/// What the query of a callback says. The texts are as they came: what was signed is the
/// text, not the number.
#[derive(Debug, Clone)]
pub struct CallbackQuery {
    /// Over the other parts.
    pub signature: Signature,
    /// Seconds since 1970.
    pub timestamp: String,
    /// Chosen by WeCom, and not again within two hours.
    pub nonce: String,
    /// The sealed text of a check of the address.
    pub echo: Option<String>,
}

/// What is wrong with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A parameter is not there, or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A parameter is there twice: which one was meant?
    #[error("`{0}` is there twice")]
    Twice(&'static str),
    /// The signature can't be one.
    #[error("the signature is not 40 lower-case hexadecimal digits")]
    Signature,
    /// The timestamp can't be one.
    #[error("`timestamp` is not 1 to 11 digits")]
    Timestamp,
    /// The nonce can't be one.
    #[error("`nonce` is not 1 to 128 printable ASCII characters")]
    Nonce,
}

impl CallbackQuery {
    /// Reads a query, without the `?`.
    ///
    /// The parts are signed without anything between them, so that digits could be moved from
    /// one to the next: their form is checked before.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let mut signatures: [Option<String>; 3] = [None, None, None];
        let (mut timestamp, mut nonce, mut echo) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (place, name) = match &*name {
                "timestamp" => (&mut timestamp, "timestamp"),
                "nonce" => (&mut nonce, "nonce"),
                "echostr" => (&mut echo, "echostr"),
                other => {
                    let mut known = signatures.iter_mut().zip(SIGNATURE_NAMES);
                    match known.find(|(_, name)| *name == other) {
                        Some(found) => found,
                        None => continue,
                    }
                }
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(QueryError::Twice(name));
            }
        }
        let present = |value: Option<String>| value.filter(|value| !value.is_empty());
        let signature = signatures.into_iter().find_map(present);
        let signature = signature.ok_or(QueryError::Missing(SIGNATURE_NAMES[0]))?;
        let timestamp = present(timestamp).ok_or(QueryError::Missing("timestamp"))?;
        let nonce = present(nonce).ok_or(QueryError::Missing("nonce"))?;
        let signature = Signature::parse(&signature).ok_or(QueryError::Signature)?;
        let is_number = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || timestamp.len() > TIMESTAMP_DIGITS {
            return Err(QueryError::Timestamp);
        }
        let is_printable = nonce.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_printable || nonce.len() > NONCE_BYTES {
            return Err(QueryError::Nonce);
        }
        Ok(Self {
            signature,
            timestamp,
            nonce,
            // A `+` that was not encoded reads as a blank, which base64 does not have.
            echo: present(echo).map(|echo| echo.replace(' ', "+")),
        })
    }

    /// The sealed text of a check of the address.
    ///
    /// # Errors
    /// There is none.
    pub fn echo(&self) -> Result<&str, QueryError> {
        self.echo.as_deref().ok_or(QueryError::Missing("echostr"))
    }

    /// When WeCom sent it, in seconds since 1970.
    pub fn sent_at(&self) -> i64 {
        // Eleven digits at the most.
        self.timestamp.parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "58e95a3efbefbe2e5c6e725c05ba0bc7cf893ad2";

    fn parse(query: &str) -> Result<CallbackQuery, QueryError> {
        CallbackQuery::parse(&query.replace("SIG", SIGNATURE))
    }

    #[test]
    fn the_three_names_of_the_signature() {
        let other = "0".repeat(40);
        for query in [
            "msg_signature=SIG&timestamp=1&nonce=n",
            "msgsignature=SIG&timestamp=1&nonce=n",
            "signature=SIG&timestamp=1&nonce=n",
            &format!(
                "signature={other}&msgsignature={other}&msg_signature=SIG&timestamp=1&nonce=n"
            ),
            &format!("msg_signature=&signature={other}&msgsignature=SIG&timestamp=1&nonce=n"),
        ] {
            assert_eq!(
                parse(query).unwrap().signature.as_str(),
                SIGNATURE,
                "{query}"
            );
        }
    }

    #[test]
    fn values_are_decoded_and_nothing_else() {
        let query =
            parse("msg_signature=SIG&timestamp=01760000001&nonce=a%2Bb&echostr=1n%2Bx%2Fy%3D")
                .unwrap();
        assert_eq!(query.timestamp, "01760000001");
        assert_eq!(query.sent_at(), 1_760_000_001);
        assert_eq!(query.nonce, "a+b");
        assert_eq!(query.echo(), Ok("1n+x/y="));
    }

    #[test]
    fn a_plus_that_was_not_encoded() {
        let query = parse("msg_signature=SIG&timestamp=1&nonce=n&echostr=a+b+c=").unwrap();
        assert_eq!(query.echo(), Ok("a+b+c="));
    }

    #[test]
    fn what_can_not_be() {
        let long = "n".repeat(129);
        for (query, error) in [
            ("", QueryError::Missing("msg_signature")),
            (
                "msg_signature=SIG&nonce=n",
                QueryError::Missing("timestamp"),
            ),
            (
                "msg_signature=SIG&timestamp=1&nonce=",
                QueryError::Missing("nonce"),
            ),
            (
                "msg_signature=SIG&timestamp=1&timestamp=1&nonce=n",
                QueryError::Twice("timestamp"),
            ),
            (
                "msg_signature=SIG&msg_signature=SIG&timestamp=1&nonce=n",
                QueryError::Twice("msg_signature"),
            ),
            (
                "msg_signature=abc&timestamp=1&nonce=n",
                QueryError::Signature,
            ),
            (
                "msg_signature=SIG&timestamp=1a&nonce=n",
                QueryError::Timestamp,
            ),
            (
                "msg_signature=SIG&timestamp=-1&nonce=n",
                QueryError::Timestamp,
            ),
            (
                "msg_signature=SIG&timestamp=123456789012&nonce=n",
                QueryError::Timestamp,
            ),
            (
                "msg_signature=SIG&timestamp=1&nonce=%E4%BC%81",
                QueryError::Nonce,
            ),
            ("msg_signature=SIG&timestamp=1&nonce=%00", QueryError::Nonce),
            (
                &format!("msg_signature=SIG&timestamp=1&nonce={long}"),
                QueryError::Nonce,
            ),
        ] {
            assert_eq!(parse(query).unwrap_err(), error, "{query}");
        }
        let query = parse("msg_signature=SIG&timestamp=1&nonce=n").unwrap();
        assert_eq!(query.echo(), Err(QueryError::Missing("echostr")));
    }
}
