//! The client against a scripted peer in memory, on a paused clock.

mod harness;

mod acks;
mod frames;
mod heartbeat;
mod kick;
mod lanes;
mod reconnect;
mod uploads;
