//! The statements of last routes and known senders.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::routes::{KNOWN_DAYS, MAX_ROUTES, MAX_SENDERS};
use super::super::{KnownChat, LastRoute, NewMessage, RouteStore, RouteVia, StoreError};
use super::SqliteStore;
use super::inbox::kind_word;
use crate::ids::{AccountId, Chat, ChatId, ChatKind, UserId};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A chatty sender's row is written again only after so long: 90 days don't need more.
const SENDER_REFRESH_MS: i64 = 60 * 60 * 1_000;

/// Notes where a message came from; part of the transaction that records it.
pub(super) fn note(connection: &Connection, message: &NewMessage) -> rusqlite::Result<()> {
    let account = message.chat.account.as_str();
    connection
        .prepare_cached(
            "INSERT INTO routes (account, kind, chat_id, sender, via, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (account, kind, chat_id)
             DO UPDATE SET sender = excluded.sender, via = excluded.via, at = excluded.at",
        )?
        .execute(params![
            account,
            kind_word(message.chat.kind),
            message.chat.id.as_str(),
            message.sender.as_str(),
            via_word(message.via),
            message.received_at_ms,
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO senders (account, folded, id, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, folded) DO UPDATE SET id = excluded.id, at = excluded.at
             WHERE excluded.at - senders.at >= ?5 OR excluded.id <> senders.id",
        )?
        .execute(params![
            account,
            message.sender.as_str().to_ascii_lowercase(),
            message.sender.as_str(),
            message.received_at_ms,
            SENDER_REFRESH_MS,
        ])
        .map(drop)
}

pub(super) fn last(connection: &Connection, chat: &Chat) -> rusqlite::Result<Option<LastRoute>> {
    let route = |row: &Row<'_>| {
        Ok(LastRoute {
            chat: chat.clone(),
            sender: UserId::new(row.get::<_, String>(0)?),
            via: via_of(&row.get::<_, String>(1)?),
            at_ms: row.get(2)?,
        })
    };
    connection
        .prepare_cached(
            "SELECT sender, via, at FROM routes WHERE account = ?1 AND kind = ?2 AND chat_id = ?3",
        )?
        .query_row(
            params![
                chat.account.as_str(),
                kind_word(chat.kind),
                chat.id.as_str()
            ],
            route,
        )
        .optional()
}

pub(super) fn sender(
    connection: &Connection,
    account: &AccountId,
    id: &str,
) -> rusqlite::Result<Option<UserId>> {
    connection
        .prepare_cached("SELECT id FROM senders WHERE account = ?1 AND folded = ?2")?
        .query_row(params![account.as_str(), id.to_ascii_lowercase()], |row| {
            row.get::<_, String>(0)
        })
        .optional()
        .map(|id| id.map(UserId::new))
}

pub(super) fn chat(
    connection: &Connection,
    account: &AccountId,
    id: &str,
) -> rusqlite::Result<KnownChat> {
    let alike: Vec<String> = connection
        .prepare_cached(
            "SELECT chat_id FROM routes
             WHERE account = ?1 AND kind = ?2 AND chat_id = ?3 COLLATE NOCASE
             ORDER BY chat_id = ?3 DESC LIMIT 2",
        )?
        .query_map(
            params![account.as_str(), kind_word(ChatKind::Group), id],
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(match alike.as_slice() {
        [] => KnownChat::Unknown,
        [one] => KnownChat::One(ChatId::new(one.as_str())),
        [exact, ..] if exact == id => KnownChat::One(ChatId::new(id)),
        [..] => KnownChat::Several,
    })
}

/// Old rows go by the index on `at`; what is over a cap is counted from the newest, also by
/// the index.
pub(super) fn prune(connection: &Connection, now_ms: i64) -> rusqlite::Result<usize> {
    let before = now_ms.saturating_sub(KNOWN_DAYS * DAY_MS);
    let mut gone = 0;
    for table in ["routes", "senders"] {
        let cap = if table == "routes" {
            MAX_ROUTES
        } else {
            MAX_SENDERS
        };
        gone += connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE at < max(?1, ifnull(
                     (SELECT at FROM {table} ORDER BY at DESC LIMIT 1 OFFSET ?2), ?1))"
            ))?
            .execute(params![before, cap - 1])?;
    }
    Ok(gone)
}

pub(super) fn via_of(word: &str) -> RouteVia {
    match word {
        "agent" => RouteVia::Agent,
        _ => RouteVia::Bot,
    }
}

pub(super) fn via_word(via: RouteVia) -> &'static str {
    match via {
        RouteVia::Bot => "bot",
        RouteVia::Agent => "agent",
    }
}

#[async_trait]
impl RouteStore for SqliteStore {
    async fn last_route(&self, chat: &Chat) -> Result<Option<LastRoute>, StoreError> {
        let chat = chat.clone();
        self.run(move |connection| last(connection, &chat)).await
    }

    async fn known_sender(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<UserId>, StoreError> {
        let (account, id) = (account.clone(), id.to_owned());
        self.run(move |connection| sender(connection, &account, &id))
            .await
    }

    async fn known_chat(&self, account: &AccountId, id: &str) -> Result<KnownChat, StoreError> {
        let (account, id) = (account.clone(), id.to_owned());
        self.run(move |connection| chat(connection, &account, &id))
            .await
    }

    async fn prune_routes(&self, now_ms: i64) -> Result<usize, StoreError> {
        self.run(move |connection| prune(connection, now_ms)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn message(n: usize, kind: ChatKind, chat: &str, sender: &str, at_ms: i64) -> NewMessage {
        NewMessage {
            chat: Chat {
                account: "hq".into(),
                kind,
                id: chat.into(),
            },
            sender: sender.into(),
            via: RouteVia::Bot,
            message_id: format!("m{n}").into(),
            req_id: "r".into(),
            stream_id: "s".into(),
            payload: "{}".to_owned(),
            received_at_ms: at_ms,
            begins: false,
        }
    }

    async fn store(messages: &[(ChatKind, &str, &str, i64)]) -> SqliteStore {
        let store = SqliteStore::in_memory().unwrap();
        let messages = messages.iter().enumerate();
        let messages = messages
            .map(|(n, (kind, chat, sender, at))| message(n, *kind, chat, sender, *at))
            .collect();
        store.record(messages).await.unwrap();
        store
    }

    #[tokio::test]
    async fn ids_are_found_in_any_case_and_told_as_they_came() {
        use ChatKind::{Direct, Group};
        let store = store(&[
            (Group, "wrABcd", "ZhangSan", 1),
            (Group, "wrX", "LiSi", 2),
            (Group, "wrx", "LiSi", 3),
            (Direct, "WangWu", "WangWu", 4),
        ])
        .await;
        let hq = AccountId::new("hq");
        let sender = async |id| store.known_sender(&hq, id).await.unwrap();
        assert_eq!(sender("zhangsan").await, Some("ZhangSan".into()));
        assert_eq!(sender("WANGWU").await, Some("WangWu".into()));
        assert_eq!(sender("wrabcd").await, None);
        let chat = async |id| store.known_chat(&hq, id).await.unwrap();
        assert_eq!(chat("wrabcd").await, KnownChat::One("wrABcd".into()));
        assert_eq!(chat("wrx").await, KnownChat::One("wrx".into()));
        assert_eq!(chat("WRX").await, KnownChat::Several);
        assert_eq!(chat("wangwu").await, KnownChat::Unknown, "a direct chat");
        let elsewhere = store.known_chat(&"plant".into(), "wrABcd").await.unwrap();
        assert_eq!(elsewhere, KnownChat::Unknown);
    }

    #[tokio::test]
    async fn the_last_sender_of_a_chat_is_kept_and_a_repeat_changes_nothing() {
        let group = ChatKind::Group;
        let store = store(&[(group, "wrA", "a", 10), (group, "wrA", "b", 20)]).await;
        let chat = message(0, group, "wrA", "x", 0).chat;
        let expected = LastRoute {
            chat: chat.clone(),
            sender: "b".into(),
            via: RouteVia::Bot,
            at_ms: 20,
        };
        assert_eq!(
            store.last_route(&chat).await.unwrap(),
            Some(expected.clone())
        );
        let repeat = message(0, group, "wrA", "c", 30);
        store.record(vec![repeat]).await.unwrap();
        assert_eq!(store.last_route(&chat).await.unwrap(), Some(expected));
        assert_eq!(store.known_sender(&"hq".into(), "c").await.unwrap(), None);
    }

    #[tokio::test]
    async fn after_ninety_days_they_are_forgotten() {
        let group = ChatKind::Group;
        let later = KNOWN_DAYS * DAY_MS;
        let store = store(&[(group, "wrOld", "old", 0), (group, "wrNew", "new", 1)]).await;
        assert_eq!(store.prune_routes(later).await.unwrap(), 0);
        assert_eq!(store.prune_routes(later + 1).await.unwrap(), 2);
        let hq = AccountId::new("hq");
        assert_eq!(store.known_sender(&hq, "old").await.unwrap(), None);
        assert_eq!(
            store.known_sender(&hq, "new").await.unwrap(),
            Some("new".into())
        );
    }

    #[tokio::test]
    async fn the_longest_silent_make_room() {
        let store = SqliteStore::in_memory().unwrap();
        store
            .run(|connection| {
                connection.execute_batch(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50003)
                     INSERT INTO routes SELECT 'hq', 'group', 'wr' || i, 'a', 'bot', i FROM n",
                )
            })
            .await
            .unwrap();
        assert_eq!(store.prune_routes(0).await.unwrap(), 3);
        let hq = AccountId::new("hq");
        let chat = async |id| store.known_chat(&hq, id).await.unwrap();
        assert_eq!(chat("wr3").await, KnownChat::Unknown);
        assert_eq!(chat("wr4").await, KnownChat::One("wr4".into()));
    }
}
