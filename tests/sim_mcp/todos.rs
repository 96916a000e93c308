//! The category `todo`.

use serde_json::{Value, json};
use wecom::sim::{DEMO_BOT, EntryKind, MemberTraits, Sim, SimChat, TodoForm};

use super::server::Server;
use super::{demo, server, start};

/// A to-do of LiNa for these members.
async fn create(sim: &Sim, content: &str, followers: &[&str]) -> String {
    let followers: Vec<Value> = followers
        .iter()
        .map(|id| json!({ "follower_id": id }))
        .collect();
    let args = json!({ "content": content, "follower_list": { "followers": followers } });
    let answer = server(sim, "todo", "LiNa").ok("create_todo", args).await;
    answer["todo_id"].as_str().unwrap().to_owned()
}

async fn detail(todo: &Server, id: &str) -> Value {
    let args = json!({ "todo_id_list": [id] });
    todo.ok("get_todo_detail", args).await["data_list"][0].clone()
}

#[tokio::test]
async fn a_todo_is_made_read_changed_and_deleted() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    let args = json!({
        "content": "提交预算表",
        "follower_list": { "followers": [{ "follower_id": "zhangwei", "follower_status": 1 }] },
        "end_time": "2026-09-04 18:00:00",
        "remind_type_list": [3, 7],
    });
    let id = todo.ok("create_todo", args).await["todo_id"].clone();
    let id = id.as_str().unwrap();
    let read = detail(&todo, id).await;
    let follower = json!({
        "follower_id": "zhangwei",
        "name": "张伟",
        "follower_status": 1,
        "update_time": "2026-09-01 10:00:00",
    });
    assert_eq!(read["follower_list"]["followers"], json!([follower]));
    assert_eq!(
        (
            &read["content"],
            &read["creator_id"],
            &read["end_time"],
            &read["remind_type_list"]
        ),
        (
            &json!("提交预算表"),
            &json!("LiNa"),
            &json!("2026-09-04 18:00:00"),
            &json!([3, 7])
        )
    );
    // The participant is told, and finds it in the own list.
    let chat = sim.transcript(&SimChat::direct(DEMO_BOT, "zhangwei"));
    assert_eq!(
        (chat[0].kind, chat[0].text()),
        (EntryKind::Event, "待办：提交预算表")
    );
    let zhangwei = server(&sim, "todo", "zhangwei");
    let list = json!({ "follower_id": "zhangwei" });
    let listed = zhangwei.ok("get_todo_list", list.clone()).await;
    assert_eq!(listed["index_list"][0]["todo_id"], id);
    assert_eq!(listed["has_more"], false);

    // The state belongs to the participant, and stays when others come.
    let done = json!({ "todo_id": id, "follower_id": "zhangwei", "user_status": 2 });
    zhangwei.ok("change_todo_user_status", done).await;
    let more =
        json!([{ "follower_id": "zhangwei", "follower_status": 0 }, { "follower_id": "LiNa" }]);
    let more = json!({ "todo_id": id, "follower_list": { "followers": more } });
    todo.ok("update_todo", more).await;
    let read = detail(&todo, id).await;
    let states: Vec<_> = read["follower_list"]["followers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|follower| follower["follower_status"].as_u64())
        .collect();
    assert_eq!(states, [Some(2), Some(1)]);
    assert_eq!(read["user_status"], 1);

    let closed = json!({ "todo_id": id, "todo_status": 0, "content": "已提交" });
    todo.ok("update_todo", closed).await;
    assert_eq!(detail(&todo, id).await["todo_status"], 0);
    let gone = json!({ "todo_id": id });
    todo.ok("delete_todo", gone.clone()).await;
    todo.ok("delete_todo", gone).await;
    assert_eq!(detail(&todo, id).await, Value::Null);
    let listed = zhangwei.ok("get_todo_list", list).await;
    assert_eq!(listed["index_list"], json!([]));
}

#[tokio::test]
async fn a_todo_is_nobody_elses_business() {
    let sim = start().await;
    let id = create(&sim, "x", &["LiNa"]).await;
    let wangfang = server(&sim, "todo", "wangfang");
    assert_eq!(detail(&wangfang, &id).await, Value::Null);
    for (tool, args) in [
        ("update_todo", json!({ "todo_id": id, "content": "y" })),
        ("delete_todo", json!({ "todo_id": id })),
        (
            "change_todo_user_status",
            json!({ "todo_id": id, "follower_id": "wangfang", "user_status": 2 }),
        ),
    ] {
        assert_eq!(wangfang.code(tool, args).await, 40_058, "{tool}");
    }
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_whose_cursor_keeps_the_question() {
    let sim = start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(create(&sim, &n.to_string(), &["zhangwei"]).await);
    }
    ids.reverse();
    let todo = server(&sim, "todo", "zhangwei");
    let args = json!({ "follower_id": "zhangwei", "todo_status": 1, "limit": 2 });
    let pages = todo
        .pages("get_todo_list", args.clone(), "index_list")
        .await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    let read: Vec<&str> = pages
        .iter()
        .flatten()
        .filter_map(|entry| entry["todo_id"].as_str())
        .collect();
    assert_eq!(read, ids);
    let first = todo.ok("get_todo_list", args).await;
    let changed = json!({
        "follower_id": "zhangwei",
        "todo_status": 0,
        "limit": 2,
        "cursor": first["next_cursor"],
    });
    assert_eq!(todo.code("get_todo_list", changed).await, 40_058);
}

#[tokio::test]
async fn filters_look_at_creation_due_time_and_reminders() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    create(&sim, "without end", &["LiNa"]).await;
    let due = json!({
        "content": "due",
        "follower_list": { "followers": [{ "follower_id": "LiNa" }] },
        "end_time": "2026-09-04 18:00:00",
        "remind_type_list": [7],
    });
    todo.ok("create_todo", due).await;
    let count = async |filter: Value| {
        let mut args = filter;
        args["follower_id"] = json!("LiNa");
        let answer = todo.ok("get_todo_list", args).await;
        answer["index_list"].as_array().unwrap().len()
    };
    assert_eq!(
        count(json!({ "create_begin_time": "2026-09-01 00:00:00" })).await,
        2
    );
    assert_eq!(
        count(json!({ "create_begin_time": "2026-09-02 00:00:00" })).await,
        0
    );
    assert_eq!(
        count(json!({ "deadline_end_time": "2026-09-04 18:00:00" })).await,
        1
    );
    let day = json!({
        "remind_begin_time": "2026-09-03 18:00:00",
        "remind_end_time": "2026-09-03 18:00:00",
    });
    assert_eq!(count(day).await, 1);
    let far = json!({ "follower_id": "LiNa", "create_begin_time": "2026-07-01 00:00:00" });
    assert_eq!(todo.code("get_todo_list", far).await, 40_058);
}

#[tokio::test]
async fn people_are_found_by_name_and_some_are_out_of_reach() {
    let sim = start().await;
    let todo = server(&sim, "todo", "LiNa");
    let found = todo
        .ok("search_todo_userid", json!({ "keyword": "david" }))
        .await;
    assert_eq!(found["user_list"][0]["userid"], "zhangwei");
    let nobody = json!({ "keyword": "查无此人" });
    assert_eq!(todo.code("search_todo_userid", nobody).await, 860_046);
    let traits = MemberTraits {
        todo_reachable: Some(false),
        ..MemberTraits::default()
    };
    sim.company().set_traits("liuyang", traits).unwrap();
    for follower in ["liuyang", "guest.001"] {
        let args = json!({
            "content": "x",
            "follower_list": { "followers": [{ "follower_id": follower }] },
        });
        assert_eq!(todo.code("create_todo", args).await, 860_042, "{follower}");
    }
}

#[tokio::test]
async fn the_older_form_is_about_the_member_who_asks() {
    let sim = start().await;
    let id = create(&sim, "x", &["LiNa"]).await;
    demo(&sim)
        .switch(Some("todo"), |it| it.todo_form = TodoForm::April)
        .unwrap();
    let todo = server(&sim, "todo", "LiNa");
    todo.ok(
        "change_todo_user_status",
        json!({ "todo_id": id, "user_status": 2 }),
    )
    .await;
    let listed = todo.ok("get_todo_list", json!({})).await;
    assert_eq!(listed["index_list"][0]["user_status"], 2);
    let made = json!({ "content": "y", "remind_time": "2026-09-02 09:00:00" });
    let made = todo.ok("create_todo", made).await;
    let read = detail(&todo, made["todo_id"].as_str().unwrap()).await;
    assert_eq!(read["remind_time"], "2026-09-02 09:00:00");
}
