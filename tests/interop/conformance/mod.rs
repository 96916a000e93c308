//! The official conformance suite against our MCP server.
//!
//! Two kinds of runs for each of two revisions. In the *fixture* runs the server has the
//! tools, prompts and resources that the suite calls, and everything must pass. In the
//! *product* runs it is the server as it ships; scenarios that fail for want of a fixture
//! are listed in `expected-<revision>.yaml`, and the suite itself fails on an entry that
//! passes.

mod suite;

use suite::Suite;

mod bare {
    use std::sync::Arc;

    use rmcp::ServerHandler;
    use rmcp::transport::StreamableHttpService;
    use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

    use crate::fixtures::{Fixtures, Shared};

    #[derive(Clone)]
    struct Bare;
    impl ServerHandler for Bare {}

    pub(super) async fn serve() -> String {
        let shared = Arc::new(Shared::default());
        let service = StreamableHttpService::new(
            move || Ok(Fixtures::around(Bare, shared.clone())),
            Arc::new(LocalSessionManager::default()),
            Default::default(),
        );
        let router = axum::Router::new().nest_service("/mcp", service);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        wecom::task::spawn(&tokio_util::task::TaskTracker::new(), "bare", async move {
            axum::serve(listener, router).await.unwrap();
        });
        url
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_2025() {
    let url = bare::serve().await;
    Suite::at(&url).requirements("2025-11-25").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_2026() {
    let url = bare::serve().await;
    Suite::at(&url).requirements("2026-07-28").await;
}
