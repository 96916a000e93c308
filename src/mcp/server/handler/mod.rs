//! What every connection is served, whatever it came over.

mod about;
mod ask;
mod cache;
mod completion;
mod expanded;
mod log;
mod media;
mod progress;
mod prompts;
mod resources;
mod skill_tool;
mod skills;
mod tools;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, DiscoverResult,
    Extensions, GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult,
    InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListSkillsResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
    ReadResourceResponse, RequestStateCodec, ServerConfig, SubscriptionFilter, Tool,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

use super::runner::ToolRunner;
use crate::config::LiveConfig;
use crate::files::MediaStore;
use crate::mcp::credentials::Credential;
use crate::skills::LiveSkills;

/// What is served.
#[derive(Debug, Clone)]
pub struct ServerParts {
    /// Where tool calls go.
    pub runner: Arc<dyn ToolRunner>,
    /// The skills.
    pub skills: LiveSkills,
    /// Files that clients have been given; a process that hands out paths has none.
    pub media: Option<MediaStore>,
    /// Which tools there are.
    pub config: LiveConfig,
}

/// The server, as one connection sees it.
#[derive(Clone)]
pub struct Server {
    parts: Arc<Parts>,
    seat: Seat,
    /// Least severity of log messages that a legacy client asked for.
    level: Arc<Mutex<log::Level>>,
}

struct Parts {
    given: ServerParts,
    states: RequestStateCodec,
}

/// Whose connection it is.
#[derive(Debug, Clone)]
enum Seat {
    /// Each request brings its own credential.
    Http,
    /// One credential for all of it.
    Fixed(Arc<Credential>),
}

impl Server {
    /// For requests that bring their credential among their extensions.
    pub(super) fn over_http(parts: ServerParts) -> Self {
        Self::new(parts, Seat::Http)
    }

    /// For one client.
    pub(super) fn for_one(parts: ServerParts, credential: Credential) -> Self {
        Self::new(parts, Seat::Fixed(Arc::new(credential)))
    }

    fn new(parts: ServerParts, seat: Seat) -> Self {
        let key: [u8; RequestStateCodec::MIN_KEY_LENGTH] = rand::random();
        Self {
            parts: Arc::new(Parts {
                given: parts,
                // A new key at every start: what was asked before it is asked again.
                states: RequestStateCodec::new_unchecked(key),
            }),
            seat,
            level: Arc::default(),
        }
    }

    /// The same server for another connection.
    pub(super) fn for_connection(&self) -> Self {
        Self {
            level: Arc::default(),
            ..self.clone()
        }
    }

    fn given(&self) -> &ServerParts {
        &self.parts.given
    }

    /// Who asks. Fails closed: what brought no credential gets nothing.
    fn credential(&self, extensions: &Extensions) -> Result<Arc<Credential>, ErrorData> {
        match &self.seat {
            Seat::Fixed(credential) => Ok(credential.clone()),
            Seat::Http => extensions
                .get::<http::request::Parts>()
                .and_then(|parts| parts.extensions.get::<Arc<Credential>>())
                .cloned()
                .ok_or_else(|| {
                    tracing::error!("a request reached the server without a credential");
                    ErrorData::internal_error("the request has no credential", None)
                }),
        }
    }

    fn level(&self) -> std::sync::MutexGuard<'_, log::Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("parts", self.given())
            .field("seat", &self.seat)
            .finish_non_exhaustive()
    }
}

type Context = RequestContext<RoleServer>;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        about::config(self.given())
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: Context,
    ) -> Result<InitializeResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        context.peer.set_peer_info(request.clone());
        let result = self.negotiate_initialize(&request)?;
        Ok(result.with_instructions(about::instructions(self.given(), &credential)))
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        let mut config = self.get_info();
        // Logging belongs to the revisions before this one.
        config.capabilities.logging = None;
        let config = config.with_instructions(about::instructions(self.given(), &credential));
        let versions = self.supported_protocol_versions().into_owned();
        // The instructions name the member.
        Ok(DiscoverResult::from_server_info(versions, config)
            .with_ttl_ms(cache::STATIC_MS)
            .with_cache_scope(rmcp::model::CacheScope::Private))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        cache::only_page(request.as_ref())?;
        Ok(
            ListToolsResult::with_all_items(tools::all(self.given(), &credential))
                .with_ttl_ms(cache::STATIC_MS)
                .with_cache_scope(cache::scope(&credential)),
        )
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::by_name(self.given(), name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        tools::call(self, request, context).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        cache::only_page(request.as_ref())?;
        Ok(resources::list(self.given())
            .with_ttl_ms(cache::skills_ms(&self.given().skills))
            .with_cache_scope(cache::scope(&credential)))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.credential(&context.extensions)?;
        cache::only_page(request.as_ref())?;
        Ok(resources::templates(self.given())
            .with_ttl_ms(cache::STATIC_MS)
            .with_cache_scope(rmcp::model::CacheScope::Public))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        let read = resources::read(self.given(), &credential, &request.uri).await?;
        Ok(read.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        cache::only_page(request.as_ref())?;
        Ok(prompts::list(&self.given().skills.get())
            .with_ttl_ms(cache::skills_ms(&self.given().skills))
            .with_cache_scope(cache::scope(&credential)))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.credential(&context.extensions)?;
        Ok(prompts::get(&self.given().skills.get(), &request)?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: Context,
    ) -> Result<CompleteResult, ErrorData> {
        let credential = self.credential(&context.extensions)?;
        completion::complete(self.given(), &credential, &request)
    }

    async fn list_skills(
        &self,
        request: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListSkillsResult, ErrorData> {
        self.credential(&context.extensions)?;
        cache::only_page(request.as_ref())?;
        Ok(skills::list(&self.given().skills.get())
            .with_ttl_ms(cache::skills_ms(&self.given().skills))
            .with_cache_scope(rmcp::model::CacheScope::Public))
    }

    async fn get_skill(
        &self,
        request: GetSkillRequestParams,
        context: Context,
    ) -> Result<GetSkillResult, ErrorData> {
        self.credential(&context.extensions)?;
        let skill = skills::get(&self.given().skills.get(), &request.uri)?;
        Ok(GetSkillResult::new(skill)
            .with_ttl_ms(cache::skills_ms(&self.given().skills))
            .with_cache_scope(rmcp::model::CacheScope::Public))
    }

    async fn read_resource_directory(
        &self,
        request: ReadResourceDirectoryRequestParams,
        context: Context,
    ) -> Result<ReadResourceDirectoryResult, ErrorData> {
        self.credential(&context.extensions)?;
        cache::no_cursor(request.cursor.as_deref())?;
        Ok(skills::directory(&self.given().skills.get(), &request.uri)?
            .with_ttl_ms(cache::skills_ms(&self.given().skills))
            .with_cache_scope(rmcp::model::CacheScope::Public))
    }

    #[expect(deprecated, reason = "legacy clients are told by it what to log")]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        self.credential(&context.extensions)?;
        if log::is_modern(&context) {
            return Err(ErrorData::method_not_found::<
                rmcp::model::SetLevelRequestMethod,
            >());
        }
        *self.level() = log::Level(request.level);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.given().skills.can_change().then(|| requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        skills::tell_subscriber(&self.given().skills, &context).await;
        Ok(())
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        skills::tell_session(&self.given().skills, &context.peer).await;
    }
}
