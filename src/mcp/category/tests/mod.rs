//! The client against servers that are strict about what reaches them.

mod book;
mod deadlines;
mod errors;
mod events;
mod handshake;
mod protocol;
mod rig;
mod secrets;
