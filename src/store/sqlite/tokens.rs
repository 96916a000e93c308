//! The statements for tokens of MCP clients. Each runs inside the group's transaction.

use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

use super::super::StoredToken;
use crate::ids::{AccountId, UserId};

pub(super) fn add(connection: &Connection, token: &StoredToken) -> rusqlite::Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO mcp_tokens (id, digest, account, member, read_only, categories,
                                     created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            token.id,
            token.digest,
            token.account.as_str(),
            token.user.as_ref().map(UserId::as_str),
            token.read_only,
            token.categories.join(","),
            token.created_at_ms,
            token.expires_at_ms,
        ])?;
    Ok(added > 0)
}

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<StoredToken>> {
    connection
        .prepare_cached(
            "SELECT id, digest, account, member, read_only, categories, created_at, expires_at
             FROM mcp_tokens ORDER BY id",
        )?
        .query_map([], token)?
        .collect()
}

pub(super) fn revoke(connection: &Connection, id: &str) -> rusqlite::Result<bool> {
    let revoked = connection
        .prepare_cached("DELETE FROM mcp_tokens WHERE id = ?1")?
        .execute([id])?;
    Ok(revoked > 0)
}

fn token(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let digest: Vec<u8> = row.get(1)?;
    let digest = digest.try_into().map_err(|_| {
        rusqlite::Error::InvalidColumnType(1, "digest of 32 bytes".to_owned(), Type::Blob)
    })?;
    let categories: String = row.get(5)?;
    Ok(StoredToken {
        id: row.get(0)?,
        digest,
        account: AccountId::new(row.get::<_, String>(2)?),
        user: row.get::<_, Option<String>>(3)?.map(UserId::new),
        read_only: row.get(4)?,
        categories: categories
            .split(',')
            .filter(|category| !category.is_empty())
            .map(str::to_owned)
            .collect(),
        created_at_ms: row.get(6)?,
        expires_at_ms: row.get(7)?,
    })
}
