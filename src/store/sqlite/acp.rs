//! The statements for sessions of agents' programs.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::super::acp::{AcpSessionStore, MAX_ACP_SESSIONS};
use super::{SqliteStore, StoreError};
use crate::session::{SessionKey, SessionScope};

#[async_trait]
impl AcpSessionStore for SqliteStore {
    async fn acp_session(
        &self,
        session: &SessionKey,
        program: &str,
    ) -> Result<Option<String>, StoreError> {
        let (session, program) = (written(session), program.to_owned());
        self.run(move |connection| find(connection, &session, &program))
            .await
    }

    async fn keep_acp_session(
        &self,
        session: &SessionKey,
        program: &str,
        id: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let (session, program, id) = (written(session), program.to_owned(), id.to_owned());
        self.run(move |connection| keep(connection, &session, &program, &id, now_ms))
            .await
    }

    async fn forget_acp_session(&self, session: &SessionKey) -> Result<(), StoreError> {
        let session = written(session);
        self.run(move |connection| {
            connection
                .prepare_cached("DELETE FROM acp_sessions WHERE session = ?1")?
                .execute([session])
                .map(drop)
        })
        .await
    }
}

fn find(connection: &Connection, session: &str, program: &str) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT id FROM acp_sessions WHERE session = ?1 AND program = ?2")?
        .query_row([session, program], |row| row.get(0))
        .optional()
}

fn keep(
    connection: &Connection,
    session: &str,
    program: &str,
    id: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO acp_sessions (session, program, id, used_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (session) DO UPDATE
             SET program = excluded.program, id = excluded.id, used_at = excluded.used_at",
        )?
        .execute(params![session, program, id, now_ms])?;
    connection
        .prepare_cached(
            "DELETE FROM acp_sessions WHERE session IN (
                SELECT session FROM acp_sessions ORDER BY used_at DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([MAX_ACP_SESSIONS])
        .map(drop)
}

/// A key as it stands in tables: different keys never look the same.
pub(super) fn written(session: &SessionKey) -> String {
    let scope = match &session.scope {
        SessionScope::Main => json!(["main"]),
        SessionScope::Person(person) => json!(["person", person]),
        SessionScope::ChannelPerson(person) => json!(["channel-person", person]),
        SessionScope::AccountPerson(account, person) => {
            json!(["account-person", account.as_str(), person])
        }
        SessionScope::Group(account, chat) => json!(["group", account.as_str(), chat.as_str()]),
        SessionScope::DynamicDirect(account, user) => {
            json!(["dynamic-direct", account.as_str(), user.as_str()])
        }
        SessionScope::DynamicGroup(account, chat) => {
            json!(["dynamic-group", account.as_str(), chat.as_str()])
        }
        SessionScope::JobRun { job, run } => json!(["job-run", job, run]),
        SessionScope::Named(name) => json!(["named", name]),
    };
    json!([session.agent, scope]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn store() -> (tempfile::TempDir, SqliteStore) {
        let home = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&home.path().join("state.db")).unwrap();
        (home, store)
    }

    fn key(scope: SessionScope) -> SessionKey {
        SessionKey {
            agent: "main".to_owned(),
            scope,
        }
    }

    #[tokio::test]
    async fn a_conversation_has_one_session_of_one_program() {
        let (_home, store) = store();
        let lisi = key(SessionScope::AccountPerson("hq".into(), "lisi".into()));
        let group = key(SessionScope::Group("hq".into(), "lisi".into()));
        store.keep_acp_session(&lisi, "p", "s1", 1).await.unwrap();
        store.keep_acp_session(&group, "p", "s2", 2).await.unwrap();
        store.keep_acp_session(&lisi, "p", "s3", 3).await.unwrap();
        let store: &dyn Store = &store;
        assert_eq!(
            store.acp_session(&lisi, "p").await.unwrap().as_deref(),
            Some("s3")
        );
        assert_eq!(store.acp_session(&lisi, "other").await.unwrap(), None);
        store.forget_acp_session(&lisi).await.unwrap();
        assert_eq!(store.acp_session(&lisi, "p").await.unwrap(), None);
        assert_eq!(
            store.acp_session(&group, "p").await.unwrap().as_deref(),
            Some("s2")
        );
    }

    #[test]
    fn different_keys_are_written_differently() {
        let scopes = [
            SessionScope::Main,
            SessionScope::Person("a".into()),
            SessionScope::ChannelPerson("a".into()),
            SessionScope::AccountPerson("a".into(), "b".into()),
            SessionScope::AccountPerson("a\",\"b".into(), String::new()),
            SessionScope::Group("a".into(), "b".into()),
            SessionScope::DynamicDirect("a".into(), "b".into()),
            SessionScope::DynamicGroup("a".into(), "b".into()),
            SessionScope::JobRun {
                job: "a".into(),
                run: "b".into(),
            },
            SessionScope::Named("a".into()),
        ];
        let written: std::collections::BTreeSet<String> = scopes
            .iter()
            .cloned()
            .map(|scope| written(&key(scope)))
            .collect();
        assert_eq!(written.len(), scopes.len());
    }
}
