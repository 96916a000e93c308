//! `wecom config` as users run it.

// Marked for the lints, which allow `unwrap` in tests alone.
#[cfg(test)]
mod home;
mod importing;
mod looking;
mod safety;
mod setting;
