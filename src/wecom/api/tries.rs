//! Whether a call that failed is made again.

use std::time::Duration;

use tokio::time::Instant;

use super::code::CodeClass;
use super::error::{ApiError, is_transient};
use super::settings::ApiSettings;

/// The longest pause between two attempts; limits on calls have pauses of their own.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Whether a call may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing that matters: also after an answer that did not come.
    Harmless,
    /// Somebody may get it twice: only where it certainly had no effect.
    UntilSent,
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Tries {
    repeat: Repeat,
    left: u32,
    pause: Duration,
    deadline: Instant,
    has_new_token: bool,
    has_waited: bool,
}

/// What comes after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The failure is the result.
    Fail,
    /// Again at once, with a new token.
    NewToken,
    /// Again at that time.
    At(Instant),
}

impl Tries {
    pub(super) fn new(settings: &ApiSettings, repeat: Repeat, deadline: Instant) -> Self {
        Self {
            repeat,
            left: settings.retries,
            pause: settings.retry_delay,
            deadline,
            has_new_token: false,
            has_waited: false,
        }
    }

    /// What comes after `error`. Token and limit allow one repeat each, which is not counted
    /// among the others.
    pub(super) fn after(&mut self, error: &ApiError) -> Next {
        let is_passing = match (error.class(), error) {
            (Some(CodeClass::Token), _) => {
                let is_first = !std::mem::replace(&mut self.has_new_token, true);
                return if is_first { Next::NewToken } else { Next::Fail };
            }
            (Some(CodeClass::Rate), _) => {
                let is_first = !std::mem::replace(&mut self.has_waited, true);
                let pause = error.code().and_then(super::ApiCode::pause);
                return match pause.filter(|_| is_first) {
                    Some(pause) => self.in_time(pause),
                    None => Next::Fail,
                };
            }
            (Some(CodeClass::Busy), _) | (_, ApiError::Unreachable { .. }) => true,
            (_, ApiError::Http { status }) => is_transient(*status),
            (_, ApiError::NoAnswer { .. }) => self.repeat == Repeat::Harmless,
            _ => false,
        };
        if !is_passing || self.left == 0 {
            return Next::Fail;
        }
        self.left -= 1;
        let pause = self.pause.min(MAX_PAUSE);
        self.pause = pause.saturating_mul(2);
        self.in_time(pause.mul_f64(rand::random_range(0.8..=1.2)))
    }

    fn in_time(&self, pause: Duration) -> Next {
        let again = Instant::now() + pause;
        if again < self.deadline {
            Next::At(again)
        } else {
            Next::Fail
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::ApiRefusal;
    use super::*;

    fn settings(retries: u32) -> ApiSettings {
        ApiSettings {
            corp_id: "ww".to_owned(),
            corp_secret: "s".into(),
            base: "https://api.example".parse().unwrap(),
            timeout: Duration::from_secs(15),
            retries,
            retry_delay: Duration::from_secs(1),
        }
    }

    fn tries(repeat: Repeat) -> Tries {
        let deadline = Instant::now() + Duration::from_mins(10);
        Tries::new(&settings(2), repeat, deadline)
    }

    fn refused(code: i64) -> ApiError {
        ApiError::Refused(ApiRefusal::new(code, "", "message/send", &[]))
    }

    fn no_answer() -> ApiError {
        let cause = "reset".to_owned();
        ApiError::NoAnswer { cause }
    }

    fn unreachable() -> ApiError {
        ApiError::Unreachable {
            host: "h".to_owned(),
            cause: "refused".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_repeated_depends_on_the_call_and_the_failure() {
        use Repeat::{Harmless, UntilSent};
        for (error, harmless, until_sent) in [
            (unreachable(), true, true),
            (no_answer(), true, false),
            (ApiError::Http { status: 429 }, true, true),
            (ApiError::Http { status: 502 }, true, true),
            (ApiError::Http { status: 503 }, true, true),
            (ApiError::Http { status: 504 }, true, true),
            (ApiError::Http { status: 500 }, false, false),
            (ApiError::Http { status: 404 }, false, false),
            (ApiError::NotAnAnswer, false, false),
            (ApiError::OutOfTime, false, false),
            (refused(-1), true, true),
            (refused(42_001), true, true),
            (refused(45_009), true, true),
            (refused(45_033), true, true),
            (refused(40_003), false, false),
            (refused(60_020), false, false),
            (refused(12_345), false, false),
        ] {
            for (repeat, again) in [(Harmless, harmless), (UntilSent, until_sent)] {
                let next = tries(repeat).after(&error);
                assert_eq!(next != Next::Fail, again, "{repeat:?} {error}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_with_some_chance_and_end() {
        let mut tries = tries(Repeat::Harmless);
        for seconds in [1.0, 2.0] {
            let Next::At(at) = tries.after(&unreachable()) else {
                panic!("no repeat");
            };
            let pause = (at - Instant::now()).as_secs_f64();
            assert!((0.79 * seconds..1.21 * seconds).contains(&pause), "{pause}");
        }
        assert_eq!(tries.after(&unreachable()), Next::Fail);
    }

    #[tokio::test(start_paused = true)]
    async fn token_and_limit_allow_one_repeat_each() {
        let mut tries = tries(Repeat::UntilSent);
        assert_eq!(tries.after(&refused(42_001)), Next::NewToken);
        let minute = Instant::now() + Duration::from_mins(1);
        assert_eq!(tries.after(&refused(45_009)), Next::At(minute));
        assert_eq!(tries.after(&refused(45_009)), Next::Fail);
        assert_eq!(tries.after(&refused(40_014)), Next::Fail);
        assert_ne!(tries.after(&refused(-1)), Next::Fail);
    }

    #[tokio::test(start_paused = true)]
    async fn a_repeat_that_would_come_too_late_is_none() {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut tries = Tries::new(&settings(2), Repeat::Harmless, deadline);
        assert_eq!(tries.after(&refused(45_009)), Next::Fail);
        assert_ne!(tries.after(&unreachable()), Next::Fail);
    }
}
