use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::identity::{Identity, TurnChat};
use crate::ids::{AccountId, UserId};
use crate::interceptors::scene::{Scene, answered, object};
use crate::interceptors::{Caller, ErrorKind, Progress};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn interceptor(scene: &Scene) -> Arc<dyn Interceptor> {
    Arc::new(SmartsheetUpload::new(scene.files_out()))
}

/// A server that takes uploads.
fn serve_uploads(scene: &Scene) {
    scene.serve(|seen| {
        let name = seen.args["file_name"].as_str().unwrap_or_default();
        answered(&match seen.method.as_str() {
            "upload_doc_image" => json!({"errcode": 0, "url": "https://img.example/1"}),
            "upload_doc_file" => json!({"errcode": 0, "fileid": format!("F-{name}")}),
            _ => json!({"errcode": 0}),
        })
    });
}

async fn add(scene: &Scene, args: Value) -> Result<Answer, ToolError> {
    let call = scene.call("doc", "smartsheet_add_records", args);
    scene.run(&interceptor(scene), call).await
}

fn records(cells: Value) -> Value {
    json!({"docid": "D1", "sheet_id": "S1", "records": [{"values": cells}]})
}

#[tokio::test]
async fn paths_become_references_and_the_rest_is_kept() {
    let scene = Scene::new();
    serve_uploads(&scene);
    scene.write("a.png", PNG);
    scene.write("b.pdf", b"%PDF-1.7");
    let args = records(json!({
        "Cover": [{"image_path": "a.png", "title": "Front"}, {"title": "", "image_path": "a.png"}],
        "Files": [{"file_path": "b.pdf", "image_url": ""}, "text", {"text": "x"}],
        "Name": {"image_path": "a.png"},
        "Number": 7,
    }));
    add(&scene, args).await.unwrap();
    let seen = scene.seen();
    assert_eq!(seen.len(), 3);
    let image = seen
        .iter()
        .find(|seen| seen.method == "upload_doc_image")
        .unwrap();
    assert_eq!(image.args, json!({"docid": "D1"}));
    assert_eq!(image.upload, Some(("base64_content", PNG.to_vec())));
    let file = seen
        .iter()
        .find(|seen| seen.method == "upload_doc_file")
        .unwrap();
    assert_eq!(file.args, json!({"file_name": "b.pdf"}));
    assert_eq!(
        file.upload,
        Some(("file_base64_content", b"%PDF-1.7".to_vec()))
    );
    for upload in [image, file] {
        assert_eq!(upload.timeout, Duration::from_secs(60));
        assert_eq!(upload.caller, Caller::Interceptor);
        assert_eq!(upload.identity, seen[2].identity);
    }
    assert_eq!(
        (seen[2].method.as_str(), seen[2].timeout),
        ("smartsheet_add_records", Duration::from_secs(120))
    );
    assert_eq!(
        seen[2].args.to_string(),
        records(json!({
            "Cover": [
                {"image_url": "https://img.example/1", "title": "Front"},
                {"title": "a.png", "image_url": "https://img.example/1"},
            ],
            "Files": [{"file_id": "F-b.pdf"}, "text", {"text": "x"}],
            "Name": {"image_path": "a.png"},
            "Number": 7,
        }))
        .to_string()
    );
}

#[tokio::test]
async fn an_image_needs_its_document() {
    let scene = Scene::new();
    serve_uploads(&scene);
    scene.write("a.png", PNG);
    let cell = json!([{"values": {"C": [{"image_path": "a.png"}]}}]);
    let error = add(&scene, json!({"docid": "", "records": cell}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidArgs);
    assert!(
        error.message.starts_with("records[0].values.C[0]"),
        "{error}"
    );
    assert_eq!(scene.seen(), []);
    let by_link = json!({"url": "https://doc.weixin.qq.com/smartsheet/x", "records": cell});
    add(&scene, by_link).await.unwrap();
    let sent = &scene.seen()[0].args;
    assert_eq!(
        *sent,
        json!({"url": "https://doc.weixin.qq.com/smartsheet/x"})
    );
}

#[tokio::test]
async fn nothing_leaves_before_everything_is_checked() {
    let scene = Scene::new();
    serve_uploads(&scene);
    scene.write("a.png", PNG);
    scene.write("text.png", b"no image");
    scene.write("empty.pdf", b"");
    scene.write("big.bin", &vec![1; 10 * 1024 * 1024 + 1]);
    for (index, name) in ["x.bin", "y.bin", "z.bin"].iter().enumerate() {
        scene.write(name, &vec![u8::try_from(index).unwrap(); 7 * 1024 * 1024]);
    }
    let good = json!({"image_path": "a.png"});
    for (cell, kind, reason, says) in [
        (
            json!({"image_path": "a.png", "file_path": "a.png"}),
            ErrorKind::InvalidArgs,
            None,
            "both image_path and file_path",
        ),
        (
            json!({"image_path": "a.png", "image_url": "https://x"}),
            ErrorKind::InvalidArgs,
            None,
            "both image_path and image_url",
        ),
        (
            json!({"file_path": "a.png", "file_id": "F"}),
            ErrorKind::InvalidArgs,
            None,
            "both file_path and file_id",
        ),
        (
            json!({"file_path": 7}),
            ErrorKind::InvalidArgs,
            None,
            "must be a string",
        ),
        (
            json!({"image_path": "text.png"}),
            ErrorKind::InvalidArgs,
            Some("not_an_image"),
            "no PNG",
        ),
        (
            json!({"image_path": "/etc/passwd"}),
            ErrorKind::InvalidArgs,
            Some("path_not_allowed"),
            "may not be read",
        ),
        (
            json!({"file_path": "none"}),
            ErrorKind::InvalidArgs,
            Some("not_found"),
            "there is no file",
        ),
        (
            json!({"file_path": "empty.pdf"}),
            ErrorKind::InvalidArgs,
            Some("empty"),
            "is empty",
        ),
        (
            json!({"file_path": "big.bin"}),
            ErrorKind::TooLarge,
            None,
            "10485761",
        ),
    ] {
        let error = add(&scene, records(json!({"A": [good], "B": [cell]})))
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.reason), (kind, reason), "{error}");
        assert!(
            error.message.starts_with("records[0].values.B[0]"),
            "{error}"
        );
        assert!(error.message.contains(says), "{error}");
        assert!(!error.maybe_executed);
    }
    let three = ["x.bin", "y.bin", "z.bin"].map(|name| json!({"file_path": name}));
    let error = add(&scene, records(json!({"A": three}))).await.unwrap_err();
    assert_eq!(error.details.size, Some(21 * 1024 * 1024));
    let many: Vec<Value> = (0..51_u8)
        .map(|index| {
            let name = format!("many{index}");
            scene.write(&name, &[index, 1]);
            json!({"file_path": name})
        })
        .collect();
    let error = add(&scene, records(json!({"A": many}))).await.unwrap_err();
    assert_eq!(
        (error.details.size, error.details.limit),
        (Some(51), Some(50))
    );
    add(&scene, records(json!({"A": many[1..]}))).await.unwrap();
    assert_eq!(scene.seen().len(), 51);
}

#[tokio::test]
async fn the_same_file_and_the_same_contents_leave_once() {
    let scene = Scene::new();
    serve_uploads(&scene);
    let first = scene.write("a.pdf", b"%PDF-1.7");
    scene.write("b.pdf", b"%PDF-1.7");
    std::fs::hard_link(first, scene.dir.path().join("work/c.pdf")).unwrap();
    let cells: Vec<Value> = ["a.pdf", "b.pdf", "./a.pdf", "c.pdf", "a.pdf"]
        .map(|name| json!({"file_path": name}))
        .to_vec();
    let call = scene.call(
        "doc",
        "smartsheet_add_records",
        records(json!({"A": cells})),
    );
    let notes = call.notes.clone();
    scene.run(&interceptor(&scene), call).await.unwrap();
    let seen = scene.seen();
    assert_eq!(seen.len(), 2);
    let ids = vec![json!({"file_id": "F-a.pdf"}); 5];
    assert_eq!(seen[1].args, records(json!({"A": ids})));
    assert_eq!(notes.all().len(), 1, "{:?}", notes.all());
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_used_again_for_ten_minutes_by_the_same_people() {
    let scene = Scene::new();
    serve_uploads(&scene);
    scene.write("a.png", PNG);
    let upload = interceptor(&scene);
    let args = |document: &str| json!({"docid": document, "records": [{"values": {"A": [{"image_path": "a.png"}]}}]});
    let run = |call| scene.run(&upload, call);
    let call = |document| scene.call("doc", "smartsheet_update_records", args(document));
    let uploads = || {
        let seen = scene.seen();
        seen.iter().filter(|seen| seen.upload.is_some()).count()
    };
    run(call("D1")).await.unwrap();
    run(call("D1")).await.unwrap();
    assert_eq!(uploads(), 1);
    run(call("D2")).await.unwrap();
    assert_eq!(uploads(), 2);
    let other = Identity::of_turn(
        AccountId::new("default"),
        Some(UserId::new("LiSi")),
        TurnChat::Direct(UserId::new("LiSi")),
    );
    run(scene.call_of(other, "doc", "smartsheet_update_records", args("D1")))
        .await
        .unwrap();
    assert_eq!(uploads(), 3);
    tokio::time::advance(Duration::from_secs(601)).await;
    run(call("D1")).await.unwrap();
    assert_eq!(uploads(), 4);
}

#[tokio::test]
async fn after_a_failure_no_record_is_written_and_successes_are_kept() {
    let scene = Scene::new();
    let files: Vec<Value> = (0..5_u8)
        .map(|index| {
            let name = format!("f{index}");
            scene.write(&name, &[index + 1]);
            json!({"file_path": name})
        })
        .collect();
    let fails = Arc::new(Mutex::new(true));
    scene.serve({
        let fails = fails.clone();
        move |seen| {
            let name = seen.args["file_name"].as_str();
            answered(&if name == Some("f2") && *fails.lock().unwrap() {
                json!({"errcode": 851_003, "errmsg": "no, hint: [1]", "help_message": "ask"})
            } else {
                json!({"errcode": 0, "file_id": name})
            })
        }
    });
    let upload = interceptor(&scene);
    let call = || {
        scene.call(
            "doc",
            "smartsheet_add_records",
            records(json!({"A": files})),
        )
    };
    let error = scene.run(&upload, call()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.errcode, error.maybe_executed),
        (ErrorKind::Authorization, Some(851_003), false)
    );
    assert!(
        error
            .message
            .starts_with("records[0].values.A[2]: `f2` was not uploaded: ")
    );
    assert!(
        error.message.ends_with("; no record was written"),
        "{error}"
    );
    assert!(!error.message.contains("hint") && error.help.is_some());
    let uploaded = error.details.data.unwrap()["uploaded"].clone();
    assert!(
        uploaded
            .as_array()
            .unwrap()
            .contains(&json!("records[0].values.A[0]"))
    );
    let first = scene.seen();
    assert!(first.len() < 6 && first.iter().all(|seen| seen.method == "upload_doc_file"));

    *fails.lock().unwrap() = false;
    scene.run(&upload, call()).await.unwrap();
    // Every file once, the failed one again, and the records.
    assert_eq!(scene.seen().len(), 7);
    let ids: Vec<Value> = (0..5)
        .map(|index| json!({"file_id": format!("f{index}")}))
        .collect();
    assert_eq!(scene.seen()[6].args, records(json!({"A": ids})));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_twice() {
    for (busy, outcome) in [(2, Ok(())), (3, Err(ErrorKind::RateLimited))] {
        for code in [45_009, 45_033] {
            let scene = Scene::new();
            scene.write("a", b"a");
            let count = AtomicUsize::new(0);
            scene.serve(move |seen| {
                let is_busy = seen.upload.is_some() && count.fetch_add(1, Ordering::Relaxed) < busy;
                answered(&if is_busy {
                    json!({"errcode": code})
                } else {
                    json!({"fileid": "F"})
                })
            });
            let before = tokio::time::Instant::now();
            let added = add(&scene, records(json!({"A": [{"file_path": "a"}]}))).await;
            assert_eq!(added.map(|_| ()).map_err(|error| error.kind), outcome);
            assert_eq!(before.elapsed().as_secs(), 3);
            assert!(
                scene
                    .seen()
                    .iter()
                    .filter(|seen| seen.upload.is_some())
                    .count()
                    == 3
            );
        }
    }
}

#[tokio::test]
async fn answers_without_a_usable_reference_are_failures() {
    for (cell, body) in [
        (json!({"image_path": "a.png"}), json!({"errcode": 0})),
        (
            json!({"image_path": "a.png"}),
            json!({"errcode": 0, "url": "http://plain"}),
        ),
        (
            json!({"image_path": "a.png"}),
            json!({"errcode": 0, "url": "javascript:x"}),
        ),
        (
            json!({"file_path": "a.png"}),
            json!({"errcode": 0, "fileid": ""}),
        ),
    ] {
        let scene = Scene::new();
        scene.write("a.png", PNG);
        scene.serve(move |_| answered(&body));
        let error = add(&scene, records(json!({"A": [cell]})))
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{error}");
        assert_eq!(scene.seen().len(), 1);
    }
}

#[tokio::test]
async fn names_of_another_client_are_taken_unless_the_server_has_them() {
    let scene = Scene::new();
    for (method, sent) in [
        ("smartsheet_add_records_auto_file", "smartsheet_add_records"),
        (
            "smartsheet_update_records_auto_file",
            "smartsheet_update_records",
        ),
        ("smartsheet_update_records", "smartsheet_update_records"),
        (
            "smartsheet_get_records_auto_file",
            "smartsheet_get_records_auto_file",
        ),
    ] {
        let call = scene.call("doc", method, json!({"records": []}));
        scene.run(&interceptor(&scene), call).await.unwrap();
        assert_eq!(scene.seen().last().unwrap().method, sent);
    }
    scene.know(&["smartsheet_add_records_auto_file"]);
    let call = scene.call("doc", "smartsheet_add_records_auto_file", json!({}));
    scene.run(&interceptor(&scene), call).await.unwrap();
    assert_eq!(
        scene.seen().last().unwrap().method,
        "smartsheet_add_records_auto_file"
    );
}

#[tokio::test]
async fn progress_counts_the_files() {
    let scene = Scene::new();
    serve_uploads(&scene);
    let files = ["a", "b"].map(|name| {
        scene.write(name, name.as_bytes());
        json!({"file_path": name})
    });
    let steps = Arc::new(Mutex::new(Vec::new()));
    let mut call = scene.call(
        "doc",
        "smartsheet_add_records",
        records(json!({"A": files})),
    );
    call.progress = Progress::to({
        let steps = steps.clone();
        move |step| {
            steps
                .lock()
                .unwrap()
                .push((step.done, step.total, step.message))
        }
    });
    scene.run(&interceptor(&scene), call).await.unwrap();
    assert_eq!(
        *steps.lock().unwrap(),
        [
            (1, Some(2), "1 of 2 files uploaded".to_owned()),
            (2, Some(2), "2 of 2 files uploaded".to_owned()),
        ]
    );
}

#[tokio::test]
async fn at_most_three_uploads_run_at_once() {
    // The server of the scene yields once, so uploads that run together are seen together:
    // what was started before the first answer is what ran at once.
    let scene = Scene::new();
    let order = Arc::new(Mutex::new(0_usize));
    let files: Vec<Value> = (0..6_u8)
        .map(|index| {
            scene.write(&format!("f{index}"), &[index + 1]);
            json!({"file_path": format!("f{index}")})
        })
        .collect();
    scene.serve({
        let order = order.clone();
        move |_| {
            *order.lock().unwrap() += 1;
            answered(&json!({"errcode": 5, "errmsg": "no"}))
        }
    });
    add(&scene, records(json!({"A": files}))).await.unwrap_err();
    assert_eq!(*order.lock().unwrap(), CONCURRENT);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("(records|values|title|docid|[a-c])", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arguments_without_local_files_stay_as_they_are(records in any_json()) {
        let args = object(json!({"docid": "D", "records": records}));
        prop_assert_eq!(cells::find(&args).unwrap(), vec![]);
        let mut same = args.clone();
        cells::replace(&mut same, std::iter::empty());
        prop_assert_eq!(Value::Object(same).to_string(), Value::Object(args).to_string());
    }

    #[test]
    fn no_arguments_make_it_panic(
        element in prop::collection::vec(
            ("(image_path|file_path|image_url|file_id|title)", any_json()), 0..4)
    ) {
        let element: serde_json::Map<String, Value> = element.into_iter().collect();
        let args = object(records(json!({"A": [element]})));
        let _ = cells::find(&args);
    }
}
