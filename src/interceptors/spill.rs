//! `spill`: a long document becomes a file, with its beginning in the answer.

use async_trait::async_trait;

use super::deliver::{Delivered, after_success, cut, path_of, resource_link};
use super::extract::extract;
use super::smartpage_export::keep;
use super::{Answer, Delivery, Interceptor, Next, ToolCall, ToolError};
use crate::config::LiveConfig;
use crate::files::{MediaScope, MediaStore};

/// Bytes of a document that stay in the answer (32 KiB).
const MAX_INLINE: usize = 32 * 1024;

/// Bytes of the beginning of a longer one (2 KiB).
const PREVIEW: usize = 2 * 1024;

/// Puts a file in the place of a `get_doc_content` of more than 32 KiB, for callers that
/// can read files. `mcp.interceptors.spill` switches it off.
#[derive(Debug)]
pub struct Spill {
    store: MediaStore,
    config: LiveConfig,
}

impl Spill {
    /// Keeps files in `store`.
    pub fn new(store: MediaStore, config: LiveConfig) -> Self {
        Self { store, config }
    }

    fn applies(&self, call: &ToolCall) -> bool {
        call.is("doc", "get_doc_content")
            && call.delivery != Delivery::Inline
            && self
                .config
                .get()
                .accounts
                .get(call.identity().account())
                .is_some_and(|account| account.mcp.spill)
    }
}

#[async_trait]
impl Interceptor for Spill {
    fn name(&self) -> &'static str {
        "spill"
    }

    async fn call(&self, call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        if !self.applies(&call) {
            return next.run(call).await;
        }
        let delivery = call.delivery;
        let scope = MediaScope::of(call.identity());
        let store = self.store.clone();
        let answer = next.run(call).await?;
        let delivered = after_success(move || spill(answer, delivery, &store, &scope)).await?;
        Ok(delivered.claim())
    }
}

fn spill(
    answer: Answer,
    delivery: Delivery,
    store: &MediaStore,
    scope: &MediaScope,
) -> Result<Delivered, ToolError> {
    let Some(extracted) = extract(&answer, &["content"]) else {
        return Ok(answer.into());
    };
    let (mut business, text) = (extracted.business, extracted.text);
    if text.len() <= MAX_INLINE {
        return Ok(answer.into());
    }
    business.shift_remove("content");
    let file = keep(&text, "document.md", store, scope, &business)?;
    let stored = file.stored();
    if delivery == Delivery::Path {
        business.insert("content_filepath".to_owned(), path_of(stored));
    } else {
        business.insert("resource_uri".to_owned(), stored.uri().to_string().into());
    }
    business.insert("size".to_owned(), stored.size.into());
    business.insert("preview".to_owned(), cut(&text, PREVIEW).into());
    drop(text);
    let mut answer = answer.with_business(business);
    if delivery == Delivery::Resource {
        answer = answer.with_item(resource_link(stored));
    }
    Ok(Delivered {
        answer,
        file: Some(file),
    })
}

#[cfg(test)]
mod tests;
