use super::*;

fn source(text: &str) -> Result<Source, &'static str> {
    match Reference::parse(text) {
        Ok(reference) => Ok(reference.source().clone()),
        Err(error) => Err(error.class()),
    }
}

fn local(path: &str) -> Source {
    Source::Local(path.to_owned())
}

#[test]
fn every_accepted_form() {
    for (text, path) in [
        ("/abs/path", "/abs/path"),
        ("~/path", "~/path"),
        (r"C:\path\a.png", r"C:\path\a.png"),
        ("./rel", "./rel"),
        ("rel/with/slash", "rel/with/slash"),
        ("name.ext", "name.ext"),
        ("~$draft.docx", "~$draft.docx"),
        ("notes:today.txt", "notes:today.txt"),
        ("a..b.txt", "a..b.txt"),
        ("media: /a/b.png", "/a/b.png"),
        ("MEDIA:name.ext", "name.ext"),
        ("  /a/b.png ", "/a/b.png"),
        ("file:///a/b%20c.png", "file:///a/b%20c.png"),
        ("FILE://LOCALHOST/a", "file:///a"),
    ] {
        assert_eq!(source(text), Ok(local(path)), "{text}");
    }
    for text in [
        "https://e.com/a",
        "HTTPS://e.com",
        "http://10.0.0.1:8/x?y#z",
    ] {
        let url = Url::parse(text).unwrap();
        assert_eq!(source(text), Ok(Source::Remote(url)), "{text}");
    }
}

#[test]
fn everything_else_is_refused() {
    let long = format!("/{}", "a".repeat(MAX_BYTES));
    for text in [
        "",
        "MEDIA:",
        "name",
        "name.",
        "two words",
        "..",
        "../a.png",
        "a/../../b.png",
        r"a\..\b.png",
        "file:///a/../b",
        "file:///a/%2e%2e/b",
        "file:///%ff",
        "file://host/a",
        "file://localhostx/a",
        "file:a",
        "~",
        "~root/a.png",
        r"\\server\share\a.png",
        "//server/share/a.png",
        "ftp://e.com/a.png",
        "data:text/plain,hi.txt",
        "javascript:alert(1).js",
        "https://",
        "https://user@e.com/a",
        "https://user:secret@e.com/a",
        "/a\nb",
        "/a\0b",
        "/a/",
        &long,
    ] {
        assert_eq!(source(text), Err("invalid-reference"), "{text:?}");
    }
    assert!(source(&long[..MAX_BYTES]).is_ok());
}

#[test]
fn the_end_of_a_line_may_be_punctuation() {
    let parse = |text| Reference::to_end_of_line(text).unwrap();
    let both = parse("/a/b.png。");
    assert_eq!(both.source(), &Source::Local("/a/b.png。".to_owned()));
    let bare = Source::Local("/a/b.png".to_owned());
    assert_eq!(both.second_source(), Some(&bare));
    let only_bare = parse("b.png)!");
    assert_eq!(only_bare.source(), &Source::Local("b.png".to_owned()));
    assert_eq!(only_bare.second_source(), None);
    assert_eq!(parse("/a/b.png").second_source(), None);
    let literal = Reference::literal("/a/b.png。").unwrap();
    assert_eq!(literal.second_source(), None);
}

#[test]
fn names_for_people_have_no_path_and_no_query() {
    for (text, name) in [
        ("/home/me/secret/report.pdf", "report.pdf"),
        ("~/a b.txt", "a b.txt"),
        (r"C:\Users\me\b.txt", "b.txt"),
        ("file:///home/me/%E5%91%A8%E6%8A%A5.docx", "周报.docx"),
        ("https://e.com/x/chart.png?key=secret", "chart.png"),
        ("https://e.com/", "e.com"),
        ("../../etc/passwd", "passwd"),
        ("ftp://e.com/a.png?key=secret", "a.png"),
    ] {
        assert_eq!(base_name_of(text), name, "{text}");
    }
    assert!(base_name_of(&"长".repeat(1_000)).len() <= 120);
}

#[test]
fn only_https_addresses_are_shown_to_people() {
    let shown = |text| Reference::parse(text).unwrap().public_url().is_some();
    assert!(shown("https://e.com/a"));
    assert!(!shown("http://e.com/a"));
    assert!(!shown("/a/b"));
    assert!(!shown("file:///a/b"));
}
