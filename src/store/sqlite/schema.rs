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
    // files of a message, once they are fetched
    "ALTER TABLE inbox ADD COLUMN files TEXT;",
    // cards that were sent, and what people answered
    "CREATE TABLE sent_cards (
        id          INTEGER PRIMARY KEY,
        account     TEXT NOT NULL,
        task_id     TEXT NOT NULL,
        record      TEXT NOT NULL,
        created_at  INTEGER NOT NULL,
        UNIQUE (account, task_id)
    ) STRICT;
    CREATE INDEX sent_cards_age ON sent_cards (created_at);
    CREATE TABLE card_answers (
        card        INTEGER NOT NULL REFERENCES sent_cards (id) ON DELETE CASCADE,
        member      TEXT NOT NULL,
        answer      TEXT NOT NULL,
        PRIMARY KEY (card, member)
    ) STRICT, WITHOUT ROWID;",
    // pairing; `sender_key` is the sender's id as it is compared
    "CREATE TABLE pairing_requests (
        account     TEXT NOT NULL,
        sender_key  TEXT NOT NULL,
        sender      TEXT NOT NULL,
        code        TEXT NOT NULL UNIQUE,
        created_at  INTEGER NOT NULL,
        last_seen   INTEGER NOT NULL,
        told        INTEGER NOT NULL,
        PRIMARY KEY (account, sender_key)
    ) STRICT;
    CREATE TABLE paired_senders (
        account     TEXT NOT NULL,
        sender_key  TEXT NOT NULL,
        sender      TEXT NOT NULL,
        approved_at INTEGER NOT NULL,
        PRIMARY KEY (account, sender_key)
    ) STRICT;",
    // who was heard of, and where
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
    "CREATE TABLE cron_jobs (
        number     INTEGER PRIMARY KEY AUTOINCREMENT,
        id         TEXT NOT NULL UNIQUE,
        definition TEXT NOT NULL,
        state      TEXT NOT NULL,
        enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
        next_run   INTEGER,
        creator    TEXT,
        revision   INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE INDEX cron_jobs_due ON cron_jobs (next_run) WHERE enabled = 1 AND next_run IS NOT NULL;
    CREATE INDEX cron_jobs_creator ON cron_jobs (creator) WHERE creator IS NOT NULL;
    CREATE TABLE cron_runs (
        number      INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id      TEXT NOT NULL UNIQUE,
        job         TEXT NOT NULL,
        due_at      INTEGER NOT NULL,
        started_at  INTEGER NOT NULL,
        owner       TEXT,
        lease_until INTEGER,
        stage       TEXT CHECK (stage IN ('working', 'written', 'delivering')),
        text        TEXT,
        status      TEXT,
        delivery    TEXT,
        record      TEXT,
        ended_at    INTEGER
    ) STRICT;
    CREATE INDEX cron_runs_open ON cron_runs (job) WHERE ended_at IS NULL;
    CREATE INDEX cron_runs_of_job ON cron_runs (job, ended_at) WHERE ended_at IS NOT NULL;
    CREATE INDEX cron_runs_ended ON cron_runs (ended_at) WHERE ended_at IS NOT NULL;
    CREATE TABLE cron_values (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;",
    // sessions of agents' programs
    "CREATE TABLE acp_sessions (
        session TEXT NOT NULL PRIMARY KEY,
        program TEXT NOT NULL,
        id      TEXT NOT NULL,
        used_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX acp_sessions_used ON acp_sessions (used_at);",
    // histories of conversations with models
    "CREATE TABLE history (
        id      INTEGER PRIMARY KEY,
        session TEXT NOT NULL,
        message TEXT NOT NULL,
        at      INTEGER NOT NULL,
        tokens  INTEGER NOT NULL,
        body    TEXT NOT NULL
    ) STRICT;
    CREATE INDEX history_of_session ON history (session, id);
    CREATE INDEX history_at ON history (at);",
    // what OpenClaw sent, and who is approved there
    "CREATE TABLE openclaw_out (
        key     TEXT NOT NULL PRIMARY KEY,
        message TEXT,
        at      INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX openclaw_out_at ON openclaw_out (at);
    CREATE TABLE openclaw_paired (
        account TEXT NOT NULL,
        sender  TEXT NOT NULL,
        PRIMARY KEY (account, sender)
    ) STRICT, WITHOUT ROWID;",
];

/// The version that this program brings a file to.
pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of a file.
pub(super) fn version_of(connection: &Connection) -> Result<i64, StoreError> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(engine)
}

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
    let known = known_version();
    let found = version_of(connection)?;
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
