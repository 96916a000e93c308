//! The official conformance suite against our MCP server.
//!
//! Two kinds of runs for each of two revisions. In the *fixture* runs the server has the
//! tools, prompts and resources that the suite calls, and everything must pass. In the
//! *product* runs it is the program as it ships; scenarios that fail for want of a fixture
//! are listed in `expected-<revision>.yaml`, and the suite itself fails on an entry that
//! passes.

mod suite;

use suite::Suite;

use crate::daemon::{Daemon, Door};
use crate::fixtures::server::FixtureServer;

/// Of the skills extension, which no revision requires.
const SKILLS: [&str; 3] = [
    "sep-2640-skills-enumeration",
    "sep-2640-skills-manifest",
    "sep-2640-skills-directory",
];

/// What the sets leave out because the suite's own server does not pass it yet. Each runs at
/// the revision that it was written for.
const NOT_SCORED: [&str; 5] = [
    "server-session-lifecycle",
    "server-sse-polling",
    "json-schema-2020-12",
    "http-header-validation",
    "http-custom-header-server-validation",
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

#[tokio::test(flavor = "multi_thread")]
async fn with_fixtures_what_no_set_scores_yet_passes_too() {
    let server = FixtureServer::for_the_suite().await;
    for scenario in NOT_SCORED {
        Suite::at(server.url()).scenario(scenario).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_product_lacks_nothing_but_fixtures_for_2025_11_25() {
    let daemon = Daemon::start(Door::Open).await;
    Suite::at(daemon.url())
        .expecting("expected-2025-11-25.yaml")
        .requirements("2025-11-25")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_product_lacks_nothing_but_fixtures_for_2026_07_28() {
    let daemon = Daemon::start(Door::Open).await;
    Suite::at(daemon.url())
        .expecting("expected-2026-07-28.yaml")
        .requirements("2026-07-28")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_product_serves_skills_as_the_extension_says() {
    let daemon = Daemon::start(Door::Open).await;
    for scenario in SKILLS {
        Suite::at(daemon.url()).scenario(scenario).await;
    }
}
