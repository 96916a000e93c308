//! Files: uploads of apps, and what members sent to them.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::json;

use super::form::Part;
use super::journal::AppUpload;
use super::refusal::{self, Answered, Refusal, members};
use super::state::Apps;
use crate::ids::MediaId;
use crate::sim::record::Recent;

/// How long a file is kept (3 days).
const LIFE_MS: i64 = 3 * 24 * 60 * 60 * 1_000;
/// Files kept, and their bytes together.
const FILES_MAX: usize = 500;
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// A file of this size or below is refused.
const TOO_FEW_BYTES: usize = 5;
const MIB: usize = 1024 * 1024;

/// A file that a member sent to an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFile {
    /// Name in `Content-Disposition`; without one there is no such header.
    pub name: Option<String>,
    /// `Content-Type` of the answer.
    pub content_type: String,
    /// The bytes.
    pub data: Bytes,
}

/// A file on the shelf.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) file: MemberFile,
    kind: String,
    until_ms: i64,
}

/// All files.
#[derive(Debug)]
pub(super) struct MediaShelf {
    files: HashMap<MediaId, Stored>,
    order: Recent<MediaId>,
}

impl Default for MediaShelf {
    fn default() -> Self {
        Self {
            files: HashMap::new(),
            order: Recent::new(FILES_MAX, BYTES_MAX),
        }
    }
}

impl MediaShelf {
    /// Puts a file there.
    pub(super) fn put(&mut self, kind: &str, file: MemberFile, now_ms: i64) -> MediaId {
        let id = MediaId::new(format!("APPMEDIA-{:032x}", rand::random::<u128>()));
        self.order.push(file.data.len(), id.clone());
        let stored = Stored {
            file,
            kind: kind.to_owned(),
            until_ms: now_ms.saturating_add(LIFE_MS),
        };
        self.files.insert(id.clone(), stored);
        // The order forgets the oldest by itself.
        let kept: std::collections::HashSet<&MediaId> = self.order.iter().collect();
        self.files.retain(|id, _| kept.contains(id));
        id
    }

    /// Whether a file can be sent as that.
    pub(super) fn has(&self, id: &MediaId, kind: &str, now_ms: i64) -> bool {
        self.get(id, now_ms)
            .is_some_and(|stored| stored.kind == kind)
    }

    /// A file that is not too old.
    pub(super) fn get(&self, id: &MediaId, now_ms: i64) -> Option<&Stored> {
        let stored = self.files.get(id)?;
        (stored.until_ms > now_ms).then_some(stored)
    }

    /// Forgets all files.
    pub(super) fn clear(&mut self) {
        self.files.clear();
    }
}

/// `media/upload`.
pub(super) fn upload(apps: &mut Apps, kind: &str, part: Part, now_ms: i64) -> Answered {
    check(kind, &part.data)?;
    let file = MemberFile {
        name: Some(part.name.clone()),
        content_type: part.content_type.clone(),
        data: part.data.clone(),
    };
    let media_id = apps.media.put(kind, file, now_ms);
    let upload = AppUpload {
        media_id: media_id.clone(),
        kind: kind.to_owned(),
        name: part.name,
        disposition: part.disposition,
        content_type: part.content_type,
        size: part.data.len(),
    };
    apps.uploads.push(1, upload);
    Ok(members([
        ("type", json!(kind)),
        ("media_id", json!(media_id)),
        ("created_at", json!((now_ms / 1_000).to_string())),
    ]))
}

fn check(kind: &str, data: &Bytes) -> Result<(), Refusal> {
    let (limit, too_large) = match kind {
        "image" => (10 * MIB, refusal::BAD_IMAGE_SIZE),
        "video" => (10 * MIB, refusal::BAD_VIDEO_SIZE),
        "voice" => (2 * MIB, refusal::BIG_VOICE),
        "file" => (20 * MIB, refusal::BAD_FILE_SIZE),
        _ => return Err(Refusal::new(refusal::BAD_MEDIA_TYPE, "invalid media type")),
    };
    if data.len() <= TOO_FEW_BYTES {
        return Err(Refusal::new(refusal::BAD_FILE_SIZE, "invalid file size"));
    }
    if data.len() > limit {
        return Err(Refusal::new(too_large, "invalid media size"));
    }
    let is_picture = data.starts_with(b"\x89PNG") || data.starts_with(b"\xff\xd8\xff");
    match kind {
        "image" if !is_picture => Err(Refusal::new(refusal::BAD_IMAGE, "invalid image format")),
        "voice" if !data.starts_with(b"#!AMR") => {
            Err(Refusal::new(refusal::NOT_AMR, "voice only support amr"))
        }
        _ => Ok(()),
    }
}
