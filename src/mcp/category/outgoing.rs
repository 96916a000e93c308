//! The body of a request: a text, or a text with a file in it.

use std::fs::File;
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::{Map, Value};

use super::jsonrpc::Request;
use crate::interceptors::Upload;

/// Bytes of a file that are read at a time; a multiple of three, so that the pieces'
/// base64 is that of the whole.
const PIECE: usize = 192 * 1024;

/// What a request sends; it can be sent again.
#[derive(Debug, Clone)]
pub(super) enum Outgoing {
    /// A text.
    Text(Bytes),
    /// A text with the base64 of a file inside.
    File {
        before: Bytes,
        file: Arc<File>,
        size: u64,
        after: Bytes,
    },
}

#[derive(Serialize)]
struct CallParams<'a> {
    name: &'a str,
    arguments: &'a Map<String, Value>,
}

impl Outgoing {
    /// A `tools/call`. A file becomes one more argument, behind the others.
    pub(super) fn call(
        id: &str,
        name: &str,
        arguments: &Map<String, Value>,
        upload: Option<&Upload>,
    ) -> Result<Self, serde_json::Error> {
        let params = CallParams { name, arguments };
        let text = Request::text(id, "tools/call", Some(params))?;
        let Some(upload) = upload else {
            return Ok(Self::Text(text.into()));
        };
        // The text ends with the braces of arguments, parameters and request.
        let mut before = text.strip_suffix("}}}").unwrap_or(&text).to_owned();
        if !arguments.is_empty() {
            before.push(',');
        }
        before.push_str(&serde_json::to_string(upload.member)?);
        before.push_str(":\"");
        Ok(Self::File {
            before: before.into(),
            file: upload.file.clone(),
            size: upload.size,
            after: Bytes::from_static(b"\"}}}"),
        })
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::File {
                before,
                size,
                after,
                ..
            } => (before.len() + after.len()) as u64 + size.div_ceil(3) * 4,
        }
    }

    /// It as a body. A file is read while the body is sent, a piece at a time.
    pub(super) fn body(&self) -> reqwest::Body {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::File {
                before,
                file,
                size,
                after,
            } => {
                let steps = Steps {
                    before: Some(before.clone()),
                    file: file.clone(),
                    at: 0,
                    size: *size,
                    after: Some(after.clone()),
                };
                reqwest::Body::wrap_stream(pieces(steps))
            }
        }
    }
}

struct Steps {
    before: Option<Bytes>,
    file: Arc<File>,
    at: u64,
    size: u64,
    after: Option<Bytes>,
}

fn pieces(steps: Steps) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold(steps, |mut steps| async move {
        if let Some(before) = steps.before.take() {
            return Ok(Some((before, steps)));
        }
        if steps.at < steps.size {
            let left = usize::try_from(steps.size - steps.at).unwrap_or(usize::MAX);
            let (file, at, length) = (steps.file.clone(), steps.at, left.min(PIECE));
            let read = tokio::task::spawn_blocking(move || {
                let mut piece = vec![0; length];
                read_at(&file, &mut piece, at)?;
                Ok::<_, io::Error>(STANDARD.encode(&piece))
            });
            let piece = read.await.map_err(io::Error::other)?.map_err(unreadable)?;
            steps.at += length as u64;
            return Ok(Some((piece.into(), steps)));
        }
        Ok(steps.after.take().map(|after| (after, steps)))
    })
}

/// Marks an error as one of the file, which the HTTP client reports like its own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(io::Error);

fn unreadable(error: io::Error) -> io::Error {
    io::Error::other(Unreadable(error))
}

/// Reads without the file's position, which attempts that overlap would share.
#[cfg(unix)]
fn read_at(file: &File, piece: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, piece, at)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, piece: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(piece)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::TryStreamExt;
    use serde_json::json;

    use super::*;

    async fn written(size: usize, arguments: Value) -> (u64, Value) {
        let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let upload = Upload {
            member: "base64_content",
            file: Arc::new(file),
            size: size as u64,
        };
        let arguments = arguments.as_object().unwrap().clone();
        let outgoing = Outgoing::call("id", "upload", &arguments, Some(&upload)).unwrap();
        let Outgoing::File {
            before,
            file,
            size,
            after,
        } = outgoing.clone()
        else {
            panic!("no file");
        };
        let steps = Steps {
            before: Some(before),
            file,
            at: 0,
            size,
            after: Some(after),
        };
        let body: Vec<Bytes> = pieces(steps).try_collect().await.unwrap();
        let body = body.concat();
        assert_eq!(body.len() as u64, outgoing.length());
        let body: Value = serde_json::from_slice(&body).unwrap();
        let sent = body["params"]["arguments"]["base64_content"]
            .as_str()
            .unwrap();
        assert_eq!(STANDARD.decode(sent).unwrap(), bytes);
        (outgoing.length(), body)
    }

    #[tokio::test]
    async fn a_file_is_written_as_an_argument() {
        for size in [0, 1, 2, 3, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            written(size, json!({})).await;
            let (_, body) = written(size, json!({"docid": "d\"1"})).await;
            assert_eq!(body["params"]["arguments"]["docid"], "d\"1");
            assert_eq!(body["params"]["name"], "upload");
        }
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_an_error_of_the_file() {
        let steps = Steps {
            before: None,
            file: Arc::new(tempfile::tempfile().unwrap()),
            at: 0,
            size: 5,
            after: None,
        };
        let error = pieces(steps).try_collect::<Vec<_>>().await.unwrap_err();
        assert!(
            error
                .get_ref()
                .is_some_and(|error| error.is::<Unreadable>())
        );
    }
}
