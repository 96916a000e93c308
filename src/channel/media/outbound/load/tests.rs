use super::*;

#[test]
fn a_name_gets_the_extension_of_its_type() {
    for (name, content_type, named) in [
        ("chart", "image/png", "chart.png"),
        ("chart.PNG", "image/png", "chart.PNG"),
        ("notes.today", "text/plain", "notes.today"),
        ("data", "application/octet-stream", "data.bin"),
        ("v1.0 final", "application/pdf", "v1.0 final.pdf"),
    ] {
        assert_eq!(complete(name.to_owned(), content_type), named);
    }
}

#[test]
fn bytes_decide_the_type_and_the_server_only_where_they_say_nothing() {
    for (bytes, said, content_type) in [
        (
            &b"\x89PNG\r\n\x1a\n...."[..],
            Some("text/html"),
            "image/png",
        ),
        (b"<html>oops</html>", Some("image/png"), "text/plain"),
        (b"\x01\x02\0\x03", Some("image/tiff"), "image/tiff"),
        (b"\x01\x02\0\x03", None, UNKNOWN_TYPE),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut copy = Copy::begin(dir.path()).unwrap();
        copy.write_all(bytes).unwrap();
        let loaded = copy.into_loaded("x", said).unwrap();
        assert_eq!(loaded.content_type, content_type);
        assert_eq!(loaded.size, bytes.len() as u64);
    }
}

#[tokio::test]
async fn a_copy_is_measured_read_in_pieces_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("outbound");
    let mut copy = Copy::begin(&folder).unwrap();
    for piece in [&b"hello "[..], b"world"] {
        copy.write_all(piece).unwrap();
    }
    let loaded = copy.into_loaded("../a.txt", None).unwrap();
    assert_eq!(loaded.name, "a.txt");
    assert_eq!(loaded.md5, "5eb63bbbe01eeed093cb22bb8f5acdc3");
    assert_eq!(loaded.read_at(6, 5).await.unwrap(), "world");
    assert_eq!(loaded.read_at(0, 5).await.unwrap(), "hello");
    assert!(loaded.read_at(6, 6).await.is_err());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn nothing_is_no_media() {
    let dir = tempfile::tempdir().unwrap();
    let copy = Copy::begin(dir.path()).unwrap();
    assert!(matches!(
        copy.into_loaded("a", None),
        Err(MediaError::Empty)
    ));
}
