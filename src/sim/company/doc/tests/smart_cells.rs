use super::*;

/// A sub-sheet with one field of every type that a method creates.
struct Sheet {
    client: Client,
    docid: String,
    id: String,
    image: String,
    file: String,
}

impl Sheet {
    fn new() -> Self {
        let mut client = Client::new();
        let (docid, id) = client.smart_sheet();
        let fields: Vec<Value> = KINDS
            .iter()
            .map(|kind| json!({ "field_title": kind, "field_type": format!("FIELD_TYPE_{kind}") }))
            .collect();
        let add = json!({ "docid": docid, "sheet_id": id, "fields": fields });
        client.ok("smartsheet_add_fields", add);
        let picture =
            json!({ "docid": docid, "base64_content": "iVBORw0KGgoAAAANSUhEUgAAAAMAAAAC" });
        let image = text(&client.ok("upload_doc_image", picture)["url"]);
        let plan = json!({ "file_name": "plan.pdf", "file_base64_content": "JVBERi0xLjQKJQ==" });
        let file = text(&client.ok("upload_doc_file", plan)["fileid"]);
        Self {
            client,
            docid,
            id,
            image,
            file,
        }
    }

    fn write(&mut self, kind: &str, value: &Value) -> Result<Value, Refused> {
        let record = json!({ "values": { kind: value } });
        let args = json!({ "docid": self.docid, "sheet_id": self.id, "records": [record] });
        let answer = self.client.call("smartsheet_add_records", &args)?;
        Ok(answer["records"][0]["values"][kind].clone())
    }

    /// The cell of the record that was added last.
    fn read(&mut self, kind: &str) -> Value {
        let list = json!({ "docid": self.docid, "sheet_id": self.id });
        let records = self.client.ok("smartsheet_get_records", list)["records"].clone();
        records.as_array().unwrap().last().unwrap()["values"][kind].clone()
    }

    fn options(&mut self, kind: &str) -> Vec<String> {
        let list = json!({ "docid": self.docid, "sheet_id": self.id });
        let fields = self.client.ok("smartsheet_get_fields", list)["fields"].clone();
        let fields = fields.as_array().unwrap();
        let field = fields.iter().find(|field| field["field_title"] == kind);
        let property = format!("property_{}", kind.to_lowercase());
        let options = field.unwrap()[property]["options"].as_array().unwrap();
        options.iter().map(|option| text(&option["text"])).collect()
    }
}

const KINDS: [&str; 17] = [
    "TEXT",
    "NUMBER",
    "CHECKBOX",
    "DATE_TIME",
    "IMAGE",
    "USER",
    "URL",
    "SELECT",
    "PROGRESS",
    "PHONE_NUMBER",
    "EMAIL",
    "SINGLE_SELECT",
    "LOCATION",
    "CURRENCY",
    "PERCENTAGE",
    "BARCODE",
    "ATTACHMENT",
];

#[test]
fn cells_are_read_in_the_form_of_their_field() {
    let mut sheet = Sheet::new();
    let link = json!([{ "type": "url", "text": "设计稿", "link": "https://example.invalid/d/1" }]);
    let place = json!([{
        "source_type": 1, "id": "1", "latitude": "31.23", "longitude": "121.47", "title": "上海",
    }]);
    let same = [
        ("TEXT", json!([{ "type": "text", "text": "a" }, link[0]])),
        ("NUMBER", json!(128.5)),
        ("CURRENCY", json!(3)),
        ("PERCENTAGE", json!(0.6)),
        ("PROGRESS", json!(80)),
        ("CHECKBOX", json!(false)),
        ("PHONE_NUMBER", json!("13900000000")),
        ("EMAIL", json!("a@example.invalid")),
        ("BARCODE", json!("690123")),
        ("URL", link),
        ("LOCATION", place),
    ];
    for (kind, value) in same {
        assert_eq!(sheet.write(kind, &value).unwrap(), value, "{kind}");
        assert_eq!(sheet.read(kind), value, "{kind}");
    }
    sheet
        .write("USER", &json!([{ "user_id": "gao.ming" }]))
        .unwrap();
    assert_eq!(
        sheet.read("USER"),
        json!([{ "user_id": "gao.ming", "id_type": 1 }])
    );
}

#[test]
fn dates_are_china_time_and_read_as_milliseconds() {
    let mut sheet = Sheet::new();
    let dates = [
        ("2026-09-04", "1788451200000"),
        ("2026-09-04 18:00", "1788516000000"),
        ("2026-09-04 18:00:01", "1788516001000"),
    ];
    for (written, read) in dates {
        assert_eq!(sheet.write("DATE_TIME", &json!(written)).unwrap(), read);
        assert_eq!(sheet.read("DATE_TIME"), read);
    }
}

#[test]
fn an_option_is_known_by_id_then_by_text_and_else_made() {
    let mut sheet = Sheet::new();
    let kind = "SELECT";
    let made = sheet
        .write(
            kind,
            &json!([{ "text": "高", "style": 12 }, { "text": "急" }]),
        )
        .unwrap();
    let high = text(&made[0]);
    assert!(high.len() == 6 && high.starts_with('o'));
    let shown = sheet.read(kind);
    assert_eq!(shown[0], json!({ "id": high, "text": "高", "style": 12 }));
    assert!((1..=27).contains(&shown[1]["style"].as_u64().unwrap()));

    for again in [
        json!([{ "id": high }]),
        json!([{ "text": "高" }, { "id": high }]),
    ] {
        assert_eq!(sheet.write(kind, &again).unwrap(), json!([high]));
    }
    assert_eq!(sheet.options(kind), ["高", "急"]);
    let unknown = sheet.write(kind, &json!([{ "id": "oNone0" }])).unwrap_err();
    assert_eq!(unknown.errcode, 2_023_010);
    sheet
        .write("SINGLE_SELECT", &json!([{ "text": "进行中" }]))
        .unwrap();
    assert_eq!(sheet.options("SINGLE_SELECT"), ["进行中"]);
    assert_eq!(sheet.options(kind), ["高", "急"]);
}

#[test]
fn pictures_and_files_are_those_that_were_uploaded() {
    let mut sheet = Sheet::new();
    let (image, file) = (sheet.image.clone(), sheet.file.clone());
    sheet
        .write("IMAGE", &json!([{ "image_url": image, "title": "首页" }]))
        .unwrap();
    let mut shown = sheet.read("IMAGE")[0].clone();
    assert!(!shown["id"].take().as_str().unwrap().is_empty());
    let size = json!({
        "id": null, "title": "首页", "image_url": image, "width": 3, "height": 2,
    });
    assert_eq!(shown, size);

    sheet
        .write("ATTACHMENT", &json!([{ "file_id": file }]))
        .unwrap();
    let mut shown = sheet.read("ATTACHMENT")[0].clone();
    assert!(
        shown["file_url"]
            .take()
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    let plan = json!({
        "name": "plan.pdf", "size": 10, "file_ext": "pdf", "file_type": "Wedrive",
        "file_url": null, "doc_type": 2,
    });
    assert_eq!(shown, plan);

    let strangers = [
        (
            "IMAGE",
            json!([{ "image_url": "https://img.example.invalid/a.png" }]),
        ),
        ("ATTACHMENT", json!([{ "file_id": "fid_02" }])),
        // Neither is the other.
        ("IMAGE", json!([{ "image_url": file }])),
        ("ATTACHMENT", json!([{ "file_id": image }])),
    ];
    for (kind, value) in strangers {
        assert_eq!(
            sheet.write(kind, &value).unwrap_err().errcode,
            40_058,
            "{kind}"
        );
    }
}

#[test]
fn a_form_that_is_not_the_fields_is_refused_by_name() {
    let mut sheet = Sheet::new();
    let text = json!([{ "type": "text", "text": "x" }]);
    let misfits = [
        ("TEXT", json!("x")),
        ("TEXT", json!(["x"])),
        ("NUMBER", json!("128.5")),
        ("CHECKBOX", json!("true")),
        ("PROGRESS", json!(101)),
        ("PROGRESS", json!(30.5)),
        ("PROGRESS", json!(-1)),
        ("DATE_TIME", json!(1_788_516_000_000_i64)),
        ("EMAIL", text.clone()),
        ("URL", text),
        ("URL", json!([{ "type": "url", "text": "x" }])),
        ("USER", json!("gao.ming")),
        ("SINGLE_SELECT", json!("进行中")),
        ("SINGLE_SELECT", json!([{ "text": "一" }, { "text": "二" }])),
        ("SELECT", json!([{ "text": "" }])),
        ("SELECT", json!([{ "text": "一", "style": 28 }])),
        ("SELECT", json!([{ "style": 3 }])),
        ("IMAGE", json!([{ "image_base64": "AAAA" }])),
        ("LOCATION", json!([{ "title": "上海" }])),
    ];
    for (kind, value) in misfits {
        let refused = sheet.write(kind, &value).unwrap_err();
        assert_eq!(refused.errcode, 40_058, "{kind} {value}");
        assert!(refused.errmsg.contains(kind), "{kind}: {}", refused.errmsg);
    }
    for date in ["2026-02-30", "2026-09-04T18:00", "下周", "1788516000000"] {
        let refused = sheet.write("DATE_TIME", &json!(date)).unwrap_err();
        assert_eq!(refused.errcode, 40_058, "{date}");
    }
}

#[test]
fn nothing_to_write_leaves_the_cell_empty() {
    let mut sheet = Sheet::new();
    let arrays = [
        "TEXT",
        "URL",
        "SELECT",
        "SINGLE_SELECT",
        "USER",
        "IMAGE",
        "ATTACHMENT",
        "LOCATION",
    ];
    let strings = ["PHONE_NUMBER", "EMAIL", "BARCODE", "DATE_TIME"];
    let empties = arrays.map(|kind| (kind, json!([]))).into_iter();
    for (kind, empty) in empties.chain(strings.map(|kind| (kind, json!("")))) {
        assert_eq!(sheet.write(kind, &empty).unwrap(), Value::Null, "{kind}");
        assert_eq!(sheet.read(kind), Value::Null, "{kind}");
    }
}

#[test]
fn a_smart_sheet_reads_as_tables() {
    let mut client = Client::new();
    let (docid, sheet) = client.smart_sheet();
    let fields = json!([
        { "field_title": "状态", "field_type": "FIELD_TYPE_SELECT" },
        { "field_title": "截止", "field_type": "FIELD_TYPE_DATE_TIME" },
        { "field_title": "完成", "field_type": "FIELD_TYPE_CHECKBOX" },
    ]);
    let add = json!({ "docid": docid, "sheet_id": sheet, "fields": fields });
    client.ok("smartsheet_add_fields", add);
    let records = json!([
        { "values": {
            "文本": [{ "type": "text", "text": "a|b\nc" }],
            "状态": [{ "text": "高" }, { "text": "急" }],
        } },
        { "values": {
            "文本": [{ "type": "url", "text": "稿", "link": "https://example.invalid" }],
            "截止": "2026-09-04",
            "完成": true,
        } },
    ]);
    let add = json!({ "docid": docid, "sheet_id": sheet, "records": records });
    client.ok("smartsheet_add_records", add);
    client.ok(
        "smartsheet_add_sheet",
        json!({ "docid": docid, "properties": { "title": "风险" } }),
    );
    let expected = "## 智能表1\n\n\
        | 文本 | 状态 | 截止 | 完成 |\n\
        | --- | --- | --- | --- |\n\
        | a\\|b<br>c | 高, 急 |  |  |\n\
        | [稿](https://example.invalid) |  | 2026-09-04 00:00 | 是 |\n\
        \n## 风险\n\n| 智能表列 |\n| --- |\n";
    assert_eq!(client.markdown(&docid), expected);
}
