//! How often a frame of an upload is sent again, and when.

use std::slice::Iter;
use std::time::Duration;

use super::super::SendError;
use super::error::{UploadStep, is_damage};

/// Pauses before a chunk is sent again.
const CHUNK_PAUSES: &[Duration] = &[Duration::from_millis(500), Duration::from_secs(1)];

/// Pause before the first or the last frame is sent again.
const EDGE_PAUSES: &[Duration] = &[Duration::from_millis(500)];

/// Pauses before a frame is sent again that WeCom found too much at once.
const RATE_LIMIT_PAUSES: &[Duration] = &[
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Connections that may be lost over one frame: beyond it the frame itself is the reason.
const MAX_LOSSES: u32 = 5;

/// What is left to try with one frame. Every command of an upload may be repeated: an init
/// opens another upload, a chunk takes its own place, a finish gives the same answer.
#[derive(Debug)]
pub(super) struct Tries {
    pauses: Iter<'static, Duration>,
    rate_limit_pauses: Iter<'static, Duration>,
    losses: u32,
}

/// What to do with a frame that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Send it again, so long after it failed.
    Again(Duration),
    /// Give up.
    Never,
}

impl Tries {
    pub(super) fn of(step: UploadStep) -> Self {
        let pauses = match step {
            UploadStep::Chunk => CHUNK_PAUSES,
            UploadStep::Init | UploadStep::Finish => EDGE_PAUSES,
        };
        Self {
            pauses: pauses.iter(),
            rate_limit_pauses: RATE_LIMIT_PAUSES.iter(),
            losses: 0,
        }
    }

    /// `is_lost`: the connection went with the frame, which is no fault of the frame.
    pub(super) fn after(&mut self, error: &SendError, is_lost: bool) -> Next {
        let pause = match error {
            SendError::Unknown if is_lost => {
                self.losses += 1;
                (self.losses <= MAX_LOSSES).then_some(Duration::ZERO)
            }
            // It was waited for already, or is parked.
            SendError::NotConnected => None,
            SendError::Refused(refusal)
                if refusal.code.is_media_refused() || is_damage(refusal) =>
            {
                None
            }
            SendError::Refused(refusal) if refusal.code.is_rate_limited() => {
                self.rate_limit_pauses.next().copied()
            }
            SendError::Refused(_) | SendError::Unknown | SendError::QueueFull => {
                self.pauses.next().copied()
            }
        };
        pause.map_or(Next::Never, Next::Again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wecom::bot::{ErrorCode, Refusal};

    fn refused(code: i64, message: &str) -> SendError {
        SendError::Refused(Refusal {
            code: ErrorCode::new(code),
            message: message.to_owned(),
        })
    }

    /// The pauses in milliseconds until `error` is final.
    fn pauses(step: UploadStep, error: &SendError, is_lost: bool) -> Vec<u128> {
        let mut tries = Tries::of(step);
        let mut pauses = Vec::new();
        while let Next::Again(pause) = tries.after(error, is_lost) {
            pauses.push(pause.as_millis());
        }
        pauses
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        use UploadStep::{Chunk, Finish, Init};
        for (step, error, expected) in [
            (Chunk, refused(-1, "system error"), vec![500, 1000]),
            (Chunk, SendError::Unknown, vec![500, 1000]),
            (Chunk, SendError::QueueFull, vec![500, 1000]),
            (Init, SendError::Unknown, vec![500]),
            (Finish, refused(-1, "system error"), vec![500]),
            (Init, refused(45_009, "too often"), vec![2000, 4000, 8000]),
            (Init, refused(40_004, "invalid media type"), vec![]),
            (Finish, refused(301_019, "differs"), vec![]),
            (Finish, refused(40_058, "md5 does not match"), vec![]),
            (Chunk, SendError::NotConnected, vec![]),
        ] {
            assert_eq!(pauses(step, &error, false), expected, "{step} {error}");
        }
    }

    #[test]
    fn lost_connections_are_counted_apart() {
        let lost = pauses(UploadStep::Chunk, &SendError::Unknown, true);
        assert_eq!(lost, [0; 5]);
        let mut tries = Tries::of(UploadStep::Chunk);
        for _ in 0..5 {
            tries.after(&SendError::Unknown, true);
        }
        let next = tries.after(&SendError::Unknown, false);
        assert_eq!(next, Next::Again(Duration::from_millis(500)));
    }
}
