//! Uploads: what WeCom takes, and in what other form something is tried that it refused.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::body::Unsendable;
use super::code::CodeClass;
use super::error::ApiError;
use super::multipart::Form;
use crate::files;
use crate::wecom::bot::{UploadBytes, UploadKind};

/// WeCom takes nothing of this size or below (bytes).
const TOO_FEW_BYTES: u64 = 5;
/// The largest picture, and the largest video (10 MiB).
const MAX_PICTURE_BYTES: u64 = 10 * 1024 * 1024;
/// The largest voice message (2 MiB).
const MAX_VOICE_BYTES: u64 = 2 * 1024 * 1024;
/// The largest file (20 MiB).
const MAX_FILE_BYTES: u64 = 20 * 1024 * 1024;

/// The type that says nothing, which passes where another one is refused.
const PLAIN_TYPE: &str = "application/octet-stream";

/// Something to upload.
#[derive(Clone)]
pub struct ApiUpload {
    /// What it is to become.
    pub kind: UploadKind,
    /// Name that the receiver sees, with an extension.
    pub name: String,
    /// Its type; [`content_type_of`] knows those of names.
    pub content_type: String,
    /// Bytes of the whole.
    pub size: u64,
    /// The whole, read a piece at a time.
    pub bytes: Arc<dyn UploadBytes>,
}

/// The answer of `media/upload`.
#[derive(Deserialize)]
pub(super) struct UploadAnswer {
    pub(super) media_id: String,
}

impl ApiUpload {
    /// Whether WeCom takes so many bytes of that kind.
    ///
    /// # Errors
    /// [`Unsendable::Size`].
    pub fn check(&self) -> Result<(), Unsendable> {
        let limit = match self.kind {
            UploadKind::Image | UploadKind::Video => MAX_PICTURE_BYTES,
            UploadKind::Voice => MAX_VOICE_BYTES,
            UploadKind::File => MAX_FILE_BYTES,
        };
        if self.size > TOO_FEW_BYTES && self.size <= limit {
            return Ok(());
        }
        Err(Unsendable::Size {
            kind: kind_name(self.kind),
            size: self.size,
            limit,
        })
    }

    pub(super) fn form(&self) -> Form {
        Form::new(
            &self.name,
            &self.content_type,
            self.size,
            Arc::clone(&self.bytes),
        )
    }

    /// What is tried after `error`: without a type, then also with a name in ASCII. `None`
    /// where neither can be the reason, or both were tried.
    pub(super) fn otherwise(&self, error: &ApiError) -> Option<Self> {
        let code = error.code()?;
        let is_about_form = matches!(code.class(), CodeClass::Content | CodeClass::Unknown)
            && !code.is_size()
            && !code.is_kind_refused();
        if !is_about_form {
            return None;
        }
        if self.content_type != PLAIN_TYPE {
            return Some(Self {
                content_type: PLAIN_TYPE.to_owned(),
                ..self.clone()
            });
        }
        if self.name.is_ascii() {
            return None;
        }
        let extension = files::extension(&self.name)
            .filter(|extension| extension.is_ascii())
            .unwrap_or_else(|| "bin".to_owned());
        Some(Self {
            name: format!("file-{:08x}.{extension}", rand::random::<u32>()),
            ..self.clone()
        })
    }
}

impl fmt::Debug for ApiUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiUpload")
            .field("kind", &self.kind)
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The type that WeCom expects for a file of that name.
pub fn content_type_of(name: &str) -> &'static str {
    match files::extension(name).as_deref() {
        Some("amr") => "voice/amr",
        _ => files::named_type(name).unwrap_or(PLAIN_TYPE),
    }
}

/// The word for it in addresses and messages.
pub(super) fn kind_name(kind: UploadKind) -> &'static str {
    match kind {
        UploadKind::Image => "image",
        UploadKind::Voice => "voice",
        UploadKind::Video => "video",
        UploadKind::File => "file",
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use async_trait::async_trait;
    use bytes::Bytes;

    use super::super::error::ApiRefusal;
    use super::*;

    const MIB: u64 = 1024 * 1024;

    struct Nothing;

    #[async_trait]
    impl UploadBytes for Nothing {
        async fn read_at(&self, _: u64, _: usize) -> io::Result<Bytes> {
            Ok(Bytes::new())
        }
    }

    fn upload(kind: UploadKind, size: u64) -> ApiUpload {
        ApiUpload {
            kind,
            name: "报告.xlsx".to_owned(),
            content_type: "application/pdf".to_owned(),
            size,
            bytes: Arc::new(Nothing),
        }
    }

    #[test]
    fn sizes_hold_to_the_byte() {
        for (kind, limit) in [
            (UploadKind::Image, 10 * MIB),
            (UploadKind::Video, 10 * MIB),
            (UploadKind::Voice, 2 * MIB),
            (UploadKind::File, 20 * MIB),
        ] {
            for (size, fits) in [(5, false), (6, true), (limit, true), (limit + 1, false)] {
                let checked = upload(kind, size).check();
                assert_eq!(checked.is_ok(), fits, "{kind:?} {size}");
            }
        }
    }

    #[test]
    fn only_what_the_form_may_be_the_reason_of_is_tried_in_another() {
        let refused = |code| ApiError::from(ApiRefusal::new(code, "", "media/upload", &[]));
        let first = upload(UploadKind::File, 10);
        let second = first.otherwise(&refused(44_001)).unwrap();
        assert_eq!(second.content_type, PLAIN_TYPE);
        assert_eq!(second.name, first.name);
        let third = second.otherwise(&refused(44_001)).unwrap();
        assert!(third.name.is_ascii() && third.name.contains(".xlsx"));
        assert!(third.otherwise(&refused(44_001)).is_none());
        for code in [
            -1, 40_004, 40_006, 40_009, 40_014, 42_001, 45_001, 45_009, 60_020,
        ] {
            assert!(first.otherwise(&refused(code)).is_none(), "{code}");
        }
        let cause = "reset".to_owned();
        assert!(first.otherwise(&ApiError::NoAnswer { cause }).is_none());
    }

    #[test]
    fn types_are_those_that_wecom_knows() {
        for (name, expected) in [
            ("a.amr", "voice/amr"),
            ("a.AMR", "voice/amr"),
            ("a.jpg", "image/jpeg"),
            ("a.png", "image/png"),
            ("a.unheard", PLAIN_TYPE),
            ("a", PLAIN_TYPE),
        ] {
            assert_eq!(content_type_of(name), expected, "{name}");
        }
    }
}
