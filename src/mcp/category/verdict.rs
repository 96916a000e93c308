//! What to forget after a failure, and whether to try again: one table.

use std::time::Duration;

use super::failure::{Failure, RpcCode, Stage, Trouble};
use crate::catalogue::RetryClass;

/// How long a server that answers 429 without saying when is left alone.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The longest pause that a 429 is worth waiting for within a call.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Before the one repeat of a request that was not sent.
const UNSENT_PAUSE: Duration = Duration::from_millis(500);

/// Before the repeats of a request that may have run and may run again.
const UNCERTAIN_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// What is no longer to be believed.
    pub(super) forget: Forget,
    /// What may be tried.
    pub(super) repeat: Repeat,
}

/// What is no longer to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forget {
    /// All holds.
    Nothing,
    /// The session.
    Session,
    /// Address, sessions and tool lists of the category.
    Category,
}

/// What may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Repeat {
    /// Nothing.
    Never,
    /// Once more, for nothing was sent.
    Unsent,
    /// Twice more, for it does no harm.
    Uncertain,
    /// Once on a new session.
    NewSession,
    /// Once, if asking again brings another address.
    NewAddress,
    /// Once with what asking again brings.
    Refreshed,
    /// Once after a pause.
    After(Duration),
}

/// The verdict on a failure of a request whose retry class is `class`.
///
/// | failure | forget | repeat |
/// |---|---|---|
/// | not connected | – | once |
/// | broken, timed out, HTTP 5xx | – | twice if safe |
/// | 404 with a session | session | once |
/// | 404 without, 401, 403, 410, -32002, -32003 | category | once at another address |
/// | 429 | – | once after its pause |
/// | -32001 | category | once if safe |
/// | all else | – | – |
pub(super) fn verdict(trouble: &Trouble, class: RetryClass) -> Verdict {
    let (class, had_session) = match trouble.stage {
        Stage::Handshake => (RetryClass::Safe, false),
        Stage::Request { had_session } => (class, had_session),
    };
    let if_safe = |repeat| match class {
        RetryClass::Safe => repeat,
        RetryClass::VerifyFirst | RetryClass::Never => Repeat::Never,
    };
    let of = |forget, repeat| Verdict { forget, repeat };
    let rpc = match &trouble.failure {
        Failure::Rpc(error) => Some(error.code()),
        Failure::Status { rpc, .. } => rpc.as_ref().map(super::failure::RpcError::code),
        _ => None,
    };
    match &trouble.failure {
        Failure::Status { status: 404, .. } if had_session => {
            return of(Forget::Session, Repeat::NewSession);
        }
        Failure::Status {
            status: 401 | 403 | 404 | 410,
            ..
        } => return of(Forget::Category, Repeat::NewAddress),
        _ => {}
    }
    match rpc {
        Some(RpcCode::Unavailable) => {
            return of(Forget::Category, if_safe(Repeat::Refreshed));
        }
        Some(RpcCode::ConfigurationChanged | RpcCode::AuthenticationFailed) => {
            return of(Forget::Category, Repeat::NewAddress);
        }
        _ => {}
    }
    match &trouble.failure {
        Failure::Unreachable(_) => of(Forget::Nothing, Repeat::Unsent),
        Failure::Broken(_) | Failure::TimedOut => of(Forget::Nothing, if_safe(Repeat::Uncertain)),
        Failure::Status {
            status: 429,
            retry_after,
            ..
        } => {
            let pause = retry_after.unwrap_or(DEFAULT_RETRY_AFTER);
            let repeat = if pause <= MAX_RETRY_AFTER {
                Repeat::After(pause)
            } else {
                Repeat::Never
            };
            of(Forget::Nothing, repeat)
        }
        Failure::Status { status, .. } if *status >= 500 => {
            of(Forget::Nothing, if_safe(Repeat::Uncertain))
        }
        _ => of(Forget::Nothing, Repeat::Never),
    }
}

/// The repeats that one operation has had.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    unsent: usize,
    uncertain: usize,
    session: usize,
    address: usize,
    refreshed: usize,
    later: usize,
}

impl Attempts {
    /// Takes one repeat of that kind, if one is left: the pause before it, without jitter.
    pub(super) fn take(&mut self, repeat: Repeat) -> Option<Duration> {
        let (used, pauses): (&mut usize, &[Duration]) = match repeat {
            Repeat::Never => return None,
            Repeat::Unsent => (&mut self.unsent, &[UNSENT_PAUSE]),
            Repeat::Uncertain => (&mut self.uncertain, &UNCERTAIN_PAUSES),
            Repeat::NewSession => (&mut self.session, &[Duration::ZERO]),
            Repeat::NewAddress => (&mut self.address, &[Duration::ZERO]),
            Repeat::Refreshed => (&mut self.refreshed, &[Duration::ZERO]),
            Repeat::After(pause) => {
                self.later += 1;
                return (self.later == 1).then_some(pause);
            }
        };
        let pause = pauses.get(*used).copied();
        *used += 1;
        pause
    }
}

/// A pause with ±20 % jitter, so that callers who failed together do not come together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.8..=1.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::category::failure::RpcError;

    fn status(status: u16) -> Failure {
        Failure::Status {
            status,
            retry_after: None,
            rpc: None,
        }
    }

    fn rpc(code: i64) -> Failure {
        Failure::Rpc(RpcError {
            code,
            message: String::new(),
        })
    }

    const SESSION: Stage = Stage::Request { had_session: true };
    const NO_SESSION: Stage = Stage::Request { had_session: false };

    #[test]
    fn every_failure_has_its_row() {
        use Forget::{Category, Nothing, Session};
        use Repeat::{Never, NewAddress, NewSession, Refreshed, Uncertain, Unsent};
        let broken = || Failure::Broken("reset".to_owned());
        // Failure, with which stage, what is forgotten, repeat if safe, repeat if not.
        let rows = [
            (
                Failure::Unreachable("dns".to_owned()),
                NO_SESSION,
                Nothing,
                Unsent,
                Unsent,
            ),
            (broken(), SESSION, Nothing, Uncertain, Never),
            (broken(), Stage::Handshake, Nothing, Uncertain, Uncertain),
            (Failure::TimedOut, SESSION, Nothing, Uncertain, Never),
            (status(404), SESSION, Session, NewSession, NewSession),
            (status(404), NO_SESSION, Category, NewAddress, NewAddress),
            (status(401), SESSION, Category, NewAddress, NewAddress),
            (status(403), NO_SESSION, Category, NewAddress, NewAddress),
            (status(410), NO_SESSION, Category, NewAddress, NewAddress),
            (status(500), NO_SESSION, Nothing, Uncertain, Never),
            (status(503), Stage::Handshake, Nothing, Uncertain, Uncertain),
            (status(400), NO_SESSION, Nothing, Never, Never),
            (status(406), NO_SESSION, Nothing, Never, Never),
            (status(415), NO_SESSION, Nothing, Never, Never),
            (status(302), NO_SESSION, Nothing, Never, Never),
            (rpc(-32001), SESSION, Category, Refreshed, Never),
            (rpc(-32002), SESSION, Category, NewAddress, NewAddress),
            (rpc(-32003), SESSION, Category, NewAddress, NewAddress),
            (rpc(-32600), SESSION, Nothing, Never, Never),
            (rpc(-32601), SESSION, Nothing, Never, Never),
            (rpc(-32602), SESSION, Nothing, Never, Never),
            (rpc(-32603), SESSION, Nothing, Never, Never),
            (
                Failure::Malformed("is empty"),
                SESSION,
                Nothing,
                Never,
                Never,
            ),
            (
                Failure::TooLarge { size: 2, limit: 1 },
                SESSION,
                Nothing,
                Never,
                Never,
            ),
        ];
        for (failure, stage, forget, if_safe, if_not) in rows {
            let trouble = Trouble { failure, stage };
            for (class, repeat) in [
                (RetryClass::Safe, if_safe),
                (RetryClass::VerifyFirst, if_not),
                (RetryClass::Never, if_not),
            ] {
                let expected = Verdict { forget, repeat };
                assert_eq!(verdict(&trouble, class), expected, "{trouble:?} {class:?}");
            }
        }
    }

    #[test]
    fn an_error_in_the_body_of_a_refusal_counts() {
        let trouble = Trouble {
            failure: Failure::Status {
                status: 400,
                retry_after: None,
                rpc: Some(RpcError {
                    code: -32003,
                    message: String::new(),
                }),
            },
            stage: NO_SESSION,
        };
        let expected = Verdict {
            forget: Forget::Category,
            repeat: Repeat::NewAddress,
        };
        assert_eq!(verdict(&trouble, RetryClass::Never), expected);
    }

    #[test]
    fn too_many_requests_wait_as_told_up_to_ten_seconds() {
        for (after, repeat) in [
            (None, Repeat::After(Duration::from_secs(5))),
            (Some(10), Repeat::After(Duration::from_secs(10))),
            (Some(11), Repeat::Never),
        ] {
            let trouble = Trouble {
                failure: Failure::Status {
                    status: 429,
                    retry_after: after.map(Duration::from_secs),
                    rpc: None,
                },
                stage: NO_SESSION,
            };
            assert_eq!(verdict(&trouble, RetryClass::Never).repeat, repeat);
        }
    }

    #[test]
    fn repeats_run_out() {
        let mut attempts = Attempts::default();
        let ms = |attempts: &mut Attempts, repeat| attempts.take(repeat).map(|p| p.as_millis());
        assert_eq!(ms(&mut attempts, Repeat::Never), None);
        for repeat in [Repeat::NewSession, Repeat::NewAddress, Repeat::Refreshed] {
            assert_eq!(ms(&mut attempts, repeat), Some(0));
            assert_eq!(ms(&mut attempts, repeat), None);
        }
        assert_eq!(ms(&mut attempts, Repeat::Unsent), Some(500));
        assert_eq!(ms(&mut attempts, Repeat::Unsent), None);
        assert_eq!(ms(&mut attempts, Repeat::Uncertain), Some(500));
        assert_eq!(ms(&mut attempts, Repeat::Uncertain), Some(1_000));
        assert_eq!(ms(&mut attempts, Repeat::Uncertain), None);
        let later = Repeat::After(Duration::from_secs(5));
        assert_eq!(ms(&mut attempts, later), Some(5_000));
        assert_eq!(ms(&mut attempts, later), None);
    }
}
