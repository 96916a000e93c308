//! The whole program on real sockets against the simulator, in process and as a process.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod bots;
#[cfg(test)]
mod cards;
#[cfg(test)]
mod commands;
#[cfg(test)]
#[cfg(unix)]
mod daemon;
#[cfg(test)]
mod docs;
#[cfg(test)]
#[cfg(unix)]
mod kill;
#[cfg(test)]
mod media;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod questions;
#[cfg(test)]
mod routes;
#[cfg(test)]
#[cfg(unix)]
mod supervised;
#[cfg(test)]
mod support;
#[cfg(test)]
mod turns;
