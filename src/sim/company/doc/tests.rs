//! Stories of the documents, played as a client would. Every answer is checked against
//! the catalogue.

mod access;
mod anything;
mod documents;
mod examples;
mod smart_cells;
mod smart_sheets;
mod spreadsheets;
mod uploads;

use std::collections::HashMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{Docs, Kind, Listed, Owner};
use crate::catalogue;
use crate::sim::company::{Answered, Refused, Visit};

/// Noon of 2026-09-01 in China.
const NOON_MS: i64 = 1_788_235_200_000;

static INPUTS: LazyLock<HashMap<&str, Validator>> =
    LazyLock::new(|| validators(|method| &method.input_schema));
static OUTPUTS: LazyLock<HashMap<&str, Validator>> =
    LazyLock::new(|| validators(|method| &method.output_schema));

/// A client of a company whose clock stands at noon.
struct Client {
    docs: Docs,
    now_ms: i64,
}

impl Client {
    fn new() -> Self {
        Self {
            docs: Docs::new(7),
            now_ms: NOON_MS,
        }
    }

    /// The answer as it is; a business answer, error or not, has the catalogue's form.
    fn call(&mut self, method: &str, args: &Value) -> Answered {
        let visit = Visit {
            member: "gao.ming",
            now_ms: self.now_ms,
        };
        let answered = self.docs.call(visit, method, args.as_object().unwrap());
        if let Some(schema) = OUTPUTS.get(method) {
            let business = business(&answered);
            assert!(schema.is_valid(&business), "{method} answered {business}");
        }
        answered
    }

    /// The answer to arguments that the transport lets pass.
    #[track_caller]
    fn ok(&mut self, method: &str, args: Value) -> Value {
        let valid = INPUTS[method].is_valid(&args);
        assert!(valid, "{method} does not take {args}");
        match self.call(method, &args) {
            Ok(answer) => Value::Object(answer),
            Err(refused) => panic!("{method} {args} was refused: {refused:?}"),
        }
    }

    #[track_caller]
    fn refused(&mut self, method: &str, args: Value) -> Refused {
        match self.call(method, &args) {
            Ok(answer) => panic!("{method} {args} was done: {answer:?}"),
            Err(refused) => refused,
        }
    }

    #[track_caller]
    fn code(&mut self, method: &str, args: Value) -> i64 {
        self.refused(method, args).errcode
    }

    fn create(&mut self, doc_type: u8, name: &str) -> Listed {
        let made = self.ok(
            "create_doc",
            json!({ "doc_type": doc_type, "doc_name": name }),
        );
        let listed = self.docs.documents().pop().unwrap();
        assert_eq!(
            (made["docid"].as_str(), made["url"].as_str()),
            (Some(listed.docid.as_str()), Some(listed.url.as_str()))
        );
        listed
    }

    /// The document as Markdown, asked for until it is there.
    fn markdown(&mut self, docid: &str) -> String {
        let mut args = json!({ "docid": docid, "type": 2 });
        for _ in 0..5 {
            let state = self.ok("get_doc_content", args.clone());
            if state["task_done"] == json!(true) {
                return text(&state["content"]);
            }
            args["task_id"] = state["task_id"].clone();
        }
        panic!("the export did not end");
    }

    /// A new smart sheet: its document and its only sub-sheet.
    fn smart_sheet(&mut self) -> (String, String) {
        let docid = self.create(10, "发布任务跟踪").docid;
        let sheets = self.ok("smartsheet_get_sheet", json!({ "docid": docid }));
        (docid, text(&sheets["sheet_list"][0]["sheet_id"]))
    }

    /// The titles, types and ids of the fields.
    fn fields(&mut self, docid: &str, sheet_id: &str) -> Vec<(String, String, String)> {
        let args = json!({ "docid": docid, "sheet_id": sheet_id });
        let fields = self.ok("smartsheet_get_fields", args);
        fields["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| {
                (
                    text(&field["field_title"]),
                    text(&field["field_type"]),
                    text(&field["field_id"]),
                )
            })
            .collect()
    }
}

fn business(answered: &Answered) -> Value {
    match answered {
        Ok(members) => {
            let mut business: Map<String, Value> = members.clone();
            business.insert("errcode".to_owned(), 0.into());
            business.insert("errmsg".to_owned(), "ok".into());
            Value::Object(business)
        }
        Err(refused) => {
            assert_ne!(refused.errcode, 0);
            let mut business = json!({ "errcode": refused.errcode, "errmsg": refused.errmsg });
            if let Some(help) = &refused.help_message {
                business["help_message"] = help.as_str().into();
            }
            business
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn validators(schema: fn(&catalogue::Method) -> &Value) -> HashMap<&'static str, Validator> {
    catalogue::methods()
        .iter()
        .filter(|method| method.category == "doc" && method.alias.is_none())
        .map(|method| {
            let validator = jsonschema::validator_for(schema(method)).unwrap();
            (method.name.as_str(), validator)
        })
        .collect()
}

fn member(id: &str) -> Owner {
    Owner::Member(id.to_owned())
}

#[test]
fn every_method_of_the_catalogue_is_known() {
    let mut client = Client::new();
    assert_eq!(OUTPUTS.len(), 25);
    for method in OUTPUTS.keys() {
        assert_ne!(
            client.call(method, &json!({})).unwrap_err().errcode,
            853_006,
            "{method}"
        );
    }
    assert_eq!(client.code("mail_send", json!({})), 853_006);
}

#[test]
fn a_seed_repeats_its_ids() {
    let ids = |seed| {
        let mut docs = Docs::new(seed);
        docs.seed(Owner::Bot, Kind::SmartSheet, "一").docid
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
}
