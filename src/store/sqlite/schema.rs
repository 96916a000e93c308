//! The schema and its versions (`user_version` of the file).

use rusqlite::Connection;

use super::{StoreError, engine};

/// Statements that take the schema from version *n* to *n + 1*, by position. Entries are
/// only ever added.
const MIGRATIONS: &[&str] = &[
    // 1: the durable inbox
    "CREATE TABLE inbox (
        id          INTEGER PRIMARY KEY,
        account     TEXT NOT NULL,
        message_id  TEXT NOT NULL,
        chat_kind   TEXT NOT NULL CHECK (chat_kind IN ('direct', 'group')),
        chat_id     TEXT NOT NULL,
        req_id      TEXT NOT NULL,
        stream_id   TEXT NOT NULL,
        payload     TEXT,
        received_at INTEGER NOT NULL,
        attempts    INTEGER NOT NULL DEFAULT 0,
        answer      TEXT,
        answered_at INTEGER,
        outcome     TEXT,
        closed_at   INTEGER,
        UNIQUE (account, message_id)
    ) STRICT;
    CREATE INDEX inbox_open ON inbox (account, id) WHERE outcome IS NULL;
    CREATE INDEX inbox_closed ON inbox (closed_at) WHERE outcome IS NOT NULL;",
    // 2: tokens of MCP clients
    "CREATE TABLE mcp_tokens (
        id          TEXT PRIMARY KEY,
        digest      BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        account     TEXT NOT NULL,
        member      TEXT,
        read_only   INTEGER NOT NULL,
        categories  TEXT NOT NULL,
        created_at  INTEGER NOT NULL,
        expires_at  INTEGER
    ) STRICT;",
    // 3: who was heard of, and where
    "ALTER TABLE inbox ADD COLUMN sender TEXT NOT NULL DEFAULT '';
    ALTER TABLE inbox ADD COLUMN via TEXT NOT NULL DEFAULT 'bot';
    CREATE TABLE routes (
        account TEXT NOT NULL,
        kind    TEXT NOT NULL CHECK (kind IN ('direct', 'group')),
        chat_id TEXT NOT NULL,
        sender  TEXT NOT NULL,
        via     TEXT NOT NULL CHECK (via IN ('bot', 'agent')),
        at      INTEGER NOT NULL,
        PRIMARY KEY (account, kind, chat_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX routes_folded ON routes (account, kind, chat_id COLLATE NOCASE);
    CREATE INDEX routes_at ON routes (at);
    CREATE TABLE senders (
        account TEXT NOT NULL,
        folded  TEXT NOT NULL,
        id      TEXT NOT NULL,
        at      INTEGER NOT NULL,
        PRIMARY KEY (account, folded)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX senders_at ON senders (at);",
];

/// Sets the connection up and brings the schema up to date, each step in a transaction.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA busy_timeout = 5000;
             PRAGMA cache_size = -2000;",
        )
        .map_err(engine)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(engine)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (version, statements) in (1_i64..).zip(MIGRATIONS) {
        if version <= found {
            continue;
        }
        let transaction = connection.transaction().map_err(engine)?;
        transaction.execute_batch(statements).map_err(engine)?;
        transaction
            .pragma_update(None, "user_version", version)
            .map_err(engine)?;
        transaction.commit().map_err(engine)?;
        tracing::debug!(version, "state schema brought up to date");
    }
    Ok(())
}
