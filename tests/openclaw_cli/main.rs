//! `wecom openclaw` as users run it, with an OpenClaw that is a script.

// Marked for the lints, which allow `unwrap` in tests alone.
#[cfg(test)]
mod home;
#[cfg(test)]
mod looking;
#[cfg(test)]
mod setting_up;
