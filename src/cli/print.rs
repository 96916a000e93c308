//! What commands say: results on standard output, everything else on standard error.

use std::io::Write;

/// A line on standard output. A reader that went away is not an error.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Text on standard output without a line break, shown at once.
pub(super) fn piece(text: &str) {
    let mut out = std::io::stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// A line on standard error.
pub(super) fn note(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// An error with its causes on standard error.
pub(super) fn error(error: &anyhow::Error) {
    note(&format!("error: {error:#}"));
}

/// A number and what it counts.
pub(super) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
