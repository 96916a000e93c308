//! Local files in arguments: what arrives, and what never leaves.

use std::path::Path;

use serde_json::{Value, json};

use super::house::{House, ZHANG, ZHANG_TOKEN};

/// A PNG of one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c,
    0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae,
    0x42, 0x60,
];

fn page(path: impl AsRef<Path>) -> Value {
    let path = path.as_ref();
    json!({ "title": "手册", "pages": [
        { "page_title": "步骤", "content_type": 1, "page_filepath": path },
    ] })
}

#[tokio::test]
async fn the_text_of_a_page_arrives() {
    let house = House::open().await;
    let steps = house.work().join("steps.md");
    std::fs::write(&steps, "# 步骤\n\n先备份。\n").unwrap();
    house
        .data(ZHANG_TOKEN, "doc", "smartpage_create", page(&steps))
        .await;
    let calls = house.calls("smartpage_create");
    assert_eq!(calls.len(), 1);
    let sent = &calls[0].arguments["pages"][0];
    assert_eq!(sent["page_content"], "# 步骤\n\n先备份。\n");
    assert_eq!(sent.get("page_filepath"), None);
    assert_eq!(calls[0].member.as_deref(), Some(ZHANG));
    house.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn what_may_not_be_read_is_refused_and_nothing_is_sent() {
    let house = House::open().await;
    let work = house.work();
    let outside = house.outside().join("secret.md");
    std::fs::write(&outside, "CANARY-OF-A-FILE").unwrap();
    std::os::unix::fs::symlink(&outside, work.join("way-out.md")).unwrap();
    std::os::unix::fs::symlink(house.outside(), work.join("folder-out")).unwrap();
    let pipe = work.join("pipe.md");
    let made = tokio::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.await.unwrap().success());
    let note = house.home().join("note.md");
    std::fs::write(&note, "in the state directory").unwrap();
    let cases = [
        (outside.clone(), "path_not_allowed"),
        (work.join("../secret.md"), "path_not_allowed"),
        (work.join("way-out.md"), "path_not_allowed"),
        (work.join("folder-out/secret.md"), "path_not_allowed"),
        ("/proc/self/environ".into(), "path_not_allowed"),
        (note, "path_not_allowed"),
        (house.home().join("wecom.json"), "path_not_allowed"),
        (pipe, "not_a_file"),
        (work.clone(), "not_a_file"),
    ];
    for (path, reason) in cases {
        let error = house
            .refused(ZHANG_TOKEN, "doc", "smartpage_create", page(&path))
            .await;
        let told = (error["kind"].as_str(), error["reason"].as_str());
        assert_eq!(
            told,
            (Some("invalid_args"), Some(reason)),
            "{path:?}: {error}"
        );
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
    assert!(house.calls("smartpage_create").is_empty());
    house.close().await;
}

/// A smart sheet with a column for pictures, as arguments.
async fn album(house: &House) -> Value {
    let made = json!({ "doc_type": 10, "doc_name": "相册" });
    let made = house.data(ZHANG_TOKEN, "doc", "create_doc", made).await;
    let docid = &made["docid"];
    let args = json!({ "docid": docid });
    let sheets = house
        .data(ZHANG_TOKEN, "doc", "smartsheet_get_sheet", args)
        .await;
    let at = json!({ "docid": docid, "sheet_id": sheets["sheet_list"][0]["sheet_id"] });
    let mut column = at.clone();
    column["fields"] = json!([{ "field_title": "截图", "field_type": "FIELD_TYPE_IMAGE" }]);
    house
        .data(ZHANG_TOKEN, "doc", "smartsheet_add_fields", column)
        .await;
    at
}

#[tokio::test]
async fn a_picture_in_ten_cells_is_uploaded_once_for_the_member() {
    let house = House::open().await;
    let mut args = album(&house).await;
    let picture = house.work().join("home.png");
    std::fs::write(&picture, PNG).unwrap();
    let row = json!({ "values": { "截图": [{ "image_path": picture }] } });
    args["records"] = vec![row; 10].into();
    house
        .data(ZHANG_TOKEN, "doc", "smartsheet_add_records", args)
        .await;
    let uploads = house.calls("upload_doc_image");
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0].member.as_deref(), Some(ZHANG));
    assert!(uploads[0].is_named);
    let added = house.calls("smartsheet_add_records");
    let records = added[0].arguments["records"].as_array().unwrap();
    assert_eq!((added.len(), records.len()), (1, 10));
    for record in records {
        let cell = &record["values"]["截图"][0];
        assert!(cell["image_url"].is_string(), "{cell}");
        assert_eq!(cell.get("image_path"), None);
    }
    house.close().await;
}
