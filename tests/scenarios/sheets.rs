//! Smart sheets.

use wecom::sim::McpFaultKind;

use super::stage::{SPEAKER, folder};
use super::*;

/// A PNG of one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c,
    0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae,
    0x42, 0x60,
];

/// A smart sheet of the bot and its one sub-sheet, as arguments.
async fn sheet(stage: &Stage) -> Value {
    let made = stage
        .given(
            SPEAKER,
            "doc.create_doc",
            json!({ "doc_type": 10, "doc_name": "任务" }),
        )
        .await;
    let sheets = stage
        .given(
            SPEAKER,
            "doc.smartsheet_get_sheet",
            json!({ "docid": made["docid"] }),
        )
        .await;
    json!({ "docid": made["docid"], "sheet_id": text(&sheets, "/sheet_list/0/sheet_id") })
}

/// The arguments with one more.
fn with(at: &Value, name: &str, value: Value) -> Value {
    let mut args = at.clone();
    args[name] = value;
    args
}

fn row(text: &str) -> Value {
    json!({ "values": { "文本": [{ "type": "text", "text": text }] } })
}

async fn fill(stage: &Stage, at: &Value, count: usize) {
    let rows: Vec<Value> = (0..count)
        .map(|number| row(&format!("第{number}行")))
        .collect();
    for some in rows.chunks(500) {
        stage
            .given(
                SPEAKER,
                "doc.smartsheet_add_records",
                with(at, "records", json!(some)),
            )
            .await;
    }
}

/// Sub-sheets and fields, which come before writing.
async fn learn(stage: &Stage, at: &Value) {
    stage
        .call("doc.smartsheet_get_sheet", json!({ "docid": at["docid"] }))
        .await;
    stage.call("doc.smartsheet_get_fields", at.clone()).await;
}

async fn left(stage: &Stage, at: &Value) -> Value {
    stage
        .look(SPEAKER, "doc.smartsheet_get_records", at.clone())
        .await["total"]
        .clone()
}

#[tokio::test]
async fn story_30_four_columns_are_one_renamed_and_three_added() {
    let stage = Stage::open(&["wecom-smartsheet-schema"]).await;
    let made = stage
        .call(
            "doc.create_doc",
            json!({ "doc_type": 10, "doc_name": "任务" }),
        )
        .await;
    let sheets = stage
        .call(
            "doc.smartsheet_get_sheet",
            json!({ "docid": made["docid"] }),
        )
        .await;
    let at = json!({ "docid": made["docid"], "sheet_id": text(&sheets, "/sheet_list/0/sheet_id") });
    let fields = stage.call("doc.smartsheet_get_fields", at.clone()).await;
    let first = &list(&fields, "/fields")[0];
    let renamed = json!([{ "field_id": first["field_id"], "field_title": "任务", "field_type": first["field_type"] }]);
    stage
        .call("doc.smartsheet_update_fields", with(&at, "fields", renamed))
        .await;
    let more = json!([
        { "field_title": "状态", "field_type": "FIELD_TYPE_SINGLE_SELECT" },
        { "field_title": "截止", "field_type": "FIELD_TYPE_DATE_TIME" },
        { "field_title": "完成度", "field_type": "FIELD_TYPE_PROGRESS" },
    ]);
    stage
        .call("doc.smartsheet_add_fields", with(&at, "fields", more))
        .await;
    stage.told(&[
        "doc.create_doc",
        "doc.smartsheet_get_sheet",
        "doc.smartsheet_get_fields",
        "doc.smartsheet_update_fields",
        "doc.smartsheet_add_fields",
    ]);
    assert_eq!(
        list(&stage.sent("doc.smartsheet_add_fields"), "/fields").len(),
        3
    );
    let now = stage.look(SPEAKER, "doc.smartsheet_get_fields", at).await;
    assert_eq!(
        each(&now, "/fields", "/field_title"),
        ["任务", "状态", "截止", "完成度"]
    );
    stage.close().await;
}

fn with_picture(path: &std::path::Path) -> Value {
    let mut row = row("首页");
    row["values"]["截图"] = json!([{ "image_path": path }]);
    json!([row])
}

#[tokio::test]
async fn story_31_a_picture_is_uploaded_on_the_way() {
    let stage = Stage::open(&["wecom-smartsheet-data"]).await;
    let at = sheet(&stage).await;
    let column = json!([{ "field_title": "截图", "field_type": "FIELD_TYPE_IMAGE" }]);
    stage
        .given(
            SPEAKER,
            "doc.smartsheet_add_fields",
            with(&at, "fields", column),
        )
        .await;
    let picture = stage.workspace.join("home.png");
    std::fs::write(&picture, PNG).unwrap();
    learn(&stage, &at).await;
    let args = with(&at, "records", with_picture(&picture));
    stage.call("doc.smartsheet_add_records", args).await;
    stage.told(&[
        "doc.smartsheet_get_sheet",
        "doc.smartsheet_get_fields",
        "doc.smartsheet_add_records",
    ]);
    stage.teach("image_path");
    let sent = stage.sent("doc.smartsheet_add_records");
    let cell = &sent["records"][0]["values"]["截图"][0];
    assert!(
        cell["image_url"].is_string() && cell["image_path"].is_null(),
        "{cell}"
    );
    assert_eq!(left(&stage, &at).await, 1);
    stage.close().await;
}

#[tokio::test]
async fn story_32_a_picture_outside_the_allowed_folders_stays() {
    let stage = Stage::open(&["wecom-smartsheet-data"]).await;
    let at = sheet(&stage).await;
    let folder = folder();
    let outside = folder.path().join("home.png");
    std::fs::write(&outside, PNG).unwrap();
    let args = with(&at, "records", with_picture(&outside));
    let error = stage.refused("doc.smartsheet_add_records", args).await;
    let refusal = (text(&error, "/kind"), text(&error, "/reason"));
    assert_eq!(refusal, ("invalid_args", "path_not_allowed"));
    stage.told(&[]);
    stage.teach("path_not_allowed");
    assert_eq!(left(&stage, &at).await, 0);
    stage.close().await;
}

#[tokio::test]
async fn story_33_a_members_sheet_leads_to_the_webhook() {
    let stage = Stage::open(&["wecom-smartsheet-data"]).await;
    let at = sheet(&stage).await;
    let refusal = McpFaultKind::Business {
        errcode: 851_003,
        errmsg: "no authority".to_owned(),
        help_message: None,
    };
    stage.fault("doc.smartsheet_add_records", false, refusal);
    let args = with(&at, "records", json!([row("一")]));
    let error = stage.refused("doc.smartsheet_add_records", args).await;
    assert_eq!(
        (&error["errcode"], &error["retryable"]),
        (&json!(851_003), &json!(false)),
        "{error}"
    );
    stage.ask();
    let made = ["doc.smartsheet_add_records", "!"];
    assert_eq!(stage.order(), made, "one try, then the question");
    stage.teach("webhook");
    stage.close().await;
}

#[tokio::test]
async fn story_34_six_hundred_rows_go_in_two_batches() {
    let stage = Stage::open(&["wecom-smartsheet-data"]).await;
    let at = sheet(&stage).await;
    fill(&stage, &at, 600).await;
    let read = stage
        .call(
            "doc.smartsheet_get_records",
            with(&at, "limit", json!(1000)),
        )
        .await;
    let ids = each(&read, "/records", "/record_id");
    assert_eq!(ids.len(), 600);
    stage.ask();
    for some in ids.chunks(500) {
        let args = with(&at, "record_ids", json!(some));
        stage.call("doc.smartsheet_delete_records", args).await;
    }
    stage.told(&[
        "doc.smartsheet_get_records",
        "!",
        "doc.smartsheet_delete_records",
        "doc.smartsheet_delete_records",
    ]);
    assert_eq!(
        list(&stage.sent("doc.smartsheet_delete_records"), "/record_ids").len(),
        100
    );
    assert_eq!(left(&stage, &at).await, 0);
    stage.close().await;
}

#[tokio::test]
async fn story_35_twelve_hundred_rows_are_two_pages() {
    let stage = Stage::open(&["wecom-smartsheet-data"]).await;
    let at = sheet(&stage).await;
    fill(&stage, &at, 1_200).await;
    let first = stage
        .call(
            "doc.smartsheet_get_records",
            with(&at, "limit", json!(1000)),
        )
        .await;
    assert_eq!(
        (list(&first, "/records").len(), &first["has_more"]),
        (1_000, &json!(true))
    );
    let mut args = with(&at, "limit", json!(1000));
    args["cursor"] = first["next_cursor"].clone();
    let second = stage.call("doc.smartsheet_get_records", args).await;
    assert_eq!(
        (list(&second, "/records").len(), &second["has_more"]),
        (200, &json!(false))
    );
    stage.told(&["doc.smartsheet_get_records", "doc.smartsheet_get_records"]);
    stage.teach("cursor");
    stage.close().await;
}
