//! The plugin's files that are part of the program.

/// Name and contents of every file; the build script makes the list.
pub(super) static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
