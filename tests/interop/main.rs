//! Parties nobody here wrote, against ours: where both agree, both are right.
//!
//! Only built with `--features interop`: the suites install Node packages into the
//! target directory. `README.md` beside this file says what each needs.

#![cfg(feature = "interop")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a helper does not expect fails its test"
)]

mod acp;
mod aibot_files;
mod aibot_sdk;
mod callbacks;
mod called;
#[path = "../callback/house.rs"]
#[allow(
    dead_code,
    clippy::allow_attributes,
    reason = "of the helpers it uses a few"
)]
mod callee;
mod clients;
mod conformance;
mod daemon;
mod fixtures;
#[path = "../agent_openai/model.rs"]
mod model;
mod node;
mod openai_client;
mod openclaw;
mod page;
mod peer;
mod python;
mod skills_ref;
#[path = "../runtime/support/mod.rs"]
mod support;

use std::time::Duration;

/// Longer than any step takes on a busy machine; only a failure waits for it.
const DEADLINE: Duration = Duration::from_secs(30);
