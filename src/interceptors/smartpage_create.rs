//! `smartpage-create`: files that pages are named by become their contents.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::files_out::{CALL_LIMIT, FILE_LIMIT, FilesOut, Leaving, not_opened};
use super::{Answer, Interceptor, Next, Notes, ToolCall, ToolError};
use crate::files::{FileRoots, sha256};

/// Where a page names its file.
const FILE: &str = "page_filepath";

/// Where its text goes.
const CONTENT: &str = "page_content";

/// Pages with files in one call.
const MAX_PAGES: usize = 100;

/// Bytes of text beyond which the server has more time.
const MUCH_TEXT: u64 = 1024 * 1024;

/// Time that the server has for much text.
const TIMEOUT: Duration = Duration::from_mins(2);

/// What UTF-8 files of some editors start with.
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Reads the files that pages of `smartpage_create` name in `page_filepath`, each at most
/// 10 MiB and together 20 MiB, so that a model need not repeat their contents.
#[derive(Debug)]
pub struct SmartpageCreate {
    files: FilesOut,
}

impl SmartpageCreate {
    /// Reads what `files` allows.
    pub fn new(files: FilesOut) -> Self {
        Self { files }
    }

    async fn fill(&self, call: &mut ToolCall, pages: Vec<Value>) -> Result<(), ToolError> {
        let pages = plan(pages)?;
        let roots = if pages.iter().any(|page| page.file.is_some()) {
            Some(self.files.roots(call)?)
        } else {
            None
        };
        let mut filled = Vec::with_capacity(pages.len());
        let mut leaving = Vec::new();
        let mut total = 0;
        for (index, page) in pages.into_iter().enumerate() {
            let (Some(file), Some(roots)) = (&page.file, &roots) else {
                filled.push(page.with_text(None));
                continue;
            };
            let (text, left) = read(roots, index, file).await?;
            total += left.size;
            if total > CALL_LIMIT {
                return Err(ToolError::too_large(
                    format!(
                        "pages[{index}].{FILE}: with `{}` the files have {total} bytes, at most {CALL_LIMIT} are allowed in one call",
                        left.name
                    ),
                    total,
                    CALL_LIMIT,
                ));
            }
            remark(&call.notes, index, &page, &text);
            leaving.push(left);
            filled.push(page.with_text(Some(text)));
        }
        self.files.release(call, &leaving, None).await?;
        if total > MUCH_TEXT {
            call.raise_timeout(TIMEOUT);
        }
        call.args.insert("pages".to_owned(), Value::Array(filled));
        Ok(())
    }
}

#[async_trait]
impl Interceptor for SmartpageCreate {
    fn name(&self) -> &'static str {
        "smartpage-create"
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        if call.is("doc", "smartpage_create")
            && let Some(Value::Array(pages)) = call.args.get("pages")
            && pages.iter().any(|page| page.get(FILE).is_some())
        {
            let pages = pages.clone();
            self.fill(&mut call, pages).await?;
        }
        next.run(call).await
    }
}

/// One page, its file checked as far as that goes without the disk.
struct Page {
    members: Map<String, Value>,
    file: Option<String>,
}

impl Page {
    /// The page with `text` where its file was named.
    fn with_text(self, text: Option<String>) -> Value {
        let mut text = text.map(Value::String);
        let has_text = text.is_some();
        let mut members = Map::new();
        for (name, value) in self.members {
            if name == FILE {
                if let Some(text) = text.take() {
                    members.insert(CONTENT.to_owned(), text);
                }
            } else if !(has_text && name == CONTENT) {
                members.insert(name, value);
            }
        }
        Value::Object(members)
    }
}

fn plan(pages: Vec<Value>) -> Result<Vec<Page>, ToolError> {
    let mut planned = Vec::with_capacity(pages.len());
    for (index, page) in pages.into_iter().enumerate() {
        let Value::Object(members) = page else {
            return Err(ToolError::invalid_args(format!(
                "pages[{index}] must be an object"
            )));
        };
        let file = match members.get(FILE) {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path.clone()).filter(|path| !path.is_empty()),
            Some(_) => {
                return Err(ToolError::invalid_args(format!(
                    "pages[{index}].{FILE} must be a string"
                )));
            }
        };
        let has_content = match members.get(CONTENT) {
            None | Some(Value::Null) => false,
            Some(content) => content.as_str() != Some(""),
        };
        if file.is_some() && has_content {
            return Err(ToolError::invalid_args(format!(
                "pages[{index}] has both {FILE} and {CONTENT}: give one of them"
            )));
        }
        planned.push(Page { members, file });
    }
    let with_files = planned.iter().filter(|page| page.file.is_some()).count();
    if with_files > MAX_PAGES {
        return Err(ToolError::too_large(
            format!("{with_files} pages name a file, at most {MAX_PAGES} may in one call"),
            with_files as u64,
            MAX_PAGES as u64,
        ));
    }
    Ok(planned)
}

/// Things that are allowed but may not be meant.
fn remark(notes: &Notes, index: usize, page: &Page, text: &str) {
    if text.is_empty() {
        notes.add(format!("pages[{index}]: the file is empty"));
    }
    let is_markdown = page.file.as_deref().is_some_and(|file| {
        Path::new(file).extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown")
        })
    });
    let is_plain = page.members.get("content_type").and_then(Value::as_i64) == Some(0);
    if is_markdown && is_plain {
        notes.add(format!(
            "pages[{index}]: the file is Markdown, but content_type 0 shows it as plain text; 1 renders it"
        ));
    }
}

async fn read(roots: &FileRoots, index: usize, path: &str) -> Result<(String, Leaving), ToolError> {
    let place = format!("pages[{index}].{FILE}");
    let read = roots.open_then(path, FILE_LIMIT, |file| {
        let (name, relative) = (file.name.clone(), file.relative.clone());
        let bytes = file.read()?;
        let leaving = Leaving {
            name,
            relative,
            size: bytes.len() as u64,
            sha256: sha256(&bytes),
        };
        Ok((decode(bytes), leaving))
    });
    let (text, leaving) = read.await.map_err(|error| not_opened(&place, &error))?;
    match text {
        Ok(text) => Ok((text, leaving)),
        Err(problem) => Err(ToolError::invalid_args(format!(
            "{place}: `{}` {}",
            leaving.name, problem.message
        ))
        .reason(problem.reason)
        .next("Save the file as UTF-8 text.")),
    }
}

/// Why a file is no text.
#[derive(Debug, PartialEq, Eq)]
struct NotText {
    reason: &'static str,
    message: String,
}

fn decode(mut bytes: Vec<u8>) -> Result<String, NotText> {
    if bytes.starts_with(UTF8_BOM) {
        bytes.drain(..UTF8_BOM.len());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let looks = match error.as_bytes() {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "; it looks like UTF-16",
            bytes if !bytes.contains(&0) => "; it looks like GBK or another older encoding",
            _ => "",
        };
        NotText {
            reason: "not_utf8",
            message: format!("is not UTF-8 from byte {offset} on{looks}"),
        }
    })?;
    if text.contains('\0') {
        return Err(NotText {
            reason: "binary",
            message: "has NUL bytes, so it is no text".to_owned(),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
