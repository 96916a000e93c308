//! `smartpage-export`: an exported page becomes a file.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::deliver::{self, Delivered, INLINE_BYTES, after_success, cut, path_of, resource_link};
use super::extract::extract;
use super::media::RESPONSE_LIMIT;
use super::{Answer, Delivery, Interceptor, Next, ToolCall, ToolError};
use crate::files::{MAX_FILE_BYTES, MediaScope, MediaStore, StoreError, Unclaimed, sanitise};

/// What pages are written in.
const MARKDOWN: &str = "text/markdown";

/// The file's name where the answer has no title.
const DEFAULT_NAME: &str = "smartpage_export";

/// Takes the Markdown out of a finished `smartpage_get_export_result` and puts a file in
/// its place. The task is spent then, so contents are never cut on the way.
#[derive(Debug)]
pub struct SmartpageExport {
    store: MediaStore,
}

impl SmartpageExport {
    /// Keeps files in `store`.
    pub fn new(store: MediaStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Interceptor for SmartpageExport {
    fn name(&self) -> &'static str {
        "smartpage-export"
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        if !call.is("doc", "smartpage_get_export_result") {
            return next.run(call).await;
        }
        call.raise_response_limit(RESPONSE_LIMIT);
        let delivery = call.delivery;
        let scope = MediaScope::of(call.identity());
        let store = self.store.clone();
        let answer = next.run(call).await?;
        let delivered = after_success(move || export(answer, delivery, &store, &scope)).await?;
        Ok(delivered.claim())
    }
}

fn export(
    answer: Answer,
    delivery: Delivery,
    store: &MediaStore,
    scope: &MediaScope,
) -> Result<Delivered, ToolError> {
    let Some(extracted) = extract(&answer, &["content"]) else {
        return Ok(answer.into());
    };
    let (mut business, text) = (extracted.business, extracted.text);
    if business.get("task_done") != Some(&Value::Bool(true)) {
        return Ok(answer.into());
    }
    let size = text.len() as u64;
    if delivery == Delivery::Inline {
        if text.len() <= INLINE_BYTES {
            return Ok(answer.into());
        }
        business.insert("content".to_owned(), cut(&text, INLINE_BYTES).into());
        business.insert("truncated".to_owned(), true.into());
        business.insert("size".to_owned(), size.into());
        drop(text);
        return Ok(answer.with_business(business).into());
    }
    business.shift_remove("content");
    let title = business.get("title").and_then(Value::as_str);
    let title = title.filter(|title| !title.trim().is_empty());
    let name = format!("{}.md", sanitise(title.unwrap_or(DEFAULT_NAME)));
    let file = keep(&text, &name, store, scope, &business)?;
    drop(text);
    let stored = file.stored();
    let members: &[&str] = if delivery == Delivery::Path {
        // Skills know the second name, older prompts the first.
        &["content_path", "content_filepath"]
    } else {
        &["resource_uri"]
    };
    let place = if delivery == Delivery::Path {
        path_of(stored)
    } else {
        stored.uri().to_string().into()
    };
    for member in members {
        business.insert((*member).to_owned(), place.clone());
    }
    business.insert("size".to_owned(), size.into());
    business.insert("content_type".to_owned(), MARKDOWN.into());
    let mut answer = answer.with_business(business);
    if delivery == Delivery::Resource {
        answer = answer.with_item(resource_link(stored));
    }
    Ok(Delivered {
        answer,
        file: Some(file),
    })
}

/// Writes a document's text to a file; `business` is what is known of it if that fails.
pub(super) fn keep(
    text: &str,
    name: &str,
    store: &MediaStore,
    scope: &MediaScope,
    business: &Map<String, Value>,
) -> Result<Unclaimed, ToolError> {
    use std::io::Write;

    let size = text.len() as u64;
    let written = || -> Result<Unclaimed, StoreError> {
        if size > MAX_FILE_BYTES {
            return Err(StoreError::TooLarge {
                size,
                limit: MAX_FILE_BYTES,
            });
        }
        let mut writing = store.begin(scope, name)?;
        writing.write_all(text.as_bytes())?;
        writing.finish()
    };
    written().map_err(|error| {
        let mut known = business.clone();
        known.insert("size".to_owned(), size.into());
        let mut error = deliver::not_kept(error, "the document");
        error.details.data = Some(known);
        error
    })
}

#[cfg(test)]
mod tests;
