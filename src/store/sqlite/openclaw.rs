//! The statements for what is remembered of OpenClaw.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::pairing::atomically;
use crate::ids::{AccountId, UserId};
use crate::store::{OpenClawStore, OutClaim, StoreError};

#[async_trait]
impl OpenClawStore for SqliteStore {
    async fn claim_out(&self, key: &str, now_ms: i64) -> Result<OutClaim, StoreError> {
        let key = key.to_owned();
        self.run(move |connection| claim(connection, &key, now_ms))
            .await
    }

    async fn record_out(&self, key: &str, message: &str) -> Result<(), StoreError> {
        let (key, message) = (key.to_owned(), message.to_owned());
        self.run(move |connection| {
            connection
                .prepare_cached(
                    "UPDATE openclaw_out SET message = ?2 WHERE key = ?1 AND message IS NULL",
                )?
                .execute([key, message])
                .map(drop)
        })
        .await
    }

    async fn release_out(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM openclaw_out WHERE key = ?1 AND message IS NULL")?
                .execute([key])
                .map(drop)
        })
        .await
    }

    async fn prune_out(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM openclaw_out WHERE at < ?1")?
                .execute([before_ms])
        })
        .await
    }

    async fn openclaw_paired(&self) -> Result<Vec<(AccountId, UserId)>, StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("SELECT account, sender FROM openclaw_paired ORDER BY 1, 2")?
                .query_map([], |row| {
                    let (account, sender): (String, String) = (row.get(0)?, row.get(1)?);
                    Ok((AccountId::new(account), UserId::new(sender)))
                })?
                .collect()
        })
        .await
    }

    async fn set_openclaw_paired(
        &self,
        account: &AccountId,
        users: Vec<UserId>,
    ) -> Result<(), StoreError> {
        let account = account.clone();
        self.run(move |connection| {
            atomically(connection, || {
                connection
                    .prepare_cached("DELETE FROM openclaw_paired WHERE account = ?1")?
                    .execute([account.as_str()])?;
                let mut insert = connection.prepare_cached(
                    "INSERT OR IGNORE INTO openclaw_paired (account, sender) VALUES (?1, ?2)",
                )?;
                for user in &users {
                    insert.execute([account.as_str(), user.as_str()])?;
                }
                Ok(())
            })
        })
        .await
    }
}

fn claim(connection: &Connection, key: &str, now_ms: i64) -> rusqlite::Result<OutClaim> {
    let claimed = connection
        .prepare_cached("INSERT OR IGNORE INTO openclaw_out (key, at) VALUES (?1, ?2)")?
        .execute(params![key, now_ms])?;
    if claimed > 0 {
        return Ok(OutClaim::New);
    }
    let message: Option<Option<String>> = connection
        .prepare_cached("SELECT message FROM openclaw_out WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(match message.flatten() {
        Some(message) => OutClaim::Sent(message),
        None => OutClaim::InDoubt,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, SqliteStore) {
        let home = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&home.path().join("state.db")).unwrap();
        (home, store)
    }

    #[tokio::test]
    async fn a_message_is_claimed_once_and_its_id_stays() {
        let (_home, store) = store();
        assert_eq!(store.claim_out("k", 1).await.unwrap(), OutClaim::New);
        assert_eq!(store.claim_out("k", 2).await.unwrap(), OutClaim::InDoubt);
        store.release_out("k").await.unwrap();
        assert_eq!(store.claim_out("k", 3).await.unwrap(), OutClaim::New);
        store.record_out("k", "m1").await.unwrap();
        store.record_out("k", "m2").await.unwrap();
        store.release_out("k").await.unwrap();
        let sent = OutClaim::Sent("m1".to_owned());
        assert_eq!(store.claim_out("k", 4).await.unwrap(), sent);
        assert_eq!(store.prune_out(3).await.unwrap(), 0);
        assert_eq!(store.prune_out(4).await.unwrap(), 1);
        assert_eq!(store.claim_out("k", 5).await.unwrap(), OutClaim::New);
    }

    #[tokio::test]
    async fn who_is_approved_is_replaced_account_by_account() {
        let (_home, store) = store();
        let (hq, plant) = (AccountId::new("hq"), AccountId::new("plant"));
        let users = |ids: &[&str]| ids.iter().map(|id| UserId::new(*id)).collect::<Vec<_>>();
        store
            .set_openclaw_paired(&hq, users(&["a", "b", "a"]))
            .await
            .unwrap();
        store
            .set_openclaw_paired(&plant, users(&["c"]))
            .await
            .unwrap();
        store.set_openclaw_paired(&hq, users(&["b"])).await.unwrap();
        assert_eq!(
            store.openclaw_paired().await.unwrap(),
            [(hq, UserId::new("b")), (plant, UserId::new("c"))]
        );
    }
}
