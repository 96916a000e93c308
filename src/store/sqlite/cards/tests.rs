use super::*;

const NOON: i64 = 1_767_225_600_000;

fn card(account: &str, task_id: &str, created_at_ms: i64) -> StoredCard {
    StoredCard {
        account: account.into(),
        task_id: task_id.to_owned(),
        record: format!("card {task_id}"),
        created_at_ms,
        answers: Vec::new(),
    }
}

async fn find(store: &SqliteStore, task_id: &str, now_ms: i64) -> Option<StoredCard> {
    let account = AccountId::new("default");
    store.find_card(&account, task_id, now_ms).await.unwrap()
}

#[tokio::test]
async fn a_card_and_its_answers_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let account = AccountId::new("default");
    let store = SqliteStore::open(&path).unwrap();
    store.keep_card(card("default", "t", NOON)).await.unwrap();
    for (user, answer) in [("zhang", "a"), ("LiSi", "b"), ("zhang", "c")] {
        let user = UserId::new(user);
        let known = store
            .record_card_answer(&account, "t", &user, answer.to_owned())
            .await
            .unwrap();
        assert!(known);
    }
    drop(store);

    let store = SqliteStore::open(&path).unwrap();
    let expected = StoredCard {
        answers: vec![
            ("LiSi".into(), "b".to_owned()),
            ("zhang".into(), "c".to_owned()),
        ],
        ..card("default", "t", NOON)
    };
    assert_eq!(find(&store, "t", NOON).await, Some(expected));
    let other = AccountId::new("other");
    assert_eq!(store.find_card(&other, "t", NOON).await.unwrap(), None);
}

#[tokio::test]
async fn a_day_later_it_is_gone_and_takes_no_answer() {
    let store = SqliteStore::in_memory().unwrap();
    let account = AccountId::new("default");
    store.keep_card(card("default", "t", NOON)).await.unwrap();
    assert!(find(&store, "t", NOON + CARD_LIFE_MS - 1).await.is_some());
    assert_eq!(find(&store, "t", NOON + CARD_LIFE_MS).await, None);
    let known = store
        .record_card_answer(&account, "t", &"LiSi".into(), "a".to_owned())
        .await
        .unwrap();
    assert!(!known);

    // Keeping a new one forgets old ones too, whoever's they are.
    store.keep_card(card("other", "old", NOON)).await.unwrap();
    let later = card("default", "new", NOON + CARD_LIFE_MS);
    store.keep_card(later).await.unwrap();
    let left: i64 = store
        .run(|connection| {
            connection.query_row("SELECT count(*) FROM sent_cards", [], |row| row.get(0))
        })
        .await
        .unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn the_oldest_over_the_limit_goes_per_account() {
    let store = SqliteStore::in_memory().unwrap();
    store.keep_card(card("other", "t0", NOON)).await.unwrap();
    for n in 0..=MAX_CARDS_PER_ACCOUNT {
        let at = NOON + i64::from(n);
        let card = card("default", &format!("t{n}"), at);
        store.keep_card(card).await.unwrap();
    }
    assert_eq!(find(&store, "t0", NOON).await, None);
    assert!(find(&store, "t1", NOON).await.is_some());
    let last = format!("t{MAX_CARDS_PER_ACCOUNT}");
    assert!(find(&store, &last, NOON).await.is_some());
    let other = AccountId::new("other");
    assert!(store.find_card(&other, "t0", NOON).await.unwrap().is_some());
}

#[tokio::test]
async fn sent_again_it_starts_without_answers() {
    let store = SqliteStore::in_memory().unwrap();
    let account = AccountId::new("default");
    store.keep_card(card("default", "t", NOON)).await.unwrap();
    store
        .record_card_answer(&account, "t", &"LiSi".into(), "a".to_owned())
        .await
        .unwrap();
    let again = card("default", "t", NOON + 1);
    store.keep_card(again.clone()).await.unwrap();
    assert_eq!(find(&store, "t", NOON + 1).await, Some(again));
}
