use super::*;

/// A new spreadsheet: its document and its only worksheet.
fn spreadsheet(client: &mut Client) -> (String, Value) {
    let docid = client.create(4, "排期表").docid;
    let info = client.ok("sheet_get_info", json!({ "docid": docid }));
    (docid, info["sheets"][0].clone())
}

fn info(client: &mut Client, docid: &str) -> Value {
    client.ok("sheet_get_info", json!({ "docid": docid }))["sheets"].clone()
}

fn cell(kind: &str, value: impl Into<Value>) -> Value {
    json!({ "cell_value": { kind: value.into() } })
}

fn area(docid: &str, sheet: &Value, start: (u32, u32), rows: &[Vec<Value>]) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|values| json!({ "values": values }))
        .collect();
    let grid = json!({ "start_row": start.0, "start_column": start.1, "rows": rows });
    json!({ "docid": docid, "sheet_id": sheet["sheet_id"], "grid_data": grid })
}

#[test]
fn a_table_with_a_sum_is_written_continued_and_read_back() {
    let mut client = Client::new();
    let (docid, sheet) = spreadsheet(&mut client);
    let fresh = json!({
        "sheet_id": sheet["sheet_id"], "title": "工作表1",
        "row_count": 200, "column_count": 20, "data_range": "",
    });
    assert_eq!(sheet, fresh);
    assert_eq!(client.markdown(&docid), "## 工作表1\n\n");

    let mut head = cell("text", "模块");
    head["cell_format"] = json!({ "text_format": { "bold": true } });
    let link = cell(
        "link",
        json!({ "url": "https://example.invalid/m1", "text": "登录" }),
    );
    let rows = [
        vec![head.clone(), cell("text", "工时")],
        vec![link, cell("number", 12)],
        vec![cell("text", "合计"), cell("formula", "=SUM(B2:B2)")],
    ];
    let written = client.ok(
        "sheet_update_range_data",
        area(&docid, &sheet, (0, 0), &rows),
    );
    assert_eq!(written["grid_data"]["rows"][0]["values"][0], head);
    let row = json!({ "values": [cell("text", "支付"), cell("text", "=1")] });
    let append = json!({ "docid": docid, "sheet_id": sheet["sheet_id"], "row": row });
    client.ok("sheet_append_data", append);

    assert_eq!(info(&mut client, &docid)[0]["data_range"], "A1:B4");
    let expected = "## 工作表1\n\n\
        | 模块 | 工时 |\n\
        | --- | --- |\n\
        | [登录](https://example.invalid/m1) | 12 |\n\
        | 合计 | =SUM(B2:B2) |\n\
        | 支付 | =1 |\n";
    assert_eq!(client.markdown(&docid), expected);
}

#[test]
fn emptied_cells_leave_the_used_area() {
    let mut client = Client::new();
    let (docid, sheet) = spreadsheet(&mut client);
    let write = |client: &mut Client, at, value: &str| {
        let args = area(&docid, &sheet, at, &[vec![cell("text", value)]]);
        client.ok("sheet_update_range_data", args);
        info(client, &docid)[0]["data_range"].clone()
    };
    assert_eq!(write(&mut client, (2, 1), "x"), "B3:B3");
    assert_eq!(write(&mut client, (5, 27), "y"), "B3:AB6");
    assert_eq!(write(&mut client, (5, 27), ""), "B3:B3");
    assert_eq!(write(&mut client, (2, 1), ""), "");
}

#[test]
fn an_area_beyond_the_grid_enlarges_it() {
    let mut client = Client::new();
    let (docid, sheet) = spreadsheet(&mut client);
    let args = area(&docid, &sheet, (300, 30), &[vec![cell("number", 1); 2]]);
    client.ok("sheet_update_range_data", args);
    let sheets = info(&mut client, &docid);
    assert_eq!(
        (&sheets[0]["row_count"], &sheets[0]["column_count"]),
        (&json!(301), &json!(32))
    );
    let row = json!({ "values": [cell("text", "x")] });
    let append = json!({ "docid": docid, "sheet_id": sheet["sheet_id"], "row": row });
    client.ok("sheet_append_data", append);
    let sheets = info(&mut client, &docid);
    assert_eq!(
        (&sheets[0]["row_count"], &sheets[0]["data_range"]),
        (&json!(302), &json!("A301:AF302"))
    );
}

#[test]
fn an_area_has_limits() {
    let mut client = Client::new();
    let (docid, sheet) = spreadsheet(&mut client);
    let one = || cell("text", "x");
    let full = vec![vec![one(); 100]; 100];
    client.ok(
        "sheet_update_range_data",
        area(&docid, &sheet, (0, 0), &full),
    );
    let narrow = |rows| vec![vec![one()]; rows];
    client.ok(
        "sheet_update_range_data",
        area(&docid, &sheet, (9_000, 0), &narrow(1000)),
    );
    let beyond = [
        area(&docid, &sheet, (0, 0), &vec![vec![one(); 101]; 100]),
        area(&docid, &sheet, (0, 0), &narrow(1001)),
        area(&docid, &sheet, (9_999, 0), &narrow(2)),
        area(&docid, &sheet, (u32::MAX, u32::MAX), &narrow(1)),
        area(&docid, &sheet, (0, 200), &narrow(1)),
        area(&docid, &sheet, (0, 0), &[]),
        area(&docid, &sheet, (0, 0), &[vec![cell("formula", "SUM(A1)")]]),
        area(
            &docid,
            &sheet,
            (0, 0),
            &[vec![json!({ "cell_value": { "text": "a", "number": 1 } })]],
        ),
        area(&docid, &json!({ "sheet_id": "None00" }), (0, 0), &narrow(1)),
    ];
    for args in beyond {
        assert_eq!(client.code("sheet_update_range_data", args), 40_058);
    }
    // The last row is used: there is none below.
    let row = json!({ "values": [one()] });
    let append = json!({ "docid": docid, "sheet_id": sheet["sheet_id"], "row": row });
    assert_eq!(client.code("sheet_append_data", append), 40_058);
}

#[test]
fn worksheets_are_added_in_their_place_and_deleted() {
    let mut client = Client::new();
    let (docid, first) = spreadsheet(&mut client);
    let mut add = |sheet: Value, index: Option<u32>| {
        let mut args = json!({ "docid": docid, "sheet": sheet });
        if let Some(index) = index {
            args["index"] = index.into();
        }
        client.call("sheet_add_sub", &args)
    };
    let september = add(
        json!({ "title": "九月", "row_count": 100, "column_count": 26 }),
        Some(0),
    )
    .unwrap();
    let id = september["sheet"]["sheet_id"].clone();
    let listed = json!({
        "sheet_id": id, "title": "九月", "row_count": 100, "column_count": 26, "data_range": "",
    });
    assert_eq!(september["sheet"], listed);
    add(json!({ "title": "首" }), Some(1)).unwrap();
    add(json!({ "title": "次" }), Some(2)).unwrap();
    add(json!({ "title": "末", "row_count": 1000 }), Some(99)).unwrap();
    for refused in [
        json!({ "title": "首" }),
        json!({ "title": "" }),
        json!({ "title": "宽", "column_count": 201 }),
        json!({ "title": "大", "row_count": 101, "column_count": 100 }),
        json!({ "title": "无", "row_count": 0 }),
    ] {
        assert_eq!(
            add(refused.clone(), None).unwrap_err().errcode,
            40_058,
            "{refused}"
        );
    }
    let titles = |client: &mut Client| -> Vec<String> {
        let sheets = info(client, &docid);
        sheets
            .as_array()
            .unwrap()
            .iter()
            .map(|sheet| text(&sheet["title"]))
            .collect()
    };
    assert_eq!(titles(&mut client), ["首", "次", "工作表1", "九月", "末"]);

    let delete = |id: &Value| json!({ "docid": docid, "sheet_id": id });
    client.ok("sheet_delete_sub", delete(&id));
    assert_eq!(client.code("sheet_delete_sub", delete(&id)), 40_058);
    assert_eq!(titles(&mut client), ["首", "次", "工作表1", "末"]);
    let rest = info(&mut client, &docid);
    for sheet in rest.as_array().unwrap() {
        if sheet["sheet_id"] != first["sheet_id"] {
            client.ok("sheet_delete_sub", delete(&sheet["sheet_id"]));
        }
    }
    assert_eq!(
        client.code("sheet_delete_sub", delete(&first["sheet_id"])),
        40_058
    );
}
