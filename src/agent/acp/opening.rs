//! A conversation's session in the program: gone on with where the program can, else new.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent_client_protocol::v1::schema::{
    EnvVariable, HttpHeader, LoadSessionRequest, McpServer, McpServerHttp, McpServerStdio,
    NewSessionRequest, ResumeSessionRequest, SessionId,
};
use tokio::time::timeout;

use super::Backend;
use super::failure;
use super::link::Link;
use super::seats::OpenSession;
use crate::agent::{AgentFailure, FailureClass, McpAccess, McpPass, TurnRequest};
use crate::session::{SessionKey, SessionScope};

/// The name of our MCP server in the program.
const SERVER_NAME: &str = "wecom";

/// Opens the session of a turn's conversation.
///
/// # Errors
/// The program has none to give: it is not logged in, does not answer, or has ended.
pub(super) async fn open(
    backend: &Backend,
    link: &Link,
    turn: &TurnRequest,
) -> Result<OpenSession, AgentFailure> {
    let directory = backend.directory_of(&turn.session.agent);
    prepare(&directory).await?;
    let pass = backend.pass(turn, &directory);
    let servers: Vec<McpServer> = (pass.iter())
        .map(|pass| {
            server(
                pass.access(),
                link.about.agent_capabilities.mcp_capabilities.http,
            )
        })
        .collect();
    let earlier = if is_kept(&turn.session) {
        backend.earlier(&turn.session).await
    } else {
        None
    };
    if let Some(id) = earlier
        && go_on(backend, link, &id, &directory, &servers).await
    {
        return Ok(OpenSession {
            id,
            pass,
            is_new: false,
        });
    }
    let request = NewSessionRequest::new(directory).mcp_servers(servers);
    let answer = link.connection.send_request(request).block_task();
    let opened = timeout(backend.settings.start_timeout, answer)
        .await
        .map_err(|_| failure::timed_out("begin a session", &backend.settings))?
        .map_err(|error| {
            failure::of_session_error(&error, &link.about.auth_methods, &backend.settings)
        })?;
    let id = opened.session_id;
    if is_kept(&turn.session) {
        backend.keep(&turn.session, &id).await;
    }
    Ok(OpenSession {
        id,
        pass,
        is_new: true,
    })
}

/// Makes the working directory.
pub(super) async fn prepare(directory: &Path) -> Result<(), AgentFailure> {
    tokio::fs::create_dir_all(directory).await.map_err(|error| {
        let detail = format!(
            "cannot make the working directory {}: {error}",
            directory.display()
        );
        AgentFailure::new(FailureClass::Refused, detail)
    })
}

/// A run of a job remembers nothing, so nothing of it is kept.
fn is_kept(session: &SessionKey) -> bool {
    !matches!(session.scope, SessionScope::JobRun { .. })
}

/// Goes on with a session of an earlier process, in whichever way the program knows.
async fn go_on(
    backend: &Backend,
    link: &Link,
    id: &SessionId,
    directory: &Path,
    servers: &[McpServer],
) -> bool {
    let can = &link.about.agent_capabilities;
    let limit = backend.settings.start_timeout;
    let (id, directory, servers) = (id.clone(), directory.to_owned(), servers.to_vec());
    let done = if can.session_capabilities.resume.is_some() {
        let request = ResumeSessionRequest::new(id, directory).mcp_servers(servers);
        let answer = link.connection.send_request(request).block_task();
        timeout(limit, answer).await.map(|answer| answer.map(drop))
    } else if can.load_session {
        // What is read again to us has no turn to go to.
        let request = LoadSessionRequest::new(id, directory).mcp_servers(servers);
        let answer = link.connection.send_request(request).block_task();
        timeout(limit, answer).await.map(|answer| answer.map(drop))
    } else {
        return false;
    };
    match done {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::info!(
                code = error.code.value(),
                "an earlier session is gone; a new one begins"
            );
            false
        }
        Err(_) => {
            tracing::warn!("an earlier session was not loaded in time; a new one begins");
            false
        }
    }
}

fn server(access: &McpAccess, speaks_http: bool) -> McpServer {
    if let Some(url) = access.url.as_ref().filter(|_| speaks_http) {
        let bearer = format!("Bearer {}", access.token.reveal());
        let server = McpServerHttp::new(SERVER_NAME, url.clone())
            .headers(vec![HttpHeader::new("Authorization", bearer)]);
        return McpServer::Http(server);
    }
    let env = (access.env.iter())
        .map(|(name, value)| EnvVariable::new(name.clone(), value.reveal()))
        .collect();
    let server = McpServerStdio::new(SERVER_NAME, access.command.clone())
        .args(access.args.clone())
        .env(env);
    McpServer::Stdio(server)
}

impl Backend {
    /// What lets the program use our tools. Without it the program works all the same.
    fn pass(&self, turn: &TurnRequest, directory: &Path) -> Option<Arc<dyn McpPass>> {
        let door = self.services.mcp.as_ref().filter(|_| self.settings.mcp)?;
        door.open(&turn.chat.account, PathBuf::from(directory))
            .inspect_err(|error| tracing::warn!(%error, "the agent has no tools of WeCom"))
            .ok()
    }

    async fn earlier(&self, session: &SessionKey) -> Option<SessionId> {
        let found = self
            .services
            .store
            .acp_session(session, &self.program)
            .await;
        found
            .unwrap_or_else(|error| {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an earlier session could not be looked up"
                );
                None
            })
            .map(SessionId::new)
    }

    async fn keep(&self, session: &SessionKey, id: &SessionId) {
        let now_ms = self.services.clock.now_ms();
        let kept = self
            .services
            .store
            .keep_acp_session(session, &self.program, &id.0, now_ms)
            .await;
        if let Err(error) = kept {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a session could not be kept; a restart begins it anew"
            );
        }
    }
}
