//! The statements for pairing. Each runs inside the group's transaction; what is more than
//! one statement uses a savepoint.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteStore;
use crate::ids::{AccountId, UserId};
use crate::store::{ApprovedSender, Knocked, PairingRequest, PairingStore, StoreError};

const REQUEST: &str = "SELECT account, sender, code, created_at, last_seen, told \
                       FROM pairing_requests";

#[async_trait]
impl PairingStore for SqliteStore {
    async fn knock(
        &self,
        request: PairingRequest,
        cap: usize,
        displace_before_ms: i64,
        expired_ms: i64,
    ) -> Result<Knocked, StoreError> {
        self.run(move |connection| {
            atomically(connection, || {
                expire(connection, expired_ms)?;
                knock(connection, request, cap, displace_before_ms)
            })
        })
        .await
    }

    async fn pairing_told(&self, code: &str) -> Result<(), StoreError> {
        let code = code.to_owned();
        self.run(move |connection| {
            connection
                .prepare_cached("UPDATE pairing_requests SET told = 1 WHERE code = ?1")?
                .execute([code])?;
            Ok(())
        })
        .await
    }

    async fn pairing_requests(&self, expired_ms: i64) -> Result<Vec<PairingRequest>, StoreError> {
        self.run(move |connection| {
            atomically(connection, || {
                expire(connection, expired_ms)?;
                connection
                    .prepare_cached(&format!("{REQUEST} ORDER BY created_at, rowid"))?
                    .query_map([], request)?
                    .collect()
            })
        })
        .await
    }

    async fn approve_pairing(
        &self,
        code: &str,
        account: Option<&AccountId>,
        now_ms: i64,
        expired_ms: i64,
    ) -> Result<Option<ApprovedSender>, StoreError> {
        let (code, account) = (code.to_owned(), account.cloned());
        self.run(move |connection| {
            atomically(connection, || {
                expire(connection, expired_ms)?;
                let Some(found) = take(connection, &code, account.as_ref())? else {
                    return Ok(None);
                };
                let approved = ApprovedSender {
                    account: found.account,
                    sender: found.sender,
                    approved_at_ms: now_ms,
                };
                add(connection, &approved)?;
                Ok(Some(approved))
            })
        })
        .await
    }

    async fn reject_pairing(
        &self,
        code: &str,
        account: Option<&AccountId>,
        expired_ms: i64,
    ) -> Result<Option<PairingRequest>, StoreError> {
        let (code, account) = (code.to_owned(), account.cloned());
        self.run(move |connection| {
            atomically(connection, || {
                expire(connection, expired_ms)?;
                take(connection, &code, account.as_ref())
            })
        })
        .await
    }

    async fn add_paired(&self, senders: Vec<ApprovedSender>) -> Result<usize, StoreError> {
        self.run(move |connection| {
            atomically(connection, || {
                senders.iter().map(|sender| add(connection, sender)).sum()
            })
        })
        .await
    }

    async fn add_pairing_requests(
        &self,
        requests: Vec<PairingRequest>,
    ) -> Result<usize, StoreError> {
        self.run(move |connection| {
            atomically(connection, || {
                requests
                    .iter()
                    .map(|request| insert(connection, request))
                    .sum()
            })
        })
        .await
    }

    async fn paired(&self) -> Result<Vec<ApprovedSender>, StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "SELECT account, sender, approved_at FROM paired_senders
                     ORDER BY account, sender_key",
                )?
                .query_map([], |row| {
                    Ok(ApprovedSender {
                        account: AccountId::new(row.get::<_, String>(0)?),
                        sender: UserId::new(row.get::<_, String>(1)?),
                        approved_at_ms: row.get(2)?,
                    })
                })?
                .collect()
        })
        .await
    }

    async fn revoke_paired(
        &self,
        account: &AccountId,
        sender: &UserId,
    ) -> Result<bool, StoreError> {
        let (account, sender) = (account.clone(), sender.clone());
        self.run(move |connection| {
            let revoked = connection
                .prepare_cached(
                    "DELETE FROM paired_senders WHERE account = ?1 AND sender_key = ?2",
                )?
                .execute(params![account.as_str(), sender.folded()])?;
            Ok(revoked > 0)
        })
        .await
    }
}

fn knock(
    connection: &Connection,
    new: PairingRequest,
    cap: usize,
    displace_before_ms: i64,
) -> rusqlite::Result<Knocked> {
    let key = new.sender.folded();
    let known = connection
        .prepare_cached(&format!("{REQUEST} WHERE account = ?1 AND sender_key = ?2"))?
        .query_row(params![new.account.as_str(), key], request)
        .optional()?;
    if let Some(mut known) = known {
        connection
            .prepare_cached("UPDATE pairing_requests SET last_seen = ?2 WHERE code = ?1")?
            .execute(params![known.code, new.last_seen_ms])?;
        known.last_seen_ms = new.last_seen_ms;
        return Ok(Knocked::Request(known));
    }
    let taken = connection
        .prepare_cached("SELECT 1 FROM pairing_requests WHERE code = ?1")?
        .exists([&new.code])?;
    if taken {
        return Ok(Knocked::CodeTaken);
    }
    let pending: i64 = connection
        .prepare_cached("SELECT count(*) FROM pairing_requests WHERE account = ?1")?
        .query_row([new.account.as_str()], |row| row.get(0))?;
    if usize::try_from(pending).unwrap_or(usize::MAX) >= cap {
        let displaced = connection
            .prepare_cached(
                "DELETE FROM pairing_requests WHERE code = (
                     SELECT code FROM pairing_requests
                     WHERE account = ?1 AND last_seen = created_at AND created_at < ?2
                     ORDER BY created_at LIMIT 1)",
            )?
            .execute(params![new.account.as_str(), displace_before_ms])?;
        if displaced == 0 {
            return Ok(Knocked::Full);
        }
    }
    insert(connection, &new)?;
    Ok(Knocked::Request(new))
}

fn insert(connection: &Connection, request: &PairingRequest) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO pairing_requests
                 (account, sender_key, sender, code, created_at, last_seen, told)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            request.account.as_str(),
            request.sender.folded(),
            request.sender.as_str(),
            request.code,
            request.created_at_ms,
            request.last_seen_ms,
            request.told,
        ])
}

fn add(connection: &Connection, approved: &ApprovedSender) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT INTO paired_senders (account, sender_key, sender, approved_at)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            approved.account.as_str(),
            approved.sender.folded(),
            approved.sender.as_str(),
            approved.approved_at_ms,
        ])
}

/// Removes the request with this code, if it is one of `account`.
fn take(
    connection: &Connection,
    code: &str,
    account: Option<&AccountId>,
) -> rusqlite::Result<Option<PairingRequest>> {
    connection
        .prepare_cached(
            "DELETE FROM pairing_requests
             WHERE code = ?1 AND (?2 IS NULL OR account = ?2)
             RETURNING account, sender, code, created_at, last_seen, told",
        )?
        .query_row(params![code, account.map(AccountId::as_str)], request)
        .optional()
}

fn expire(connection: &Connection, expired_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM pairing_requests WHERE created_at <= ?1")?
        .execute([expired_ms])?;
    Ok(())
}

fn request(row: &Row<'_>) -> rusqlite::Result<PairingRequest> {
    Ok(PairingRequest {
        account: AccountId::new(row.get::<_, String>(0)?),
        sender: UserId::new(row.get::<_, String>(1)?),
        code: row.get(2)?,
        created_at_ms: row.get(3)?,
        last_seen_ms: row.get(4)?,
        told: row.get(5)?,
    })
}

/// All statements of `work`, or none of them.
pub(super) fn atomically<T>(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT pairing")?;
    let result = work();
    match &result {
        Ok(_) => connection.execute_batch("RELEASE pairing")?,
        // A full disk has rolled everything back already, the savepoint included.
        Err(_) if connection.is_autocommit() => {}
        Err(_) => connection.execute_batch("ROLLBACK TO pairing; RELEASE pairing")?,
    }
    result
}
