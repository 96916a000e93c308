//! Uploads in chunks.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use md5::{Digest, Md5};
use serde_json::Value;

use super::field::Object;
use super::refusal::{Refusal, code};

/// What an upload is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Upload {
    /// `image`, `voice`, `video` or `file`.
    pub(in crate::sim) kind: String,
    /// File name.
    pub(in crate::sim) filename: String,
    /// Announced size in bytes.
    pub(in crate::sim) total_size: u64,
    /// Announced number of chunks.
    pub(in crate::sim) total_chunks: u64,
    /// Announced digest, lower-case hex.
    pub(in crate::sim) md5: Option<String>,
}

/// One chunk, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Chunk {
    /// Position, from 0.
    pub(in crate::sim) index: u64,
    /// The bytes.
    pub(in crate::sim) data: Bytes,
}

/// An upload that is under way.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Session {
    /// What it is to become.
    pub(in crate::sim) upload: Upload,
    chunks: BTreeMap<u64, Bytes>,
}

impl Session {
    /// A session without chunks.
    pub(in crate::sim) fn new(upload: Upload) -> Self {
        Self {
            upload,
            chunks: BTreeMap::new(),
        }
    }

    /// Takes a chunk. One that comes again takes the place of the first.
    pub(in crate::sim) fn put(&mut self, chunk: Chunk) -> Result<(), Refusal> {
        if chunk.index >= self.upload.total_chunks {
            return Err(Refusal::parameter(format!(
                "chunk_index {} is not below total_chunks {}",
                chunk.index, self.upload.total_chunks
            )));
        }
        self.chunks.insert(chunk.index, chunk.data);
        Ok(())
    }

    /// Bytes that it holds.
    pub(in crate::sim) fn size(&self) -> usize {
        self.chunks.values().map(Bytes::len).sum()
    }
}

/// Reads `aibot_upload_media_init`.
pub(in crate::sim) fn init(body: &Value) -> Result<Upload, Refusal> {
    let fields = Object::new(body, "body")?;
    let kind = fields.name("type")?;
    let limit = match kind {
        "file" => FILE_MAX,
        "image" | "video" => IMAGE_OR_VIDEO_MAX,
        "voice" => VOICE_MAX,
        _ => {
            return Err(Refusal::violation(
                code::BAD_MEDIA_TYPE,
                "invalid media type",
            ));
        }
    };
    let total_size = fields.number("total_size")?;
    let total_chunks = fields.number("total_chunks")?;
    if total_size < SIZE_MIN {
        return Err(Refusal::violation(
            code::BAD_MEDIA_SIZE,
            "invalid media size",
        ));
    }
    if total_size > limit {
        return Err(Refusal::violation(
            code::MEDIA_TOO_LARGE,
            format!("media size out of limit: {total_size} > {limit}"),
        ));
    }
    if !(1..=CHUNKS_MAX).contains(&total_chunks) {
        return Err(fields.wrong("total_chunks", "must be between 1 and 100"));
    }
    if total_size > total_chunks.saturating_mul(CHUNK_MAX) {
        return Err(fields.wrong("total_chunks", "is too small for total_size"));
    }
    let md5 = fields.text_opt("md5")?;
    if md5.is_some_and(|md5| !is_md5(md5)) {
        return Err(fields.wrong("md5", "must be 32 lower-case hex digits"));
    }
    Ok(Upload {
        kind: kind.to_owned(),
        filename: fields.name("filename")?.to_owned(),
        total_size,
        total_chunks,
        md5: md5.map(str::to_owned),
    })
}

/// Reads `aibot_upload_media_chunk`: the upload's id and the chunk.
pub(in crate::sim) fn chunk(body: &Value) -> Result<(&str, Chunk), Refusal> {
    let fields = Object::new(body, "body")?;
    let upload_id = fields.name("upload_id")?;
    let index = fields.number("chunk_index")?;
    let data = STANDARD
        .decode(fields.name("base64_data")?)
        .map_err(|_| fields.wrong("base64_data", "must be padded standard base64"))?;
    if u64::try_from(data.len()).unwrap_or(u64::MAX) > CHUNK_MAX {
        return Err(fields.wrong("base64_data", "holds more than 524288 bytes"));
    }
    let data = data.into();
    Ok((upload_id, Chunk { index, data }))
}

/// Reads the upload's id of `aibot_upload_media_finish`.
pub(in crate::sim) fn upload_id(body: &Value) -> Result<&str, Refusal> {
    Object::new(body, "body")?.name("upload_id")
}

/// Puts the chunks of a session together.
pub(in crate::sim) fn finish(session: &Session) -> Result<Bytes, Refusal> {
    let upload = &session.upload;
    for index in 0..upload.total_chunks {
        if !session.chunks.contains_key(&index) {
            return Err(Refusal::parameter(format!("chunk {index} is missing")));
        }
    }
    let mut whole = BytesMut::with_capacity(session.size());
    for chunk in session.chunks.values() {
        whole.extend_from_slice(chunk);
    }
    if u64::try_from(whole.len()).unwrap_or(u64::MAX) != upload.total_size {
        return Err(Refusal::parameter(format!(
            "the chunks have {} bytes, total_size was {}",
            whole.len(),
            upload.total_size
        )));
    }
    if upload
        .md5
        .as_ref()
        .is_some_and(|md5| *md5 != hex_md5(&whole))
    {
        return Err(Refusal::parameter("md5 does not match"));
    }
    Ok(whole.freeze())
}

fn is_md5(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn hex_md5(bytes: &[u8]) -> String {
    format!("{:032x}", u128::from_be_bytes(Md5::digest(bytes).into()))
}

/// A `media_id` is good for three days.
pub(in crate::sim) const MEDIA_LIFE_MS: i64 = 3 * 24 * 3_600_000;

/// Of a chunk before base64.
const CHUNK_MAX: u64 = 512 * 1_024;
const CHUNKS_MAX: u64 = 100;
/// WeCom's temporary media must have more than five bytes.
const SIZE_MIN: u64 = 6;
const FILE_MAX: u64 = 20 * 1_024 * 1_024;
const IMAGE_OR_VIDEO_MAX: u64 = 10 * 1_024 * 1_024;
const VOICE_MAX: u64 = 2 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn init_body(kind: &str, size: u64, chunks: u64) -> Value {
        json!({ "type": kind, "filename": "f", "total_size": size, "total_chunks": chunks })
    }

    #[test]
    fn an_upload_is_announced_within_limits() {
        let cases = [
            ("file", 20_971_520, 40, None),
            ("file", 20_971_521, 41, Some(code::MEDIA_TOO_LARGE)),
            ("image", 10_485_760, 20, None),
            ("image", 10_485_761, 21, Some(code::MEDIA_TOO_LARGE)),
            ("video", 10_485_761, 21, Some(code::MEDIA_TOO_LARGE)),
            ("voice", 2_097_152, 4, None),
            ("voice", 2_097_153, 5, Some(code::MEDIA_TOO_LARGE)),
            ("file", 6, 1, None),
            ("file", 5, 1, Some(code::BAD_MEDIA_SIZE)),
            ("file", 524_288, 1, None),
            ("file", 524_289, 1, Some(code::BAD_PARAMETER)),
            ("file", 1_000, 0, Some(code::BAD_PARAMETER)),
            ("file", 1_000, 101, Some(code::BAD_PARAMETER)),
            ("memo", 1_000, 1, Some(code::BAD_MEDIA_TYPE)),
        ];
        for (kind, size, chunks, expected) in cases {
            let refused = init(&init_body(kind, size, chunks)).err().map(|r| r.code);
            assert_eq!(refused, expected, "{kind} {size} {chunks}");
        }
        for (key, value) in [
            ("filename", json!("")),
            ("md5", json!("ABC")),
            ("md5", json!("D41D8CD98F00B204E9800998ECF8427E")),
            ("total_size", json!("12")),
        ] {
            let mut body = init_body("file", 12, 1);
            body[key] = value;
            assert_eq!(init(&body).unwrap_err().code, code::BAD_PARAMETER, "{key}");
        }
    }

    #[test]
    fn a_chunk_is_base64_of_at_most_half_a_mebibyte() {
        let body = |size: usize| {
            json!({ "upload_id": "U", "chunk_index": 0,
                "base64_data": STANDARD.encode(vec![7; size]) })
        };
        assert!(chunk(&body(524_288)).is_ok());
        assert!(chunk(&body(524_289)).is_err());
        for (key, value) in [
            ("base64_data", json!("a b")),
            ("base64_data", json!("")),
            ("chunk_index", json!(-1)),
            ("upload_id", json!("")),
        ] {
            let mut body = body(9);
            body[key] = value;
            assert_eq!(chunk(&body).unwrap_err().code, code::BAD_PARAMETER, "{key}");
        }
    }

    fn piece(index: u64, data: &'static [u8]) -> Chunk {
        Chunk {
            index,
            data: Bytes::from_static(data),
        }
    }

    #[test]
    fn chunks_come_in_any_order_and_again() {
        let mut upload = init(&init_body("file", 11, 2)).unwrap();
        upload.md5 = Some("5eb63bbbe01eeed093cb22bb8f5acdc3".to_owned());
        let mut session = Session::new(upload);
        session.put(piece(1, b"world")).unwrap();
        assert!(finish(&session).is_err(), "a chunk is missing");
        session.put(piece(0, b"hello?")).unwrap();
        assert!(finish(&session).is_err(), "the digest differs");
        session.put(piece(0, b"hello ")).unwrap();
        assert_eq!(finish(&session).unwrap(), "hello world");
        assert!(session.put(piece(2, b"!")).is_err(), "beyond the end");
        session.put(piece(1, b"world!")).unwrap();
        assert!(finish(&session).is_err(), "a byte too many");
    }
}
