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
mod error;
mod limits;
mod refusal;
#[cfg(test)]
pub(crate) mod testing;
mod validate;

pub use answer::{Answer, BusinessHead, Content};
pub use biz_error::BizError;
pub use call::{Caller, Delivery, Notes, Progress, Step, ToolCall, Upload};
pub use chain::{CategoryServers, Interceptor, Next, Pipeline, RemoteTool, Renewal, ToolList};
pub use error::{Details, ErrorKind, Help, ToolError, Violation};
pub use limits::Limits;
pub use refusal::{business_error, plain};
pub use validate::{Validate, check_wire};
