//! The official conformance suite against our MCP server.
//!
//! Two kinds of runs for each of two revisions. In the *fixture* runs the server has the
//! tools, prompts and resources that the suite calls, and everything must pass. In the
//! *product* runs it is the server as it ships; scenarios that fail for want of a fixture
//! are listed in `expected-<revision>.yaml`, and the suite itself fails on an entry that
//! passes.

mod suite;

use suite::Suite;

use crate::fixtures::server::FixtureServer;

#[tokio::test(flavor = "multi_thread")]
async fn bare_2025() {
    let server = FixtureServer::start().await;
    Suite::at(server.url()).requirements("2025-11-25").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_2026() {
    let server = FixtureServer::start().await;
    Suite::at(server.url()).requirements("2026-07-28").await;
}
