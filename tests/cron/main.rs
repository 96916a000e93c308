//! Jobs on the running runtime: what is due is done, and its result arrives in the simulated
//! WeCom, once.

#[cfg(test)]
mod month;
#[cfg(test)]
mod running;
#[cfg(test)]
#[path = "../runtime/support/mod.rs"]
mod support;
