//! What people read about media that did not go out as it is.

use super::error::MediaError;
use super::kind::{MAX_BYTES, Note, Rejection};
use super::outcome::{MediaDelivery, MediaFailure, MediaOutcome};
use crate::texts::media_out as texts;
use crate::wecom::bot::{UploadError, UploadKind};

/// What the text that closes an answer has to say about its media: a paragraph for each
/// that failed, was changed or is uncertain. `None` where all went out as they are.
pub fn closing_notes(outcomes: &[MediaOutcome]) -> Option<String> {
    let notes: Vec<String> = outcomes.iter().filter_map(note).collect();
    (!notes.is_empty()).then(|| notes.join("\n\n"))
}

fn note(outcome: &MediaOutcome) -> Option<String> {
    let name = &outcome.name;
    match &outcome.delivery {
        MediaDelivery::Delivered(sent) => sent.note.as_ref().map(|note| downgrade(name, note)),
        MediaDelivery::Unknown(_) => Some(texts::unconfirmed(name)),
        MediaDelivery::Failed(failure) => {
            let mut text = failed(name, failure);
            if let Some(url) = &outcome.url {
                text.push_str(&texts::address(url.as_str()));
            }
            Some(text)
        }
    }
}

fn downgrade(name: &str, note: &Note) -> String {
    match note {
        Note::TooLarge { kind, size, limit } => {
            texts::too_large_for_kind(noun(*kind), name, *size, *limit)
        }
        Note::Format { kind, found } => {
            texts::format_not_shown(noun(*kind), name, found, formats(*kind))
        }
        Note::TooLong { time } => texts::voice_too_long(name, *time),
        Note::Refused { kind } => texts::kind_refused(noun(*kind), name),
    }
}

fn failed(name: &str, failure: &MediaFailure) -> String {
    match failure {
        MediaFailure::Load(error) => not_loaded(name, error),
        MediaFailure::Rejected(Rejection::TooLarge { size, limit }) => {
            too_large(name, Some(*size), *limit)
        }
        MediaFailure::Rejected(Rejection::TooSmall { size }) => texts::too_small(name, *size),
        MediaFailure::Upload(UploadError::Quota { .. }) | MediaFailure::Budget(_) => {
            texts::too_often(name)
        }
        MediaFailure::Upload(_) | MediaFailure::Send(_) => texts::not_sent(name),
    }
}

fn not_loaded(name: &str, error: &MediaError) -> String {
    match error {
        MediaError::PathNotAllowed(_) => texts::not_allowed(name),
        MediaError::NotFound => texts::not_found(name),
        MediaError::NotAFile => texts::not_a_file(name),
        MediaError::TooLarge { size, limit } => too_large(name, *size, *limit),
        MediaError::Empty => texts::empty(name),
        MediaError::FetchFailed(_) => texts::not_fetched(name),
        MediaError::InvalidReference(_) => texts::invalid(name),
    }
}

fn too_large(name: &str, size: Option<u64>, limit: u64) -> String {
    if limit >= MAX_BYTES {
        texts::over_wecom_limit(name, size, MAX_BYTES)
    } else {
        texts::over_own_limit(name, size, limit)
    }
}

fn noun(kind: UploadKind) -> &'static str {
    match kind {
        UploadKind::Image => texts::IMAGE,
        UploadKind::Video => texts::VIDEO,
        UploadKind::Voice => texts::VOICE,
        UploadKind::File => texts::FILE,
    }
}

fn formats(kind: UploadKind) -> &'static str {
    match kind {
        UploadKind::Image => "JPEG、PNG、GIF",
        UploadKind::Video => "MP4",
        UploadKind::Voice => "AMR",
        UploadKind::File => "",
    }
}

#[cfg(test)]
mod tests;
