//! Files that people send: how a bot is told of them, where they lie, who fetched them.
//!
//! A file lies encrypted at an address of its own, for five minutes, under a key that no
//! other address has; a quote of the same message makes a new address. This is the
//! service's side of it: nothing here is shared with the code that decrypts.

mod cipher;
mod fault;
mod handover;
mod journal;
mod links;
mod pour;
mod serve;

use bytes::Bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

pub use fault::{DownloadFault, DownloadFaultKind};
pub use handover::{Handover, KeyManner};
pub use journal::{Download, Fetch};
pub(super) use links::{Link, Links};
pub(super) use serve::download;

/// A file that a person sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// What the person sent it as.
    pub kind: AttachmentKind,
    /// File name.
    pub name: String,
    /// The bytes; what they contain is not checked.
    pub data: Bytes,
    /// How the bot is told of it, and what goes wrong when it fetches it.
    pub handover: Handover,
}

/// What a person can send a file as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// Any file.
    File,
    /// A video.
    Video,
    /// The sound of a voice message. The bot gets its transcript only.
    Voice,
}

impl Attachment {
    /// A picture.
    pub fn image(data: impl Into<Bytes>) -> Self {
        Self::new(AttachmentKind::Image, "image.png", data)
    }

    /// A file.
    pub fn file(name: &str, data: impl Into<Bytes>) -> Self {
        Self::new(AttachmentKind::File, name, data)
    }

    /// A video.
    pub fn video(data: impl Into<Bytes>) -> Self {
        Self::new(AttachmentKind::Video, "video.mp4", data)
    }

    /// A file of any kind.
    pub fn new(kind: AttachmentKind, name: &str, data: impl Into<Bytes>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            data: data.into(),
            handover: Handover::default(),
        }
    }

    /// The same, handed over in another way.
    #[must_use]
    pub fn handed(mut self, handover: Handover) -> Self {
        self.handover = handover;
        self
    }

    /// The same, with something going wrong when it is fetched.
    #[must_use]
    pub fn failing(mut self, fault: impl Into<DownloadFault>) -> Self {
        self.handover.faults.push(fault.into());
        self
    }

    /// The same under a wrong key, or none.
    #[must_use]
    pub fn with_key(mut self, key: KeyManner) -> Self {
        self.handover.key = key;
        self
    }
}

impl AttachmentKind {
    /// The kind's name in frames.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Video => "video",
            Self::Voice => "voice",
        }
    }

    /// The kind of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Image, Self::File, Self::Video, Self::Voice]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// As what the page shows a file. What was uploaded must not run as a page of the
/// simulator's origin, so that anything but pictures, sounds and videos is bytes.
pub(super) fn content_type(data: &[u8]) -> &'static str {
    match data {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'A',
            b'V',
            b'E',
            ..,
        ] => "audio/wav",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'I', b'D', b'3', ..] | [0xff, 0xfb | 0xf3 | 0xf2, ..] => "audio/mpeg",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "video/webm",
        [_, _, _, _, b'f', b't', b'y', b'p', b'M', b'4', b'A', ..] => "audio/mp4",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "video/mp4",
        _ => "application/octet-stream",
    }
}

/// The lower-case MD5 of a file, as pushes carry it.
pub(super) fn md5_hex(data: &[u8]) -> String {
    let digest: [u8; 16] = Md5::digest(data).into();
    format!("{:032x}", u128::from_be_bytes(digest))
}

/// Bytes of one file: the largest that people are known to have sent to a bot.
pub(super) const ATTACHMENT_MAX: usize = 100 * 1_024 * 1_024;
/// Bytes of a file's name: what file systems allow.
pub(super) const NAME_MAX: usize = 255;
