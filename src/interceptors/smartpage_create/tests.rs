use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::interceptors::ErrorKind;
use crate::interceptors::scene::Scene;

async fn create(scene: &Scene, pages: Value) -> Result<Value, ToolError> {
    let interceptor: Arc<dyn Interceptor> = Arc::new(SmartpageCreate::new(scene.files_out()));
    let call = scene.call(
        "doc",
        "smartpage_create",
        json!({"title": "T", "pages": pages}),
    );
    scene.run(&interceptor, call).await?;
    Ok(scene.seen().last().unwrap().args.clone())
}

#[tokio::test]
async fn files_become_contents_in_the_order_of_pages() {
    let scene = Scene::new();
    let plan = scene.write("plan.md", "# Plan\r\n你好\n".as_bytes());
    scene.write("bom.txt", b"\xEF\xBB\xBFtext");
    let args = create(
        &scene,
        json!([
            {"page_title": "Plan", "page_filepath": plan.to_str(), "content_type": 1},
            {"page_title": "Note", "content_type": 0, "page_content": "short"},
            {"page_filepath": "bom.txt", "page_content": ""},
            {"page_filepath": "plan.md", "page_content": null, "page_title": "again"},
        ]),
    );
    assert_eq!(
        args.await.unwrap().to_string(),
        json!({"title": "T", "pages": [
            {"page_title": "Plan", "page_content": "# Plan\r\n你好\n", "content_type": 1},
            {"page_title": "Note", "content_type": 0, "page_content": "short"},
            {"page_content": "text"},
            {"page_content": "# Plan\r\n你好\n", "page_title": "again"},
        ]})
        .to_string()
    );
    assert_eq!(scene.seen()[0].timeout, Duration::from_secs(30));
}

#[tokio::test]
async fn pages_that_name_no_file_are_left_alone() {
    let scene = Scene::new();
    scene.set(|account| account.mcp.local_files = crate::config::LocalFiles::Off);
    for (pages, sent) in [
        (
            json!([{"page_content": "x"}, null]),
            json!([{"page_content": "x"}, null]),
        ),
        (json!("x"), json!("x")),
        (
            json!([{"page_filepath": null, "page_content": "x"}, {"page_filepath": ""}]),
            json!([{"page_content": "x"}, {}]),
        ),
    ] {
        let args = create(&scene, pages).await.unwrap();
        assert_eq!(
            args.to_string(),
            json!({"title": "T", "pages": sent}).to_string()
        );
    }
}

#[tokio::test]
async fn what_can_not_be_a_page_is_refused_and_nothing_is_sent() {
    let scene = Scene::new();
    scene.write("a.txt", b"a");
    scene.write("latin.txt", b"caf\xe9");
    scene.write("gbk.txt", b"\xc4\xe3\xba\xc3");
    scene.write("utf16.txt", b"\xff\xfea\0");
    scene.write("nul.txt", b"a\0b");
    let file = json!({"page_filepath": "a.txt"});
    for (pages, says, reason) in [
        (json!([file, null]), "pages[1] must be an object", None),
        (
            json!([{"page_filepath": 7}]),
            "pages[0].page_filepath must be a string",
            None,
        ),
        (
            json!([{"page_filepath": "a.txt", "page_content": "x"}]),
            "pages[0] has both page_filepath and page_content",
            None,
        ),
        (
            json!([file, {"page_filepath": "none.txt"}]),
            "pages[1].page_filepath: there is no file `none.txt`",
            Some("not_found"),
        ),
        (
            json!([{"page_filepath": "/etc/passwd"}]),
            "pages[0].page_filepath: `/etc/passwd` may not be read",
            Some("path_not_allowed"),
        ),
        (
            json!([{"page_filepath": "."}]),
            "not a regular file",
            Some("not_a_file"),
        ),
        (
            json!([{"page_filepath": "https://example.com/a"}]),
            "download it",
            Some("invalid_reference"),
        ),
        (
            json!([{"page_filepath": "latin.txt"}]),
            "from byte 3 on",
            Some("not_utf8"),
        ),
        (
            json!([{"page_filepath": "gbk.txt"}]),
            "looks like GBK",
            Some("not_utf8"),
        ),
        (
            json!([{"page_filepath": "utf16.txt"}]),
            "looks like UTF-16",
            Some("not_utf8"),
        ),
        (json!([{"page_filepath": "nul.txt"}]), "NUL", Some("binary")),
    ] {
        let error = create(&scene, pages).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason),
            (ErrorKind::InvalidArgs, reason),
            "{error}"
        );
        assert!(error.message.contains(says), "{error} <> {says}");
        assert!(!error.maybe_executed);
    }
    assert_eq!(scene.seen(), []);
}

#[tokio::test]
async fn limits_hold_for_one_file_and_for_all() {
    const MIB: usize = 1024 * 1024;
    let scene = Scene::new();
    scene.write("ten.txt", &vec![b'a'; 10 * MIB]);
    scene.write("more.txt", &vec![b'a'; 10 * MIB + 1]);
    scene.write("one.txt", b"a");
    let page = |name: &str| json!({"page_filepath": name});
    create(&scene, json!([page("ten.txt"), page("ten.txt")]))
        .await
        .unwrap();
    assert_eq!(scene.seen()[0].timeout, Duration::from_secs(120));
    for (pages, at, size) in [
        (
            json!([page("one.txt"), page("more.txt")]),
            "pages[1]",
            10 * MIB + 1,
        ),
        (
            json!([page("ten.txt"), page("ten.txt"), page("one.txt")]),
            "pages[2]",
            20 * MIB + 1,
        ),
        (json!(vec![page("one.txt"); 101]), "101 pages", 101),
    ] {
        let error = create(&scene, pages).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{error}");
        assert_eq!(error.details.size, Some(size as u64));
        assert!(error.message.contains(at), "{error}");
    }
    assert_eq!(scene.seen().len(), 1);
    create(&scene, json!(vec![page("one.txt"); 100]))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_may_not_be_meant_is_remarked() {
    let scene = Scene::new();
    scene.write("a.MD", b"# a");
    scene.write("empty.txt", b"");
    let interceptor: Arc<dyn Interceptor> = Arc::new(SmartpageCreate::new(scene.files_out()));
    let pages = json!([
        {"page_filepath": "a.MD", "content_type": 0},
        {"page_filepath": "empty.txt", "content_type": 0},
        {"page_filepath": "a.MD", "content_type": 1},
    ]);
    let call = scene.call("doc", "smartpage_create", json!({"pages": pages}));
    let notes = call.notes.clone();
    scene.run(&interceptor, call).await.unwrap();
    let notes = notes.all();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("pages[0]: the file is Markdown"));
    assert_eq!(notes[1], "pages[1]: the file is empty");
}

#[tokio::test]
async fn a_caller_without_roots_reads_nothing() {
    let scene = Scene::new();
    let path = scene.write("a.txt", b"a");
    let interceptor: Arc<dyn Interceptor> = Arc::new(SmartpageCreate::new(scene.files_out()));
    let identity = Identity::of_credential(AccountId::new("default"), None, "laptop");
    let args = json!({"pages": [{"page_filepath": path.to_str()}]});
    let mut call = scene.call_of(identity, "doc", "smartpage_create", args);
    call.files = Arc::default();
    let error = scene.run(&interceptor, call).await.unwrap_err();
    assert_eq!(error.reason, Some("path_not_allowed"));
}
