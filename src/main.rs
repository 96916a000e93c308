//! The `wecom` program.

fn main() {}
