//! `wecom doctor --callback` against servers that answer well, and against servers that do
//! not, each in a way of its own.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod house;
#[cfg(test)]
mod posts;
#[cfg(test)]
mod server;
#[cfg(test)]
mod statuses;
#[cfg(test)]
mod ways;
