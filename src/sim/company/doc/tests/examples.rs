//! The catalogue's own examples, on a company that has what they speak of.

use super::*;
use crate::catalogue::Example;
use crate::sim::company::doc::{Grant, Pace};

/// A company with the examples' documents, and which id of theirs stands for which.
pub(super) struct Stage {
    pub(super) client: Client,
    pub(super) names: Vec<(&'static str, String)>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let mut client = Client::new();
        let mut names = Vec::new();
        let weekly = client.create(3, "周报");
        let page = client.docs.seed(Owner::Bot, Kind::SmartPage, "发布手册");
        let theirs = client.docs.seed(member("lynn"), Kind::SmartSheet, "登记");
        let start = json!({ "docid": weekly.docid, "type": 2 });
        let export = text(&client.ok("get_doc_content", start)["task_id"]);
        let start = json!({ "docid": page.docid, "content_type": 1 });
        let page_export = text(&client.ok("smartpage_export_task", start)["task_id"]);
        names.extend([
            (
                "https://doc.weixin.qq.com/doc/w3_Ab12?scode=Qw8Z",
                weekly.url,
            ),
            ("dcQ1weekly", weekly.docid),
            (
                "https://doc.weixin.qq.com/smartpage/a1_Kk81?scode=Zz2",
                page.url,
            ),
            ("dcZ9smartpage", page.docid),
            ("dcMember", theirs.docid),
            ("sp_exp_77", page_export),
            ("exp_301", export),
        ]);
        let mut stage = Self { client, names };
        stage.smart_sheet();
        stage.spreadsheet();
        stage
    }

    fn smart_sheet(&mut self) {
        let (docid, sheet) = self.client.smart_sheet();
        let properties = json!({ "title": "待定" });
        let more = json!({ "docid": docid, "properties": properties });
        let second = text(&self.client.ok("smartsheet_add_sheet", more)["properties"]["sheet_id"]);
        let first = self.client.fields(&docid, &sheet).remove(0).2;
        let picture = json!({ "docid": docid, "base64_content": "AAAA" });
        let image = text(&self.client.ok("upload_doc_image", picture)["url"]);
        let plan = json!({ "file_name": "plan.pdf", "file_base64_content": "AAAA" });
        let file = text(&self.client.ok("upload_doc_file", plan)["fileid"]);
        self.names.extend([
            ("dcT7k0pQx2nYB4v1m", docid),
            ("q3Xk9a", sheet),
            ("w8Lm2c", second),
            ("fT1tle", first),
            ("https://img.example.invalid/a.png", image),
            ("fid_02", file),
        ]);
    }

    fn spreadsheet(&mut self) {
        let grid = self.client.create(4, "排期表");
        let add = json!({ "docid": grid.docid, "sheet": { "title": "八月" } });
        let second = text(&self.client.ok("sheet_add_sub", add)["sheet"]["sheet_id"]);
        let info = self
            .client
            .ok("sheet_get_info", json!({ "docid": grid.docid }));
        self.names.extend([
            (
                "https://doc.weixin.qq.com/sheet/e3_Zx81?scode=Pp1",
                grid.url,
            ),
            ("dcSheet01", grid.docid),
            ("BB08J2", text(&info["sheets"][0]["sheet_id"])),
            ("C7kk01", second),
        ]);
    }

    /// The columns and rows that examples about records and deletions need, and examples
    /// about making columns must not find.
    pub(super) fn with_records(mut self) -> Self {
        let rename = json!({
            "docid": "dcT7k0pQx2nYB4v1m", "sheet_id": "q3Xk9a",
            "fields": [{ "field_id": "fT1tle", "field_title": "任务", "field_type": "FIELD_TYPE_TEXT" }],
        });
        self.client
            .ok("smartsheet_update_fields", self.translated(&rename));
        let fields: Vec<Value> = [
            ("状态", "SINGLE_SELECT"),
            ("截止", "DATE_TIME"),
            ("完成度", "PROGRESS"),
            ("已评审", "CHECKBOX"),
            ("电话", "PHONE_NUMBER"),
            ("负责人", "USER"),
            ("链接", "URL"),
            ("地点", "LOCATION"),
            ("截图", "IMAGE"),
            ("附件", "ATTACHMENT"),
        ]
        .map(|(title, kind)| {
            json!({ "field_title": title, "field_type": format!("FIELD_TYPE_{kind}") })
        })
        .into();
        let add = json!({ "docid": "dcT7k0pQx2nYB4v1m", "sheet_id": "q3Xk9a", "fields": fields });
        let added = self
            .client
            .ok("smartsheet_add_fields", self.translated(&add));
        let states =
            ["进行中", "完成"].map(|text| json!({ "values": { "状态": [{ "text": text }] } }));
        let add = json!({ "docid": "dcT7k0pQx2nYB4v1m", "sheet_id": "q3Xk9a", "records": states });
        let records = self
            .client
            .ok("smartsheet_add_records", self.translated(&add))["records"]
            .clone();
        self.names.extend([
            ("fDu3", text(&added["fields"][1]["field_id"])),
            ("rK31zz", text(&records[0]["record_id"])),
            ("oA2", text(&records[1]["values"]["状态"][0])),
        ]);
        self
    }

    /// A request with this company's ids.
    pub(super) fn translated(&self, request: &Value) -> Value {
        let mut request = request.to_string();
        for (theirs, ours) in &self.names {
            request = request.replace(&format!("\"{theirs}\""), &format!("\"{ours}\""));
        }
        serde_json::from_str(&request).unwrap()
    }
}

/// Every example of the category.
pub(super) fn examples() -> Vec<(&'static str, &'static Example)> {
    catalogue::methods()
        .iter()
        .filter(|method| method.category == "doc" && method.alias.is_none())
        .flat_map(|method| {
            let name = method.name.as_str();
            method.examples.iter().map(move |example| (name, example))
        })
        .collect()
}

/// The company in which an example happens.
pub(super) fn stage_of(method: &str) -> Stage {
    match method {
        "smartsheet_add_fields" | "smartsheet_update_fields" => Stage::new(),
        _ => Stage::new().with_records(),
    }
}

#[test]
fn every_example_is_answered_as_the_catalogue_says() {
    for (method, Example { request, response }) in examples() {
        let mut stage = stage_of(method);
        if response["errcode"] == 850_001 {
            stage.client.docs.set_grant(Grant::BotExpired);
        }
        if response["task_done"] == true {
            stage.client.docs.set_export_pace(Pace::Polls(1));
        }
        let request = stage.translated(request);
        let answer = business(&stage.client.call(method, &request));
        assert_eq!(
            answer["errcode"], response["errcode"],
            "{method} {request}: {answer}"
        );
        assert_eq!(
            answer.get("task_done"),
            response.get("task_done"),
            "{method}"
        );
        for member in response.as_object().unwrap().keys() {
            assert!(
                answer.get(member).is_some(),
                "{method} lacks {member}: {answer}"
            );
        }
    }
}
