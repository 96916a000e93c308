//! Agents of an OpenClaw installation.

pub mod gateway;
