use super::*;
use crate::ids::{Chat, ChatKind};
use crate::store::Stage;

fn message(id: &str) -> NewMessage {
    NewMessage {
        chat: Chat {
            account: "hq".into(),
            kind: ChatKind::Group,
            id: "wrABcd".into(),
        },
        sender: "ZhangSan".into(),
        via: crate::store::RouteVia::Bot,
        message_id: id.into(),
        req_id: "req-1".into(),
        stream_id: "stream_1".into(),
        payload: "{}".to_owned(),
        received_at_ms: 1_000,
        begins: false,
    }
}

async fn record_one(store: &SqliteStore, id: &str) -> Recorded {
    store.record(vec![message(id)]).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_repeated_message_is_recorded_once_per_account() {
    let store = SqliteStore::in_memory().unwrap();
    let Recorded::New(_) = record_one(&store, "m1").await else {
        panic!("first is new")
    };
    assert_eq!(record_one(&store, "m1").await, Recorded::Duplicate);

    let mut elsewhere = message("m1");
    elsewhere.chat.account = "plant".into();
    assert!(matches!(
        store.record(vec![elsewhere]).await.unwrap()[0],
        Recorded::New(_)
    ));
}

#[tokio::test]
async fn a_closed_message_is_still_known_as_a_repeat_until_it_is_pruned() {
    let store = SqliteStore::in_memory().unwrap();
    let Recorded::New(id) = record_one(&store, "m1").await else {
        panic!()
    };
    store.close(id, Outcome::Delivered, 5_000).await.unwrap();
    assert_eq!(record_one(&store, "m1").await, Recorded::Duplicate);
    assert_eq!(store.prune(5_000).await.unwrap(), 0);
    assert_eq!(store.prune(5_001).await.unwrap(), 1);
    assert!(matches!(record_one(&store, "m1").await, Recorded::New(_)));
}

#[tokio::test]
async fn stages_are_found_again_in_a_reopened_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/state.db");
    let account = AccountId::new("hq");
    let store = SqliteStore::open(&path).unwrap();
    let ids: Vec<InboxId> = store
        .record(vec![
            message("recorded"),
            message("started"),
            message("answered"),
            message("closed"),
        ])
        .await
        .unwrap()
        .into_iter()
        .map(|recorded| match recorded {
            Recorded::New(id) => id,
            Recorded::Duplicate => panic!("all are new"),
        })
        .collect();
    store
        .keep_files(ids[0], "fetched".to_owned())
        .await
        .unwrap();
    for id in &ids[1..] {
        assert_eq!(store.begin_turn(*id).await.unwrap(), 1);
    }
    let answer = Answer {
        body: "好的".to_owned(),
        at_ms: 2_000,
    };
    for id in &ids[2..] {
        store.answer(*id, answer.clone()).await.unwrap();
    }
    store
        .close(ids[3], Outcome::Delivered, 3_000)
        .await
        .unwrap();
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    let open = store.open_messages(&account).await.unwrap();
    let expected: Vec<OpenMessage> = [
        (ids[0], "recorded", Stage::Recorded),
        (ids[1], "started", Stage::Started { attempts: 1 }),
        (ids[2], "answered", Stage::Answered { answer }),
    ]
    .into_iter()
    .map(|(id, name, stage)| OpenMessage {
        id,
        message: message(name),
        files: (name == "recorded").then(|| "fetched".to_owned()),
        stage,
    })
    .collect();
    assert_eq!(open, expected);
    assert_eq!(store.begin_turn(ids[1]).await.unwrap(), 2);
}

#[tokio::test]
async fn a_turn_that_begins_with_the_record_is_counted() {
    let store = SqliteStore::in_memory().unwrap();
    let begins = NewMessage {
        begins: true,
        ..message("m1")
    };
    let Recorded::New(id) = store.record(vec![begins]).await.unwrap().remove(0) else {
        panic!()
    };
    let open = store.open_messages(&"hq".into()).await.unwrap();
    assert_eq!(open[0].stage, Stage::Started { attempts: 1 });
    assert_eq!(store.begin_turn(id).await.unwrap(), 2);
}

#[tokio::test]
async fn the_first_answer_stays() {
    let store = SqliteStore::in_memory().unwrap();
    let Recorded::New(id) = record_one(&store, "m1").await else {
        panic!()
    };
    let first = Answer {
        body: "first".to_owned(),
        at_ms: 1,
    };
    store.answer(id, first.clone()).await.unwrap();
    store
        .answer(
            id,
            Answer {
                body: "second".to_owned(),
                at_ms: 2,
            },
        )
        .await
        .unwrap();
    let open = store.open_messages(&"hq".into()).await.unwrap();
    assert_eq!(open[0].stage, Stage::Answered { answer: first });
}

#[tokio::test]
async fn progress_replaces_an_answer_and_never_makes_one() {
    let store = SqliteStore::in_memory().unwrap();
    let Recorded::New(id) = record_one(&store, "m1").await else {
        panic!()
    };
    store.progress(id, "too early".to_owned()).await.unwrap();
    let stage = |open: Vec<OpenMessage>| open[0].stage.clone();
    let account = "hq".into();
    assert_eq!(
        stage(store.open_messages(&account).await.unwrap()),
        Stage::Recorded
    );
    let answer = |body: &str| Answer {
        body: body.to_owned(),
        at_ms: 1,
    };
    store.answer(id, answer("all of it")).await.unwrap();
    store.progress(id, "the rest".to_owned()).await.unwrap();
    assert_eq!(
        stage(store.open_messages(&account).await.unwrap()),
        Stage::Answered {
            answer: answer("the rest")
        }
    );
}

#[tokio::test]
async fn a_closed_message_keeps_no_contents() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let store = SqliteStore::open(&path).unwrap();
    let Recorded::New(id) = record_one(&store, "m1").await else {
        panic!()
    };
    store
        .answer(
            id,
            Answer {
                body: "private".to_owned(),
                at_ms: 1,
            },
        )
        .await
        .unwrap();
    store.keep_files(id, "private".to_owned()).await.unwrap();
    store.close(id, Outcome::Delivered, 2).await.unwrap();
    drop(store);
    let row: [Option<String>; 3] = Connection::open(&path)
        .unwrap()
        .query_row("SELECT payload, answer, files FROM inbox", [], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?])
        })
        .unwrap();
    assert_eq!(row, [None, None, None]);
}

#[tokio::test]
async fn the_file_of_a_newer_program_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(
        matches!(error, StoreError::TooNew { found: 99, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn one_failing_operation_leaves_the_rest_of_its_group_alone() {
    let store = SqliteStore::in_memory().unwrap();
    let (good, bad) = tokio::join!(
        store.record(vec![message("m1")]),
        store.begin_turn(InboxId(404)),
    );
    assert!(matches!(good.unwrap()[0], Recorded::New(_)));
    assert!(matches!(bad, Err(StoreError::Engine(_))));
    assert_eq!(store.open_messages(&"hq".into()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_nothing_is_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let store = SqliteStore::open(&path).unwrap();
    store
        .run(|connection| connection.pragma_update(None, "max_page_count", 8))
        .await
        .unwrap();
    let mut large = message("large");
    large.payload = "x".repeat(1 << 20);
    let error = store.record(vec![large]).await.unwrap_err();
    assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    assert_eq!(store.open_messages(&"hq".into()).await.unwrap(), []);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    drop(SqliteStore::open(&path).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

fn token(id: &str, first_byte: u8) -> StoredToken {
    let mut digest = [7; 32];
    digest[0] = first_byte;
    StoredToken {
        id: id.to_owned(),
        digest,
        account: "hq".into(),
        user: Some("zhangsan".into()),
        read_only: true,
        categories: vec!["todo".to_owned(), "doc".to_owned()],
        created_at_ms: 1_000,
        expires_at_ms: None,
    }
}

#[tokio::test]
async fn tokens_are_found_as_they_were_kept_until_they_are_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.db");
    let store = SqliteStore::open(&path).unwrap();
    let bare = StoredToken {
        user: None,
        read_only: false,
        categories: Vec::new(),
        expires_at_ms: Some(9_000),
        ..token("a", 1)
    };
    assert!(store.add_token(token("b", 2)).await.unwrap());
    assert!(store.add_token(bare.clone()).await.unwrap());
    assert!(!store.add_token(token("b", 3)).await.unwrap());
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.tokens().await.unwrap(), [bare, token("b", 2)]);
    assert!(store.revoke_token("b").await.unwrap());
    assert!(!store.revoke_token("b").await.unwrap());
    assert_eq!(store.tokens().await.unwrap().len(), 1);
}
