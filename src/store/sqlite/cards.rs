//! The statements for cards that were sent. Each function runs inside the group's
//! transaction.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::cards::{CARD_LIFE_MS, CardStore, MAX_CARDS_PER_ACCOUNT, StoredCard};
use super::{SqliteStore, StoreError};
use crate::ids::{AccountId, UserId};

#[async_trait]
impl CardStore for SqliteStore {
    async fn keep_card(&self, card: StoredCard) -> Result<(), StoreError> {
        self.run(move |connection| keep(connection, &card)).await
    }

    async fn find_card(
        &self,
        account: &AccountId,
        task_id: &str,
        now_ms: i64,
    ) -> Result<Option<StoredCard>, StoreError> {
        let (account, task_id) = (account.clone(), task_id.to_owned());
        self.run(move |connection| find(connection, &account, &task_id, now_ms))
            .await
    }

    async fn record_card_answer(
        &self,
        account: &AccountId,
        task_id: &str,
        user: &UserId,
        answer: String,
    ) -> Result<bool, StoreError> {
        let (account, task_id, user) = (account.clone(), task_id.to_owned(), user.clone());
        self.run(move |connection| record(connection, &account, &task_id, &user, &answer))
            .await
    }
}

fn keep(connection: &Connection, card: &StoredCard) -> rusqlite::Result<()> {
    connection.execute_batch("SAVEPOINT keep_card")?;
    let kept = replace(connection, card);
    let end = if kept.is_ok() {
        "RELEASE keep_card"
    } else {
        "ROLLBACK TO keep_card; RELEASE keep_card"
    };
    connection.execute_batch(end)?;
    kept
}

fn replace(connection: &Connection, card: &StoredCard) -> rusqlite::Result<()> {
    prune(connection, card.created_at_ms)?;
    let account = card.account.as_str();
    connection
        .prepare_cached("DELETE FROM sent_cards WHERE account = ?1 AND task_id = ?2")?
        .execute([account, &card.task_id])?;
    connection
        .prepare_cached(
            "INSERT INTO sent_cards (account, task_id, record, created_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            account,
            card.task_id,
            card.record,
            card.created_at_ms
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM sent_cards WHERE id IN (
                SELECT id FROM sent_cards WHERE account = ?1
                ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![account, MAX_CARDS_PER_ACCOUNT])
        .map(drop)
}

fn find(
    connection: &Connection,
    account: &AccountId,
    task_id: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<StoredCard>> {
    prune(connection, now_ms)?;
    let found: Option<(i64, String, i64)> = connection
        .prepare_cached(
            "SELECT id, record, created_at FROM sent_cards WHERE account = ?1 AND task_id = ?2",
        )?
        .query_row([account.as_str(), task_id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, record, created_at_ms)) = found else {
        return Ok(None);
    };
    let answers = connection
        .prepare_cached("SELECT member, answer FROM card_answers WHERE card = ?1 ORDER BY member")?
        .query_map([id], |row| {
            Ok((UserId::new(row.get::<_, String>(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(StoredCard {
        account: account.clone(),
        task_id: task_id.to_owned(),
        record,
        created_at_ms,
        answers,
    }))
}

fn record(
    connection: &Connection,
    account: &AccountId,
    task_id: &str,
    user: &UserId,
    answer: &str,
) -> rusqlite::Result<bool> {
    let recorded = connection
        .prepare_cached(
            "INSERT INTO card_answers (card, member, answer)
             SELECT id, ?3, ?4 FROM sent_cards WHERE account = ?1 AND task_id = ?2
             ON CONFLICT (card, member) DO UPDATE SET answer = excluded.answer",
        )?
        .execute(params![account.as_str(), task_id, user.as_str(), answer])?;
    Ok(recorded > 0)
}

fn prune(connection: &Connection, now_ms: i64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM sent_cards WHERE created_at <= ?1")?
        .execute([now_ms.saturating_sub(CARD_LIFE_MS)])
}

#[cfg(test)]
mod tests;
