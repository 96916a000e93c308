//! The official conformance suite against our MCP server.
//!
//! Two kinds of runs for each of two revisions. In the *fixture* runs the server has the
//! tools, prompts and resources that the suite calls, and everything must pass. In the
//! *product* runs it is the program as it ships; scenarios that fail for want of a fixture
//! are listed in `expected-<revision>.yaml`, and the suite itself fails on an entry that
//! passes.

mod suite;

use suite::Suite;

use crate::fixtures::server::FixtureServer;

const SKILLS: [&str; 3] = [
    "sep-2640-skills-enumeration",
    "sep-2640-skills-manifest",
    "sep-2640-skills-directory",
];

#[tokio::test(flavor = "multi_thread")]
async fn with_fixtures_all_that_2025_11_25_requires_passes() {
    let server = FixtureServer::for_the_suite().await;
    Suite::at(server.url()).requirements("2025-11-25").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fixtures_all_that_2026_07_28_requires_passes() {
    let server = FixtureServer::for_the_suite().await;
    Suite::at(server.url()).requirements("2026-07-28").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_fixtures_the_skills_extension_passes() {
    let server = FixtureServer::for_the_suite().await;
    for scenario in SKILLS {
        Suite::at(server.url()).scenario(scenario).await;
    }
}
