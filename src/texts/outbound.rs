//! What people read when something is sent to them unasked.

/// Name of the file that has the whole of a very long text ("full text").
pub const FULL_TEXT_FILE: &str = "全文.md";

/// "‹name› could not be sent."
pub fn media_failed(name: &str) -> String {
    format!("⚠️ 「{name}」未能发送。")
}
