//! The inbox's statements. Each runs inside the group's transaction.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{Answer, InboxId, NewMessage, OpenMessage, Outcome, Recorded, Stage};
use super::routes;
use crate::ids::{AccountId, Chat, ChatKind};

pub(super) fn record(
    connection: &Connection,
    messages: &[NewMessage],
) -> rusqlite::Result<Vec<Recorded>> {
    connection.execute_batch("SAVEPOINT record")?;
    let recorded = insert_all(connection, messages);
    let end = if recorded.is_ok() {
        "RELEASE record"
    } else {
        "ROLLBACK TO record; RELEASE record"
    };
    connection.execute_batch(end)?;
    recorded
}

fn insert_all(connection: &Connection, messages: &[NewMessage]) -> rusqlite::Result<Vec<Recorded>> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO inbox (account, message_id, chat_kind, chat_id, req_id, stream_id, payload,
                            received_at, attempts, sender, via)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (account, message_id) DO NOTHING
         RETURNING id",
    )?;
    messages
        .iter()
        .map(|message| {
            let id = insert
                .query_row(
                    params![
                        message.chat.account.as_str(),
                        message.message_id.as_str(),
                        kind_word(message.chat.kind),
                        message.chat.id.as_str(),
                        message.req_id.as_str(),
                        message.stream_id.as_str(),
                        message.payload,
                        message.received_at_ms,
                        u32::from(message.begins),
                        message.sender.as_str(),
                        routes::via_word(message.via),
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            let Some(id) = id else {
                return Ok(Recorded::Duplicate);
            };
            routes::note(connection, message)?;
            Ok(Recorded::New(InboxId(id)))
        })
        .collect()
}

pub(super) fn begin_turn(connection: &Connection, id: InboxId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached(
            "UPDATE inbox SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts",
        )?
        .query_row([id.0], |row| row.get(0))
}

pub(super) fn answer(
    connection: &Connection,
    id: InboxId,
    answer: &Answer,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE inbox SET answer = ?2, answered_at = ?3
             WHERE id = ?1 AND answer IS NULL AND outcome IS NULL",
        )?
        .execute(params![id.0, answer.body, answer.at_ms])
        .map(drop)
}

pub(super) fn keep_files(
    connection: &Connection,
    id: InboxId,
    files: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE inbox SET files = ?2 WHERE id = ?1 AND outcome IS NULL")?
        .execute(params![id.0, files])
        .map(drop)
}

pub(super) fn progress(connection: &Connection, id: InboxId, body: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE inbox SET answer = ?2
             WHERE id = ?1 AND answer IS NOT NULL AND outcome IS NULL",
        )?
        .execute(params![id.0, body])
        .map(drop)
}

pub(super) fn close(
    connection: &Connection,
    id: InboxId,
    outcome: Outcome,
    at_ms: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE inbox SET outcome = ?2, closed_at = ?3,
                              payload = NULL, answer = NULL, files = NULL
             WHERE id = ?1 AND outcome IS NULL",
        )?
        .execute(params![id.0, outcome.as_str(), at_ms])
        .map(drop)
}

pub(super) fn merge(
    connection: &Connection,
    into: InboxId,
    payload: &str,
    others: &[InboxId],
    at_ms: i64,
) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT merge")?;
    let merged = connection
        .prepare_cached("UPDATE inbox SET payload = ?2 WHERE id = ?1 AND outcome IS NULL")
        .and_then(|mut update| update.execute(params![into.0, payload]))
        .and_then(|_| {
            others
                .iter()
                .try_for_each(|other| close(connection, *other, Outcome::Merged, at_ms))
        });
    let end = if merged.is_ok() {
        "RELEASE merge"
    } else {
        "ROLLBACK TO merge; RELEASE merge"
    };
    connection.execute_batch(end)?;
    merged
}

pub(super) fn open_messages(
    connection: &Connection,
    account: &AccountId,
) -> rusqlite::Result<Vec<OpenMessage>> {
    connection
        .prepare_cached(
            "SELECT id, account, message_id, chat_kind, chat_id, req_id, stream_id, payload,
                    received_at, attempts, answer, answered_at, files, sender, via
             FROM inbox WHERE account = ?1 AND outcome IS NULL ORDER BY id",
        )?
        .query_map([account.as_str()], open_message)?
        .collect()
}

pub(super) fn prune(connection: &Connection, before_ms: i64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM inbox WHERE outcome IS NOT NULL AND closed_at < ?1")?
        .execute([before_ms])
}

fn open_message(row: &Row<'_>) -> rusqlite::Result<OpenMessage> {
    let text = |column: &str| row.get::<_, String>(column);
    let attempts: u32 = row.get("attempts")?;
    let answer: Option<String> = row.get("answer")?;
    let stage = match (answer, attempts) {
        (Some(body), _) => {
            let at_ms = row
                .get::<_, Option<i64>>("answered_at")?
                .unwrap_or_default();
            Stage::Answered {
                answer: Answer { body, at_ms },
            }
        }
        (None, 0) => Stage::Recorded,
        (None, attempts) => Stage::Started { attempts },
    };
    let kind = match text("chat_kind")?.as_str() {
        "group" => ChatKind::Group,
        _ => ChatKind::Direct,
    };
    Ok(OpenMessage {
        id: InboxId(row.get("id")?),
        message: NewMessage {
            chat: Chat {
                account: text("account")?.into(),
                kind,
                id: text("chat_id")?.into(),
            },
            sender: text("sender")?.into(),
            via: routes::via_of(&text("via")?),
            message_id: text("message_id")?.into(),
            req_id: text("req_id")?.into(),
            stream_id: text("stream_id")?.into(),
            payload: row.get::<_, Option<String>>("payload")?.unwrap_or_default(),
            received_at_ms: row.get("received_at")?,
            begins: false,
        },
        files: row.get("files")?,
        stage,
    })
}

pub(super) fn kind_word(kind: ChatKind) -> &'static str {
    match kind {
        ChatKind::Direct => "direct",
        ChatKind::Group => "group",
    }
}
