//! What WeCom's business codes mean.

use super::ErrorKind;

/// A code: what kind of failure it is and what an agent should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// The kind.
    pub kind: ErrorKind,
    /// What happened, as a sentence without a full stop.
    pub message: &'static str,
    /// What to do.
    pub next: &'static str,
}

impl Meaning {
    /// Whether the same call may be made again. `reads` says that the call changes nothing.
    pub fn is_retryable(&self, errcode: i64, reads: bool) -> bool {
        self.kind == ErrorKind::RateLimited || (errcode == BUSY && reads)
    }
}

/// "System busy". It is not known whether the call ran.
pub const BUSY: i64 = -1;

/// What a code means; `None` for one that nobody has described, which is a business error.
pub fn meaning(errcode: i64) -> Option<Meaning> {
    let (kind, _, message, next) = TABLE
        .iter()
        .find(|(_, codes, _, _)| codes.contains(&errcode))?;
    Some(Meaning {
        kind: *kind,
        message,
        next,
    })
}

/// Whether a code that no table knows lies where the codes about authorisation do.
pub fn is_near_authorization(errcode: i64) -> bool {
    matches!(errcode / 1_000, 850 | 851 | 853)
}

const RENEW_GRANT: &str = "Do not repeat the call. Tell the user that the bot's authorisation has to be renewed in \
     WeCom.";

/// What to do where a member has to grant something.
pub const ASK_FOR_GRANT: &str = "Do not repeat the call. Show the member who asked, and nobody else, the link in \
     `help` unchanged; they must grant access themselves, then ask again.";

const CATEGORY_CLOSED: &str = "Do not repeat the call, and do not try other categories or spellings. Tell the \
     user that this capability is not open to the bot.";

/// Kind, codes, what happened, what to do.
const TABLE: [(ErrorKind, &[i64], &str, &str); 21] = [
    (
        ErrorKind::Authorization,
        &[850_001],
        "The bot's key was refused: its authorisation is missing or has expired",
        RENEW_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[850_002],
        "The bot is not authorised for this category",
        RENEW_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[850_003, 853_007],
        "The bot's authorisation has expired",
        RENEW_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[851_003],
        "The bot has no right on this document",
        "Do not repeat the call. Ask the user for access, or work on a copy that the bot creates \
         itself.",
    ),
    (
        ErrorKind::Authorization,
        &[851_008, 851_013],
        "The bot may not use documents for this member yet",
        ASK_FOR_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[851_014],
        "The bot's document authorisation was reset",
        ASK_FOR_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[853_000],
        "The key of the server's address was refused",
        RENEW_GRANT,
    ),
    (
        ErrorKind::Authorization,
        &[853_004],
        "The bot's token has expired",
        RENEW_GRANT,
    ),
    (
        ErrorKind::CategoryUnavailable,
        &[846_609, 846_610],
        "This category is not open to this bot",
        CATEGORY_CLOSED,
    ),
    (
        ErrorKind::CategoryUnavailable,
        &[853_006],
        "This method is not open to this company",
        CATEGORY_CLOSED,
    ),
    (
        ErrorKind::RateLimited,
        &[45_009],
        "Too many calls",
        "Wait a minute before the next call, and make fewer of them.",
    ),
    (
        ErrorKind::RateLimited,
        &[45_033],
        "Too many calls at the same time",
        "Make the calls one after the other.",
    ),
    (
        ErrorKind::Business,
        &[BUSY],
        "WeCom is busy",
        "Wait some seconds. A call that changes something may have run: look first.",
    ),
    (
        ErrorKind::Business,
        &[851_002],
        "This method does not fit this kind of document",
        "Decide by the document's link which method fits, and use that one.",
    ),
    (
        ErrorKind::Business,
        &[640_002],
        "There is no such file",
        "Look it up again; never guess an id.",
    ),
    (
        ErrorKind::Business,
        &[2_022_001],
        "There is no such sub-sheet",
        "List the sub-sheets again and take the id from there.",
    ),
    (
        ErrorKind::Business,
        &[860_042],
        "A participant cannot be reached by the bot",
        "Tell the user who it is, by name, and offer to go on without them.",
    ),
    (
        ErrorKind::Business,
        &[860_046],
        "There is no such member, or the search is not offered here",
        "Look the member up with contact.get_userlist.",
    ),
    (
        ErrorKind::Business,
        &[40_003, 60_111],
        "There is no member with this user id",
        "Look the member up by name; never guess an id.",
    ),
    (
        ErrorKind::Business,
        &[40_058],
        "An argument is not valid",
        "Put right what the message names.",
    ),
    (
        ErrorKind::Business,
        &[93_006],
        "The chat id is not valid",
        "Look the chat up again; its letters' case counts.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_kinds() {
        use ErrorKind::{Authorization, Business, CategoryUnavailable, RateLimited};
        for (codes, kind) in [
            (
                &[
                    850_001, 850_002, 850_003, 851_003, 851_008, 851_013, 851_014, 853_000,
                    853_004, 853_007,
                ][..],
                Authorization,
            ),
            (&[846_609, 846_610, 853_006], CategoryUnavailable),
            (&[45_009, 45_033], RateLimited),
            (&[-1, 851_002, 640_002, 2_022_001, 93_006], Business),
        ] {
            for code in codes {
                assert_eq!(meaning(*code).unwrap().kind, kind, "{code}");
            }
        }
        assert_eq!(meaning(12_345), None);
    }

    #[test]
    fn what_cannot_succeed_is_not_to_be_repeated() {
        for code in [850_001, 851_003, 851_013, 846_609, 853_006] {
            let next = meaning(code).unwrap().next;
            assert!(next.contains("Do not repeat"), "{code}");
        }
    }

    #[test]
    fn only_refusals_by_rate_and_busy_reads_may_be_repeated() {
        for (code, reads, retryable) in [
            (45_009, false, true),
            (45_033, true, true),
            (-1, true, true),
            (-1, false, false),
            (850_001, true, false),
            (640_002, true, false),
        ] {
            let meaning = meaning(code).unwrap();
            assert_eq!(meaning.is_retryable(code, reads), retryable, "{code}");
        }
    }
}
