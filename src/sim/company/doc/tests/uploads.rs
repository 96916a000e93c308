use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[test]
fn a_picture_tells_its_bytes_and_pixels() {
    let mut client = Client::new();
    let docid = client.create(10, "图").docid;
    let upload = |content: &str| json!({ "docid": docid, "base64_content": content });
    // 3 by 2 pixels; then a header that ends too early, then no PNG.
    let png = client.ok(
        "upload_doc_image",
        upload("iVBORw0KGgoAAAANSUhEUgAAAAMAAAAC"),
    );
    assert_eq!(
        (&png["size"], &png["width"], &png["height"]),
        (&json!(24), &json!(3), &json!(2))
    );
    for (content, size) in [("iVBORw0KGgoAAAANSUhEUg==", 16), ("AAAA", 3)] {
        let other = client.ok("upload_doc_image", upload(content));
        assert_eq!((&other["size"], &other["width"]), (&json!(size), &json!(1)));
        assert_ne!(other["url"], png["url"]);
    }
    for bad in ["data:image/png;base64,AAAA", "A*==", ""] {
        assert_eq!(
            client.code("upload_doc_image", upload(bad)),
            40_058,
            "{bad}"
        );
    }
}

#[test]
fn a_file_has_ten_mebibytes_at_most() {
    let mut client = Client::new();
    let upload = |bytes: usize| json!({ "file_name": "a.bin", "file_base64_content": STANDARD.encode(vec![0; bytes]) });
    let limit = 10 * 1024 * 1024;
    let stored = client.call("upload_doc_file", &upload(limit)).unwrap();
    assert_eq!(stored["name"], "a.bin");
    let refused = client
        .call("upload_doc_file", &upload(limit + 1))
        .unwrap_err();
    assert_eq!(refused.errcode, 40_058);
}

#[test]
fn a_file_name_has_255_units() {
    let mut client = Client::new();
    let upload = |name: String| json!({ "file_name": name, "file_base64_content": "AAAA" });
    client.ok("upload_doc_file", upload(format!("a{}", "文".repeat(127))));
    let too_long = upload("文".repeat(128));
    assert_eq!(client.code("upload_doc_file", too_long), 40_058);
}
