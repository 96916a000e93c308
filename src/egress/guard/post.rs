//! Bringing something to an address that somebody else chose.

use tokio::time::Instant;
use url::Url;

use super::{GuardError, GuardedClient};
use crate::secret::Secret;

/// What became of a request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The server answered with this status. What else it says is not read, and a redirect
    /// is an answer like another.
    Answered(u16),
    /// No answer came in time, or the connection broke: it may have arrived.
    Unanswered,
}

impl GuardedClient {
    /// Sends JSON to `url`, as the holder of `bearer` where one is given; answered, or given
    /// up, by `deadline`.
    ///
    /// # Errors
    /// [`GuardError`]: nothing was sent.
    pub async fn post_json(
        &self,
        url: &str,
        bearer: Option<&Secret>,
        json: String,
        deadline: Instant,
    ) -> Result<Posted, GuardError> {
        let url = Url::parse(url).map_err(|_| GuardError::Malformed)?;
        self.allowed.check(&url)?;
        let mut request = self
            .client_for(&url)
            .post(url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(json);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer.reveal());
        }
        match tokio::time::timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => Ok(Posted::Answered(response.status().as_u16())),
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                Err(GuardError::of(error))
            }
            Ok(Err(_)) | Err(_) => Ok(Posted::Unanswered),
        }
    }
}
