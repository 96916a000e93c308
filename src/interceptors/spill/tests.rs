use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::interceptors::scene::{Scene, answered, business};

async fn read_from(scene: &Scene, delivery: Delivery, content: &str) -> Value {
    let body = json!({"errcode": 0, "task_done": true, "content": content, "task_id": "t"});
    scene.serve(move |_| answered(&body));
    let spill: Arc<dyn Interceptor> =
        Arc::new(Spill::new(scene.store.clone(), scene.config.clone()));
    let args = json!({"docid": "d", "type": 2});
    let mut call = scene.call("doc", "get_doc_content", args);
    call.delivery = delivery;
    business(&scene.run(&spill, call).await.unwrap())
}

#[tokio::test]
async fn a_long_document_becomes_a_file_with_a_preview() {
    let scene = Scene::new();
    let long = "你".repeat(MAX_INLINE / 3 + 1);
    let told = read_from(&scene, Delivery::Path, &long).await;
    let path = told["content_filepath"].as_str().unwrap();
    assert_eq!(
        told,
        json!({
            "errcode": 0, "task_done": true, "task_id": "t", "content_filepath": path,
            "size": long.len(), "preview": "你".repeat(PREVIEW / 3),
        })
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), long);

    let told = read_from(&scene, Delivery::Resource, &long).await;
    assert!(
        told["resource_uri"]
            .as_str()
            .unwrap()
            .starts_with("wecom-media://")
    );
}

#[tokio::test]
async fn short_ones_stay_and_so_do_all_where_it_is_off_or_useless() {
    let scene = Scene::new();
    let most = "x".repeat(MAX_INLINE);
    assert_eq!(
        read_from(&scene, Delivery::Path, &most).await["content"],
        most
    );
    let long = "x".repeat(MAX_INLINE + 1);
    assert_eq!(
        read_from(&scene, Delivery::Inline, &long).await["content"],
        long
    );
    scene.set(|account| account.mcp.spill = false);
    assert_eq!(
        read_from(&scene, Delivery::Path, &long).await["content"],
        long
    );
    assert!(scene.kept().is_empty());
}
