use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::interceptors::ErrorKind;
use crate::interceptors::scene::{Scene, answered, business};

async fn export_from(scene: &Scene, delivery: Delivery, body: Value) -> Result<Answer, ToolError> {
    scene.serve(move |_| answered(&body));
    let export: Arc<dyn Interceptor> = Arc::new(SmartpageExport::new(scene.store.clone()));
    let args = json!({"task_id": "t"});
    let mut call = scene.call("doc", "smartpage_get_export_result", args);
    call.delivery = delivery;
    scene.run(&export, call).await
}

#[tokio::test]
async fn a_finished_export_becomes_a_file_under_both_names() {
    for content in [
        "# Plan\r\n你好\n".to_owned(),
        String::new(),
        "x".repeat(6 * 1024 * 1024),
    ] {
        let scene = Scene::new();
        let body = json!({
            "errcode": 0, "errmsg": "ok", "task_done": true, "content": content, "trace": "t"
        });
        let answer = export_from(&scene, Delivery::Path, body).await.unwrap();
        let told = business(&answer);
        let path = told["content_path"].as_str().unwrap();
        assert_eq!(
            told,
            json!({
                "errcode": 0, "errmsg": "ok", "task_done": true, "trace": "t",
                "content_path": path, "content_filepath": path,
                "size": content.len(), "content_type": "text/markdown",
            })
        );
        assert_eq!(std::fs::read_to_string(path).unwrap(), content);
        assert!(
            path.contains("smartpage_export---") && path.ends_with(".md"),
            "{path}"
        );
        assert_eq!(scene.seen()[0].response_limit, 33_554_432);
    }
}

#[tokio::test]
async fn a_title_names_the_file() {
    let scene = Scene::new();
    let body = json!({"task_done": true, "content": "x", "title": "a/../周报"});
    let answer = export_from(&scene, Delivery::Path, body).await.unwrap();
    let told = business(&answer);
    assert!(
        told["content_path"].as_str().unwrap().contains("周报---"),
        "{told}"
    );
}

#[tokio::test]
async fn what_is_not_finished_passes_unchanged() {
    for body in [
        json!({"errcode": 0, "task_done": false, "content": "x"}),
        json!({"errcode": 0, "task_done": "true", "content": "x"}),
        json!({"errcode": 0, "content": "x"}),
        json!({"errcode": 0, "task_done": true}),
        json!({"errcode": 0, "task_done": true, "content": null}),
        json!({"errcode": 851_003, "task_done": true, "content": "x"}),
    ] {
        let scene = Scene::new();
        let answer = export_from(&scene, Delivery::Path, body.clone()).await;
        assert_eq!(business(&answer.unwrap()), body);
        assert!(scene.kept().is_empty());
    }
}

#[tokio::test]
async fn more_than_twenty_mebibytes_are_refused_not_cut() {
    let scene = Scene::new();
    let size = usize::try_from(MAX_FILE_BYTES).unwrap() + 1;
    let body = json!({"task_done": true, "content": "x".repeat(size), "trace": "t"});
    let error = export_from(&scene, Delivery::Path, body).await.unwrap_err();
    assert_eq!(
        (error.kind, error.maybe_executed),
        (ErrorKind::TooLarge, true)
    );
    assert_eq!(error.details.size, Some(MAX_FILE_BYTES + 1));
    assert_eq!(error.details.data.unwrap()["trace"], "t");
    assert!(scene.kept().is_empty());
}

#[tokio::test]
async fn other_callers_get_a_resource_or_the_text() {
    let scene = Scene::new();
    let body = json!({"task_done": true, "content": "x"});
    let answer = export_from(&scene, Delivery::Resource, body.clone())
        .await
        .unwrap();
    let told = business(&answer);
    assert!(
        told["resource_uri"]
            .as_str()
            .unwrap()
            .starts_with("wecom-media://default/")
    );
    assert_eq!(told.get("content_path"), None);
    assert_eq!(answer.content().len(), 2);

    let answer = export_from(&scene, Delivery::Inline, body.clone())
        .await
        .unwrap();
    assert_eq!(business(&answer), body);
    let long = json!({"task_done": true, "content": "你".repeat(30_000)});
    let told = business(&export_from(&scene, Delivery::Inline, long).await.unwrap());
    assert_eq!(told["content"], "你".repeat(65_536 / 3));
    assert_eq!(
        (&told["truncated"], &told["size"]),
        (&json!(true), &json!(90_000))
    );
}
