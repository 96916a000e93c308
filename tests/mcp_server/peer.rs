//! The protocol's own Rust client, over HTTP and over standard input and output.

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, GetPromptRequestParams, Implementation, ReadResourceRequestParams,
};
use rmcp::service::{RequestContext, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ErrorData, RoleClient, ServiceExt};
use serde_json::json;

use super::server::{Server, ZHANGSAN};
use super::stdio_client::{Daemon, program};

/// A client whose person says yes.
#[derive(Debug, Clone)]
struct Agreeable;

impl ClientHandler for Agreeable {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(rmcp::model::ElicitationCapability::new());
        ClientConfig::new(capabilities, Implementation::new("test", "0"))
    }

    async fn create_elicitation(
        &self,
        _request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"allow": true})))
    }
}

/// List, call, ask, read and prompt.
async fn uses_everything(client: &RunningService<RoleClient, Agreeable>) {
    let tools = client.list_all_tools().await.unwrap();
    assert_eq!(tools.len(), 2);
    for (method, member, said) in [("echo", "zhangsan", None), ("ask", "zhangsan", Some("Yes"))] {
        let arguments = json!({"action": "call", "category": "todo", "method": method});
        let call = CallToolRequestParams::new("wecom_mcp")
            .with_arguments(arguments.as_object().unwrap().clone());
        let result = client.call_tool(call).await.unwrap();
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["data"]["requester"], member);
        assert_eq!(structured["said"].as_str(), said);
    }
    let uri = "skill://wecom-edit-todo/SKILL.md";
    let read = ReadResourceRequestParams::new(uri);
    assert_eq!(client.read_resource(read).await.unwrap().contents.len(), 1);
    let prompt = GetPromptRequestParams::new("wecom-edit-todo");
    assert_eq!(client.get_prompt(prompt).await.unwrap().messages.len(), 2);
}

#[tokio::test]
async fn over_http_it_uses_everything() {
    let server = Server::start().await;
    let settings =
        StreamableHttpClientTransportConfig::with_uri(server.url()).auth_header(ZHANGSAN);
    let transport = StreamableHttpClientTransport::from_config(settings);
    let client = Agreeable.serve(transport).await.unwrap();
    uses_everything(&client).await;
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn over_standard_input_it_uses_everything() {
    let home = tempfile::tempdir().unwrap();
    let _daemon = Daemon::start(home.path()).await;
    let mut command = program(home.path());
    command.args(["mcp", "--user", "zhangsan"]);
    let client = Agreeable
        .serve(TokioChildProcess::new(command).unwrap())
        .await
        .unwrap();
    uses_everything(&client).await;
    client.cancel().await.unwrap();
}
