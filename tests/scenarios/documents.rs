//! Documents, smart pages, spreadsheets.

use super::stage::SPEAKER;
use super::*;

/// A document with this text, made by the bot; its link.
async fn document(stage: &Stage, content: &str) -> Value {
    let made = stage
        .given(
            SPEAKER,
            "doc.create_doc",
            json!({ "doc_type": 3, "doc_name": "周报" }),
        )
        .await;
    let args = json!({ "docid": made["docid"], "content": content, "content_type": 1 });
    stage.given(SPEAKER, "doc.edit_doc_content", args).await;
    made
}

/// Reads a document by its link, polling until it is done; says how many calls it took.
async fn read(stage: &Stage, url: &Value) -> (Value, usize) {
    let mut answer = stage
        .call("doc.get_doc_content", json!({ "url": url, "type": 2 }))
        .await;
    let mut calls = 1;
    while answer["task_done"] != true {
        assert!(calls < 40, "120 s are over");
        let args = json!({ "url": url, "type": 2, "task_id": answer["task_id"] });
        answer = stage.call("doc.get_doc_content", args).await;
        calls += 1;
    }
    (answer, calls)
}

#[tokio::test]
async fn story_26_a_document_is_read_by_polling() {
    let stage = Stage::open(&["wecom-doc-manager"]).await;
    let made = document(&stage, "# 周报\n\n- 完成联调\n").await;
    let (content, calls) = read(&stage, &made["url"]).await;
    assert!(text(&content, "/content").contains("完成联调"));
    assert!(calls > 1, "a job takes more than one look");
    stage.told(&vec!["doc.get_doc_content"; calls]);
    stage.teach("120 s");
    stage.close().await;
}

#[tokio::test]
async fn story_27_a_smart_page_is_exported() {
    let stage = Stage::open(&["wecom-doc-manager"]).await;
    let page = stage.workspace.join("steps.md");
    std::fs::write(&page, "# 步骤\n\n先备份。\n").unwrap();
    let pages = json!([{ "page_title": "步骤", "content_type": 1, "page_filepath": page }]);
    let args = json!({ "title": "手册", "pages": pages });
    let made = stage.given(SPEAKER, "doc.smartpage_create", args).await;
    let args = json!({ "url": made["url"], "content_type": 1 });
    let task = stage.call("doc.smartpage_export_task", args).await;
    let mut order = vec!["doc.smartpage_export_task"];
    let result = loop {
        let args = json!({ "task_id": task["task_id"] });
        let result = stage.call("doc.smartpage_get_export_result", args).await;
        order.push("doc.smartpage_get_export_result");
        if result["task_done"] == true {
            break result;
        }
        assert!(order.len() < 40, "120 s are over");
    };
    let exported = std::fs::read_to_string(text(&result, "/content_filepath")).unwrap();
    assert!(exported.contains("先备份"), "{exported}");
    stage.told(&order);
    stage.close().await;
}

#[tokio::test]
async fn story_28_overwriting_keeps_a_backup_and_asks() {
    let stage = Stage::open(&["wecom-doc-manager"]).await;
    let made = document(&stage, "# 周报\n\n- 上周的\n").await;
    let (old, calls) = read(&stage, &made["url"]).await;
    let backup = stage.workspace.join("周报-backup.md");
    std::fs::write(&backup, text(&old, "/content")).unwrap();
    stage.ask();
    let args = json!({ "url": made["url"], "content": "# 周报\n\n- 这周的\n", "content_type": 1 });
    stage.call("doc.edit_doc_content", args).await;
    let mut order = vec!["doc.get_doc_content"; calls];
    order.extend(["!", "doc.edit_doc_content"]);
    stage.told(&order);
    stage.teach("backup");
    assert!(std::fs::read_to_string(backup).unwrap().contains("上周的"));
    let (now, _) = read(&stage, &made["url"]).await;
    assert!(
        text(&now, "/content").contains("这周的") && !text(&now, "/content").contains("上周的")
    );
    stage.close().await;
}

#[tokio::test]
async fn story_29_a_spreadsheet_with_a_sum_is_read_back() {
    let stage = Stage::open(&["wecom-doc-manager"]).await;
    let made = stage
        .call(
            "doc.create_doc",
            json!({ "doc_type": 4, "doc_name": "工时" }),
        )
        .await;
    let info = stage
        .call("doc.sheet_get_info", json!({ "docid": made["docid"] }))
        .await;
    let cell = |text: &str| json!({ "cell_value": { "text": text }, "cell_format": {} });
    let sum = json!({ "cell_value": { "formula": "=SUM(B2:B3)" }, "cell_format": {} });
    let rows = json!([
        { "values": [cell("模块"), cell("工时")] },
        { "values": [cell("登录"), cell("12")] },
        { "values": [cell("支付"), cell("20")] },
        { "values": [cell("合计"), sum] },
    ]);
    let args = json!({
        "docid": made["docid"], "sheet_id": text(&info, "/sheets/0/sheet_id"),
        "grid_data": { "start_row": 0, "start_column": 0, "rows": rows },
    });
    stage.call("doc.sheet_update_range_data", args).await;
    let (content, calls) = read(&stage, &made["url"]).await;
    assert!(text(&content, "/content").contains("支付"));
    let mut order = vec![
        "doc.create_doc",
        "doc.sheet_get_info",
        "doc.sheet_update_range_data",
    ];
    order.extend(vec!["doc.get_doc_content"; calls]);
    stage.told(&order);
    stage.teach("formula");
    let sent = stage.sent("doc.sheet_update_range_data");
    assert_eq!(
        sent["grid_data"]["rows"][3]["values"][1]["cell_value"]["formula"],
        "=SUM(B2:B3)"
    );
    stage.close().await;
}
