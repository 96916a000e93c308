use super::*;
use crate::sim::company::doc::Grant;

#[test]
fn without_a_grant_nothing_works_and_the_answer_says_where_to_get_one() {
    let mut client = Client::new();
    let docid = client.create(3, "周报").docid;
    let grants = [
        (Grant::Missing, 851_008),
        (Grant::Expired, 851_013),
        (Grant::Reset, 851_014),
        (Grant::BotExpired, 850_001),
        (Grant::Until(NOON_MS), 851_013),
    ];
    for (grant, errcode) in grants {
        client.docs.set_grant(grant);
        for method in OUTPUTS.keys() {
            let refused = client.refused(method, json!({ "docid": docid }));
            assert_eq!(refused.errcode, errcode, "{method}");
            assert!(refused.help_message.unwrap().contains("https://"));
        }
    }
    client.docs.set_grant(Grant::Standing);
    assert_eq!(client.markdown(&docid), "");
}

#[test]
fn a_grant_ends_with_the_clock() {
    let mut client = Client::new();
    client.docs.set_grant(Grant::Until(NOON_MS + 1));
    client.create(3, "周报");
    client.now_ms += 1;
    let args = json!({ "doc_type": 3, "doc_name": "周报" });
    assert_eq!(client.code("create_doc", args), 851_013);
}

#[test]
fn a_members_document_is_read_and_not_written() {
    let mut client = Client::new();
    let theirs = client.docs.seed(member("lynn"), Kind::Document, "预算");
    let edit = json!({ "docid": theirs.docid, "content": "x", "content_type": 1 });
    assert_eq!(client.code("edit_doc_content", edit.clone()), 851_003);
    let picture = json!({ "docid": theirs.docid, "base64_content": "AAAA" });
    assert_eq!(client.code("upload_doc_image", picture), 851_003);
    assert_eq!(client.markdown(&theirs.docid), "");
    assert_eq!(client.docs.documents(), [theirs.clone()]);

    assert!(client.docs.hand_over(&theirs.docid, Owner::Bot));
    client.ok("edit_doc_content", edit);
    assert!(client.docs.hand_over(&theirs.docid, member("lynn")));
    assert_eq!(client.markdown(&theirs.docid), "x");
    assert!(!client.docs.hand_over("dcNobody", Owner::Bot));
}

#[test]
fn structure_and_records_of_a_members_smart_sheet_stay() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let record = json!({ "values": { "文本": [{ "type": "text", "text": "x" }] } });
    let add = json!({ "docid": docid, "sheet_id": sheet, "records": [record] });
    let row = client.ok("smartsheet_add_records", add.clone())["records"][0]["record_id"].clone();
    client.docs.hand_over(&docid, member("lynn"));
    let field = json!({ "field_title": "t", "field_type": "FIELD_TYPE_TEXT" });
    let writes = [
        ("smartsheet_add_records", add),
        ("smartsheet_add_sheet", json!({ "docid": docid })),
        (
            "smartsheet_add_fields",
            json!({ "docid": docid, "sheet_id": sheet, "fields": [field] }),
        ),
        (
            "smartsheet_delete_records",
            json!({ "docid": docid, "sheet_id": sheet, "record_ids": [row] }),
        ),
    ];
    for (method, args) in writes {
        assert_eq!(client.code(method, args), 851_003, "{method}");
    }
    let list = json!({ "docid": docid, "sheet_id": sheet });
    assert_eq!(client.ok("smartsheet_get_records", list)["total"], 1);
}

#[test]
fn a_document_is_found_by_id_or_by_its_whole_link() {
    let mut client = Client::new();
    let made = client.create(4, "排期表");
    let named = |client: &mut Client, args| client.ok("sheet_get_info", args)["name"].clone();
    assert_eq!(named(&mut client, json!({ "docid": made.docid })), "排期表");
    assert_eq!(named(&mut client, json!({ "url": made.url })), "排期表");
    // The id counts where both are given.
    let both = json!({ "docid": made.docid, "url": "https://doc.weixin.qq.com/doc/w3_x" });
    assert_eq!(named(&mut client, both), "排期表");

    let bare = made.url.split_once('?').unwrap().0;
    let refusals = [
        (json!({ "url": bare }), 851_003),
        (json!({ "url": format!("{bare}?scode=other") }), 851_003),
        (json!({ "url": bare.replace("/sheet/", "/doc/") }), 40_058),
        (json!({ "docid": made.docid.to_lowercase() }), 40_058),
        (json!({}), 40_058),
    ];
    for (args, errcode) in refusals {
        assert_eq!(
            client.code("sheet_get_info", args.clone()),
            errcode,
            "{args}"
        );
    }
}

#[test]
fn a_method_for_another_kind_of_document_is_refused() {
    let mut client = Client::new();
    let mut made = |kind| client.docs.seed(Owner::Bot, kind, "t").docid;
    let (text, grid) = (made(Kind::Document), made(Kind::Spreadsheet));
    let (smart, page) = (made(Kind::SmartSheet), made(Kind::SmartPage));
    let theirs = client.docs.seed(member("lynn"), Kind::Document, "t").docid;
    let wrong = [
        ("get_doc_content", json!({ "docid": page, "type": 2 })),
        (
            "edit_doc_content",
            json!({ "docid": smart, "content": "", "content_type": 1 }),
        ),
        ("smartsheet_get_sheet", json!({ "docid": grid })),
        ("smartsheet_add_sheet", json!({ "docid": text })),
        // The kind is told before the missing right.
        ("smartsheet_add_sheet", json!({ "docid": theirs })),
        ("sheet_get_info", json!({ "docid": smart })),
        (
            "sheet_delete_sub",
            json!({ "docid": page, "sheet_id": "BB08J2" }),
        ),
        (
            "smartpage_export_task",
            json!({ "docid": text, "content_type": 1 }),
        ),
    ];
    for (method, args) in wrong {
        assert_eq!(client.code(method, args), 851_002, "{method}");
    }
}
