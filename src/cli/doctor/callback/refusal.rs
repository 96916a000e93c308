//! Requests that must not be accepted: whoever accepts them is not the daemon, or has no
//! guard.

use super::line::{Answer, NoAnswer, Request, digits};
use super::party::Party;
use super::{AREA, event, stranger};
use crate::cli::doctor::finding::Finding;
use crate::clock::{Clock, SystemClock};

const FORGED: &str = "a wrong signature (POST)";
const OLD: &str = "an old request (POST)";

/// How much older than allowed the old request is, in seconds.
const MARGIN: i64 = 3_600;

/// A request with one digit of its signature changed.
pub(super) fn forged(party: &Party) -> Request {
    let at = SystemClock.now_ms() / 1_000;
    let mut request = Request::post(party, at, &event::message(party, at, &digits()));
    let last = request.signature.pop();
    let other = if last == Some('0') { '1' } else { '0' };
    request.signature.push(other);
    request
}

/// A request that is signed well and too old; none where any age is accepted.
pub(super) fn old(party: &Party) -> Option<Request> {
    let max_age = i64::try_from(party.max_age?.as_secs()).unwrap_or(i64::MAX);
    let now = SystemClock.now_ms() / 1_000;
    let at = now.saturating_sub(max_age).saturating_sub(MARGIN).max(1);
    let message = event::message(party, at, &digits());
    Some(Request::post(party, at, &message))
}

pub(super) fn judge_forged(party: &Party, answer: &Result<Answer, NoAnswer>) -> Finding {
    let accepted = |seen: String| {
        Finding::error(
            AREA,
            party.subject(),
            format!("{FORGED}: {seen}; it was accepted"),
            "something before the daemon answers by itself (gateway, CDN, a page for errors that \
             says 200), and messages that the daemon refuses or misses are lost: pass requests \
             and answers on unchanged",
        )
    };
    judge(party, FORGED, answer, accepted)
}

pub(super) fn judge_old(party: &Party, answer: &Result<Answer, NoAnswer>) -> Finding {
    let accepted = |seen: String| {
        Finding::warning(
            AREA,
            party.subject(),
            format!("{OLD}: {seen}; it was accepted"),
            "whoever recorded a request could send it again: set \
             channels.wecom.webhook.maxClockSkewSec to 300, and see that the daemon's machine \
             has the right time",
        )
    };
    judge(party, OLD, answer, accepted)
}

fn judge(
    party: &Party,
    what: &str,
    answer: &Result<Answer, NoAnswer>,
    accepted: impl FnOnce(String) -> Finding,
) -> Finding {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return stranger::no_answer(party, what, failure),
    };
    let seen = format!("answered {}", stranger::by_whom(answer));
    match answer.status {
        401 | 403 => Finding::ok(AREA, party.subject(), format!("{what}: refused")),
        200..=299 => accepted(seen),
        _ => Finding::warning(
            AREA,
            party.subject(),
            format!("{what}: {seen}, where the daemon says 401 or 403"),
            "something before the daemon judges requests; it may hold back WeCom's too",
        ),
    }
}
