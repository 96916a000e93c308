//! `media`: the bytes of a message's file become a file.

mod base64;

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use self::base64::{DecodeError, decode_into, decoded_size};
use super::deliver::{self, Delivered, after_success, cut, path_of, resource_link};
use super::extract::extract;
use super::{Answer, Delivery, ErrorKind, Interceptor, Next, ToolCall, ToolError};
use crate::files::{HEAD_BYTES, MAX_FILE_BYTES, Measured, MediaScope, MediaStore, is_text, sniff};

/// The method that answers with a file.
const METHOD: &str = "get_msg_media";

/// Time that the server has for it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Bytes that an answer with a file may have: 20 MiB are 27,962,028 characters of base64.
pub(super) const RESPONSE_LIMIT: u64 = 32 * 1024 * 1024;

/// Takes the base64 out of the answer of `get_msg_media` and puts a file in its place, of
/// at most 20 MiB. A model never sees the bytes.
#[derive(Debug)]
pub struct Media {
    store: MediaStore,
}

impl Media {
    /// Keeps files in `store`.
    pub fn new(store: MediaStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Interceptor for Media {
    fn name(&self) -> &'static str {
        "media"
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        if call.method != METHOD {
            return next.run(call).await;
        }
        call.raise_timeout(TIMEOUT);
        call.raise_response_limit(RESPONSE_LIMIT);
        let delivery = call.delivery;
        let scope = MediaScope::of(call.identity());
        let store = self.store.clone();
        let answer = next.run(call).await?;
        let delivered = after_success(move || receive(answer, delivery, &store, &scope)).await?;
        Ok(delivered.claim())
    }
}

fn receive(
    mut answer: Answer,
    delivery: Delivery,
    store: &MediaStore,
    scope: &MediaScope,
) -> Result<Delivered, ToolError> {
    let Some(extracted) = extract(&answer, &["media_item", "base64_data"]) else {
        return Ok(answer.into());
    };
    let (mut business, base64) = (extracted.business, extracted.text);
    let Some(Value::Object(item)) = business.get_mut("media_item") else {
        return Ok(answer.into());
    };
    item.shift_remove("base64_data");
    let given_name = text(item, "name").map(str::to_owned);
    let name = given_name
        .as_deref()
        .or_else(|| text(item, "type"))
        .unwrap_or("file")
        .to_owned();
    let what = format!("the file `{}`", crate::files::sanitise(&name));

    let size = decoded_size(&base64);
    item.insert("size".to_owned(), size.into());
    let explain = |error: DecodeError, item: &Map<String, Value>| {
        let mut told = match error {
            DecodeError::Write(error) => deliver::not_written(&error, &what),
            DecodeError::Malformed => {
                ToolError::new(ErrorKind::Protocol, format!("{what} is not base64"))
            }
        };
        told.details.data = Some(deliver::known("media_item", item));
        told
    };
    if size > MAX_FILE_BYTES {
        let message = format!("{what} has {size} bytes, at most {MAX_FILE_BYTES} are taken");
        let mut error = ToolError::too_large(message, size, MAX_FILE_BYTES);
        error.details.data = Some(deliver::known("media_item", item));
        return Err(error);
    }
    if size == 0 {
        let mut error = ToolError::new(ErrorKind::Protocol, format!("{what} is empty"));
        error.details.data = Some(deliver::known("media_item", item));
        return Err(error);
    }

    let mut kept = None;
    if delivery == Delivery::Inline {
        let head_bytes = deliver::INLINE_BYTES.max(HEAD_BYTES);
        let mut measured = Measured::new(io::sink(), MAX_FILE_BYTES, head_bytes);
        decode_into(&base64, &mut measured).map_err(|error| explain(error, item))?;
        let (_, measures) = measured.finish();
        let content_type = sniff(&measures.head, measures.size, &name);
        item.insert("size".to_owned(), measures.size.into());
        item.insert("content_type".to_owned(), content_type.into());
        item.insert("sha256".to_owned(), measures.sha256.into());
        if is_text(content_type) {
            let text = String::from_utf8_lossy(&measures.head);
            let whole = measures.size == measures.head.len() as u64;
            let shown = if whole { &text } else { cut_lossy(&text) };
            item.insert("text".to_owned(), shown.into());
            if !whole {
                item.insert("truncated".to_owned(), true.into());
            }
        }
    } else {
        let not_kept = |error, item: &Map<String, Value>| {
            deliver::not_kept(error, &what, deliver::known("media_item", item))
        };
        let mut writing = store
            .begin(scope, &name)
            .map_err(|error| not_kept(error, item))?;
        decode_into(&base64, &mut writing).map_err(|error| explain(error, item))?;
        let file = writing.finish().map_err(|error| not_kept(error, item))?;
        let stored = file.stored();
        if given_name.is_none() {
            item.insert("name".to_owned(), stored.name.clone().into());
        }
        if delivery == Delivery::Path {
            item.insert("local_path".to_owned(), path_of(stored));
        } else {
            item.insert("resource_uri".to_owned(), stored.uri().to_string().into());
        }
        item.insert("size".to_owned(), stored.size.into());
        item.insert("content_type".to_owned(), stored.content_type.into());
        item.insert("sha256".to_owned(), stored.sha256.clone().into());
        kept = Some(file);
    }
    drop(base64);
    answer = answer.with_business(business);
    if let Some(file) = &kept
        && delivery == Delivery::Resource
    {
        answer = answer.with_item(resource_link(file.stored()));
    }
    Ok(Delivered { answer, file: kept })
}

fn text<'a>(item: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    item.get(member)?.as_str().filter(|text| !text.is_empty())
}

/// Without the mark that stands for a character which the end has cut in two.
fn cut_lossy(text: &str) -> &str {
    cut(text, deliver::INLINE_BYTES).trim_end_matches(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests;
