use super::*;
use crate::sim::company::doc::Pace;

#[test]
fn a_document_is_made_overwritten_and_read() {
    let mut client = Client::new();
    let made = client.create(3, "周报");
    assert_eq!((made.kind, &made.owner), (Kind::Document, &Owner::Bot));
    assert!(made.url.starts_with("https://doc.weixin.qq.com/doc/w3_"));
    assert!(made.url.contains("?scode="));
    assert_eq!(client.markdown(&made.docid), "");

    for content in ["# 周报\n\n- 完成联调\n", "# 周报\n\n- 完成发布\n"] {
        let edit = json!({ "url": made.url, "content": content, "content_type": 1 });
        assert_eq!(client.ok("edit_doc_content", edit), json!({}));
        assert_eq!(client.markdown(&made.docid), content);
    }
}

#[test]
fn a_long_title_is_cut() {
    let mut client = Client::new();
    let args = json!({ "doc_type": 3, "doc_name": "周".repeat(300) });
    client.call("create_doc", &args).unwrap();
    let title = client.docs.documents().remove(0).title;
    assert_eq!(title, "周".repeat(255));
}

#[test]
fn a_document_of_no_kind_is_refused() {
    let mut client = Client::new();
    for (doc_type, name) in [(5, "x"), (3, "")] {
        let args = json!({ "doc_type": doc_type, "doc_name": name });
        assert_eq!(client.code("create_doc", args), 40_058);
    }
    let docid = client.create(3, "周报").docid;
    let edit = json!({ "docid": docid, "content": "x", "content_type": 2 });
    assert_eq!(client.code("edit_doc_content", edit), 40_058);
    let read = json!({ "docid": docid, "type": 1 });
    assert_eq!(client.code("get_doc_content", read), 40_058);
}

#[test]
fn an_export_is_done_at_the_second_poll() {
    let mut client = Client::new();
    let docid = client.create(3, "周报").docid;
    let started = client.ok("get_doc_content", json!({ "docid": docid, "type": 2 }));
    let poll = json!({ "docid": docid, "type": 2, "task_id": started["task_id"] });
    let mut states = vec![started];
    states.extend((0..3).map(|_| client.ok("get_doc_content", poll.clone())));
    let done: Vec<_> = states
        .iter()
        .map(|state| state["task_done"] == true)
        .collect();
    assert_eq!(done, [false, false, true, true]);
    let told: Vec<_> = states.iter().map(|state| state.get("content")).collect();
    let nothing = Some(&json!(""));
    assert_eq!(told, [None, None, nothing, nothing]);
}

#[test]
fn an_export_belongs_to_its_document() {
    let mut client = Client::new();
    let (one, other) = (client.create(3, "一").docid, client.create(3, "二").docid);
    let task = client.ok("get_doc_content", json!({ "docid": one, "type": 2 }))["task_id"].clone();
    let wrong = [
        json!({ "docid": other, "type": 2, "task_id": task }),
        json!({ "docid": one, "type": 2, "task_id": "exp_none" }),
        json!({ "type": 2, "task_id": task }),
    ];
    for args in wrong {
        assert_eq!(client.code("get_doc_content", args), 40_058);
    }
}

#[test]
fn an_export_can_be_done_at_once_or_by_the_clock() {
    let mut client = Client::new();
    let docid = client.create(3, "周报").docid;
    let start = json!({ "docid": docid, "type": 2 });
    client.docs.set_export_pace(Pace::Polls(0));
    assert_eq!(
        client.ok("get_doc_content", start.clone())["task_done"],
        true
    );

    client.docs.set_export_pace(Pace::After(3_000));
    let mut poll = start.clone();
    poll["task_id"] = client.ok("get_doc_content", start)["task_id"].clone();
    client.now_ms += 2_999;
    assert_eq!(
        client.ok("get_doc_content", poll.clone())["task_done"],
        false
    );
    client.now_ms += 1;
    assert_eq!(client.ok("get_doc_content", poll)["task_done"], true);
}

#[test]
fn the_oldest_export_is_forgotten_first() {
    let mut client = Client::new();
    let docid = client.create(3, "周报").docid;
    let start = json!({ "docid": docid, "type": 2 });
    let mut tasks: Vec<Value> = (0..257)
        .map(|_| client.ok("get_doc_content", start.clone())["task_id"].clone())
        .collect();
    let poll = |task: &Value| json!({ "docid": docid, "type": 2, "task_id": task });
    assert_eq!(client.code("get_doc_content", poll(&tasks[0])), 40_058);
    for task in [tasks.remove(1), tasks.pop().unwrap()] {
        client.ok("get_doc_content", poll(&task));
    }
}

#[test]
fn a_smart_page_is_made_and_exported() {
    let mut client = Client::new();
    let steps = "# 步骤\n\n1. 备份\n";
    let one = json!({ "page_title": "步骤", "content_type": 1, "page_content": steps });
    let made = client.ok(
        "smartpage_create",
        json!({ "title": "发布手册", "pages": [one] }),
    );
    assert!(text(&made["url"]).starts_with("https://doc.weixin.qq.com/smartpage/a1_"));
    assert_eq!(client.docs.documents()[0].title, "发布手册");
    assert_eq!(exported(&mut client, &made, 1), steps);

    let more = json!({ "page_title": "回滚", "page_content": "恢复备份" });
    let made = client.ok("smartpage_create", json!({ "pages": [one, more] }));
    assert_eq!(
        exported(&mut client, &made, 1),
        "# 步骤\n\n# 步骤\n\n1. 备份\n\n# 回滚\n\n恢复备份"
    );
    assert_eq!(
        exported(&mut client, &made, 0),
        "步骤\n\n# 步骤\n\n1. 备份\n\n回滚\n\n恢复备份"
    );
}

#[test]
fn a_smart_page_needs_pages_of_a_known_format() {
    let mut client = Client::new();
    for pages in [json!([]), json!([{ "content_type": 2 }])] {
        let args = json!({ "pages": pages });
        assert_eq!(client.code("smartpage_create", args), 40_058);
    }
    let task = json!({ "task_id": "sp_exp_none" });
    assert_eq!(client.code("smartpage_get_export_result", task), 40_058);
}

#[test]
fn the_export_of_a_document_is_none_of_a_page() {
    let mut client = Client::new();
    let docid = client.create(3, "周报").docid;
    let started = client.ok("get_doc_content", json!({ "docid": docid, "type": 2 }));
    let task = json!({ "task_id": started["task_id"] });
    assert_eq!(client.code("smartpage_get_export_result", task), 40_058);
}

/// Starts by link, asks until it is done.
fn exported(client: &mut Client, page: &Value, content_type: u8) -> String {
    let start = json!({ "url": page["url"], "content_type": content_type });
    let task = client.ok("smartpage_export_task", start);
    let mut ask = || client.ok("smartpage_get_export_result", task.clone());
    assert_eq!(ask(), json!({ "task_done": false }));
    text(&ask()["content"])
}
