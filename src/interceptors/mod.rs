//! What every `wecom_mcp call` passes on its way to WeCom, and its answer on the way back.
//!
//! The pipeline is one list of [`Interceptor`]s, outermost first ([`Pipeline::new`] takes
//! it as it stands). Each wraps the rest: it may change the call, run the rest never, once
//! or twice, and change the answer. So the last in the list is the first to see an answer.
//!
//! What lies behind the list is [`CategoryServers`]: the client of WeCom's own servers.

mod answer;
pub(crate) mod audit;
mod biz_error;
mod call;
mod chain;
pub mod closest;
pub mod codes;
mod deliver;
mod doc_auth_error;
mod error;
mod extract;
mod files_out;
mod limits;
mod media;
mod refusal;
#[cfg(test)]
mod scene;
mod smartpage_create;
mod smartpage_export;
mod smartsheet_upload;
mod spill;
mod standard;
#[cfg(test)]
pub(crate) mod testing;
mod validate;

pub use answer::{Answer, BusinessHead, Content};
pub use biz_error::BizError;
pub use call::{Caller, Delivery, Notes, Progress, Step, ToolCall, Upload};
pub use chain::{CategoryServers, Interceptor, Next, Pipeline, RemoteTool, Renewal, ToolList};
pub use doc_auth_error::{AuthCardError, AuthCards, DocAuthError};
pub use error::{Details, ErrorKind, Help, ToolError, Violation};
pub use files_out::{Consent, FileConsent, FilesOut, Leaving, NobodyToAsk};
pub use limits::Limits;
pub use media::Media;
pub use refusal::{business_error, plain};
pub use smartpage_create::SmartpageCreate;
pub use smartpage_export::SmartpageExport;
pub use smartsheet_upload::SmartsheetUpload;
pub use spill::Spill;
pub use standard::{StandardParts, standard};
pub use validate::{Validate, check_wire};
