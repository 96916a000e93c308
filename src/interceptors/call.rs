//! One call on its way in.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::files::FileGrant;
use crate::identity::Identity;

/// How long a call may take, unless an interceptor raises it.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How many bytes an answer may have, unless an interceptor raises it.
const DEFAULT_RESPONSE_LIMIT: u64 = 16 * 1024 * 1024;

/// Time on top of a call's own for finding the server and shaking hands with it.
const OVERHEAD: Duration = Duration::from_secs(45);

/// One `wecom_mcp call`. It is owned: who changes it changes what lies further in, and
/// nothing else. Dropping the future that works on it cancels it.
#[derive(Debug, Clone)]
pub struct ToolCall {
    /// The category, trimmed.
    pub category: String,
    /// The method, trimmed.
    pub method: String,
    /// Its arguments.
    pub args: Map<String, Value>,
    /// How contents that became files reach the caller.
    pub delivery: Delivery,
    /// Folders that arguments may name files in. None, unless the call's maker says so.
    pub files: Arc<FileGrant>,
    /// Remarks for the answer.
    pub notes: Notes,
    /// Where steps are told to.
    pub progress: Progress,
    /// A file that becomes an argument on its way out.
    pub upload: Option<Upload>,
    identity: Arc<Identity>,
    caller: Caller,
    timeout: Duration,
    response_limit: u64,
    deadline: Deadline,
}

/// When a call is over: one time for a call and all of its copies, so that who waits
/// outside sees what was raised further in.
#[derive(Debug, Clone)]
pub(super) struct Deadline {
    began: Instant,
    ends: Arc<Mutex<Instant>>,
}

impl Deadline {
    fn after(timeout: Duration) -> Self {
        let began = Instant::now();
        Self {
            began,
            ends: Arc::new(Mutex::new(began + timeout + OVERHEAD)),
        }
    }

    /// As it stands now; it only ever moves away.
    pub(super) fn get(&self) -> Instant {
        *self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allow(&self, timeout: Duration) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        *ends = (*ends).max(self.began + timeout + OVERHEAD);
    }
}

/// Who wrote the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A model.
    Model,
    /// An interceptor, for another call.
    Interceptor,
}

/// How contents that became files reach the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// As a path: the caller reads files of this machine.
    Path,
    /// As a resource of our MCP server, for the same credential only.
    Resource,
    /// In the answer: text up to a limit, of other media the name and size.
    Inline,
}

impl ToolCall {
    /// A call with the usual limits, its deadline counted from now.
    pub fn new(
        identity: Arc<Identity>,
        category: impl Into<String>,
        method: impl Into<String>,
        args: Map<String, Value>,
    ) -> Self {
        Self {
            category: category.into(),
            method: method.into(),
            args,
            delivery: Delivery::Inline,
            files: Arc::default(),
            notes: Notes::default(),
            progress: Progress::silent(),
            upload: None,
            identity,
            caller: Caller::Model,
            timeout: DEFAULT_TIMEOUT,
            response_limit: DEFAULT_RESPONSE_LIMIT,
            deadline: Deadline::after(DEFAULT_TIMEOUT),
        }
    }

    /// A call that an interceptor makes for this one: same identity, same notes, same
    /// deadline or an earlier one.
    #[must_use]
    pub fn nested(
        &self,
        method: impl Into<String>,
        args: Map<String, Value>,
        timeout: Duration,
    ) -> Self {
        Self {
            method: method.into(),
            args,
            caller: Caller::Interceptor,
            timeout,
            response_limit: DEFAULT_RESPONSE_LIMIT,
            ..self.clone()
        }
    }

    /// For whom.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Who wrote the arguments.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// How long the request to the server may take, from the first byte sent to the last
    /// one read.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Gives the request at least `timeout`; the deadline moves along.
    pub fn raise_timeout(&mut self, timeout: Duration) {
        if timeout > self.timeout {
            self.deadline.allow(timeout);
            self.timeout = timeout;
        }
    }

    /// When the whole call is over, finding the server included.
    pub fn deadline(&self) -> Instant {
        self.deadline.get()
    }

    /// The same, to look at again once the call is on its way.
    pub(super) fn deadline_handle(&self) -> Deadline {
        self.deadline.clone()
    }

    /// How many bytes the answer may have.
    pub fn response_limit(&self) -> u64 {
        self.response_limit
    }

    /// Lets the answer have at least `bytes`.
    pub fn raise_response_limit(&mut self, bytes: u64) {
        self.response_limit = self.response_limit.max(bytes);
    }

    /// Whether this is the method of that name in that category.
    pub fn is(&self, category: &str, method: &str) -> bool {
        self.category == category && self.method == method
    }
}

/// A file whose base64 becomes one more argument while the request is written, so that it
/// is never in memory as a whole.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The argument's name, at the top level of `args`.
    pub member: &'static str,
    /// The file, read from its start to `size`.
    pub file: Arc<std::fs::File>,
    /// How many bytes it has.
    pub size: u64,
}

/// Remarks that go into the answer, shared by everybody who works on a call: `notes` about
/// what became of it, `warnings` about what is doubtful in its arguments.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<Mutex<Remarks>>);

#[derive(Debug, Default)]
struct Remarks {
    notes: Vec<String>,
    warnings: Vec<String>,
}

impl Notes {
    /// Adds a note; a repeated one counts once.
    pub fn add(&self, note: impl Into<String>) {
        add_once(&mut self.remarks().notes, note.into());
    }

    /// Adds a warning; a repeated one counts once.
    pub fn warn(&self, warning: impl Into<String>) {
        add_once(&mut self.remarks().warnings, warning.into());
    }

    /// What was noted so far.
    pub fn all(&self) -> Vec<String> {
        self.remarks().notes.clone()
    }

    /// What was warned of so far.
    pub fn warnings(&self) -> Vec<String> {
        self.remarks().warnings.clone()
    }

    fn remarks(&self) -> MutexGuard<'_, Remarks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_once(remarks: &mut Vec<String>, remark: String) {
    if !remarks.contains(&remark) {
        remarks.push(remark);
    }
}

/// Tells a waiting client how far a call is. Messages are short and name no people.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Step) + Send + Sync>);

/// How far a call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Steps done.
    pub done: u64,
    /// Steps in all, where known.
    pub total: Option<u64>,
    /// What is being done.
    pub message: String,
}

impl Progress {
    /// Tells nobody.
    pub fn silent() -> Self {
        Self(Arc::new(|_| {}))
    }

    /// Calls `tell`, which must not block.
    pub fn to(tell: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// One step.
    pub fn tell(&self, done: u64, total: Option<u64>, message: impl Into<String>) {
        (self.0)(Step {
            done,
            total,
            message: message.into(),
        });
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
