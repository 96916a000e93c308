//! Places where a test can hold the process in order to kill it there.
//!
//! In test builds (feature `failpoints`), a process started with `WECOM_FAILPOINT=NAME`
//! announces on standard error that it reached the place, then stops there for good. In
//! every other build [`reach`] is empty.

/// Passes the place `name`, or stops there if a test asked for it.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn reach(_name: &str) {}

/// Passes the place `name`, or stops there if a test asked for it.
#[cfg(feature = "failpoints")]
#[expect(clippy::print_stderr, reason = "the test waits for this line")]
pub fn reach(name: &str) {
    use std::sync::OnceLock;
    static ASKED: OnceLock<Option<String>> = OnceLock::new();
    let asked = ASKED.get_or_init(|| std::env::var("WECOM_FAILPOINT").ok());
    if asked.as_deref() == Some(name) {
        eprintln!("failpoint reached: {name}");
        loop {
            std::thread::park();
        }
    }
}
