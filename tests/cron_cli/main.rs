//! `wecom cron` as operators run it: as a process, on the store alone and beside a running
//! daemon in the simulated WeCom.

#[cfg(test)]
mod alone;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod files;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod place;
#[cfg(test)]
mod refused;
#[cfg(test)]
#[path = "../runtime/support/mod.rs"]
mod support;
