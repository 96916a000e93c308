//! The one form that `media/upload` takes.
//!
//! Built by hand: WeCom wants a `filelength` that libraries don't write, and answers 44001
//! ("empty media data") to the `filename*=` that some of them write for names beyond ASCII.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

use crate::wecom::bot::UploadBytes;

/// Bytes read and sent at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A form with one file in it.
#[derive(Clone)]
pub(super) struct Form {
    boundary: String,
    head: Bytes,
    size: u64,
    bytes: Arc<dyn UploadBytes>,
    tail: Bytes,
}

impl Form {
    /// A form with `size` bytes as a file of that name and type.
    pub(super) fn new(
        name: &str,
        content_type: &str,
        size: u64,
        bytes: Arc<dyn UploadBytes>,
    ) -> Self {
        let boundary = format!("----wecom{:032x}", rand::random::<u128>());
        let name = quotable(name);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{name}\"; \
             filelength={size}\r\nContent-Type: {content_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Self {
            boundary,
            head: head.into(),
            size,
            bytes,
            tail: tail.into(),
        }
    }

    /// `Content-Type` of the request.
    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// Bytes of the whole body.
    pub(super) fn length(&self) -> u64 {
        self.size
            .saturating_add(self.head.len() as u64)
            .saturating_add(self.tail.len() as u64)
    }

    /// The body. The file is read a piece at a time.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let Self {
            head,
            size,
            bytes,
            tail,
            ..
        } = self;
        let pieces = stream::try_unfold(0, move |offset: u64| {
            let bytes = Arc::clone(&bytes);
            async move {
                let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
                if left == 0 {
                    return Ok(None);
                }
                let piece = bytes.read_at(offset, left.min(PIECE_BYTES)).await?;
                if piece.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let next = offset.saturating_add(piece.len() as u64);
                Ok(Some((piece, next)))
            }
        });
        stream::iter([Ok(head)])
            .chain(pieces)
            .chain(stream::iter([Ok(tail)]))
    }
}

/// The name as UTF-8 that fits between quotes.
fn quotable(name: &str) -> String {
    name.replace(|c: char| c == '"' || c == '\\' || c.is_control(), "_")
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures_util::TryStreamExt;

    use super::*;

    struct Content(&'static [u8]);

    #[async_trait]
    impl UploadBytes for Content {
        async fn read_at(&self, offset: u64, length: usize) -> io::Result<Bytes> {
            let start = usize::try_from(offset).unwrap();
            Ok(Bytes::from_static(&self.0[start..start + length]))
        }
    }

    #[tokio::test]
    async fn a_chinese_name_goes_as_it_is_byte_for_byte() {
        let content = b"hello world";
        let form = Form::new("季度报告.xlsx", "text/x", 11, Arc::new(Content(content)));
        let boundary = form.boundary.clone();
        assert_eq!(boundary.len(), "----wecom".len() + 32);
        let length = form.length();
        assert_eq!(
            form.content_type(),
            format!("multipart/form-data; boundary={boundary}")
        );
        let body: Vec<Bytes> = form.stream().try_collect().await.unwrap();
        let body = String::from_utf8(body.concat()).unwrap();
        let expected = format!(
            "--{boundary}\r\n\
             Content-Disposition: form-data; name=\"media\"; filename=\"季度报告.xlsx\"; filelength=11\r\n\
             Content-Type: text/x\r\n\r\n\
             hello world\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(body, expected);
        assert_eq!(body.len() as u64, length);
    }

    #[test]
    fn a_name_cannot_end_its_quotes() {
        let name = quotable("a\"b\\c\r\nX: y\u{7f}.txt");
        assert_eq!(name, "a_b_c__X: y_.txt");
    }
}
