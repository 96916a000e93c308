//! Local files on their way out: what every interceptor that publishes one asks first.

mod budget;
mod consent;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::budget::{BYTES_PER_HOUR, Budget};
pub use self::consent::{Consent, FileConsent, NobodyToAsk};
use super::{ErrorKind, ToolCall, ToolError};
use crate::config::{Account, LiveConfig, LocalFiles};
use crate::files::{FileError, FileRoots, MediaStore};
use crate::identity::TurnChat;

/// Bytes of one file that a document takes (10 MiB).
pub(super) const FILE_LIMIT: u64 = 10 * 1024 * 1024;

/// Bytes of all files of one call (20 MiB).
pub(super) const CALL_LIMIT: u64 = 20 * 1024 * 1024;

/// How long a person has to agree.
const CONSENT_TIME: Duration = Duration::from_mins(2);

/// Decides for a call which local files it may name, and lets them go.
///
/// Paths are chosen by a model that reads untrusted text all day, and what it names is
/// published: here reading is giving away. So every file passes the roots, a budget, if
/// the operator wants a question, and leaves a line in the audit log. A copy shares the
/// budget.
#[derive(Debug, Clone)]
pub struct FilesOut {
    config: LiveConfig,
    store: MediaStore,
    user_home: Option<PathBuf>,
    consent: Arc<dyn FileConsent>,
    budget: Arc<Budget>,
}

/// A file that is about to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Its name.
    pub name: String,
    /// Where it lies below its root.
    pub relative: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}

impl FilesOut {
    /// `user_home` is what `~/` stands for.
    pub fn new(
        config: LiveConfig,
        store: MediaStore,
        user_home: Option<PathBuf>,
        consent: Arc<dyn FileConsent>,
    ) -> Self {
        Self {
            config,
            store,
            user_home,
            consent,
            budget: Arc::default(),
        }
    }

    /// Where the files of a call may lie.
    pub(super) fn roots(&self, call: &ToolCall) -> Result<FileRoots, ToolError> {
        let config = self.config.get();
        let account = config.accounts.get(call.identity().account());
        if account.is_none_or(|account| account.mcp.local_files == LocalFiles::Off) {
            return Err(ToolError::invalid_args(
                "the operator has switched local files off for this account",
            )
            .reason("local_files_off")
            .next("Give the contents themselves, or tell the person that files can't be sent."));
        }
        Ok(FileRoots::of(
            &config,
            &self.store,
            call.identity(),
            &call.files,
            self.user_home.clone(),
        ))
    }

    /// Lets files go to `document`: asks the requester where that is wanted, counts them,
    /// and writes each into the audit log. Call it when nothing else can refuse the call.
    pub(super) async fn release(
        &self,
        call: &ToolCall,
        files: &[Leaving],
        document: Option<&str>,
    ) -> Result<(), ToolError> {
        if files.is_empty() {
            return Ok(());
        }
        let needs_consent = |account: &Account| account.mcp.confirm_files;
        let account = call.identity().account();
        if self
            .config
            .get()
            .accounts
            .get(account)
            .is_some_and(needs_consent)
        {
            self.ask(call, files).await?;
        }
        let size = files.iter().map(|file| file.size).sum();
        self.budget.take(call.identity(), size).map_err(|left| {
            ToolError::too_large(
                format!(
                    "within an hour {BYTES_PER_HOUR} bytes of files may leave, {left} are left"
                ),
                size,
                left,
            )
            .next("Send fewer files now, the rest later.")
        })?;
        for file in files {
            audit(call, file, document);
        }
        Ok(())
    }

    async fn ask(&self, call: &ToolCall, files: &[Leaving]) -> Result<(), ToolError> {
        let asked = self.consent.ask(call.identity(), files);
        let message = match tokio::time::timeout(CONSENT_TIME, asked).await {
            Ok(Consent::Given) => return Ok(()),
            Ok(Consent::Refused) => "the person does not want these files to be sent",
            Ok(Consent::NobodyToAsk) => {
                "files leave only after a question in the chat, and this call has no chat"
            }
            Err(_) => "the person did not say in time whether the files may be sent",
        };
        Err(ToolError::new(ErrorKind::Cancelled, message)
            .next("Do not repeat the call; say that the files were not sent."))
    }
}

fn audit(call: &ToolCall, file: &Leaving, document: Option<&str>) {
    let identity = call.identity();
    let chat = identity.chat().map(|chat| match chat {
        TurnChat::Direct(user) => user.as_str(),
        TurnChat::Group(id) => id.as_str(),
    });
    // A document's link can hold a share code in its query.
    let document = document.map(|link| link.split(['?', '#']).next().unwrap_or(link));
    tracing::info!(
        target: "wecom::audit",
        account = %identity.account(),
        requester = identity.requester().map(crate::ids::UserId::as_str),
        chat,
        tool = %format_args!("{}.{}", call.category, call.method),
        file.path = file.relative,
        size_bytes = file.size,
        sha256 = file.sha256,
        document,
        "a local file leaves"
    );
}

/// A file that can't be had, told with the place in the arguments that names it.
pub(super) fn not_opened(place: &str, error: &FileError) -> ToolError {
    // The system's message can hold a path of this machine.
    let message = match error {
        FileError::Io { given, source } => {
            format!("{place}: `{given}` can't be read: {}", source.kind())
        }
        _ => format!("{place}: {error}"),
    };
    let (reason, next) = match error {
        FileError::TooLarge { size, limit, .. } => {
            return ToolError::too_large(message, *size, *limit);
        }
        FileError::Io { source, .. } => {
            let kind = match source.kind() {
                std::io::ErrorKind::TimedOut => ErrorKind::Timeout,
                _ => ErrorKind::Internal,
            };
            return ToolError::new(kind, message);
        }
        FileError::Malformed { .. } => ("invalid_reference", "Give the path of a local file."),
        FileError::NotAllowed { .. } => (
            "path_not_allowed",
            "Name a file in an allowed folder; do not look for a way round.",
        ),
        FileError::NotFound { .. } => ("not_found", "Check the path."),
        FileError::NotAFile { .. } => ("not_a_file", "Name one file."),
        FileError::TooManyLinks { .. } => ("too_many_links", "Name a copy of the file."),
    };
    ToolError::invalid_args(message).reason(reason).next(next)
}

#[cfg(test)]
mod tests;
