//! `media`: the bytes of a message's file become a file.

mod base64;

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use self::base64::{DecodeError, decode_into, decoded_size};
use super::deliver::{self, Delivered, INLINE_BYTES, after_success, cut, path_of, resource_link};
use super::extract::extract;
use super::{Answer, Delivery, ErrorKind, Interceptor, Next, ToolCall, ToolError};
use crate::files::{
    MAX_FILE_BYTES, Measured, MediaScope, MediaStore, Unclaimed, is_text, sanitise, sniff,
};

/// The method that answers with a file.
const METHOD: &str = "get_msg_media";

/// Time that the server has for it.
const TIMEOUT: Duration = Duration::from_mins(2);

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
    answer: Answer,
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
    let file = match replace(item, &base64, delivery, store, scope) {
        Ok(file) => file,
        Err(mut error) => {
            error.details.data = Some(deliver::known("media_item", item));
            return Err(error);
        }
    };
    drop(base64);
    let mut answer = answer.with_business(business);
    if let Some(file) = &file
        && delivery == Delivery::Resource
    {
        answer = answer.with_item(resource_link(file.stored()));
    }
    Ok(Delivered { answer, file })
}

/// Puts what the bytes became in their place in `item`; after an error the item says as
/// much as is known.
fn replace(
    item: &mut Map<String, Value>,
    base64: &str,
    delivery: Delivery,
    store: &MediaStore,
    scope: &MediaScope,
) -> Result<Option<Unclaimed>, ToolError> {
    item.shift_remove("base64_data");
    let name = text(item, "name")
        .or_else(|| text(item, "type"))
        .unwrap_or("file")
        .to_owned();
    let what = format!("the file `{}`", sanitise(&name));
    let size = decoded_size(base64);
    item.insert("size".to_owned(), size.into());
    if size > MAX_FILE_BYTES {
        let message = format!("{what} has {size} bytes, at most {MAX_FILE_BYTES} are taken");
        return Err(ToolError::too_large(message, size, MAX_FILE_BYTES));
    }
    if size == 0 {
        return Err(ToolError::new(
            ErrorKind::Protocol,
            format!("{what} is empty"),
        ));
    }
    if delivery == Delivery::Inline {
        describe(item, base64, &name, &what)?;
        return Ok(None);
    }
    let mut writing = store
        .begin(scope, &name)
        .map_err(|error| deliver::not_kept(error, &what))?;
    decode_into(base64, &mut writing).map_err(|error| not_decoded(error, &what))?;
    let file = writing
        .finish()
        .map_err(|error| deliver::not_kept(error, &what))?;
    let stored = file.stored();
    if text(item, "name").is_none() {
        item.insert("name".to_owned(), stored.name.clone().into());
    }
    if delivery == Delivery::Path {
        item.insert("local_path".to_owned(), path_of(stored));
    } else {
        item.insert("resource_uri".to_owned(), stored.uri().to_string().into());
    }
    item.insert("content_type".to_owned(), stored.content_type.into());
    item.insert("sha256".to_owned(), stored.sha256.clone().into());
    Ok(Some(file))
}

/// Says of the bytes what they are, and of text how it begins.
fn describe(
    item: &mut Map<String, Value>,
    base64: &str,
    name: &str,
    what: &str,
) -> Result<(), ToolError> {
    let mut measured = Measured::new(io::sink(), MAX_FILE_BYTES, INLINE_BYTES);
    decode_into(base64, &mut measured).map_err(|error| not_decoded(error, what))?;
    let (_, found) = measured.finish();
    let content_type = sniff(&found.head, found.size, name);
    item.insert("content_type".to_owned(), content_type.into());
    item.insert("sha256".to_owned(), found.sha256.into());
    if is_text(content_type) {
        let beginning = String::from_utf8_lossy(&found.head);
        if found.size == found.head.len() as u64 {
            item.insert("text".to_owned(), beginning.into());
        } else {
            item.insert("text".to_owned(), cut_lossy(&beginning).into());
            item.insert("truncated".to_owned(), true.into());
        }
    }
    Ok(())
}

fn not_decoded(error: DecodeError, what: &str) -> ToolError {
    match error {
        DecodeError::Write(error) => deliver::not_written(&error, what),
        DecodeError::Malformed => {
            ToolError::new(ErrorKind::Protocol, format!("{what} is not base64"))
        }
    }
}

fn text<'a>(item: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    item.get(member)?.as_str().filter(|text| !text.is_empty())
}

/// Without the mark that stands for a character which the end has cut in two.
fn cut_lossy(text: &str) -> &str {
    cut(text, INLINE_BYTES).trim_end_matches(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests;
