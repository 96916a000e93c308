//! The statements for histories of conversations.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::super::history::{HistoryStore, HistoryTurn, MAX_TURNS};
use super::acp::written;
use super::{SqliteStore, StoreError};
use crate::session::SessionKey;

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn keep_turn(&self, session: &SessionKey, turn: HistoryTurn) -> Result<(), StoreError> {
        let session = written(session);
        self.run(move |connection| keep(connection, &session, &turn))
            .await
    }

    async fn history(
        &self,
        session: &SessionKey,
        tokens: u32,
    ) -> Result<Vec<HistoryTurn>, StoreError> {
        let session = written(session);
        self.run(move |connection| load(connection, &session, tokens))
            .await
    }

    async fn forget_history(&self, session: &SessionKey) -> Result<usize, StoreError> {
        let session = written(session);
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM history WHERE session = ?1")?
                .execute([session])
        })
        .await
    }

    async fn prune_history(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM history WHERE at < ?1")?
                .execute([before_ms])
        })
        .await
    }
}

/// All of it runs in the transaction of [`SqliteStore::run`].
fn keep(connection: &Connection, session: &str, turn: &HistoryTurn) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM history WHERE session = ?1 AND message = ?2")?
        .execute(params![session, turn.message_id])?;
    connection
        .prepare_cached(
            "INSERT INTO history (session, message, at, tokens, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            session,
            turn.message_id,
            turn.at_ms,
            turn.tokens,
            turn.body
        ])?;
    connection
        .prepare_cached(
            "DELETE FROM history WHERE id IN (
                SELECT id FROM history WHERE session = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![session, MAX_TURNS])
        .map(drop)
}

fn load(connection: &Connection, session: &str, tokens: u32) -> rusqlite::Result<Vec<HistoryTurn>> {
    let mut statement = connection.prepare_cached(
        "SELECT message, at, tokens, body FROM history WHERE session = ?1 ORDER BY id DESC",
    )?;
    let rows = statement.query_map([session], |row| {
        Ok(HistoryTurn {
            message_id: row.get(0)?,
            at_ms: row.get(1)?,
            tokens: row.get(2)?,
            body: row.get(3)?,
        })
    })?;
    let mut turns = Vec::new();
    let mut left = tokens;
    for turn in rows {
        let turn = turn?;
        match left.checked_sub(turn.tokens) {
            Some(rest) => left = rest,
            None if turns.is_empty() => left = 0,
            None => break,
        }
        turns.push(turn);
    }
    turns.reverse();
    Ok(turns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::SessionScope;
    use crate::store::Store;

    fn key(person: &str) -> SessionKey {
        SessionKey {
            agent: "main".to_owned(),
            scope: SessionScope::AccountPerson("hq".into(), person.into()),
        }
    }

    fn turn(message: &str, at_ms: i64, tokens: u32) -> HistoryTurn {
        HistoryTurn {
            message_id: message.to_owned(),
            at_ms,
            tokens,
            body: format!("what was said in {message}"),
        }
    }

    async fn loaded(store: &dyn Store, person: &str, tokens: u32) -> Vec<String> {
        let turns = store.history(&key(person), tokens).await.unwrap();
        turns.into_iter().map(|turn| turn.message_id).collect()
    }

    #[tokio::test]
    async fn the_newest_turns_that_fit_are_loaded_in_their_order() {
        let store = SqliteStore::in_memory().unwrap();
        for (message, tokens) in [("m1", 10), ("m2", 10), ("m3", 30)] {
            let turn = turn(message, 1, tokens);
            store.keep_turn(&key("lisi"), turn).await.unwrap();
        }
        store
            .keep_turn(&key("wang"), turn("m9", 1, 1))
            .await
            .unwrap();
        assert_eq!(loaded(&store, "lisi", 100).await, ["m1", "m2", "m3"]);
        assert_eq!(loaded(&store, "lisi", 49).await, ["m2", "m3"]);
        assert_eq!(loaded(&store, "lisi", 5).await, ["m3"]);
        assert_eq!(loaded(&store, "nobody", 5).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_turn_played_again_is_kept_once() {
        let store = SqliteStore::in_memory().unwrap();
        store
            .keep_turn(&key("lisi"), turn("m1", 1, 1))
            .await
            .unwrap();
        store
            .keep_turn(&key("lisi"), turn("m1", 2, 7))
            .await
            .unwrap();
        let turns = store.history(&key("lisi"), 100).await.unwrap();
        assert_eq!(turns, [turn("m1", 2, 7)]);
    }

    #[tokio::test]
    async fn one_conversation_is_forgotten_and_what_is_old() {
        let store = SqliteStore::in_memory().unwrap();
        for (person, message, at_ms) in [("lisi", "m1", 1), ("wang", "m2", 1), ("wang", "m3", 9)] {
            let turn = turn(message, at_ms, 1);
            store.keep_turn(&key(person), turn).await.unwrap();
        }
        assert_eq!(store.forget_history(&key("lisi")).await.unwrap(), 1);
        assert_eq!(loaded(&store, "lisi", 9).await, Vec::<String>::new());
        assert_eq!(store.prune_history(5).await.unwrap(), 1);
        assert_eq!(loaded(&store, "wang", 9).await, ["m3"]);
    }

    #[tokio::test]
    async fn a_conversation_does_not_grow_for_ever() {
        let store = SqliteStore::in_memory().unwrap();
        for number in 0..=MAX_TURNS {
            let turn = turn(&format!("m{number}"), 1, 1);
            store.keep_turn(&key("lisi"), turn).await.unwrap();
        }
        let kept = loaded(&store, "lisi", u32::MAX).await;
        assert_eq!(kept.len(), MAX_TURNS as usize);
        assert_eq!(kept[0], "m1");
    }

    #[tokio::test]
    async fn a_history_survives_the_end_of_the_process() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state.db");
        let store = SqliteStore::open(&path).unwrap();
        store
            .keep_turn(&key("lisi"), turn("m1", 1, 1))
            .await
            .unwrap();
        drop(store);
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(loaded(&store, "lisi", 9).await, ["m1"]);
    }
}
