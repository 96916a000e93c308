//! The SQLite engine: one file, one thread that owns it, one transaction for everything
//! that waits.
//!
//! Callers hand their operation to the thread. It takes all that wait (up to
//! [`MAX_GROUP`]), runs them in one transaction and answers after the commit, so that one
//! `fsync` serves many messages. The write-ahead log is synced at every commit
//! (`synchronous=FULL`): what was accepted survives a power cut, not only a kill.

mod acp;
mod cards;
mod cron;
mod history;
mod inbox;
mod openclaw;
mod pairing;
mod routes;
mod schema;
mod tokens;

use std::path::Path;
use std::sync::Mutex;
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::{
    Answer, InboxId, NewMessage, OpenMessage, Outcome, Recorded, Store, StoreError, StoredToken,
};
use crate::ids::AccountId;

/// Operations that share one transaction, at the most: bounds how long the first of them
/// waits for its commit.
const MAX_GROUP: usize = 256;

/// Operations that may wait for the thread; beyond it callers wait for room.
const QUEUE: usize = 1024;

/// An operation: runs on the connection and leaves the answer to be given once its
/// transaction is durable, or answers at once that no transaction could be begun.
type Operation = Box<dyn FnOnce(Result<&Connection, CommitFailed>) -> Option<Finish> + Send>;

/// Tells the caller how it went, after the commit (`Ok`) or the roll-back (`Err`).
type Finish = Box<dyn FnOnce(Result<(), &CommitFailed>) + Send>;

/// Why a transaction is not durable, for everyone who was in it.
struct CommitFailed {
    disk_full: bool,
    reason: String,
}

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    queue: mpsc::Sender<Operation>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    /// Opens the file, making it (mode 0600, its directory 0700) and bringing its schema
    /// up to date where needed. Blocks: call it at start, before serving.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooNew`] for the file of a newer program, [`StoreError::Directory`]
    /// and [`StoreError::Engine`] for what the system refuses.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        prepare_directory(path)?;
        let connection = Connection::open(path).map_err(engine)?;
        restrict(path)?;
        Self::start(connection)
    }

    /// The schema's version in a file, and the version that this program knows. The file is
    /// neither made nor changed. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Engine`] for what is no such file or cannot be read.
    pub fn versions(path: &Path) -> Result<(i64, i64), StoreError> {
        let connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(engine)?;
        Ok((schema::version_of(&connection)?, schema::known_version()))
    }

    /// A store that lives in memory: for tests and throw-away runs.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(Connection::open_in_memory().map_err(engine)?)
    }

    fn start(mut connection: Connection) -> Result<Self, StoreError> {
        schema::prepare(&mut connection)?;
        let (queue, operations) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(&connection, operations))
            .map_err(|source| StoreError::Directory {
                path: "store thread".into(),
                source,
            })?;
        Ok(Self {
            queue,
            thread: Mutex::new(Some(thread)),
        })
    }

    async fn run<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let operation: Operation = Box::new(move |connection| match connection {
            Err(failed) => {
                // The caller may have gone; there is nobody else to tell.
                drop(answer.send(Err(StoreError::from(&failed))));
                None
            }
            Ok(connection) => {
                let result = operation(connection);
                let finish: Finish = Box::new(move |committed| {
                    let outcome = match (result, committed) {
                        (Ok(value), Ok(())) => Ok(value),
                        (Err(error), _) => Err(engine(error)),
                        (Ok(_), Err(failed)) => Err(failed.into()),
                    };
                    // The caller may have gone; its operation stands all the same.
                    drop(answer.send(outcome));
                });
                Some(finish)
            }
        });
        self.queue
            .send(operation)
            .await
            .map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for SqliteStore {
    /// Waits for the operations that were handed over, so that a clean exit leaves a
    /// checkpointed file.
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel(1);
        self.queue = closed;
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn serve(connection: &Connection, mut operations: mpsc::Receiver<Operation>) {
    let mut group = Vec::with_capacity(MAX_GROUP);
    while operations.blocking_recv_many(&mut group, MAX_GROUP) > 0 {
        run_group(connection, &mut group);
    }
}

/// Runs the waiting operations in one transaction and answers them after its commit.
///
/// An operation that fails undoes only its own statements (it is a single statement, or
/// uses a savepoint). A few errors, a full disk among them, make SQLite roll the whole
/// transaction back at once: those before it are told so, and the rest get a new one.
fn run_group(connection: &Connection, group: &mut Vec<Operation>) {
    let mut finishes = Vec::with_capacity(group.len());
    for operation in group.drain(..) {
        if connection.is_autocommit()
            && let Err(error) = connection.execute_batch("BEGIN IMMEDIATE")
        {
            operation(Err(error.into()));
            continue;
        }
        finishes.extend(operation(Ok(connection)));
        if connection.is_autocommit() {
            let rolled_back = CommitFailed {
                disk_full: false,
                reason: "rolled back with an operation beside it".to_owned(),
            };
            answer_all(&mut finishes, Err(&rolled_back));
        }
    }
    if finishes.is_empty() {
        return;
    }
    match connection
        .execute_batch("COMMIT")
        .map_err(CommitFailed::from)
    {
        Ok(()) => answer_all(&mut finishes, Ok(())),
        Err(failed) => {
            tracing::error!(
                reason = failed.reason,
                "could not commit to the state database"
            );
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "could not roll the state database back");
            }
            answer_all(&mut finishes, Err(&failed));
        }
    }
}

fn answer_all(finishes: &mut Vec<Finish>, outcome: Result<(), &CommitFailed>) {
    for finish in finishes.drain(..) {
        finish(outcome);
    }
}

impl From<rusqlite::Error> for CommitFailed {
    fn from(error: rusqlite::Error) -> Self {
        Self {
            disk_full: is_disk_full(&error),
            reason: error.to_string(),
        }
    }
}

impl From<&CommitFailed> for StoreError {
    fn from(failed: &CommitFailed) -> Self {
        if failed.disk_full {
            Self::DiskFull
        } else {
            Self::Commit {
                reason: failed.reason.clone(),
            }
        }
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

fn engine(error: rusqlite::Error) -> StoreError {
    if is_disk_full(&error) {
        StoreError::DiskFull
    } else {
        StoreError::Engine(error)
    }
}

fn prepare_directory(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    let refused = |source| StoreError::Directory {
        path: directory.to_owned(),
        source,
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(directory).map_err(refused)
}

fn restrict(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(
            |source| StoreError::Directory {
                path: path.to_owned(),
                source,
            },
        )?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[async_trait]
impl Store for SqliteStore {
    async fn record(&self, messages: Vec<NewMessage>) -> Result<Vec<Recorded>, StoreError> {
        self.run(move |connection| inbox::record(connection, &messages))
            .await
    }

    async fn begin_turn(&self, id: InboxId) -> Result<u32, StoreError> {
        self.run(move |connection| inbox::begin_turn(connection, id))
            .await
    }

    async fn answer(&self, id: InboxId, answer: Answer) -> Result<(), StoreError> {
        self.run(move |connection| inbox::answer(connection, id, &answer))
            .await
    }

    async fn keep_files(&self, id: InboxId, files: String) -> Result<(), StoreError> {
        self.run(move |connection| inbox::keep_files(connection, id, &files))
            .await
    }

    async fn progress(&self, id: InboxId, body: String) -> Result<(), StoreError> {
        self.run(move |connection| inbox::progress(connection, id, &body))
            .await
    }

    async fn merge(
        &self,
        into: InboxId,
        payload: String,
        others: Vec<InboxId>,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        self.run(move |connection| inbox::merge(connection, into, &payload, &others, at_ms))
            .await
    }

    async fn close(&self, id: InboxId, outcome: Outcome, at_ms: i64) -> Result<(), StoreError> {
        self.run(move |connection| inbox::close(connection, id, outcome, at_ms))
            .await
    }

    async fn open_messages(&self, account: &AccountId) -> Result<Vec<OpenMessage>, StoreError> {
        let account = account.clone();
        self.run(move |connection| inbox::open_messages(connection, &account))
            .await
    }

    async fn prune(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| inbox::prune(connection, before_ms))
            .await
    }

    async fn add_token(&self, token: StoredToken) -> Result<bool, StoreError> {
        self.run(move |connection| tokens::add(connection, &token))
            .await
    }

    async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.run(tokens::all).await
    }

    async fn revoke_token(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.run(move |connection| tokens::revoke(connection, &id))
            .await
    }
}

#[cfg(test)]
mod tests;
