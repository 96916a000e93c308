//! The client against a real server of the protocol, and files on their way out.

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerInfo, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, ServerHandler};
use serde_json::{Map, json};
use tokio_util::task::TaskTracker;

use super::rig::*;
use crate::interceptors::{CategoryServers, Content, ErrorKind, Upload};
use crate::task;

#[derive(Clone)]
struct Todo;

impl ServerHandler for Todo {
    fn get_info(&self) -> ServerInfo {
        let mut info = ServerInfo::default();
        info.capabilities = ServerCapabilities::builder().enable_tools().build();
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("get_things", "Lists to-dos.", Arc::new(Map::new()));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name != "get_things" {
            return Err(ErrorData::invalid_params("tool not found", None));
        }
        let parts = context.extensions.get::<http::request::Parts>();
        let user = parts
            .and_then(|parts| parts.headers.get("x-openclaw-wecom-userid"))
            .and_then(|user| user.to_str().ok());
        let text = json!({"errcode": 0, "user": user}).to_string();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

/// A real server; where its sessions end is in its own hands.
async fn real(stateful: bool, json: bool, tracker: &TaskTracker) -> String {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(stateful)
        .with_json_response(json);
    let service = StreamableHttpService::new(
        || Ok(Todo),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp?apikey={KEY}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback_service(service);
    task::spawn(tracker, "server", async move {
        axum::serve(listener, app).await.unwrap();
    });
    url
}

#[tokio::test(start_paused = true)]
async fn real_servers_are_understood() {
    let tracker = TaskTracker::new();
    for (stateful, json) in [(true, false), (true, true), (false, false), (false, true)] {
        let bots = FakeBots::saying([at(&real(stateful, json, &tracker).await)]);
        let rig = Rig::new(&bots);
        let list = rig
            .servers
            .list(&identity(Some("lisi")), "todo")
            .await
            .unwrap();
        assert_eq!(list.tools[0].name, "get_things");
        for user in ["zhangsan", "lisi"] {
            let answer = rig.call(Some(user), "get_things").await.unwrap();
            assert_eq!(
                answer.business().unwrap()["user"],
                user,
                "{stateful} {json}"
            );
        }
        let error = rig.write().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::UnknownMethod, "{error}");
        rig.servers.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_leaves_as_an_argument_with_a_known_length() {
    let (rig, mock, _) = start(stateless).await;
    let bytes = vec![7; 5_000_000];
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let mut call = call(Some("zhangsan"), "unheard_of");
    call.args.insert("docid".to_owned(), "d1".into());
    call.upload = Some(Upload {
        member: "base64_content",
        file: Arc::new(file),
        size: 5_000_000,
    });
    rig.servers.call(&call).await.unwrap();
    let seen = mock.seen("tools/call").remove(0);
    let arguments = &seen.body["params"]["arguments"];
    assert_eq!(arguments["docid"], "d1");
    let sent = STANDARD
        .decode(arguments["base64_content"].as_str().unwrap())
        .unwrap();
    assert!(sent == bytes);
    assert_eq!(
        seen.header("content-length"),
        Some(&*seen.body.to_string().len().to_string())
    );
    assert_eq!(seen.header("transfer-encoding"), None);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_shrank_is_the_callers_to_fix() {
    let (rig, mock, _) = start(stateless).await;
    let mut call = call(None, "unheard_of");
    call.upload = Some(Upload {
        member: "base64_content",
        file: Arc::new(tempfile::tempfile().unwrap()),
        size: 1_000,
    });
    let error = rig.servers.call(&call).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason),
        (ErrorKind::InvalidArgs, Some("file_unreadable"))
    );
    assert!(!error.maybe_executed);
    assert_eq!(mock.count("tools/call"), 0);
}

#[tokio::test(start_paused = true)]
async fn media_of_twenty_megabytes_come_through() {
    let base64 = "QUJD".repeat(6_990_507);
    let size = base64.len();
    let (rig, _mock, _) = start(move |seen| match seen.rpc() {
        "tools/call" => business(
            seen,
            &json!({"errcode": 0, "media_item": {"base64_data": base64}}),
        ),
        _ => stateless(seen),
    })
    .await;
    let mut call = call(None, "unheard_of");
    call.raise_response_limit(32 * 1024 * 1024);
    let answer = rig.servers.call(&call).await.unwrap();
    let Content::Text { text, .. } = &answer.content()[0] else {
        panic!("no text");
    };
    assert!(text.len() > size && text.ends_with("QUJD\"}}"));
    assert_eq!(answer.head().unwrap().errcode, 0);
}
