//! To-dos.

use super::stage::SPEAKER;
use super::*;

async fn todo(stage: &Stage, who: &str, content: &str, people: &[&str]) -> String {
    let args = json!({ "content": content, "follower_list": followers(people) });
    let made = stage.given(who, "todo.create_todo", args).await;
    text(&made, "/todo_id").to_owned()
}

async fn open_ones(stage: &Stage) -> Value {
    let args = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
    stage.call("todo.get_todo_list", args).await
}

async fn details(stage: &Stage, ids: &[String]) -> Value {
    let args = json!({ "todo_id_list": ids });
    stage.call("todo.get_todo_detail", args).await
}

/// The list, the details, and the id of the to-do that has this word.
async fn find(stage: &Stage, word: &str) -> (String, Value) {
    let listed = open_ones(stage).await;
    let ids = each(&listed, "/index_list", "/todo_id");
    let read = details(stage, &ids).await;
    let found = list(&read, "/data_list").iter();
    let found: Vec<_> = found
        .filter(|it| text(it, "/content").contains(word))
        .collect();
    assert_eq!(found.len(), 1, "{word} in {read}");
    (text(found[0], "/todo_id").to_owned(), found[0].clone())
}

async fn seen_by(stage: &Stage, who: &str, id: &str) -> Value {
    let args = json!({ "todo_id_list": [id] });
    let read = stage.look(who, "todo.get_todo_detail", args).await;
    list(&read, "/data_list")
        .first()
        .cloned()
        .unwrap_or_default()
}

fn states(detail: &Value) -> Vec<(String, i64)> {
    let one = |it: &Value| {
        (
            text(it, "/follower_id").to_owned(),
            it["follower_status"].as_i64().unwrap(),
        )
    };
    let mut states: Vec<_> = list(detail, "/follower_list/followers")
        .iter()
        .map(one)
        .collect();
    states.sort();
    states
}

#[tokio::test]
async fn story_03_my_open_todos_with_texts_and_names() {
    let stage = Stage::open(&["wecom-get-todo-list", "wecom-get-todo-detail"]).await;
    todo(&stage, "gao.ming", "提交预算表", &[SPEAKER, "gao.ming"]).await;
    todo(&stage, SPEAKER, "整理合同", &[SPEAKER]).await;
    let listed = open_ones(&stage).await;
    assert_eq!(listed["has_more"], false);
    let ids = each(&listed, "/index_list", "/todo_id");
    let read = details(&stage, &ids).await;
    let mut contents = each(&read, "/data_list", "/content");
    contents.sort();
    assert_eq!(contents, ["提交预算表", "整理合同"]);
    let names: Vec<&str> = list(&read, "/data_list")
        .iter()
        .flat_map(|it| list(it, "/follower_list/followers"))
        .map(|it| text(it, "/name"))
        .collect();
    assert!(
        names.contains(&"高铭") && names.contains(&"张伟"),
        "{names:?}"
    );
    stage.told(&["todo.get_todo_list", "todo.get_todo_detail"]);
    stage.close().await;
}

#[tokio::test]
async fn story_04_forty_five_todos_in_pages_of_twenty() {
    let stage = Stage::open(&["wecom-get-todo-list"]).await;
    for number in 0..45 {
        todo(&stage, SPEAKER, &format!("第{number}件"), &[SPEAKER]).await;
    }
    let mut cursor = Value::Null;
    let mut contents = std::collections::BTreeSet::new();
    for size in [20, 20, 5] {
        let mut args = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
        if cursor.is_string() {
            args["cursor"] = cursor.clone();
        }
        let page = stage.call("todo.get_todo_list", args).await;
        let ids = each(&page, "/index_list", "/todo_id");
        assert_eq!((ids.len(), page["has_more"] == true), (size, size == 20));
        let read = details(&stage, &ids).await;
        contents.extend(each(&read, "/data_list", "/content"));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(contents.len(), 45);
    let page = ["todo.get_todo_list", "todo.get_todo_detail"];
    stage.told(&page.repeat(3));
    stage.teach("limit\": 20");
    stage.close().await;
}

#[tokio::test]
async fn story_05_a_todo_for_somebody_else_with_a_reminder() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    let found = stage
        .call("todo.search_todo_userid", json!({ "keyword": "高铭" }))
        .await;
    let gao = each(&found, "/user_list", "/userid");
    assert_eq!(gao.len(), 1);
    let args = json!({
        "content": "提交三季度预算表", "follower_list": followers(&[&gao[0]]),
        "end_time": "2026-09-04 18:00:00", "remind_type_list": [7],
    });
    let made = stage.call("todo.create_todo", args).await;
    stage.told(&["todo.search_todo_userid", "todo.create_todo"]);
    let seen = seen_by(&stage, "gao.ming", text(&made, "/todo_id")).await;
    assert_eq!(text(&seen, "/end_time"), "2026-09-04 18:00:00");
    assert_eq!(seen["remind_type_list"], json!([7]));
    assert_eq!(states(&seen), [("gao.ming".to_owned(), 1)]);
    stage.close().await;
}

#[tokio::test]
async fn story_06_ten_minutes_before_does_not_exist() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    stage.teach("10 minutes: propose 15");
    stage.ask();
    stage.told(&["!"]);
    // Kind 2 would be the gap in the list: the tool refuses what the skill does not offer.
    let args = json!({
        "content": "交表", "follower_list": followers(&["@me"]),
        "end_time": "2026-09-04 18:00:00", "remind_type_list": [2],
    });
    let refused = stage.refused("todo.create_todo", args).await;
    assert_eq!(refused["kind"], "invalid_args");
    stage.close().await;
}

#[tokio::test]
async fn story_07_i_am_done_ends_my_part_only() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    todo(&stage, "gao.ming", "预算表", &[SPEAKER, "gao.ming"]).await;
    let (id, _) = find(&stage, "预算").await;
    let args = json!({ "todo_id": id, "follower_id": "@me", "user_status": 2 });
    stage.call("todo.change_todo_user_status", args).await;
    stage.told(&[
        "todo.get_todo_list",
        "todo.get_todo_detail",
        "todo.change_todo_user_status",
    ]);
    let seen = seen_by(&stage, "gao.ming", &id).await;
    assert_eq!(seen["todo_status"], 1, "open for the others");
    let expected = [("gao.ming".to_owned(), 1), (SPEAKER.to_owned(), 2)];
    assert_eq!(states(&seen), expected);
    stage.close().await;
}

#[tokio::test]
async fn story_08_closing_what_others_work_on_is_asked_about() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    todo(&stage, SPEAKER, "预算表", &[SPEAKER, "gao.ming"]).await;
    let (id, detail) = find(&stage, "预算").await;
    assert_eq!(
        states(&detail).len(),
        2,
        "the question names who is not done"
    );
    stage.ask();
    stage
        .call(
            "todo.update_todo",
            json!({ "todo_id": id, "todo_status": 0 }),
        )
        .await;
    stage.told(&[
        "todo.get_todo_list",
        "todo.get_todo_detail",
        "!",
        "todo.update_todo",
    ]);
    assert_eq!(seen_by(&stage, "gao.ming", &id).await["todo_status"], 0);
    stage.close().await;
}

#[tokio::test]
async fn story_09_adding_somebody_drops_nobody() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    todo(&stage, SPEAKER, "预算表", &[SPEAKER, "gao.ming"]).await;
    let (id, detail) = find(&stage, "预算").await;
    let found = stage
        .call("todo.search_todo_userid", json!({ "keyword": "许安" }))
        .await;
    let mut people: Vec<String> = states(&detail).into_iter().map(|(id, _)| id).collect();
    people.extend(each(&found, "/user_list", "/userid"));
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let args = json!({ "todo_id": id, "follower_list": followers(&people) });
    stage.call("todo.update_todo", args).await;
    stage.told(&[
        "todo.get_todo_list",
        "todo.get_todo_detail",
        "todo.search_todo_userid",
        "todo.update_todo",
    ]);
    let seen = states(&seen_by(&stage, "xu.an", &id).await);
    let seen: Vec<&str> = seen.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(seen, ["gao.ming", "xu.an", SPEAKER]);
    stage.close().await;
}

#[tokio::test]
async fn story_10_deleting_is_asked_about_and_final() {
    let stage = Stage::open(&["wecom-edit-todo"]).await;
    todo(&stage, SPEAKER, "评审材料", &[SPEAKER]).await;
    todo(&stage, SPEAKER, "整理合同", &[SPEAKER]).await;
    let (id, detail) = find(&stage, "评审").await;
    assert_eq!(
        text(&detail, "/content"),
        "评审材料",
        "the question names it"
    );
    stage.ask();
    stage
        .call("todo.delete_todo", json!({ "todo_id": id }))
        .await;
    stage.told(&[
        "todo.get_todo_list",
        "todo.get_todo_detail",
        "!",
        "todo.delete_todo",
    ]);
    let args = json!({ "follower_id": "@me", "todo_status": 1, "limit": 20 });
    let left = stage.look(SPEAKER, "todo.get_todo_list", args).await;
    assert_eq!(list(&left, "/index_list").len(), 1);
    stage.close().await;
}
