//! Media, each way beside a baseline of the same run.
//!
//! `cargo bench --bench media` (Linux)
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench may do what tests may"
)]

#[path = "media/download.rs"]
mod download;

#[tokio::main]
async fn main() {
    if std::env::args().any(|argument| argument == download::SERVE) {
        return download::serve().await;
    }
    download::run().await;
}
