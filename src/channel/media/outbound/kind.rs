//! What WeCom takes, and what becomes of what it does not take.
//!
//! | Kind | Takes | Else |
//! |---|---|---|
//! | any | more than 5 bytes, at most 20 MiB | nothing is sent |
//! | image | JPEG, PNG, GIF of at most 10 MiB | a file |
//! | video | MP4 of at most 10 MiB | a file |
//! | voice | narrow-band AMR of at most 2 MiB and 60 s | a file |
//!
//! WeCom documents [the limits][doc] for its HTTP interface; on the long connection they
//! are the same. Sizes compare strictly: what is exactly as large as a limit passes.
//!
//! [doc]: https://developer.work.weixin.qq.com/document/path/90253

use std::time::Duration;

use crate::wecom::bot::UploadKind;

/// The largest thing that can be sent at all (20 MiB).
pub const MAX_BYTES: u64 = 20 * 1024 * 1024;
/// The largest picture, and the largest video (10 MiB).
const MAX_PICTURE_BYTES: u64 = 10 * 1024 * 1024;
/// The largest voice message (2 MiB).
const MAX_VOICE_BYTES: u64 = 2 * 1024 * 1024;
/// The longest voice message.
const MAX_VOICE_TIME: Duration = Duration::from_mins(1);
/// WeCom takes nothing of this size or below.
const TOO_FEW_BYTES: u64 = 5;

/// What is known of something that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Bytes.
    pub size: u64,
    /// Its type, where it is known.
    pub content_type: Option<&'a str>,
    /// How long it plays, if it is narrow-band AMR.
    pub playing_time: Option<Duration>,
}

/// What is to be done with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It is sent.
    Send {
        /// As what.
        kind: UploadKind,
        /// Why not as what it is.
        note: Option<Note>,
    },
    /// Nothing is sent.
    Rejected(Rejection),
}

/// Why something went out as a file instead of what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// An image, video or voice message with too many bytes.
    TooLarge {
        /// What it is.
        kind: UploadKind,
        /// Bytes.
        size: u64,
        /// Bytes that its kind may have.
        limit: u64,
    },
    /// A format that WeCom's clients don't show or play.
    Format {
        /// What it is.
        kind: UploadKind,
        /// The type found, lower case.
        found: String,
    },
    /// A voice message that plays too long.
    TooLong {
        /// How long.
        time: Duration,
    },
    /// WeCom refused it as what it is.
    Refused {
        /// What it is.
        kind: UploadKind,
    },
}

/// Why something is not sent at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Too many bytes.
    #[error("it has {size} bytes, at most {limit} can be sent")]
    TooLarge {
        /// Bytes.
        size: u64,
        /// Bytes it may have.
        limit: u64,
    },
    /// Too few bytes.
    #[error("it has {size} bytes, WeCom takes nothing of five bytes or less")]
    TooSmall {
        /// Bytes.
        size: u64,
    },
}

/// The kind of a type, before anything is said about size or format.
pub fn kind_of(content_type: &str) -> UploadKind {
    let content_type = content_type.to_ascii_lowercase();
    match content_type.split_once('/') {
        Some(("image", _)) => UploadKind::Image,
        Some(("video", _)) => UploadKind::Video,
        Some(("audio" | "voice", _) | ("application", "ogg")) => UploadKind::Voice,
        _ => UploadKind::File,
    }
}

/// What is done with something of `kind`. `limit` is the configured one in bytes; WeCom's
/// own holds in any case.
pub fn plan(kind: UploadKind, facts: &Facts<'_>, limit: u64) -> Plan {
    let size = facts.size;
    let limit = limit.min(MAX_BYTES);
    if size > limit {
        return Plan::Rejected(Rejection::TooLarge { size, limit });
    }
    if size <= TOO_FEW_BYTES {
        return Plan::Rejected(Rejection::TooSmall { size });
    }
    let note = match kind {
        UploadKind::File => None,
        UploadKind::Image => too_large(kind, size, MAX_PICTURE_BYTES)
            .or_else(|| wrong_format(kind, facts, &["image/jpeg", "image/png", "image/gif"])),
        UploadKind::Video => too_large(kind, size, MAX_PICTURE_BYTES)
            .or_else(|| wrong_format(kind, facts, &["video/mp4"])),
        UploadKind::Voice => wrong_format(kind, facts, &["audio/amr", "voice/amr"])
            .or_else(|| too_large(kind, size, MAX_VOICE_BYTES))
            .or_else(|| too_long(facts.playing_time)),
    };
    Plan::Send {
        kind: if note.is_some() {
            UploadKind::File
        } else {
            kind
        },
        note,
    }
}

fn too_large(kind: UploadKind, size: u64, limit: u64) -> Option<Note> {
    (size > limit).then_some(Note::TooLarge { kind, size, limit })
}

/// What is not known is tried as what it is said to be.
fn wrong_format(kind: UploadKind, facts: &Facts<'_>, taken: &[&str]) -> Option<Note> {
    let found = facts.content_type?.to_ascii_lowercase();
    (!taken.contains(&found.as_str())).then_some(Note::Format { kind, found })
}

fn too_long(time: Option<Duration>) -> Option<Note> {
    let time = time.filter(|time| *time > MAX_VOICE_TIME)?;
    Some(Note::TooLong { time })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// What becomes of `size` bytes of a type, in a word.
    fn outcome(content_type: &str, size: u64) -> &'static str {
        let facts = Facts {
            size,
            content_type: Some(content_type),
            playing_time: None,
        };
        named(&plan(kind_of(content_type), &facts, MAX_BYTES))
    }

    fn named(plan: &Plan) -> &'static str {
        match plan {
            Plan::Rejected(Rejection::TooLarge { .. }) => "rejected: large",
            Plan::Rejected(Rejection::TooSmall { .. }) => "rejected: small",
            Plan::Send { kind, note } => match (kind, note) {
                (UploadKind::Image, None) => "image",
                (UploadKind::Video, None) => "video",
                (UploadKind::Voice, None) => "voice",
                (UploadKind::File, None) => "file",
                (UploadKind::File, Some(Note::TooLarge { .. })) => "file: large",
                (UploadKind::File, Some(Note::Format { .. })) => "file: format",
                (UploadKind::File, Some(Note::TooLong { .. })) => "file: long",
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn limits_hold_to_the_byte() {
        for (content_type, size, expected) in [
            ("image/png", 5, "rejected: small"),
            ("image/png", 6, "image"),
            ("image/png", 10 * MIB - 1, "image"),
            ("image/png", 10 * MIB, "image"),
            ("image/png", 10 * MIB + 1, "file: large"),
            ("image/png", 20 * MIB, "file: large"),
            ("image/png", 20 * MIB + 1, "rejected: large"),
            ("video/mp4", 10 * MIB - 1, "video"),
            ("video/mp4", 10 * MIB, "video"),
            ("video/mp4", 10 * MIB + 1, "file: large"),
            ("video/mp4", 20 * MIB, "file: large"),
            ("video/mp4", 20 * MIB + 1, "rejected: large"),
            ("audio/amr", 2 * MIB - 1, "voice"),
            ("audio/amr", 2 * MIB, "voice"),
            ("audio/amr", 2 * MIB + 1, "file: large"),
            ("audio/amr", 20 * MIB + 1, "rejected: large"),
            ("application/pdf", 0, "rejected: small"),
            ("application/pdf", 5, "rejected: small"),
            ("application/pdf", 6, "file"),
            ("application/pdf", 10 * MIB + 1, "file"),
            ("application/pdf", 20 * MIB - 1, "file"),
            ("application/pdf", 20 * MIB, "file"),
            ("application/pdf", 20 * MIB + 1, "rejected: large"),
        ] {
            assert_eq!(
                outcome(content_type, size),
                expected,
                "{content_type} {size}"
            );
        }
    }

    #[test]
    fn formats_that_are_not_shown_become_files() {
        for (content_type, expected) in [
            ("image/jpeg", "image"),
            ("IMAGE/PNG", "image"),
            ("image/gif", "image"),
            ("image/webp", "file: format"),
            ("image/svg+xml", "file: format"),
            ("video/quicktime", "file: format"),
            ("audio/AMR", "voice"),
            ("voice/amr", "voice"),
            ("audio/amr-wb", "file: format"),
            ("audio/mpeg", "file: format"),
            ("application/ogg", "file: format"),
            ("text/plain", "file"),
            ("nonsense", "file"),
        ] {
            assert_eq!(outcome(content_type, 100), expected, "{content_type}");
        }
        // The size of what is no voice message is not what is wrong with it.
        assert_eq!(outcome("audio/mpeg", 3 * MIB), "file: format");
        assert_eq!(outcome("image/webp", 11 * MIB), "file: large");
    }

    #[test]
    fn a_voice_message_plays_a_minute_at_most() {
        for (millis, expected) in [
            (None, "voice"),
            (Some(60_000), "voice"),
            (Some(60_020), "file: long"),
        ] {
            let facts = Facts {
                size: 100,
                content_type: Some("audio/amr"),
                playing_time: millis.map(Duration::from_millis),
            };
            assert_eq!(named(&plan(UploadKind::Voice, &facts, MAX_BYTES)), expected);
        }
    }

    #[test]
    fn what_is_not_known_stays_what_it_is_said_to_be() {
        let facts = Facts {
            size: 100,
            content_type: None,
            playing_time: None,
        };
        assert_eq!(named(&plan(UploadKind::Voice, &facts, MAX_BYTES)), "voice");
    }

    #[test]
    fn the_configured_limit_counts_where_it_is_lower() {
        let facts = |size| Facts {
            size,
            content_type: Some("application/pdf"),
            playing_time: None,
        };
        let plan = |size, limit| plan(UploadKind::File, &facts(size), limit);
        assert_eq!(named(&plan(1000, 1000)), "file");
        assert_eq!(
            plan(1001, 1000),
            Plan::Rejected(Rejection::TooLarge {
                size: 1001,
                limit: 1000
            })
        );
        assert_eq!(
            plan(20 * MIB + 1, 50 * MIB),
            Plan::Rejected(Rejection::TooLarge {
                size: 20 * MIB + 1,
                limit: MAX_BYTES
            })
        );
    }
}
