use super::*;

#[test]
fn a_new_smart_sheet_has_one_sub_sheet_with_one_text_field() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    assert_eq!(sheet.len(), 6);
    let listed = client.ok("smartsheet_get_sheet", json!({ "docid": docid }));
    let only = json!({
        "sheet_id": sheet, "title": "智能表1", "is_visible": true, "type": "smartsheet",
    });
    assert_eq!(listed, json!({ "sheet_list": [only] }));
    let [(title, kind, id)] = client.fields(&docid, &sheet).try_into().unwrap();
    assert_eq!((title.as_str(), kind.as_str()), ("文本", "FIELD_TYPE_TEXT"));
    assert!(id.len() == 6 && id.starts_with('f'));
}

#[test]
fn sub_sheets_are_added_renamed_and_deleted() {
    let mut client = Client::new();
    let (docid, first) = client.smart_sheet();
    let add = json!({ "docid": docid, "properties": { "title": "风险" } });
    let added = client.ok("smartsheet_add_sheet", add.clone())["properties"].clone();
    assert_eq!(
        (&added["title"], &added["index"]),
        (&json!("风险"), &json!(1))
    );
    assert_eq!(client.code("smartsheet_add_sheet", add), 40_058);
    let risks = text(&added["sheet_id"]);
    assert_eq!(client.fields(&docid, &risks)[0].0, "智能表列");
    let front = json!({ "docid": docid, "properties": { "title": "首", "index": 0 } });
    client.ok("smartsheet_add_sheet", front);
    let unnamed = client.ok("smartsheet_add_sheet", json!({ "docid": docid }));
    assert_eq!(unnamed["properties"]["title"], "智能表2");

    let mut rename = |id: &str, title: &str| {
        let properties = json!({ "sheet_id": id, "title": title });
        let args = json!({ "docid": docid, "properties": properties });
        client.call("smartsheet_update_sheet", &args)
    };
    rename(&risks, "风险登记").unwrap();
    assert_eq!(rename(&risks, "智能表1").unwrap_err().errcode, 40_058);
    assert_eq!(rename("aaaaaa", "x").unwrap_err().errcode, 2_022_001);
    assert_eq!(
        titles(&mut client, &docid),
        ["首", "智能表1", "风险登记", "智能表2"]
    );

    let delete = |id: &str| json!({ "docid": docid, "sheet_id": id });
    client.ok("smartsheet_delete_sheet", delete(&risks));
    assert_eq!(
        client.code("smartsheet_delete_sheet", delete(&risks)),
        2_022_001
    );
    assert_eq!(
        client.code("smartsheet_get_fields", delete(&risks)),
        2_022_001
    );
    assert_eq!(titles(&mut client, &docid), ["首", "智能表1", "智能表2"]);
    client.ok("smartsheet_delete_sheet", delete(&first));
}

#[test]
fn the_last_sub_sheet_and_the_last_field_stay() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let args = json!({ "docid": docid, "sheet_id": sheet });
    assert_eq!(client.code("smartsheet_delete_sheet", args), 40_058);
    let field = client.fields(&docid, &sheet).remove(0).2;
    let args = json!({ "docid": docid, "sheet_id": sheet, "field_ids": [field] });
    assert_eq!(client.code("smartsheet_delete_fields", args), 40_058);
}

#[test]
fn four_columns_are_made_from_the_default_one_and_three_new() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let first = client.fields(&docid, &sheet).remove(0).2;
    let args = |fields: Value| json!({ "docid": docid, "sheet_id": sheet, "fields": fields });
    let rename = |title: &str, kind: &str| {
        args(json!([{ "field_id": first, "field_title": title, "field_type": kind }]))
    };
    client.ok(
        "smartsheet_update_fields",
        rename("任务", "FIELD_TYPE_TEXT"),
    );
    // The same title again, another type.
    for (title, kind) in [("任务", "FIELD_TYPE_TEXT"), ("事项", "FIELD_TYPE_NUMBER")] {
        assert_eq!(
            client.code("smartsheet_update_fields", rename(title, kind)),
            40_058
        );
    }
    let new = |title: &str, kind: &str| json!({ "field_title": title, "field_type": kind });
    let three = json!([
        new("状态", "FIELD_TYPE_SINGLE_SELECT"),
        new("截止", "FIELD_TYPE_DATE_TIME"),
        new("负责人", "FIELD_TYPE_USER"),
    ]);
    let added = client.ok("smartsheet_add_fields", args(three));
    assert_eq!(
        added["fields"][0]["property_single_select"],
        json!({ "is_multiple": false, "is_quick_add": true, "options": [] })
    );
    // One title twice in a call, and one that is there: nothing is added.
    for pair in [["甲", "甲"], ["乙", "任务"]] {
        let fields = pair.map(|title| new(title, "FIELD_TYPE_TEXT"));
        assert_eq!(
            client.code("smartsheet_add_fields", args(json!(fields))),
            40_058
        );
    }
    let fields = client.fields(&docid, &sheet);
    let titles: Vec<_> = fields.iter().map(|(title, ..)| title.as_str()).collect();
    assert_eq!(titles, ["任务", "状态", "截止", "负责人"]);
}

#[test]
fn a_deleted_field_takes_its_cells_along() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let at = json!({ "docid": docid, "sheet_id": sheet });
    let with = |member: &str, value: Value| {
        let mut args = at.clone();
        args[member] = value;
        args
    };
    let hours = json!([{ "field_title": "工时", "field_type": "FIELD_TYPE_NUMBER" }]);
    client.ok("smartsheet_add_fields", with("fields", hours.clone()));
    let row = json!([{ "values": { "文本": [{ "type": "text", "text": "x" }], "工时": 3 } }]);
    client.ok("smartsheet_add_records", with("records", row));
    let id = client.fields(&docid, &sheet).remove(1).2;
    let none = with("field_ids", json!([id, "fNone0"]));
    assert_eq!(client.code("smartsheet_delete_fields", none), 2_023_001);
    client.ok("smartsheet_delete_fields", with("field_ids", json!([id])));
    client.ok("smartsheet_add_fields", with("fields", hours));
    let values = client.ok("smartsheet_get_records", at)["records"][0]["values"].clone();
    assert_eq!(values, json!({ "文本": [{ "type": "text", "text": "x" }] }));
}

#[test]
fn a_sub_sheet_has_at_most_150_fields() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let fields = |range: std::ops::Range<u32>| {
        let fields: Vec<Value> = range
            .map(|n| json!({ "field_title": n.to_string(), "field_type": "FIELD_TYPE_TEXT" }))
            .collect();
        json!({ "docid": docid, "sheet_id": sheet, "fields": fields })
    };
    assert_eq!(client.code("smartsheet_add_fields", fields(0..150)), 40_058);
    client.ok("smartsheet_add_fields", fields(0..149));
    assert_eq!(
        client.code("smartsheet_add_fields", fields(200..201)),
        40_058
    );
}

#[test]
fn records_are_read_in_pages_that_survive_a_deletion() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let ids = fill(&mut client, &docid, &sheet, 1200);
    let page = |client: &mut Client, limit: u32, cursor: &Value| {
        let mut args = json!({ "docid": docid, "sheet_id": sheet, "limit": limit });
        if !cursor.is_null() {
            args["cursor"] = cursor.clone();
        }
        client.ok("smartsheet_get_records", args)
    };
    let first = page(&mut client, 0, &Value::Null);
    assert_eq!(
        (&first["total"], &first["has_more"]),
        (&json!(1200), &json!(true))
    );
    assert_eq!(record_ids(&first), ids[..1000]);
    let second = page(&mut client, 0, &first["next_cursor"]);
    assert_eq!(
        (&second["has_more"], second.get("next_cursor")),
        (&json!(false), None)
    );
    assert_eq!(record_ids(&second), ids[1000..]);

    let ten = page(&mut client, 10, &Value::Null);
    let gone = json!({ "docid": docid, "sheet_id": sheet, "record_ids": ids[5..10] });
    client.ok("smartsheet_delete_records", gone);
    let next = page(&mut client, 10, &ten["next_cursor"]);
    assert_eq!(record_ids(&next), ids[10..20]);
    let bad = json!({ "docid": docid, "sheet_id": sheet, "cursor": "10" });
    assert_eq!(client.code("smartsheet_get_records", bad), 40_058);
}

#[test]
fn six_hundred_records_are_deleted_in_two_calls() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let ids = fill(&mut client, &docid, &sheet, 600);
    let delete = |ids: &[String]| json!({ "docid": docid, "sheet_id": sheet, "record_ids": ids });
    assert_eq!(
        client.code("smartsheet_delete_records", delete(&ids)),
        40_058
    );
    assert_eq!(
        client.code("smartsheet_delete_records", delete(&[])),
        40_058
    );
    client.ok("smartsheet_delete_records", delete(&ids[..500]));
    // One that is gone already: nothing is deleted.
    assert_eq!(
        client.code("smartsheet_delete_records", delete(&ids[499..])),
        2_023_012
    );
    client.ok("smartsheet_delete_records", delete(&ids[500..]));
    let list = json!({ "docid": docid, "sheet_id": sheet });
    let left = json!({ "total": 0, "has_more": false, "records": [] });
    assert_eq!(client.ok("smartsheet_get_records", list), left);
}

#[test]
fn five_hundred_and_one_records_are_too_many_for_one_call() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let rows = vec![row("x"); 501];
    let args = json!({ "docid": docid, "sheet_id": sheet, "records": rows });
    assert_eq!(client.code("smartsheet_add_records", args), 40_058);
}

#[test]
fn a_change_leaves_other_cells_and_the_time_of_making() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let hours = json!([{ "field_title": "工时", "field_type": "FIELD_TYPE_NUMBER" }]);
    let add = json!({ "docid": docid, "sheet_id": sheet, "fields": hours });
    client.ok("smartsheet_add_fields", add);
    let id = fill(&mut client, &docid, &sheet, 1).remove(0);
    assert!(id.len() == 6 && id.starts_with('r'));
    let hours = client.fields(&docid, &sheet).remove(1).2;
    let change = |id: &str, keys: &str, key: &str, value: Value| {
        let record = json!({ "record_id": id, "values": { key: value } });
        json!({ "docid": docid, "sheet_id": sheet, "key_type": keys, "records": [record] })
    };
    let (titles, ids) = (
        "CELL_VALUE_KEY_TYPE_FIELD_TITLE",
        "CELL_VALUE_KEY_TYPE_FIELD_ID",
    );
    client.now_ms += 300_000;
    let method = "smartsheet_update_records";
    let done = client.ok(method, change(&id, ids, &hours, json!(3.5)));
    let written = json!({ "records": [{ "record_id": id, "values": { hours.as_str(): 3.5 } }] });
    assert_eq!(done, written);

    let refusals = [
        (change("rNone0", titles, "工时", json!(1)), 2_023_012),
        (change(&id, titles, &hours, json!(1)), 2_023_001),
        (change(&id, ids, "工时", json!(1)), 2_023_001),
        (change(&id, titles, "工时", json!("1")), 40_058),
    ];
    for (args, errcode) in refusals {
        assert_eq!(client.code(method, args), errcode);
    }
    let list = json!({ "docid": docid, "sheet_id": sheet });
    let record = client.ok("smartsheet_get_records", list.clone())["records"][0].clone();
    assert_eq!(record["create_time"], NOON_MS.to_string());
    assert_eq!(record["update_time"], (NOON_MS + 300_000).to_string());
    let text = json!([{ "type": "text", "text": "0" }]);
    assert_eq!(record["values"], json!({ "文本": text, "工时": 3.5 }));

    // An empty array empties the cell.
    client.ok(method, change(&id, titles, "文本", json!([])));
    let record = client.ok("smartsheet_get_records", list)["records"][0].clone();
    assert_eq!(record["values"], json!({ "工时": 3.5 }));
}

#[test]
fn a_call_with_one_bad_record_changes_nothing() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let select = json!([{ "field_title": "状态", "field_type": "FIELD_TYPE_SELECT" }]);
    let add = json!({ "docid": docid, "sheet_id": sheet, "fields": select });
    client.ok("smartsheet_add_fields", add);
    let good = json!({ "values": { "状态": [{ "text": "新" }] } });
    for bad in [json!({ "values": { "没有": 1 } }), json!({ "values": {} })] {
        let args = json!({ "docid": docid, "sheet_id": sheet, "records": [good, bad] });
        assert!(client.call("smartsheet_add_records", &args).is_err());
    }
    let list = json!({ "docid": docid, "sheet_id": sheet });
    assert_eq!(
        client.ok("smartsheet_get_records", list.clone())["total"],
        0
    );
    let fields = client.ok("smartsheet_get_fields", list);
    assert_eq!(fields["fields"][1]["property_select"]["options"], json!([]));
}

fn titles(client: &mut Client, docid: &str) -> Vec<String> {
    let listed = client.ok("smartsheet_get_sheet", json!({ "docid": docid }));
    let sheets = listed["sheet_list"].as_array().unwrap();
    sheets.iter().map(|sheet| text(&sheet["title"])).collect()
}

fn row(content: &str) -> Value {
    json!({ "values": { "文本": [{ "type": "text", "text": content }] } })
}

/// Adds records in batches and tells their ids.
fn fill(client: &mut Client, docid: &str, sheet: &str, count: usize) -> Vec<String> {
    let rows: Vec<Value> = (0..count).map(|number| row(&number.to_string())).collect();
    rows.chunks(500)
        .flat_map(|rows| {
            let args = json!({ "docid": docid, "sheet_id": sheet, "records": rows });
            record_ids(&client.ok("smartsheet_add_records", args))
        })
        .collect()
}

fn record_ids(answer: &Value) -> Vec<String> {
    let records = answer["records"].as_array().unwrap();
    records
        .iter()
        .map(|record| text(&record["record_id"]))
        .collect()
}
