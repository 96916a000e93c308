//! One file on its way to the server.

use std::time::Duration;

use serde_json::{Map, Value};

use super::cells::Kind;
use super::gather::Gathered;
use crate::interceptors::{Answer, ErrorKind, Next, ToolCall, ToolError, Upload, business_error};

/// Time that the server has for one file.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Codes of a server that has too much to do. What it refused so did not run.
const BUSY: [i64; 2] = [45_009, 45_033];

/// Waits before a file that met a busy server is sent again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// The document that images belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    member: &'static str,
    value: String,
}

impl Document {
    /// `docid`, else `url`.
    pub(super) fn of(args: &Map<String, Value>) -> Option<Self> {
        ["docid", "url"].into_iter().find_map(|member| {
            let value = args.get(member)?.as_str().filter(|text| !text.is_empty())?;
            Some(Self {
                member,
                value: value.to_owned(),
            })
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.value
    }
}

/// Uploads one file and says by what the server knows it.
pub(super) async fn upload(
    call: &ToolCall,
    next: &Next<'_>,
    document: Option<&Document>,
    kind: Kind,
    file: &Gathered,
) -> Result<String, ToolError> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let nested = nested(call, document, kind, file);
        let (is_busy, outcome) = match next.run_nested(nested).await {
            Ok(answer) => {
                let code = answer.head().map_or(0, |head| head.errcode);
                (BUSY.contains(&code), read(&answer, kind))
            }
            Err(error) => {
                let is_busy = error.errcode.is_some_and(|code| BUSY.contains(&code));
                (is_busy, Err(error))
            }
        };
        match pauses.next().filter(|_| is_busy) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return outcome,
        }
    }
}

fn nested(call: &ToolCall, document: Option<&Document>, kind: Kind, file: &Gathered) -> ToolCall {
    let mut args = Map::new();
    let (method, member) = match kind {
        Kind::Image => {
            if let Some(document) = document {
                args.insert(document.member.to_owned(), document.value.clone().into());
            }
            ("upload_doc_image", "base64_content")
        }
        Kind::File => {
            args.insert("file_name".to_owned(), file.about.name.clone().into());
            ("upload_doc_file", "file_base64_content")
        }
    };
    let mut nested = call.nested(method, args, TIMEOUT);
    nested.upload = Some(Upload {
        member,
        file: file.copy.clone(),
        size: file.about.size,
    });
    nested
}

fn read(answer: &Answer, kind: Kind) -> Result<String, ToolError> {
    let protocol = |what: &str| ToolError::new(ErrorKind::Protocol, what);
    let business = answer
        .business()
        .ok_or_else(|| protocol("the server's answer to the upload is no JSON object"))?;
    if let Some(head) = answer.head().filter(|head| head.errcode != 0) {
        return Err(business_error(head, Some(business), false));
    }
    if answer.is_error() {
        return Err(ToolError::new(
            ErrorKind::Business,
            "the server refused it without a code",
        ));
    }
    let text = |member: &str| {
        let text = business.get(member).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    match kind {
        Kind::Image => text("url")
            .filter(|link| url::Url::parse(link).is_ok_and(|link| link.scheme() == "https"))
            .ok_or_else(|| protocol("the server's answer to the upload has no https link")),
        Kind::File => text("fileid")
            .or_else(|| text("file_id"))
            .ok_or_else(|| protocol("the server's answer to the upload has no file id")),
    }
}
